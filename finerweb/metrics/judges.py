"""How far a judge can be trusted: the planted errors that it caught, and what it owes to the order of the list.

Its grades are the metric `verdicts`. There are values of each language, and of all together (`*`).
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from finerweb.languages import EVERY

READS = ("verdicts", "entities")


def measure(verdicts: DataFrame, entities: DataFrame) -> DataFrame:
    """Details, all begin with the judge:

    `planted`, `planted/<kind>`, `caught`, `caught/<kind>`  copies with a known error, and the share that was caught
    `flagged`                       extra or wrong mentions per entity of plain lists: what is caught must exceed it
    `swapped`, `order/<grade>`      passages judged in both orders, and how far the two grades are apart on average
    `and <other>/judged`, `and <other>/<grade>`  passages that both graded, and how far they are apart on average
    """
    judged = verdicts.filter("problem is null")
    everywhere = judged.unionByName(judged.withColumn("language", F.lit(EVERY)))
    plain = everywhere.filter("copy = 'plain'")
    swapped = everywhere.filter("copy = 'swapped'").select("passage_id", "language", "judge", *_others())
    others = plain.select("passage_id", "language", F.col("judge").alias("other"), *_others())
    in_order = plain.join(swapped, on=["passage_id", "language", "judge"], how="inner")
    pairs = plain.join(others, on=["passage_id", "language"], how="inner").filter("judge < other")
    return (
        _caught(everywhere.filter("copy = 'planted'"))
        .unionByName(_flagged(plain, entities))
        .unionByName(_apart(in_order, F.col("judge"), count="swapped", grade="order/"))
        .unionByName(_apart(pairs, F.concat_ws(" and ", "judge", "other"), count="judged", grade=""))
    )


def _caught(planted: DataFrame) -> DataFrame:
    kinds = F.explode(F.array(F.lit(""), F.concat(F.lit("/"), "planted_kind"))).alias("kind")
    counted = (
        planted.select("judge", "language", F.col("is_caught").cast("double").alias("is_caught"), kinds)
        .groupBy("judge", "language", "kind")
        .agg(F.count("*").cast("double").alias("planted"), F.avg("is_caught").alias("caught"))
    )
    long = counted.unpivot(("judge", "language", "kind"), ("planted", "caught"), "name", "value")
    return long.select(F.concat("judge", F.lit("/"), "name", "kind").alias("detail"), "language", "value")


def _flagged(plain: DataFrame, entities: DataFrame) -> DataFrame:
    sizes = entities.groupBy("passage_id").agg(F.count("*").alias("entities"))
    flagged = plain.select("passage_id", "judge", "language", F.size(F.array_union("extra", "wrong")).alias("flagged"))
    shares = (
        flagged.join(sizes, on="passage_id", how="inner")
        .groupBy("judge", "language")
        .agg((F.sum("flagged") / F.sum("entities")).alias("value"))
    )
    return shares.select(F.concat("judge", F.lit("/flagged")).alias("detail"), "language", "value")


def _others() -> list[Column]:
    return [F.col(grade).alias(f"other_{grade}") for grade in ("faithfulness", "completeness")]


def _apart(pairs: DataFrame, who: Column, *, count: str, grade: str) -> DataFrame:
    """How many pairs of verdicts there are, and the mean distance of their grades."""
    distances = [
        F.avg(F.abs(F.col(name) - F.col(f"other_{name}"))).alias(f"{grade}{name}")
        for name in ("faithfulness", "completeness")
    ]
    counted = pairs.groupBy(who.alias("who"), "language").agg(F.count("*").cast("double").alias(count), *distances)
    names = (count, f"{grade}faithfulness", f"{grade}completeness")
    quoted = tuple(f"`{name}`" for name in names)
    return counted.unpivot(("who", "language"), quoted, "name", "value").select(
        F.concat_ws("/", "who", "name").alias("detail"), "language", "value"
    )
