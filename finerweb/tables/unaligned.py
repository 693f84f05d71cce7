"""Labelled spans that a published format cannot hold, and why; Parquet and JSON lines hold everything."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import problems
from finerweb.formats import tagging
from finerweb.rows import flat_map
from finerweb.table import Column, Table

TABLE = Table(
    name="unaligned",
    comment="A labelled span that a format of the published data set leaves out.",
    key=("example_id", "variant", "format", "start", "end", "label"),
    columns=(
        Column("example_id", "string", "the sentence", nullable=False),
        Column("variant", "string", "of the data set", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("split", "string", "train, validation or test", nullable=False),
        Column("format", "string", "gliner or bio", nullable=False),
        Column("start", "int", "first code point of the sentence", nullable=False),
        Column("end", "int", "one past its last", nullable=False),
        Column("label", "string", "one label of the span", nullable=False),
        Column(
            "problem",
            "string",
            f"why: {problems.listed(problems.FORMAT)}",
            nullable=False,
        ),
    ),
    constraints={"span": "0 <= start and start < end"},
)


def find(examples: DataFrame, *, formats: Sequence[str]) -> DataFrame:
    """What these formats leave out of the examples."""
    columns = ["example_id", "variant", "language", "split", "text", "char_spans"]
    kinds = [kind for kind in tagging.FORMATS if kind in formats]
    annotated = examples.filter(F.col("has_entities") & F.lit(bool(kinds)))
    return flat_map(annotated.select(*columns), partial(_left_out, kinds=kinds), TABLE.columns)


def _left_out(example: Any, *, kinds: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    entities = tagging.entities(example.char_spans)
    for kind in kinds:
        for entity, problem in tagging.fit(example.text, entities, kind)[1]:
            yield TABLE.row(
                example_id=example.example_id,
                variant=example.variant,
                language=example.language,
                split=example.split,
                format=kind,
                start=entity.start,
                end=entity.end,
                label=entity.label,
                problem=problem,
            )
