"""Pieces of documents, of at most so many words and subwords, that end with a sentence where one ends in time."""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pyspark.sql import DataFrame

from finerweb import shipping
from finerweb.languages import ENGLISH, Language
from finerweb.rows import first, flat_map
from finerweb.table import Column, Table
from finerweb.text import segment
from finerweb.text.spans import Span

TABLE = Table(
    name="passages",
    comment="A piece of a document; the passages of a document, joined in order, are its text.",
    key=("passage_id",),
    columns=(
        Column("passage_id", "string", "document_id#position", nullable=False),
        Column("document_id", "string", "the document", nullable=False),
        Column("language", "string", "the document's language", nullable=False),
        Column("position", "int", "its place among the document's passages, from 0", nullable=False),
        Column("start", "int", "first code point in the document's text", nullable=False),
        Column("end", "int", "one past its last", nullable=False),
        Column("text", "string", "the document's text[start:end]", nullable=False),
        Column("words", "int", "ICU words", nullable=False),
        Column("subwords", "int", "subwords of the scorer's tokenizer, special tokens included", nullable=False),
        Column("detected", "string", "the detector's code of the language it is in; und for none"),
        Column("detected_score", "float", "how sure the detector is, 0-1"),
        Column("is_target_language", "boolean", "is it in the document's language?", nullable=False),
        Column("bands", "array<bigint>", "locality-sensitive hashes of its words, to find near-duplicates"),
    ),
    constraints={"span": "0 <= start and start < end", "text_length": "length(text) = end - start"},
)

# FineWeb's near-duplicate search: 5-grams, 14 bands of 8 hashes; two texts of Jaccard similarity .75 meet in a band
# with a probability of 77 %, those of .85 with 99 %.
SHINGLE, BANDS, ROWS = 5, 14, 8
DETECTION_SURE = 0.5  # below it lid.176's best guess was mostly wrong on real texts in 91 languages


LONGEST = 16  # characters a subword: no text has more, but a run of one sign would be read again for every passage


class Piece(NamedTuple):
    """A chunk of a text and its size."""

    span: Span
    words: int
    subwords: int


class Counter:
    """Counts the subwords of texts with a tokenizer.json."""

    def __init__(self, path: str) -> None:
        from tokenizers import Tokenizer  # on workers only

        self._tokenizer = Tokenizer.from_file(path)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        """How many subwords, special tokens included."""
        return len(self._tokenizer.encode_batch_fast([text])[0])

    def ends(self, text: str) -> list[int]:
        """Where each subword ends in the text, special tokens included (they end at 0); slower than `count`."""
        return [end for _, end in self._tokenizer.encode(text).offsets]


@lru_cache(maxsize=2)
def _counter(name: str) -> Counter:
    return Counter(str(shipping.shipped(name)))


def chunks(text: str, locale: str, counter: Counter, *, max_words: int, max_subwords: int) -> Iterator[Piece]:
    """Cut a text into passages that tile it.

    A passage is the longest run of whole sentences that fits; a sentence that does not fit by itself is cut between
    words, and a single word that does not fit between characters. None begins with white space.
    """
    words, cuts = segment.breaks(text, locale)
    stops = sorted({span.end for span in segment.sentences(text, locale)}.intersection(cuts))
    start = word = 0
    while start < len(text):
        limit = words[word + max_words] if word + max_words < len(words) else len(text)
        limit = min(max(limit, start + 1), start + LONGEST * max_subwords)
        while True:
            end = _last(stops, start, limit) or _last(cuts, start, limit) or limit
            if text[end : end + 1].isspace():
                end = max(start + 1, end - 1)  # inside a giant word: its last letter begins the next passage
            subwords = counter.count(text[start:end])
            if subwords <= max_subwords:
                break
            limit = start + max(1, sorted(counter.ends(text[start:end]))[max_subwords - 1])
            if limit >= end:
                limit = max(start + 1, end - 1)
        after = bisect_left(words, end, word)
        yield Piece(Span(start, end), after - word, subwords)
        start, word = end, after


def _last(cuts: Sequence[int], start: int, limit: int) -> int | None:
    """The last of ascending cuts in (start, limit]."""
    index = bisect_right(cuts, limit)
    return cuts[index - 1] if index and cuts[index - 1] > start else None


def split(
    documents: DataFrame,
    *,
    languages: Mapping[str, Language],
    tokenizer: str,
    max_words: int,
    max_subwords: int,
    tasks: int,
) -> DataFrame:
    """The passages of documents. `tokenizer` is the shipped name of the scorer's tokenizer.json."""
    counted = partial(
        _rows, languages=dict(languages), tokenizer=tokenizer, max_words=max_words, max_subwords=max_subwords
    )
    texts = documents.select("document_id", "language", "text").repartition(tasks)
    return flat_map(texts, counted, TABLE.columns)


def _rows(
    document: Any, *, languages: Mapping[str, Language], tokenizer: str, max_words: int, max_subwords: int
) -> Iterator[tuple[Any, ...]]:
    text, language = document.text, languages[document.language]
    pieces = chunks(text, language.locale, _counter(tokenizer), max_words=max_words, max_subwords=max_subwords)
    for position, piece in enumerate(pieces):
        passage = text[piece.span.start : piece.span.end]
        detected = segment.language(passage)
        yield TABLE.row(
            passage_id=f"{document.document_id}#{position}",
            document_id=document.document_id,
            language=language.code,
            position=position,
            start=piece.span.start,
            end=piece.span.end,
            text=passage,
            words=piece.words,
            subwords=piece.subwords,
            detected=detected.code,
            detected_score=detected.score,
            is_target_language=is_in(language, detected),
            bands=bands(passage, language.locale),
        )


def is_in(language: Language, detected: segment.Detected) -> bool:
    """Is a passage in the language? Yes unless the detector is sure of another one.

    Of a language that the detector does not know, it can only say that it is not English.
    """
    if detected.code in language.detect or detected.score < DETECTION_SURE:
        return True
    return not language.detect and not (detected.code == "en" and language.code != ENGLISH)


@lru_cache(maxsize=1)
def _empty_sketch() -> Any:
    from datasketch import MinHash  # on workers only

    return MinHash(num_perm=BANDS * ROWS, seed=1, scheme="affine32", hashfunc=zlib.crc32)


def bands(text: str, locale: str) -> list[int]:
    """Hashes of a text of which near-duplicates share at least one; none for a text of fewer words than a shingle."""
    words = [text[span.start : span.end].casefold() for span in segment.words(text, locale)]
    if len(words) < SHINGLE:
        return []
    sketch = _empty_sketch().copy()
    sketch.update_batch(
        [" ".join(words[first : first + SHINGLE]).encode() for first in range(len(words) - SHINGLE + 1)]
    )
    rows = sketch.hashvalues.reshape(BANDS, ROWS)
    return [zlib.crc32(row.tobytes()) + (band << 32) for band, row in enumerate(rows)]


def sample(passages: DataFrame, *, per_language: int) -> DataFrame:
    """At most so many passages of each language, one a document, in its language; the same ones each time."""
    one_a_document = first(passages.filter("is_target_language"), 1, within=["document_id"], key="passage_id")
    return first(one_a_document, per_language, within=["language"], key="passage_id")
