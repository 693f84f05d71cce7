"""A string in quotes of any kind, whose end follows from what comes after it: models forget to escape quotes."""

import re
from typing import Literal, NamedTuple

# What opens a string, and what may close it.
CLOSERS = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": '”“"',
    "”": "”",
    "„": "“”",
    "‘": "’‘",
    "’": "’",
    "«": "»",
    "「": "」",
    "『": "』",
    "＂": "＂",
}
MOST_QUOTES = 64  # that nobody escaped, in one string

Role = Literal["key", "member", "element"]  # of an object, of an object, of an array

_PREFIX = re.compile(r"(?:[uUbBrR](?=[\"'])|\\(?=[\"']))?")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_PLAIN = "\"'`/\\“”„‘’«»"  # stand for themselves after a backslash; before anything else it stands for itself

# What follows the closing quote. An inner quote is followed by a letter, mostly.
_QUOTE = "[\"'`“”„‘’«»「」『』＂]"
_WHITE = r"(?:[\s\ufeff]|(?<=\n)>|//[^\n]{0,200}|/\*.{0,200}?\*/|#[^\n]{0,200}){0,200}+"
_NEXT_KEY = rf"(?:\\?{_QUOTE}[^\"\n,:{{}}\[\]]{{1,60}}{_QUOTE}|[^\W\d][\w-]{{0,60}}){_WHITE}(?:[:：]|=>)"
_HALF_KEY = rf"(?:\\?{_QUOTE}[\w -]{{0,60}})?\Z"
_OVER = r"[\]})]|\Z|```|</?\w|<\|"
_ENDS = {
    "key": re.compile(rf"{_WHITE}(?:[:：]|=>)"),
    "member": re.compile(
        rf"{_WHITE}(?:{_OVER}|[,，、،;]?{_WHITE}(?:{_NEXT_KEY}|{_HALF_KEY}|[\]}})]|\.\.\.))",
        re.DOTALL,
    ),
    "element": re.compile(
        rf"{_WHITE}(?:{_OVER}|[,，、،;]{_WHITE}(?:\\?{_QUOTE}|[\[{{(\]}})\d.…-]|\Z|None|null|true|false|True|False)"
        rf"|\n{_WHITE}{_QUOTE})",
        re.DOTALL,
    ),
}


class String(NamedTuple):
    """What stands between the quotes, without escapes; None where no end is in sight. `end` is how far was read."""

    text: str | None
    end: int


def read_string(text: str, place: int, role: Role) -> String | None:
    """The string that begins at a place of a text; None where none does."""
    start = place + len(_PREFIX.match(text, place)[0])  # type: ignore[index]  # it matches nothing, too
    closers = CLOSERS.get(text[start : start + 1])
    if closers is None:
        return None
    is_escaped = start > place and text[start - 1] == "\\"  # {\"entities\": []}: all of the answer is escaped
    closing = re.compile(r"\\[\"']" if is_escaped else rf"\\.|[{closers}]", re.DOTALL)
    position = start + 1
    for _ in range(MOST_QUOTES):
        while (end := closing.search(text, position)) and not is_escaped and end[0] not in closers:
            position = end.end()
        if end is None:
            return String(None, len(text))
        position = end.end()
        if _ENDS[role].match(text, position):
            return String(_ESCAPE.sub(_unescaped, text[start + 1 : end.start()]), position)
    return String(None, position)


def _unescaped(escape: re.Match[str]) -> str:
    code, short, sign = escape.groups()
    if code or short:
        return chr(int(code or short, 16))
    return _NAMED.get(sign, sign if sign in _PLAIN else f"\\{sign}")
