"""The JSON arrays and objects that stand in a text, as language models write them.

Taken besides JSON: Python's and JavaScript's literals, single and typographic quotes, quotes inside strings that nobody
escaped, raw line breaks, comments, commas too many or missing, brackets that are missing or never close.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from finerweb.questions._strings import Role, read_string

DEEPEST = 60  # brackets in brackets: what is deeper is a model that repeats one
PATIENCE = 6  # times the text's length that is read in vain, before the rest is given up
TRIES = 20  # by the letter of JSON, before a text counts as something else: an error there costs as much as its text

_OPENING = re.compile(r"[\[{]|\((?=\s*[\"'“‘\[{(])")  # of a tuple; print() is none
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_WHITE = re.compile(r"(?:[\s\ufeff\u200b]|(?<=\n)>|//[^\n]*|/\*.{0,200}?\*/|#[^\n]*)++", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.%])")
_WORD = re.compile(r"(?i)(true|false|none|null|nan|undefined|[-+]?infinity)\b")
_WORDS = {"true": True, "false": False}
_BARE_KEY = re.compile(r"([^\W\d][\w-]{0,60})\s*[:：]")
_COLON = re.compile(r"\s*(?:[:：]|=>)")
_STOPS = ",，、،;"
_GAP = re.compile(r"\.\.\.|…")


@dataclass(frozen=True)
class Numeral:
    """A number as it is written: a mention such as 1999 or 3.50 is text."""

    text: str


class Value(NamedTuple):
    """What is read from text[start:end]; not whole where it never closes, or holds what cannot be read."""

    start: int
    end: int
    data: Any
    is_whole: bool


_DECODER = json.JSONDecoder(strict=False, parse_int=Numeral, parse_float=Numeral, parse_constant=lambda _: None)


def values(text: str) -> Iterator[Value]:
    """The arrays and objects of a text that are in no other one, in their order; in time linear in its length."""
    place, tries, patience = 0, TRIES, PATIENCE * len(text) + 1000
    has_escapes = "\\u" in text
    while patience > 0 and (opening := _OPENING.search(text, place)):
        value = _strict(text, opening.start()) if tries else None
        if value is None:
            tries -= tries > 0
            lenient = _Lenient(text, opening.start())
            value = lenient.value()
            patience -= 0 if value.is_whole and value.data is not None else lenient.reach - value.start
        if value.data is not None:
            with suppress(RecursionError):  # a bracket within a bracket, hundreds of times
                yield value._replace(data=_clean(value.data)) if has_escapes else value
        place = max(value.end, value.start + 1)


def whole(text: str) -> Any:
    """The value that a text is as a whole, by the letter of JSON; None for any other text."""
    with suppress(ValueError, RecursionError):
        return _clean(_DECODER.decode(text))
    return None


def _strict(text: str, start: int) -> Value | None:
    with suppress(ValueError, RecursionError):
        data, end = _DECODER.raw_decode(text, start)
        return Value(start, end, data, True)
    return None


def _clean(value: Any) -> Any:
    """The value with halves of surrogate pairs replaced: no table can hold them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list) else value


class _TooDeep(Exception):
    """Brackets in brackets in brackets."""


_NOTHING = object()  # that can be read here


class _Lenient:
    """Reads one value that is not quite JSON. Of one that breaks off, what is complete is kept."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start, self._place = text, start, start
        self.reach = start  # how far it looked
        self._is_cut = False
        self._has_gap = False

    def value(self) -> Value:
        """The value at the start; its data is None where nothing of it is complete."""
        try:
            data = self._container(0)
        except _TooDeep:
            data = None
        self.reach = max(self.reach, self._place)
        is_whole = not (self._is_cut or self._has_gap or data is None)
        if data or is_whole:
            return Value(self._start, self._place, data, is_whole)
        # What is in it may be a value by itself; after very many brackets it is not.
        return Value(self._start, self._place if data is None else self._start, None, False)

    def _container(self, depth: int) -> Any:
        if depth == DEEPEST:
            raise _TooDeep
        opening = self._text[self._place]
        self._place += 1
        if opening == "{":
            return self._object(depth)
        return self._array(_CLOSING[opening], depth)

    def _array(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._closes(closing):
            if gap := _GAP.match(self._text, self._place):
                self._has_gap, self._place = True, gap.end()
                continue
            item = self._item(depth, in_object=False)
            if item is _NOTHING or self._is_cut:  # a half-written element is none
                self._is_cut = True
                break
            items.append(item)
        return items

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._closes("}"):
            if gap := _GAP.match(self._text, self._place):
                self._has_gap, self._place = True, gap.end()
                continue
            key = self._key()
            item = _NOTHING if key is None else self._item(depth, in_object=True)
            if key is not None and item is not _NOTHING and not (self._is_cut and not item):
                members[key] = item
            if item is _NOTHING or self._is_cut:
                self._is_cut = True
                break
        return members

    def _closes(self, closing: str) -> bool:
        """Is the container over? Goes past its bracket, and stays before one that closes another around it."""
        while True:
            if white := _WHITE.match(self._text, self._place):
                self._place = white.end()
            if self._text[self._place : self._place + 1] not in tuple(_STOPS):
                break
            self._place += 1
        sign = self._text[self._place : self._place + 1]
        if sign == closing:
            self._place += 1
        return sign != "" and sign in "]})"

    def _key(self) -> str | None:
        if bare := _BARE_KEY.match(self._text, self._place):
            self._place = bare.end()
            return bare.group(1)
        key = self._string("key")
        if key is None:
            return None
        colon = _COLON.match(self._text, self._place)
        if colon is None:
            return None
        self._place = colon.end()
        return key

    def _string(self, role: Role) -> str | None:
        string = read_string(self._text, self._place, role)
        self.reach = max(self.reach, string.end if string else 0)
        if string is None or string.text is None:
            return None
        self._place = string.end
        return string.text

    def _item(self, depth: int, *, in_object: bool) -> Any:
        if white := _WHITE.match(self._text, self._place):
            self._place = white.end()
        sign = self._text[self._place : self._place + 1]
        if sign and sign in _CLOSING:
            return self._container(depth + 1)
        string = self._string("member" if in_object else "element")
        if string is not None:
            return string
        if number := _NUMBER.match(self._text, self._place):
            self._place = number.end()
            self._is_cut |= self._place == len(self._text)  # more digits may have been to come
            return Numeral(number.group())
        if word := _WORD.match(self._text, self._place):
            self._place = word.end()
            return _WORDS.get(word.group(1).lower())
        return _NOTHING
