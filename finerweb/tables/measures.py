"""What the metrics say of a run, language by language."""

from pyspark.sql import DataFrame

from finerweb.table import Column, Table

TABLE = Table(
    name="measures",
    comment="The value of a metric for a language.",
    key=("metric", "detail", "language"),
    columns=(
        Column("metric", "string", "the file of finerweb/metrics that computed it", nullable=False),
        Column("detail", "string", "what of it: a reason, a tier, an annotator, a rating", nullable=False),
        Column("language", "string", "the language; * for all together, where the metric gives that", nullable=False),
        Column("value", "double", "the value", nullable=False),
    ),
    cluster=("metric",),
)


def gather(first: DataFrame, *others: DataFrame) -> DataFrame:
    """All metrics' values in one frame."""
    for other in others:
        first = first.unionByName(other)
    return first
