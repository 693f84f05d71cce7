"""Where sentences start, by sentencex's rules; the only file with sentencex, and with what makes it slow.

Two of its habits cost more than all else (1.0.32, read in its source):

- In Danish and Catalan it builds a regular expression for every full stop: 0.1 million characters a second where others
  do 50 million. But for that rule they are as languages that do not, so that one of these reads a copy of the text.
- Behind every stop it looks back to white space, a full stop or a slash, which a line of Chinese or Japanese need not
  have: quadratic. A space amid three letters of such a script, in a copy of the text, ends that; no rule looks at it.

And where an initial stands before a no-break space and a full stop it panics, which would end the task.

A copy has as many characters as its text, so that what starts in the one starts in the other.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

import sentencex

from finerweb.text import danish


class StandIn(NamedTuple):
    """A language whose rules, but for the one and these abbreviations, are another's."""

    locale: str
    abbreviations: Collection[str]


# Amharic has what all languages share and no abbreviation in Latin script; Catalan has Spanish's abbreviations.
STAND_INS = {"da": StandIn("am", danish.ABBREVIATIONS), "ca": StandIn("es", ())}

PANIC = re.compile(r"(?<![^\s./])([A-Z]\s*)[^\S\x00-\x7F](?=\.)")  # 1.0.33, which is not on PyPI, mends it
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km"})
LARGE = 10_000  # characters of a text in another language, of which a quadratic line is worth looking for
LONG = 512  # characters without a break that are read without help
STEP = 256  # between two spaces in a long run
# Letters and vowel signs of Thai, Lao, Burmese and Khmer, kana and ideographs: 3 bytes in UTF-8, as the space U+3000.
LETTER = (
    r"\u0E01-\u0E2E\u0E30-\u0E3A\u0E40-\u0E4E\u0E81-\u0EAE\u0EB0-\u0ECD\u1000-\u103E\u1780-\u17D3"
    r"\u3041-\u3096\u30A1-\u30FA\u3400-\u4DBF\u4E00-\u9FFF"
)
RUN = re.compile(rf"(?<![^\s./])[^\s./]{{{LONG},}}")
THREE = re.compile(rf"[{LETTER}]{{3}}")
INITIAL = re.compile(r"[\s./]+[A-Z]\.")

# A run of ends is one match of sentencex's; only those of one sign are judged by the rule.
ENDS = re.compile(r"[.!?…‼‽⁇⁈⁉](?:(?<=\.)(?:[ \t]+\.){2,}|(?<=[!?…])(?:[ \t]+[!?…])+|[.!?…‼‽⁇⁈⁉]*)")
WINDOW = 30  # characters that are looked at behind an end
LONGEST = 12  # characters before it: more than any abbreviation has
CONTINUES = re.compile(r"\W*[0-9a-z]")
CERTAIN = re.compile(r"\s*(?:\[\d+]|$)|[^\S\n]*\n\r*\n")  # a reference, or the end of a paragraph
COMMA = re.compile(r"\s*(?:''|``|['\"`‚‛‟])?\s*,")
GAP = re.compile(r"[\s./]")
MARKER = re.compile(r"(?:^|[\s./])\(?(?:\d+|[A-Za-z]|[ivxlcdm]+)$")  # of a list, or an initial: `1.`, `iv.`, `T.`


def starts(text: str, locale: str) -> list[int]:
    """Where the parts that sentencex cuts a text into start; white space alone is no part, and 0 need not be there."""
    copy = _with_spaces(text) if locale in UNSPACED or len(text) > LARGE else text
    if locale not in STAND_INS:
        return _starts(copy, locale)
    copy, false = _for_stand_in(copy, STAND_INS[locale].abbreviations)
    return [start for start in _starts(copy, STAND_INS[locale].locale) if start not in false]


def _starts(text: str, locale: str) -> list[int]:
    """Each part is looked for: sentencex leaves some paragraph breaks out, 1.0.32 in 768 of 23,400 web documents."""
    places, position = [], 0
    try:
        parts = sentencex.segment(locale, text)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it is nowhere to be imported from
            raise
        text = PANIC.sub(r"\1 ", text)
        parts = sentencex.segment(locale, text)
    for part in parts:
        bare = part.lstrip()
        start = text.find(part, position) if bare else -1
        if start >= 0:
            places.append(start + len(part) - len(bare))
            position = start + len(part)
    return places


def _with_spaces(text: str) -> str:
    """A copy in which no long run of such letters is without white space.

    The only rule that could see it asks whether the word before an initial is written large: such a run stays as it is.
    """
    if max(map(len, text.split()), default=0) < LONG:
        return text
    spaces = []
    for run in RUN.finditer(text):
        if run[0][0] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" and INITIAL.match(text, run.end()):
            continue
        position = run.start() + STEP
        while three := THREE.search(text, position, run.end()):
            spaces.append(three.start() + 1)
            position = three.end() + STEP
    return _replaced(text, dict.fromkeys(spaces, "\u3000"))


def _for_stand_in(text: str, abbreviations: Collection[str]) -> tuple[str, set[int]]:
    """A copy of a text that ends its sentences by a stand-in's rules, and starts that are none.

    A sentence goes on where the next letter is small, which the stand-in does not know, nor these abbreviations: such
    ends become slashes, which part words as full stops do. It ends before a comma, where the stand-in's does not: a
    semicolon. What may be the number of a list or an initial stays, and the start behind it is taken back.
    """
    signs: dict[int, str] = {}
    false: set[int] = set()
    for end in ENDS.finditer(text):
        start, stop = end.span()
        if stop - start > 1 or CERTAIN.match(text, stop):
            continue
        before, tail = text[max(0, start - LONGEST) : start], text[stop : stop + WINDOW]
        following = CONTINUES.match(tail)
        if following or (text[start] == "." and GAP.split(before.rstrip())[-1].lower() in abbreviations):
            if tail.startswith((" ", "\t", "\n", ")")) and MARKER.search(before):
                false.add(stop + len(tail) - len(tail.lstrip()))
            elif not following or following.end() > 1:
                signs[start] = "/"
        elif comma := COMMA.match(tail):
            signs[stop + comma.end() - 1] = ";"
    return _replaced(text, signs), false


def _replaced(text: str, signs: dict[int, str]) -> str:
    """The text with these signs at their places."""
    parts, position = [], 0
    for place in sorted(signs):
        parts += [text[position:place], signs[place]]
        position = place + 1
    return "".join([*parts, text[position:]])
