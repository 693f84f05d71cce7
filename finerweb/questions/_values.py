"""The JSON arrays and objects that stand in a text, as language models write them.

Taken besides JSON: Python's and JavaScript's literals, single and typographic quotes, quotes inside strings that nobody
escaped, strings without quotes, raw line breaks, comments, commas too many or missing, brackets that are missing, too
many or never close.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from finerweb.questions._lenient import Lenient, Numeral, Value

PATIENCE = 6  # times the text's length that is read in vain, before the rest is given up
TRIES = 20  # by the letter of JSON, before a text counts as something else: an error there costs as much as its text

_OPENING = re.compile(r"[\[{]|\((?=\s*[\"'“‘\[{(])")  # of a tuple; print() is none
_DECODER = json.JSONDecoder(strict=False, parse_int=Numeral, parse_float=Numeral, parse_constant=lambda _: None)


def values(text: str) -> Iterator[Value]:
    """The arrays and objects of a text that are in no other one, in their order; in time linear in its length."""
    place, tries, patience = 0, TRIES, PATIENCE * len(text) + 1000
    has_escapes = "\\u" in text
    while patience > 0 and (opening := _OPENING.search(text, place)):
        value = _strict(text, opening.start()) if tries else None
        if value is None:
            tries -= tries > 0
            lenient = Lenient(text, opening.start())
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
