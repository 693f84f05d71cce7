"""Of a language's rated passages, the share that each rater gave each rating."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

READS = ("ratings",)


def measure(ratings: DataFrame) -> DataFrame:
    """Details: `rater/1` to `rater/4`, and `rater/<problem>` for what could not be read."""
    outcome = F.coalesce(F.col("rating").cast("string"), "problem")
    counted = ratings.groupBy("rater", "language", outcome.alias("outcome")).agg(F.count("*").alias("n"))
    total = F.sum("n").over(Window.partitionBy("rater", "language"))  # bounded: counts, a row for each value
    return counted.select(
        F.concat_ws("/", "rater", "outcome").alias("detail"), "language", (F.col("n") / total).alias("value")
    )
