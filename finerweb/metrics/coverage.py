"""How much of a language the regression read until there was enough of it, and how much of that was useful."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

READS = ("selection",)


def measure(selection: DataFrame) -> DataFrame:
    """Details: `scored`, of all passages of the language; `useful`, of the scored ones; `threshold`."""
    is_useful = (F.col("score") > F.col("threshold")).cast("double")
    shares = selection.groupBy("language").agg(
        F.avg(F.col("score").isNotNull().cast("double")).alias("scored"),
        F.coalesce(F.avg(is_useful), F.lit(0.0)).alias("useful"),
        F.first("threshold").cast("double").alias("threshold"),
    )
    return shares.unpivot("language", ("scored", "useful", "threshold"), "detail", "value").select(
        "detail", "language", "value"
    )
