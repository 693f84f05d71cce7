"""A text as mentions are compared with it: case, Unicode form, quotes, digits and white space made alike.

Offsets of a folded text are of no use outside: `Folded.source` leads back to the text that was folded.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from finerweb.text import letters
from finerweb.text.characters import APOSTROPHES, ARMENIAN_STRESS, IGNORABLE, SELECTORS, VARIED, ranges
from finerweb.text.spans import Span

IGNORED = re.compile(f"[{IGNORABLE}]")
# Lost by models and writers: tatweel, Arabic and Hebrew points, Armenian stress, the dot below Devanagari's letters.
POINTS = re.compile(
    rf"[\u093C\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u08D3-\u08FF\u0591-\u05BD\u05BF-\u05C7{ARMENIAN_STRESS}]"
)
SAME = str.maketrans(
    {
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys("“”„‟«»″״〝〞‶", '"'),
        **dict.fromkeys("‐‑‒–—―−־֊⁃﹣－", "-"),
        **dict.fromkeys("・･‧•⋅∙·ㆍ", "·"),  # the last is the vowel araea, which Korean types for a dot
        "〜": "~",
        "゛": "\u3099",  # voiced marks, typed behind their kana
        "゜": "\u309a",
    }
)
WORD_SPACE = "፡"  # of Ethiopic
TWICE = rf"[{re.escape(APOSTROPHES)}]{{2}}"  # a double quote or gershayim, typed as two apostrophes
_ASTRAL = 0x10000
LAST = 0x20000  # above it are ideographs, each of which folds to one, and selectors

# Marks that people type in any order: of Thai, Lao and Khmer, whose letters below others go with their stacker, and of
# Burmese those that Zawgyi, which is no Unicode, has at the same places.
_SORTED = (
    r"[\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u102D-\u1030\u1032\u1036\u1037\u103A"
    r"\u17B4-\u17D3\u17DD]"
)
_STACKED = r"\u17D2[\u1780-\u17A2]"
_UNIT = re.compile(rf"{_STACKED}|{_SORTED}")
_RUN = re.compile(rf"(?:{_STACKED}|{_SORTED}){{2,}}")
# Sara am, voiced marks with a width, Hangul's vowels and finals: letters that join the one before them.
_EXTENDING = frozenset({0x0E33, 0x0EB3, 0x309B, 0x309C, 0xFF9E, 0xFF9F, *range(0x1160, 0x1200)})
_GREEK = re.compile(r"[\u0370-\u03FF\u1F00-\u1FFF]")


class Folded(NamedTuple):
    """A text as it is compared; `starts[i]`, `ends[i]` bound the source of its i-th character."""

    text: str
    starts: list[int]
    ends: list[int]

    def source(self, start: int, end: int) -> Span:
        """The span of the original text that folds to `text[start:end]`."""
        return Span(self.starts[start], self.ends[end - 1])


def fold(text: str, locale: str = "") -> Folded:
    """Case, Unicode form, quotes, dashes, digits and white space made alike, invisible characters left out.

    Of the language of a locale, also the letters that it takes for one another (`letters`).

    Most characters fold to one other, and runs of them are translated at once. What is left is folded cluster by
    cluster (a character and the marks that belong to it), so that every folded character has its source.
    """
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    is_after_space = False
    for first, last in _clusters(text):
        if position < first:
            parts.append(text[position:first].translate(_ONE))
            starts.extend(range(position, first))
            ends.extend(range(position + 1, first + 1))
            is_after_space = text[first - 1] == " "
        position = last
        folded = _fold_cluster(text[first:last])
        if folded == " " and is_after_space:
            ends[-1] = last
        elif folded:
            parts.append(folded)
            starts.extend([first] * len(folded))
            ends.extend([last] * len(folded))
            is_after_space = folded == " "
    parts.append(text[position:].translate(_ONE))
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return Folded(letters.alike("".join(parts), locale), starts, ends)


def _clusters(text: str) -> Iterator[Span]:
    """Where a text does not fold character by character: at a special character, with its base if it has one."""
    special, cluster = _patterns()
    end = 0
    for match in special.finditer(text):
        start = match.start()
        if start < end:
            continue
        whole = cluster.match(text, max(end, start - 1)) or cluster.match(text, start)
        if whole:
            end = whole.end()
            yield Span(whole.start(), end)


@functools.lru_cache(maxsize=65_536)
def _fold_cluster(cluster: str) -> str:
    if cluster.replace(WORD_SPACE, " ").isspace():
        return " "
    plain = cluster
    for sequence, letter in letters.SEQUENCES.items():
        plain = plain.replace(sequence, letter)
    plain = IGNORED.sub("", plain).translate(SAME)  # NFKC takes "´" apart
    plain = plain.replace("''", '"').translate(letters.RADICALS)
    plain = POINTS.sub("", unicodedata.normalize("NFKC", plain)).translate(SAME)
    plain = _RUN.sub(lambda run: "".join(sorted(_UNIT.findall(run[0]))), plain)
    # "İ" folds to "i" and a combining dot, which nobody who writes "istanbul" types.
    plain = unicodedata.normalize("NFC", plain.casefold().replace("i\u0307", "i")).translate(letters.SPELLINGS)
    if _GREEK.search(plain):  # capitals have no accents (CLDR, el-Upper)
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return "".join(" " if c.isspace() else str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


class _One(dict[int, str]):
    """What each character that is not special folds to, found when it is met first."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_cluster(chr(code))
        return folded


_ONE = _One()


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A character that does not fold to one other, by itself or with the one before; and the whole cluster it is of."""
    marks, growing = set(_EXTENDING), {*letters.SPELLINGS, *range(0xE0000, 0xE1000)}
    for code in range(LAST):
        character = chr(code)
        source = unicodedata.decomposition(character)
        if source and source[0] != "<" and " " in source:
            marks.add(int(source.split()[1], 16))  # it may join the character before it, whatever its class
        if unicodedata.combining(character) or _UNIT.match(character):
            marks.add(code)
        elif source or len(character.casefold()) != 1 or IGNORED.match(character) or POINTS.match(character):
            growing.add(code)
    growing = {code for code in growing if not chr(code).isspace() and len(_fold_cluster(chr(code))) != 1}
    seconds = {ord(sequence[1]) for sequence in letters.SEQUENCES}
    after = rf"(?:[\u200C\u200D]*(?:{_STACKED}|{_class(marks)}))"
    sequences = "|".join(sorted(map(re.escape, letters.SEQUENCES), key=len, reverse=True))
    spaces = rf"[\s{WORD_SPACE}]{{2,}}|[^\S ]|{WORD_SPACE}"
    clusters = rf"(?:{sequences}|{TWICE}){after}*|.{after}+|(?:{VARIED})[{SELECTORS}]+"
    special = marks | growing | seconds | {code for code in range(LAST) if chr(code).isspace()} - {0x20}
    near = ranges({code for code in special if code < _ASTRAL})
    return (
        # Whatever lies above is looked at: few texts have much of it, and most of it is then no cluster.
        re.compile(rf"[{near}{WORD_SPACE}\uFE00-\uFE0F\U00010000-\U0010FFFF]|  |{TWICE}"),
        re.compile(rf"{spaces}|{clusters}|{_class(growing)}", re.DOTALL),
    )


def _class(codes: set[int]) -> str:
    """A character of these. `re` knows at once whether one below U+10000 is among them, and looks through a list for
    those above: that one is left alone for the others."""
    near, far = ({code for code in codes if (code >= _ASTRAL) is is_far} for is_far in (False, True))
    return rf"(?:[{ranges(near)}]|(?=[\U00010000-\U0010FFFF])[{ranges(far)}])" if far else f"[{ranges(near)}]"
