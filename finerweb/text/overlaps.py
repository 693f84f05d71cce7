"""Runs of words that two texts share, whatever their case, Unicode form and punctuation. Plain Python, no Spark."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from hashlib import blake2b
from typing import NamedTuple

from finerweb.text import segment
from finerweb.text.folding import fold
from finerweb.text.spans import Span

LOCALE = "en"  # both sides are cut by the same rules; which dictionary ICU takes, it tells by the script


class Word(NamedTuple):
    """A word as it is compared, and where it is in the text."""

    folded: str
    span: Span


def words(text: str) -> list[Word]:
    """The words of a text, in any script; those of Thai and the like by ICU's dictionaries."""
    folded = fold(text)
    spans = segment.words(folded.text, LOCALE)
    return [Word(folded.text[start:end], folded.source(start, end)) for start, end in spans]


def hashes(words: Sequence[Word], size: int) -> list[int]:
    """A hash in 64 bits of every run of so many words."""
    runs = (" ".join(word.folded for word in words[start : start + size]) for start in range(len(words) - size + 1))
    digests = (blake2b(run.encode(), digest_size=8).digest() for run in runs)
    return [int.from_bytes(digest, "big", signed=True) for digest in digests]


def longest_shared(words: Sequence[Word], others: Sequence[Word]) -> tuple[int, int]:
    """Where the longest run that both have begins among `words`, and how many words it has."""
    matcher = SequenceMatcher(None, [word.folded for word in words], [word.folded for word in others], autojunk=False)
    match = matcher.find_longest_match()
    return match.a, match.size
