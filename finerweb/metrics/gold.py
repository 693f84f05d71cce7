"""Merged entities against what a person marked, in the annotated passages: same start, same end, any label."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

READS = ("gold", "entities", "passages", "selection")


def measure(gold: DataFrame, entities: DataFrame, passages: DataFrame, selection: DataFrame) -> DataFrame:
    """Details: `precision`, `recall`, `f1`, and the counts `gold`, `found`, `both`; for sources with gold only.

    Precision counts the found spans of every document of a source with gold; a span that nobody marked is wrong even
    where it is sensible.
    """
    annotated = passages.join(selection.filter("is_selected").select("passage_id"), on="passage_id", how="left_semi")
    places = annotated.select("passage_id", "document_id", F.col("start").alias("first"), F.col("end").alias("last"))
    # One that crosses the end of its passage counts too: it cannot be found.
    marked = gold.join(places, on="document_id", how="inner").filter("first <= start and start < last")
    marked = marked.select("passage_id", "language", F.expr("start - first as start"), F.expr("end - first as end"))
    source = F.split_part("document_id", F.lit("/"), F.lit(1))
    with_gold = gold.select(source.alias("source")).distinct()
    in_gold = places.withColumn("source", source).join(with_gold, on="source", how="left_semi")
    spans = entities.join(in_gold.select("passage_id"), on="passage_id", how="left_semi")
    spans = spans.select("passage_id", "language", "start", "end").distinct()
    both = marked.join(spans, on=["passage_id", "language", "start", "end"], how="inner")
    counts = (
        marked.groupBy("language")
        .agg(F.count("*").cast("double").alias("gold"))
        .join(spans.groupBy("language").agg(F.count("*").cast("double").alias("found")), on="language", how="left")
        .join(both.groupBy("language").agg(F.count("*").cast("double").alias("both")), on="language", how="left")
        .na.fill(0.0)
    )
    values = counts.withColumns(
        {
            "precision": F.try_divide("both", "found"),
            "recall": F.try_divide("both", "gold"),
            "f1": F.try_divide(2 * F.col("both"), F.col("found") + F.col("gold")),
        }
    )
    names = ("precision", "recall", "f1", "gold", "found", "both")
    return values.unpivot("language", names, "detail", "value").select("detail", "language", "value").na.fill(0.0)
