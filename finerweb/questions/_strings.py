"""A string in quotes of any kind, or in none, whose end follows from what comes after it.

Models forget to escape quotes, to write the second one, or both.
"""

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
_QUOTES = "\"'`“”„‘’«»「」『』＂"
QUOTE = f"[{_QUOTES}]"
_WHITE = r"(?:[\s\ufeff]|(?<=\n)>|//[^\n]{0,200}|/\*.{0,200}?\*/|#[^\n]{0,200}){0,200}+"
_QUOTED_KEY = rf"\\?{QUOTE}[^\"\n,:{{}}\[\]]{{1,60}}{QUOTE}{_WHITE}(?:[:：]|=>?)"
_NEXT_KEY = rf"(?:{_QUOTED_KEY}|[^\W\d][\w-]{{0,60}}{_WHITE}(?:[:：]|=>))"
_HALF_KEY = rf"(?:\\?{QUOTE}[\w -]{{0,60}})?\Z"
_OVER = r"[\]})]|\Z|```|</?\w|<\|"
_ENDS = {
    "key": re.compile(rf"{_WHITE}(?:[:：]|=>?)"),
    "member": re.compile(
        rf"{_WHITE}(?:{_OVER}|[,，、،;]?{_WHITE}(?:{_NEXT_KEY}|{_HALF_KEY}|[\]}})]|\.\.\.)"
        rf"|,{_WHITE}\{{\s*{_QUOTED_KEY})",
        re.DOTALL,
    ),
    "element": re.compile(
        rf"{_WHITE}(?:{_OVER}|[,，、،;]{_WHITE}(?:\\?{QUOTE}|[\[{{(\]}})\d.…-]|\Z|None|null|true|false|True|False)"
        rf"|\n{_WHITE}{QUOTE})",
        re.DOTALL,
    ),
}
QUOTED_KEY = re.compile(_QUOTED_KEY)
# What an opening quote follows and no closing one: the string before it has none.
_NEXT_ELEMENT = re.compile(r"\s*[\]})]\s*(?:[,，、;]|\n)\s*[\[{(]\s*\Z")
_MARGIN = 60  # characters of white space and brackets between two elements

# A word or some without quotes, one of which may still be there.
_BARE = rf"[^\s{_QUOTES}\[\]{{}}(),，、;:：.…<#/](?:['’]|[^\n{_QUOTES}\[\]{{}}]){{0,80}}?"
_BARE_ENDS = {
    "member": rf"[\]}}]|\Z|[,，、،;]{_WHITE}(?:{_NEXT_KEY}|{_HALF_KEY}|[\]}}])",
    "element": r"[\]})]|\Z|[,，、،;]",
}
_BARES = {
    role: re.compile(rf"({_BARE})\\?{QUOTE}?(?=(?:\s{_WHITE})?(?:{ends}))", re.DOTALL)
    for role, ends in _BARE_ENDS.items()
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
    for count in range(MOST_QUOTES):
        while (end := closing.search(text, position)) and not is_escaped and end[0] not in closers:
            position = end.end()
        if end is None:
            return String(None, len(text))
        position = end.end()
        if _ENDS[role].match(text, position):
            return String(_ESCAPE.sub(_unescaped, text[start + 1 : end.start()]), position)
        if next_element := _NEXT_ELEMENT.search(text[max(start + 1, end.start() - _MARGIN) : end.start()]):
            if count or role == "key":
                break
            place = end.start() - len(next_element[0])
            return String(_ESCAPE.sub(_unescaped, text[start + 1 : place]), place)
    return String(None, position)


def read_bare(text: str, place: int, role: Role) -> String | None:
    """The words without quotes at a place of a text, a member's or an element's; None where none are."""
    bare = _BARES[role].match(text, place)
    return String(bare[1].rstrip(), bare.end()) if bare else None


def _unescaped(escape: re.Match[str]) -> str:
    code, short, sign = escape.groups()
    if code or short:
        return chr(int(code or short, 16))
    return _NAMED.get(sign, sign if sign in _PLAIN else f"\\{sign}")
