"""Where an array goes on after an element that cannot be read: from sign to sign, for its words tell nothing."""

import re

from finerweb.questions._strings import QUOTE

# A string is what has no quotes in it and a sign of JSON after it: one whose other quote is missing hides no bracket.
_TOKEN = re.compile(
    rf"{QUOTE}(?:\\.|(?!{QUOTE})[^\n\\]){{0,300}}{QUOTE}(?=\s*[:：=,，\]}})])|"
    r"(?P<opening>[\[{(])|(?P<closing>[\]})])|(?P<stop>[,，、;])|(?P<pause>\n[^\S\n]*\n)|(?P<end>```|<[|｜/])"
)
_OPENS = {"[": "]", "{": "}", "(": ")"}
_GOES_ON = r"\s*[,，、;]\s*"

# The bracket of an array's elements -> what comes between one and the next; "" where they have none, or none is known.
FOLLOWS = {opening: re.compile(_GOES_ON + re.escape(opening)) for opening in _OPENS}
FOLLOWS[""] = re.compile(rf"{_GOES_ON}(?:[\[{{(]|{QUOTE})")


def after(text: str, start: int, opening: str) -> tuple[int | None, int]:
    """Where an element that begins at `start` is over, or None where the text breaks off; and how far was looked."""
    closings = ""  # of the brackets that are open
    for token in _TOKEN.finditer(text, start):
        kind, place = token.lastgroup, token.start()
        if kind == "end" or (kind == "pause" and not closings):
            return None, place
        if kind == "opening":
            closings += _OPENS[token.group()]
        elif kind == "closing" and token.group() in closings:
            closings = closings[: closings.rindex(token.group())]
        elif kind == "closing" or (kind == "stop" and not closings and FOLLOWS[opening].match(text, place)):
            return place, place
    return None, len(text)
