"""One value that is not quite JSON: what it says, as far as that can be told.

Of one that breaks off, what is complete is kept. An element of an array that cannot be read is one element: those after
it are read.
"""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from finerweb.questions._siblings import FOLLOWS, after
from finerweb.questions._strings import QUOTED_KEY, Role, read_bare, read_string

DEEPEST = 60  # brackets in brackets: what is deeper is a model that repeats one

_CLOSING = {"[": "]", "{": "}", "(": ")"}
_WHITE = re.compile(r"(?:[\s\ufeff\u200b]|(?<=\n)>|//[^\n]*|/\*.{0,200}?\*/|#[^\n]*)++", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.%])")
_WORD = re.compile(r"(?i)(true|false|none|null|nan|undefined|[-+]?infinity)\b")
_WORDS = {"true": True, "false": False}
_BARE_KEY = re.compile(r"([^\W\d][\w-]{0,60})[\"'”’]?\s*[:：]")  # also one of which the first quote is missing
_COLON = re.compile(r"\s*(?:[:：]|=>?)")
_STOPS = tuple(",，、،;")
_GAP = re.compile(r"\.\.\.|…")


@dataclass(frozen=True)
class Numeral:
    """A number as it is written: a mention such as 1999 or 3.50 is text."""

    text: str


@dataclass(frozen=True)
class Unread:
    """An element of an array that cannot be read, as it is written."""

    text: str


class Value(NamedTuple):
    """What is read from text[start:end]; not whole where it never closes, or an object holds what cannot be read."""

    start: int
    end: int
    data: Any
    is_whole: bool


class _TooDeep(Exception):
    """Brackets in brackets in brackets."""


_NOTHING = object()  # that can be read here


class Lenient:
    """Reads the value at a place of a text; `reach` is how far it looked."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start, self._place = text, start, start
        self.reach = start
        self._is_cut = False
        self._has_gap = False
        self._is_open = False  # the container that was read last lacks its bracket

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

    def _sign(self) -> str:
        """The next sign that is no white space; goes there."""
        if white := _WHITE.match(self._text, self._place):
            self._place = white.end()
        return self._text[self._place : self._place + 1]

    def _container(self, depth: int) -> Any:
        if depth == DEEPEST:
            raise _TooDeep
        opening = self._text[self._place]
        self._place += 1
        if opening != "{":
            return self._array(_CLOSING[opening], depth)
        if depth and self._sign() == "{":  # {{"mention": ...}}; the first brace of a text may be any
            items = self._array("}", depth)
            return items[0] if len(items) == 1 else items
        return self._object(depth)

    def _array(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        opening, end = "", self._place  # the bracket of its elements; where the last one ends
        while not self._closes(closing, opening):
            if gap := _GAP.match(self._text, self._place):
                self._has_gap, self._place = True, gap.end()
                continue
            start, sign = self._place, self._sign()
            is_apart = not items or any(stop in self._text[end:start] for stop in _STOPS)
            is_remark = not is_apart and sign == "(" != opening
            may_be_bare = is_apart and not opening and bool(depth or items)
            item = _NOTHING if is_remark else self._element(depth, may_be_bare=may_be_bare)
            if item is _NOTHING or self._is_cut:
                if not (depth or items or sign in _CLOSING) or not self._skip(start, opening):
                    self._is_cut = True  # a half-written element is none
                    break
                item = Unread(self._text[start : self._place].strip()) if is_apart else _NOTHING
            elif not opening and sign in _CLOSING:
                opening = sign
            items += [] if item is _NOTHING else [item]
            end = self._place
        if items and all(isinstance(item, Unread) for item in items):  # a value in them may be the answer
            self._is_cut = True
            return []
        return items

    def _skip(self, start: int, opening: str) -> bool:
        """Goes from an element that cannot be read to the next; where the text ends before, the answer is cut."""
        if self.reach == len(self._text):  # in search of a quote
            return False
        place, reach = after(self._text, start, opening)
        self.reach = max(self.reach, reach)
        if place is None:
            return False
        self._place, self._is_cut = place, False
        return True

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._closes("}"):
            if gap := _GAP.match(self._text, self._place):
                self._has_gap, self._place = True, gap.end()
                continue
            if depth and members and self._sign() == "{":  # the next one, before this one is closed
                break
            key = self._key()
            item = _NOTHING if key is None else self._member(depth)
            if key is not None and item is not _NOTHING and not (self._is_cut and not item):
                members[key] = item
            if item is _NOTHING or self._is_cut:
                self._is_cut = True
                break
        return members

    def _closes(self, closing: str, opening: str = "") -> bool:
        """Is the container over? Goes past its bracket, and stays before one that closes another around it.

        One that closes nothing, after which an array goes on with the bracket that opens its elements, is passed over.
        """
        while (sign := self._sign()) in _STOPS or self._is_surplus(sign, closing, opening):
            self._place += 1
        if sign == "" or sign not in "]})":
            return False
        self._is_open = sign != closing
        self._place += not self._is_open
        return True

    def _is_surplus(self, sign: str, closing: str, opening: str) -> bool:
        if sign == "" or sign not in "]})" or not opening or (sign == closing and not self._is_open):
            return False
        follows = FOLLOWS[opening].match(self._text, self._place + 1)
        self._is_open &= follows is None
        return follows is not None

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

    def _element(self, depth: int, *, may_be_bare: bool) -> Any:
        if not QUOTED_KEY.match(self._text, self._place):
            return self._item("element", depth, may_be_bare=may_be_bare)
        if depth + 1 == DEEPEST:
            raise _TooDeep
        return self._object(depth + 1)  # its brace is missing

    def _member(self, depth: int) -> Any:
        if self._sign() in (*_STOPS, "}"):
            return None
        return self._item("member", depth, may_be_bare=True)

    def _item(self, role: Role, depth: int, *, may_be_bare: bool) -> Any:
        if self._sign() in _CLOSING:
            return self._container(depth + 1)
        string = self._string(role)
        if string is not None:
            return string
        literal = _NUMBER.match(self._text, self._place) or _WORD.match(self._text, self._place)
        bare = read_bare(self._text, self._place, role) if may_be_bare else None
        if bare and not (literal and bare.end <= literal.end()):
            self._place = bare.end
            self._is_cut |= self._place == len(self._text)  # more of it may have been to come
            return bare.text
        if literal is None:
            return _NOTHING
        self._place = literal.end()
        if literal.re is _WORD:
            return _WORDS.get(literal.group().lower())
        self._is_cut |= self._place == len(self._text)
        return Numeral(literal.group())
