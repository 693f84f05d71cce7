"""Passages that say almost what an earlier one says."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.table import Column, Table

TABLE = Table(
    name="near_duplicates",
    comment="A passage that is nearly the same as another of its language.",
    key=("passage_id",),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column(
            "duplicate_of",
            "string",
            "the passage that stays: of all that share a band, the first by id",
            nullable=False,
        ),
    ),
    constraints={"not_itself": "passage_id <> duplicate_of"},
)


def mark(passages: DataFrame) -> DataFrame:
    """The near-duplicates among passages of the same language: those that share a band with an earlier one."""
    by_band = passages.select("passage_id", "language", F.explode("bands").alias("band"))
    firsts = by_band.groupBy("language", "band").agg(F.min("passage_id").alias("first"), F.count("*").alias("n"))
    shared = by_band.join(firsts.filter("n > 1"), on=["language", "band"], how="inner")
    return (
        shared.groupBy("passage_id", "language")
        .agg(F.min("first").alias("duplicate_of"))
        .filter(F.col("duplicate_of") != F.col("passage_id"))
    )
