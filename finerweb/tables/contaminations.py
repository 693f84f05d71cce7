"""Passages that share a run of words with a text of a benchmark."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.rows import flat_map
from finerweb.table import Column, Table, row_of
from finerweb.text import overlaps

TABLE = Table(
    name="contaminations",
    comment="A run of words that a passage of the release shares with a text of a benchmark.",
    key=("passage_id", "benchmark", "line"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("benchmark", "string", "the benchmark's file, as it was named", nullable=False),
        Column("line", "int", "the text's line there, from 1", nullable=False),
        Column("item", "string", "the text's own id, where it has one"),
        Column("words", "int", "length of the longest run that both have", nullable=False),
        Column("shared", "string", "that run, as the passage has it", nullable=False),
    ),
    constraints={"shares": "words > 0"},
)

TEXT = "benchmark string, line int, item string, text string"  # what a benchmark's texts are

_GRAM = (
    Column("benchmark", "string", "the file"),
    Column("line", "int", "the text"),
    Column("size", "int", "words in the run; 0 for a text that is too short to check"),
    Column("hash", "bigint", "of the run"),
)
_OF_PASSAGE = (Column("passage_id", "string", "the passage"), Column("hash", "bigint", "of a run of words"))
_gram, _of_passage = row_of(_GRAM, "a run of a benchmark"), row_of(_OF_PASSAGE, "a run of a passage")


def grams(texts: DataFrame, *, size: int, least: int) -> DataFrame:
    """The runs of `size` words of benchmark texts: benchmark, line, size, hash.

    A shorter text of `least` words or more is one run, a still shorter one a row of size 0.
    """
    return flat_map(texts, partial(_grams, size=size, least=least), _GRAM)


def _grams(row: Any, *, size: int, least: int) -> Iterator[tuple[Any, ...]]:
    words = overlaps.words(row.text)
    if len(words) < least:
        yield _gram(benchmark=row.benchmark, line=row.line, size=0, hash=0)
        return
    length = min(size, len(words))
    for gram in set(overlaps.hashes(words, length)):
        yield _gram(benchmark=row.benchmark, line=row.line, size=length, hash=gram)


def find(passages: DataFrame, texts: DataFrame, grams: DataFrame, *, sizes: Sequence[int]) -> DataFrame:
    """What passages share with texts; `sizes` are those of the `grams`, whose texts fit into memory."""
    runs = flat_map(passages.select("passage_id", "text"), partial(_runs, sizes=sizes), _OF_PASSAGE)
    met = runs.join(F.broadcast(grams.filter("size > 0")), on="hash", how="inner")  # bounded: the texts of benchmarks
    pairs = met.groupBy("passage_id", "benchmark", "line").agg(F.first("size").alias("size"))
    # bounded: the texts of benchmarks
    both = pairs.join(passages.select("passage_id", "language", "text"), on="passage_id", how="inner").join(
        F.broadcast(texts.withColumnRenamed("text", "other")), on=["benchmark", "line"], how="inner"
    )
    return flat_map(both, _compare, TABLE.columns)


def _runs(row: Any, *, sizes: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    words = overlaps.words(row.text)
    for size in sizes:
        for gram in overlaps.hashes(words, size):
            yield _of_passage(passage_id=row.passage_id, hash=gram)


def _compare(row: Any) -> Iterator[tuple[Any, ...]]:
    words = overlaps.words(row.text)
    start, length = overlaps.longest_shared(words, overlaps.words(row.other))
    if length < row.size:
        return  # two runs with the same hash
    shared = row.text[words[start].span.start : words[start + length - 1].span.end]
    yield TABLE.row(
        passage_id=row.passage_id,
        language=row.language,
        benchmark=row.benchmark,
        line=row.line,
        item=row.item,
        words=length,
        shared=shared,
    )


def renew(contaminations: DataFrame, matches: DataFrame, *, benchmarks: Collection[str]) -> DataFrame:
    """What was found in these benchmarks now, and in others before."""
    return contaminations.filter(~F.col("benchmark").isin(list(benchmarks))).unionByName(matches)


def spare(examples: DataFrame, contaminations: DataFrame, *, leave_out: bool) -> DataFrame:
    """The examples that are published: all, or those of passages that share nothing with a benchmark."""
    if not leave_out:
        return examples
    return examples.join(contaminations.select("passage_id"), on="passage_id", how="left_anti")
