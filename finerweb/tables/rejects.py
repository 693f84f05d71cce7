"""Records of a source that did not become documents, and why."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import problems
from finerweb.table import Column, Table
from finerweb.text import urls

TABLE = Table(
    name="rejects",
    comment="A record that did not become a document.",
    key=("reject_id",),
    columns=(
        Column("reject_id", "string", "hash of the source, file, line and record", nullable=False),
        Column("source", "string", "the name of the source in the settings", nullable=False),
        Column("file", "string", "the file it was in"),
        Column("line", "bigint", "its line there, from 1; null where the format has no lines"),
        Column("language", "string", "as the record gave it"),
        Column("problem", "string", f"why: {problems.listed(problems.RECORD)}", nullable=False),
        Column("found", "string", "what was there"),
        Column("wanted", "string", "what should have been"),
        Column("record", "string", "the record's first 2,000 characters"),
    ),
    cluster=("problem",),
)

EXCERPT = 2000  # characters: enough to recognise the record; file and line lead to the rest


def collect(examined: DataFrame, lines: DataFrame) -> DataFrame:
    """The rejected ones of examined records.

    `lines` says where the blocks of the source's text files begin: file, block, first_row, lines_before; it is empty
    for formats without lines.
    """
    rejected = examined.filter(F.col("problem").isNotNull()).join(lines, on=["file", "block"], how="left")
    line = F.col("row") - F.col("first_row") + F.col("lines_before") + 1
    return rejected.select(
        F.sha2(F.to_json(F.struct("source", "file", line.alias("line"), "problem", "raw", "id")), 256).alias(
            "reject_id"
        ),
        "source",
        "file",
        line.alias("line"),
        "language",
        "problem",
        F.substring("found", 1, EXCERPT).alias("found"),
        "wanted",
        F.substring(F.coalesce("raw", "text", "id"), 1, EXCERPT).alias("record"),
    )


def _pages(record: str | None) -> list[str]:
    return urls.pages(record) if record else []


def naming(rejects: DataFrame, pages: DataFrame) -> DataFrame:
    """The rejects whose records name one of these pages (a column `page`): reject_id."""
    of_record = F.udf(_pages, "array<string>", useArrow=True)
    named = rejects.select("reject_id", F.explode(of_record("record")).alias("page"))
    # bounded: what was ever taken down, 50 bytes each
    return (
        named.join(F.broadcast(pages.select("page").distinct()), on="page", how="left_semi")
        .select("reject_id")
        .distinct()
    )
