"""Labels: their canonical form, their coarse class, and their name in each language in which they occur."""

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.annotators import label_name
from finerweb.answers import Unreadable
from finerweb.label_classes import canonical, coarse
from finerweb.languages import ENGLISH
from finerweb.rows import flat_map
from finerweb.table import Column, Table

TABLE = Table(
    name="labels",
    comment="A label as it occurs in a language.",
    key=("label", "language"),
    columns=(
        Column("label", "string", "as an annotator wrote it", nullable=False),
        Column("language", "string", "the language of the passages it occurs in", nullable=False),
        Column("canonical", "string", "in canonical form", nullable=False),
        Column("coarse", "string", "its coarse class", nullable=False),
        Column("name", "string", "in the language; the canonical form where there is a problem", nullable=False),
        Column("mentions", "bigint", "spans that carry it, of all annotators", nullable=False),
        Column("problem", "string", "why it has no name of its own in the language"),
    ),
)


def inventory(mentions: DataFrame) -> DataFrame:
    """Every label in every language, and how often: label, language, mentions."""
    return mentions.filter("problem is null").groupBy("label", "language").agg(F.count("*").alias("mentions"))


def foreign(inventory: DataFrame) -> DataFrame:
    """The labels of passages in other languages than English: those that need a name."""
    return inventory.filter(F.col("language") != ENGLISH)


def name(inventory: DataFrame, completions: DataFrame) -> DataFrame:
    """The labels with the names that the label_name answers give them; English labels are their own names."""
    answers = completions.select(F.col("subject_id").alias("label"), "language", "answer", "problem")
    joined = inventory.join(answers, on=["label", "language"], how="left")
    return flat_map(joined, _name, TABLE.columns)


def _name(row: Any) -> Iterator[tuple[Any, ...]]:
    plain = canonical(row.label)
    name, problem = plain, None
    if row.language != ENGLISH:
        try:
            name = label_name.parse(row.answer or "")
        except Unreadable:
            problem = row.problem or "not_asked"
    yield row.label, row.language, plain, coarse(plain), name, row.mentions, problem
