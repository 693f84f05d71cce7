"""How much there is of a language: documents, passages, annotated passages, entities, distinct labels."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

READS = ("documents", "passages", "selection", "entities")


def measure(documents: DataFrame, passages: DataFrame, selection: DataFrame, entities: DataFrame) -> DataFrame:
    """Details: `documents`, `passages`, `words`, `annotated`, `entities`, `labels`."""
    rows = F.count("*")
    counted = [
        ("documents", documents, rows),
        ("passages", passages, rows),
        ("words", passages, F.sum("words")),
        ("annotated", selection.filter("is_selected"), rows),
        ("entities", entities, rows),
        ("labels", entities, F.countDistinct("label")),
    ]
    frames = [
        frame.groupBy("language")
        .agg(value.cast("double").alias("value"))
        .select(F.lit(detail).alias("detail"), "language", "value")
        for detail, frame, value in counted
    ]
    return reduce(DataFrame.unionByName, frames)
