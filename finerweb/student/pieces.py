"""Texts as pieces: an encoder's subwords, none of which crosses a word break of ICU, each with its place in the text.

A subword tokenizer alone joins what a script without spaces does not separate, so that an entity may begin inside a
piece. Cut at ICU's word breaks first, with its white space before it, each word becomes the subwords that the encoder
has seen it as, and nearly every entity begins and ends where a piece does.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, pre_tokenizers

from finerweb.text import segment
from finerweb.text.scripts import LETTERS, scripts
from finerweb.text.spans import Span

LOCALE = "en"  # ICU takes a dictionary by the script; the locale changes none of its breaks in 91 languages' documents
CACHED = 200_000  # words; a text's are mostly those of the texts before it

Encoded = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]


class Pieces(NamedTuple):
    """Of each piece its id, and where it begins and ends in the text, without white space: a lone space is empty."""

    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def part(self, window: Span) -> "Pieces":
        """The pieces of a window."""
        return Pieces(*(values[slice(*window)] for values in self))

    def range(self, span: Span) -> Span | None:
        """The pieces that share a character with a span of the text; None where there is none."""
        touching = np.flatnonzero((self.starts < span.end) & (self.ends > span.start) & (self.ends > self.starts))
        return Span(int(touching[0]), int(touching[-1]) + 1) if len(touching) else None

    def is_exact(self, span: Span, pieces: Span) -> bool:
        """Do these pieces begin and end where the span does?"""
        return bool(self.starts[pieces.start] == span.start and self.ends[pieces.end - 1] == span.end)


class Cutter:
    """Cuts texts into pieces.

    `words`: `icu`, or `none` for the tokenizer's own cutting alone. Words of the scripts in `letters` (ISO 15924) are
    cut into letters, for scripts that write small words onto names, as Hebrew does.
    """

    def __init__(self, tokenizer: Path, *, words: str = "icu", letters: Sequence[str] = ()) -> None:
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        _keep_spaces(self._tokenizer)
        self._words = words
        self._letters = {name for script in letters for name in LETTERS[script]}
        self._cache: dict[str, Encoded] = {}

    def cut(self, text: str) -> Pieces:
        """The pieces of a text, without the encoder's signs for its beginning and end."""
        segments = list(self._segments(text)) if self._words == "icu" else [text] if text.strip() else []
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        position = 0
        # A text begins as a word after a space does.
        for encoded, part in zip(self._encode(segments), segments, strict=True):
            spaces = len(part) - len(part.lstrip())
            ids.extend(encoded[0])
            starts.extend(position + max(start, spaces) for start, _ in encoded[1])
            ends.extend(position + max(end, spaces) for _, end in encoded[1])
            position += len(part)
        if self._words == "none":
            starts = [_after_space(text, *place) for place in zip(starts, ends, strict=True)]
        return Pieces(*(np.array(values, dtype=np.int64) for values in (ids, starts, ends)))

    def edges(self, text: str) -> set[int]:
        """Where an entity of this text can begin or end."""
        pieces = self.cut(text)
        return {*pieces.starts.tolist(), *pieces.ends.tolist()}

    def _segments(self, text: str) -> Iterator[str]:
        """The words and signs of a text, each with the white space before it; that at the end is left out."""
        start = 0
        for piece in segment.pieces(text, LOCALE):
            part = text[start : piece.end]
            if not part.strip():
                continue
            if self._letters and scripts(part) & self._letters:
                yield from _letters(part)
            else:
                yield part
            start = piece.end

    def _encode(self, segments: Sequence[str]) -> list[Encoded]:
        keys = [part if number or part[:1].isspace() else f"\0{part}" for number, part in enumerate(segments)]
        unknown = sorted({key for key in keys if key not in self._cache})
        if len(self._cache) + len(unknown) > CACHED:
            self._cache.clear()
            unknown = sorted(set(keys))
        texts = [f" {key[1:]}" if key.startswith("\0") else key for key in unknown]
        for key, encoding in zip(unknown, self._tokenizer.encode_batch(texts, add_special_tokens=False), strict=True):
            shift = 1 if key.startswith("\0") else 0
            places = [(max(0, start - shift), max(0, end - shift)) for start, end in encoding.offsets]
            self._cache[key] = (tuple(encoding.ids), _with_marks(key.removeprefix("\0"), places))
        return [self._cache[key] for key in keys]


def _with_marks(part: str, places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The places of pieces of a word, each with the marks on its last letter: normalised, they have none."""
    nexts = [start for start, _ in places[1:]] + [len(part)]
    return tuple(
        (start, _after_marks(part, end, max(end, limit))) for (start, end), limit in zip(places, nexts, strict=True)
    )


def _after_marks(part: str, end: int, limit: int) -> int:
    while 0 < end < limit and unicodedata.category(part[end]).startswith("M"):
        end += 1
    return end


def _after_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _letters(part: str) -> Iterator[str]:
    """A word letter by letter, marks with their letters, and the white space before it with the first."""
    start = 0
    for end in range(1, len(part) + 1):
        is_mark = end < len(part) and unicodedata.category(part[end]).startswith("M")
        if part[start:end].strip() and not is_mark:
            yield part[start:end]
            start = end


def _keep_spaces(tokenizer: Tokenizer) -> None:
    """Let a word without a space before it have none: SentencePiece's would write one before every word."""
    own = json.loads(tokenizer.to_str())["pre_tokenizer"]
    if own and "Metaspace" in json.dumps(own):
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never")


def windows(count: int, *, size: int, overlap: int) -> list[Span]:
    """Runs of at most `size` of so many pieces, each sharing `overlap` with the one before it."""
    if count <= size:
        return [Span(0, count)] if count else []
    starts = range(0, count - overlap, size - overlap)
    return [Span(start, min(start + size, count)) for start in starts]


def own(number: int, parts: Sequence[Span]) -> Span:
    """The pieces that an entity begins at to be taken from this window: each is farther than half an overlap from an
    edge behind which there is more."""
    before, middle, after = parts[max(0, number - 1)], parts[number], parts[min(number + 1, len(parts) - 1)]
    start = middle.start if number == 0 else (middle.start + before.end) // 2
    end = middle.end if number == len(parts) - 1 else (after.start + middle.end) // 2
    return Span(start, end)
