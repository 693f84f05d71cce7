"""The regression's score of each passage, of as many as are needed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import problems, shipping
from finerweb.errors import TooLarge
from finerweb.rows import lookup
from finerweb.table import Column, Table

TABLE = Table(
    name="scores",
    comment="A score of a passage by one version of the regression.",
    key=("passage_id", "scorer"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("scorer", "string", "registered model and version", nullable=False),
        Column("language", "string", "the passage's language", nullable=False),
        Column("score", "float", "by the model's first target: about 0-1 (binary) or 1-4 (four_class)"),
        Column("scores", "map<string, float>", "by all of its targets; null where there is a problem"),
        Column("subwords", "int", "length in subwords of the model's tokenizer", nullable=False),
        Column("problem", "string", f"why there is no score: {problems.listed(problems.SCORE)}"),
    ),
    constraints={
        "scored_or_problem": "(score is null) <> (problem is null)",
        "all_or_none": "(score is null) = (scores is null)",
    },
)


def candidates(passages: DataFrame, near_duplicates: DataFrame) -> DataFrame:
    """The passages that could be selected: in their document's language, and no near-duplicate.

    `turn` is their document's place in its language: documents are drawn in the order of a hash.
    """
    return (
        passages.filter("is_target_language")
        .join(near_duplicates.select("passage_id"), on="passage_id", how="left_anti")
        .select("passage_id", "document_id", "language", "position", F.xxhash64("document_id").alias("turn"))
    )


def of(scores: DataFrame, *, scorer: str) -> DataFrame:
    """The scores that one scorer gave."""
    return scores.filter(F.col("scorer") == scorer)


def seen(
    candidates: DataFrame, scores: DataFrame, *, until: Mapping[str, int], thresholds: Mapping[str, float]
) -> DataFrame:
    """The candidates of the documents whose turn has come: is each scored, and useful.

    `until` says of each language the last turn that is drawn.
    """
    known = scores.select("passage_id", "score", F.lit(True).alias("is_scored"))
    return (
        candidates.filter(F.col("turn") <= lookup(until, "language"))
        .join(known, on="passage_id", how="left")
        .withColumn("is_scored", F.coalesce("is_scored", F.lit(False)))
        .withColumn("is_useful", F.coalesce(F.col("score") > lookup(thresholds, "language"), F.lit(False)))
        .drop("score")
    )


def progress(seen: DataFrame, *, per_language: int) -> DataFrame:
    """How far each language is: language, drawn, scored, useful, accepted, open, waiting, full_at, open_before.

    `accepted` documents have a useful passage, `open` ones may still turn out to have one, and `waiting` passages of
    these are next. `full_at` is the turn of the document that fills the quota, null where there are too few, and
    `open_before` the open ones up to it: what they turn out to be decides which document that is.
    """
    documents = seen.groupBy("document_id", "language", "turn").agg(
        F.count_if("is_scored").alias("scored"),
        F.count_if("is_useful").alias("useful"),
        F.count_if(~F.col("is_scored")).alias("unseen"),
    )
    in_turn = Window.partitionBy("language").orderBy("turn", "document_id").rowsBetween(Window.unboundedPreceding, 0)
    is_open = (F.col("useful") == 0) & (F.col("unseen") > 0)
    return (
        documents.withColumn("_place", F.count_if(F.col("useful") > 0).over(in_turn))
        .withColumn("_is_open", is_open)
        .groupBy("language")
        .agg(
            F.count("*").alias("drawn"),
            F.sum("scored").alias("scored"),
            F.sum("useful").alias("useful"),
            F.count_if(F.col("useful") > 0).alias("accepted"),
            F.count_if("_is_open").alias("open"),
            F.coalesce(F.sum(F.when(is_open, F.least(_depth("scored"), "unseen"))), F.lit(0)).alias("waiting"),
            F.min(F.when(F.col("_place") >= per_language, F.col("turn"))).alias("full_at"),
            F.count_if(F.col("_is_open") & (F.col("_place") < per_language)).alias("open_before"),
        )
    )


def _depth(scored: str) -> Expression:
    """How many passages of a document are next: one more than were scored of it before."""
    return F.col(scored) + 1


def wave(seen: DataFrame, *, at_most: Mapping[str, int] | None = None) -> DataFrame:
    """The next passages of the open documents, in order: one more than were scored of a document before.

    So a document with a useful passage near its start costs little, and one without any costs few waves. `at_most`
    limits the passages of each language.
    """
    inside = Window.partitionBy("document_id")
    next_ones = (
        seen.withColumn("_scored", F.count_if("is_scored").over(inside))
        .withColumn("_useful", F.count_if("is_useful").over(inside))
        .withColumn("_place", F.row_number().over(inside.orderBy("is_scored", "position")))
        .filter(~F.col("is_scored") & (F.col("_useful") == 0) & (F.col("_place") <= _depth("_scored")))
    )
    if at_most is not None:
        order = Window.partitionBy("language").orderBy("turn", "document_id", "position")
        next_ones = next_ones.withColumn("_place", F.row_number().over(order))
        next_ones = next_ones.filter(F.col("_place") <= lookup(at_most, "language"))
    return next_ones.select("passage_id")


def predict(passages: DataFrame, *, scorer: str, folder: str, tokens_per_batch: int | None, tasks: int) -> DataFrame:
    """Score passages with the model in the shipped `folder`. Raises TooLarge, on the worker."""
    predict = partial(_predict, scorer=scorer, folder=folder, tokens_per_batch=tokens_per_batch)
    return passages.select("passage_id", "language", "text").repartition(tasks).mapInPandas(predict, TABLE.ddl)


def _predict(
    batches: Iterable[pd.DataFrame], *, scorer: str, folder: str, tokens_per_batch: int | None
) -> Iterator[pd.DataFrame]:
    from finerweb.scorer import scorer as regression  # torch, on workers only

    model = regression.load(str(shipping.shipped(folder)), tokens_per_batch)
    for batch in batches:
        try:
            values, subwords = model.score(batch["text"].tolist())
        except TooLarge as error:
            raise TooLarge(f"model {scorer}: {error}") from error
        yield pd.DataFrame(
            {
                "passage_id": batch["passage_id"],
                "scorer": scorer,
                "language": batch["language"],
                **_said(values, subwords > model.limit, model.card.targets),
                "subwords": subwords.astype(np.int32),
            }
        )


def _said(values: NDArray[np.float32], is_long: NDArray[np.bool_], targets: Sequence[str]) -> dict[str, list[Any]]:
    """The columns score, scores and problem."""
    rows = [dict(zip(targets, row, strict=True)) if np.isfinite(row).all() else None for row in values.tolist()]
    return {
        "score": [row[targets[0]] if row else None for row in rows],
        "scores": rows,
        "problem": [
            None if row else "over_long" if long else "not_finite" for row, long in zip(rows, is_long, strict=True)
        ],
    }
