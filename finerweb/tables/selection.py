"""Which passages are annotated, and why the others are not."""

from collections.abc import Mapping

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import problems
from finerweb.rows import lookup, part_of
from finerweb.table import Column, Table

TABLE = Table(
    name="selection",
    comment="A passage and whether it is annotated.",
    key=("passage_id",),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("document_id", "string", "its document", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("score", "float", "the regression's score"),
        Column("threshold", "float", "above it a passage of this language is useful", nullable=False),
        Column("rank", "int", "its place in its language, from 1; null where it is not selected"),
        Column("is_selected", "boolean", "is it annotated?", nullable=False),
        Column("problem", "string", f"why not: {problems.listed(problems.PASSAGE)}, or that of the score"),
    ),
    constraints={"ranked_if_selected": "is_selected = (rank is not null)", "why": "is_selected = (problem is null)"},
)


def turn() -> Expression:
    """A document's place in its language: documents come in the order of a hash."""
    return F.xxhash64("document_id")


def candidates(passages: DataFrame, near_duplicates: DataFrame) -> DataFrame:
    """The passages that could be chosen: in their document's language, and no near-duplicate; with their `turn`."""
    return (
        passages.filter("is_target_language")
        .join(near_duplicates.select("passage_id"), on="passage_id", how="left_anti")
        .select("passage_id", "document_id", "language", "position", turn().alias("turn"))
    )


def choose(
    passages: DataFrame,
    scores: DataFrame,
    near_duplicates: DataFrame,
    *,
    per_language: int,
    thresholds: Mapping[str, float],
) -> DataFrame:
    """At most so many passages of each language that score above its threshold, one a document.

    Of a document the first useful passage counts, as in the paper; documents come in their turn. A passage that was
    not scored was not needed: its document had a useful one, or its language enough. No task sorts a whole language: a
    part of it is sorted, and then at most `per_language` passages of each part.
    """
    first = Window.partitionBy("document_id", "problem").orderBy("position")
    # bounded: a part of a language
    part = Window.partitionBy("language", "problem", part_of("document_id")).orderBy(turn(), "document_id")
    is_far, is_useful, problem = F.col("rank") > per_language, F.col("problem").isNull(), F.col("problem")
    # Whoever is too far back in a part is too far back in the language: apart, nobody is ranked behind them.
    rest = F.when(is_far | ~is_useful, part_of("document_id"))
    # bounded: `per_language` passages of each part of a language
    order = Window.partitionBy("language", "problem", rest).orderBy(turn(), "document_id")
    return (
        _judged(passages, scores, near_duplicates, thresholds)
        .withColumn("place", F.row_number().over(first))
        .withColumn("problem", F.when(is_useful & (F.col("place") > 1), "another_of_document").otherwise(problem))
        .withColumn("rank", F.row_number().over(part))
        .withColumn("rank", F.when(is_far, F.col("rank")).otherwise(F.row_number().over(order)))
        .withColumn("problem", F.when(is_useful & is_far, "quota_full").otherwise(problem))
        .select(
            "passage_id",
            "document_id",
            "language",
            "score",
            "threshold",
            F.when(is_useful, F.col("rank")).alias("rank"),
            is_useful.alias("is_selected"),
            "problem",
        )
    )


def _judged(
    passages: DataFrame, scores: DataFrame, near_duplicates: DataFrame, thresholds: Mapping[str, float]
) -> DataFrame:
    """Each passage with its `score`, its language's `threshold`, and the `problem` that it has by itself."""
    problem = (
        F.when(~F.col("is_target_language"), "other_language")
        .when(F.col("duplicate_of").isNotNull(), "near_duplicate")
        .when(F.col("score").isNull(), F.coalesce("unscored", F.lit("not_scored")))
        .when(F.col("score") <= F.col("threshold"), "not_useful")
    )
    return (
        passages.select("passage_id", "document_id", "language", "position", "is_target_language")
        .join(scores.select("passage_id", "score", F.col("problem").alias("unscored")), on="passage_id", how="left")
        .join(near_duplicates.select("passage_id", "duplicate_of"), on="passage_id", how="left")
        .withColumn("threshold", lookup(thresholds, "language"))
        .withColumn("problem", problem)
    )


def documents_of(selection: DataFrame, documents: DataFrame) -> DataFrame:
    """The documents that annotated passages are from."""
    return documents.join(selection.filter("is_selected").select("document_id"), on="document_id", how="left_semi")


def chosen(selection: DataFrame, passages: DataFrame) -> DataFrame:
    """The passages that are annotated."""
    return passages.join(selection.filter("is_selected").select("passage_id"), on="passage_id", how="left_semi")
