"""How far the annotators agree: the share of merged entities by agreement, and each annotator's share that survived.

The paper reports 31.5 % exact agreements, and retentions of 66.3 % and 60.0 % (its section 3.3).
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

READS = ("entities",)


def measure(entities: DataFrame) -> DataFrame:
    """Details: `entities/exact|overlap|alone` and `kept/annotator`."""
    counted = entities.groupBy("agreement", "language").agg(F.count("*").alias("n"))
    total = F.sum("n").over(Window.partitionBy("language"))  # bounded: counts, a row for each value
    levels = counted.select(
        F.concat_ws("/", F.lit("entities"), "agreement").alias("detail"),
        "language",
        (F.col("n") / total).alias("value"),
    )
    kept = entities.select("language", F.explode("sources.annotator").alias("annotator"), F.lit(1.0).alias("kept"))
    lost = entities.select("language", F.explode("lost.annotator").alias("annotator"), F.lit(0.0).alias("kept"))
    survived = kept.unionByName(lost).groupBy("annotator", "language").agg(F.avg("kept").alias("value"))
    return levels.unionByName(
        survived.select(F.concat_ws("/", F.lit("kept"), "annotator").alias("detail"), "language", "value")
    )
