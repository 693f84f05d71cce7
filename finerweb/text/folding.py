"""A text as mentions are compared with it: case, Unicode form, quotes, digits and white space made alike.

Offsets of a folded text are of no use outside: `Folded.source` leads back to the text that was folded.
"""

import functools
import re
import unicodedata
from typing import NamedTuple

from finerweb.text.spans import Span

# Invisible and lost by models: soft hyphen, zero-width signs, bidi controls, tatweel, Arabic and Hebrew points.
INVISIBLE = re.compile(
    r"[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u0591-\u05BD\u05BF-\u05C7]"
)
SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛ʼ`´′", "'"), **dict.fromkeys("“”„‟«»″״", '"'), **dict.fromkeys("‐‑‒–—―−־", "-")}
)
LAST = 0x20000  # above it are ideographs and their variants, each of which folds to one


class Folded(NamedTuple):
    """A text as it is compared; `starts[i]`, `ends[i]` bound the source of its i-th character."""

    text: str
    starts: list[int]
    ends: list[int]

    def source(self, start: int, end: int) -> Span:
        """The span of the original text that folds to `text[start:end]`."""
        return Span(self.starts[start], self.ends[end - 1])


def fold(text: str) -> Folded:
    """Case, Unicode form, quotes, dashes, digits and white space made alike, invisible characters left out.

    Most characters fold to one other, and runs of them are translated at once. What is left is folded cluster by
    cluster (a character and the marks that belong to it), so that every folded character has its source.
    """
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    is_after_space = False
    for special in _special().finditer(text):
        first, last = special.span()
        if at < first:
            parts.append(text[at:first].translate(_ONE))
            starts.extend(range(at, first))
            ends.extend(range(at + 1, first + 1))
            is_after_space = text[first - 1] == " "
        at = last
        folded = _fold_cluster(special[0])
        if folded == " " and is_after_space:
            ends[-1] = last
        elif folded:
            parts.append(folded)
            starts.extend([first] * len(folded))
            ends.extend([last] * len(folded))
            is_after_space = folded == " "
    parts.append(text[at:].translate(_ONE))
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return Folded("".join(parts), starts, ends)


@functools.lru_cache(maxsize=65_536)
def _fold_cluster(cluster: str) -> str:
    if cluster.isspace():
        return " "
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", cluster))).translate(SAME)
    # "İ" folds to "i" and a combining dot, which nobody who writes "istanbul" types.
    plain = unicodedata.normalize("NFC", plain.casefold().replace("i\u0307", "i"))
    return "".join(" " if c.isspace() else str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


class _One(dict[int, str]):
    """What each character that is not special folds to, found when it is met first."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_cluster(chr(code))
        return folded


_ONE = _One()


@functools.cache
def _special() -> re.Pattern[str]:
    """What does not fold character by character: white space, marks with their base, what grows or vanishes."""
    marks, growing = set(), set()
    for code in range(LAST):
        character = chr(code)
        source = unicodedata.decomposition(character)
        if source and source[0] != "<" and " " in source:
            marks.add(int(source.split()[1], 16))  # it may join the character before it, whatever its class
        if unicodedata.combining(character):
            marks.add(code)
        elif (source or len(character.casefold()) != 1 or INVISIBLE.match(character)) and not character.isspace():
            growing.add(code)
    marks |= {*range(0x1160, 0x1200)}  # Hangul's vowels and finals, which join by rule
    growing = {code for code in growing if len(_fold_cluster(chr(code))) != 1}
    after = rf"[{_ranges(marks)}\u200C\u200D]*[{_ranges(marks)}]"
    return re.compile(rf"(?:\s{{2,}}|[^\S ]|.{after}|[{_ranges(growing)}])", re.DOTALL)


def _ranges(codes: set[int]) -> str:
    """The inside of a character class."""
    found: list[list[int]] = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in found)
