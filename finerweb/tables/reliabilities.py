"""How far each annotator can be relied on, estimated from the classes that all of them gave to the same places."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.mentions import merging, reliability
from finerweb.mentions.reliability import Pattern, Reliability
from finerweb.rows import each, flat_map
from finerweb.table import Column, Table, row_of

TABLE = Table(
    name="reliabilities",
    comment="How often an annotator is right about a coarse class in a language, estimated without gold.",
    key=("annotator", "language", "coarse"),
    columns=(
        Column("annotator", "string", "who annotates", nullable=False),
        Column("language", "string", "in which language", nullable=False),
        Column("coarse", "string", "the coarse class; empty for places that are no entity", nullable=False),
        Column(
            "accuracy", "double", "share of the class's places that it names so (no entity: leaves out)", nullable=False
        ),
        Column("said", "double", "how often it says this of a place, in all languages", nullable=False),
        Column("share", "double", "of the language's places, that are of this class", nullable=False),
        Column("items", "double", "how many these are", nullable=False),
    ),
    cluster=("language",),
)

PATTERN = (Column("language", "string", ""), Column("votes", "array<string>", ""))
_pattern = row_of(PATTERN, "a pattern of votes")


def claims(mentions: DataFrame) -> DataFrame:
    """The claims of all annotators about each passage: passage_id, language, claims."""
    spans = mentions.filter("problem is null").select(
        "passage_id", "language", "annotator", "start", "end", "label", "tier"
    )
    # bounded: the spans of a passage
    return spans.groupBy("passage_id", "language").agg(
        F.collect_list(F.struct("annotator", "start", "end", "label", "tier")).alias("claims")
    )


def estimate(mentions: DataFrame, *, annotators: Sequence[str], overlap: float) -> DataFrame:
    """Estimate the reliabilities from the mentions of `annotators`.

    The places of all passages are counted by their votes; these counts, a few thousand rows for a corpus of
    any size, are one task's work.
    """
    names = sorted(annotators)
    patterns = flat_map(claims(mentions), partial(_patterns, annotators=names, overlap=overlap), PATTERN)
    counted = patterns.groupBy("language", "votes").agg(F.count("*").alias("items"))

    def estimate_all(rows: pd.DataFrame) -> pd.DataFrame:  # Spark asks for a function with hints, not a partial
        seen = [Pattern(row.language, tuple(row.votes), int(row.items)) for row in each(rows)]
        estimates = [_row(estimate) for estimate in reliability.estimate(seen, names)]
        return pd.DataFrame(estimates, columns=[column.name for column in TABLE.columns])

    # bounded: a row for each language and combination of the annotators' classes, 26 of each: 61,516 for two
    return counted.groupBy().applyInPandas(estimate_all, TABLE.ddl)


def _row(estimate: Reliability) -> tuple[Any, ...]:
    fields = estimate._asdict()
    vote_rate = fields.pop("vote_rate")
    return TABLE.row(said=vote_rate, **fields)


def _patterns(passage: Any, *, annotators: Sequence[str], overlap: float) -> Iterator[tuple[Any, ...]]:
    for item in merging.items(merging.read_claims(passage.claims), overlap_at=overlap):
        yield _pattern(language=passage.language, votes=list(merging.votes(item, annotators)))
