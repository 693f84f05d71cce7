"""Of a language's passages, the share that is annotated, and the share lost to each reason."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

READS = ("selection",)


def measure(selection: DataFrame) -> DataFrame:
    """Details: `selected` and the problems of the table `selection`."""
    detail = F.coalesce("problem", F.lit("selected"))
    counted = selection.groupBy(detail.alias("detail"), "language").agg(F.count("*").alias("n"))
    all_of = selection.groupBy("language").agg(F.count("*").alias("all"))
    return counted.join(all_of, on="language", how="inner").select(
        "detail", "language", (F.col("n") / F.col("all")).alias("value")
    )
