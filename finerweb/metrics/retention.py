"""Of the mentions that an annotator named, the share found by each tier and lost to each problem.

The paper keeps 77.4 % of one annotator's mentions by its cursor rule (its section 3.2).
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

READS = ("mentions",)


def measure(mentions: DataFrame) -> DataFrame:
    """Details: `annotator/found/tier` and `annotator/lost/problem`."""
    outcome = F.when(F.col("problem").isNull(), F.concat(F.lit("found/"), "tier")).otherwise(
        F.concat(F.lit("lost/"), "problem")
    )
    counted = mentions.groupBy("annotator", "language", outcome.alias("outcome")).agg(
        F.countDistinct("request_id", "position").alias("n")  # the policy `all` finds a mention in many places
    )
    total = F.sum("n").over(Window.partitionBy("annotator", "language"))
    return counted.select(
        F.concat_ws("/", "annotator", "outcome").alias("detail"), "language", (F.col("n") / total).alias("value")
    )
