"""The judges' mean grades of a language, and the errors they found per annotated entity.

The paper reports 3.99 and 4.05, and 6.1 % missing and 6.0 % wrong (its section 3.5). How far a judge is to be trusted
is the metric `judges`; copies that were judged to learn that do not count here.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

READS = ("verdicts", "entities")


def measure(verdicts: DataFrame, entities: DataFrame) -> DataFrame:
    """Details: `judge/faithfulness`, `judge/completeness`, `judge/missing|extra|wrong` (per entity judged)."""
    judged = verdicts.filter("copy = 'plain' and problem is null")
    sizes = entities.groupBy("passage_id").agg(F.count("*").alias("entities"))
    errors = [F.sum(F.size(name)) / F.greatest(F.sum("entities"), F.lit(1)) for name in ("missing", "extra", "wrong")]
    means = (
        judged.join(sizes, on="passage_id", how="left")
        .na.fill(0, ["entities"])
        .groupBy("judge", "language")
        .agg(
            F.avg("faithfulness").alias("faithfulness"),
            F.avg("completeness").alias("completeness"),
            *[error.alias(name) for name, error in zip(("missing", "extra", "wrong"), errors, strict=True)],
        )
    )
    names = ("faithfulness", "completeness", "missing", "extra", "wrong")
    return means.unpivot(("judge", "language"), names, "name", "value").select(
        F.concat_ws("/", "judge", "name").alias("detail"), "language", "value"
    )
