"""The regression's score of each passage."""

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import shipping
from finerweb.table import Column, Table

TABLE = Table(
    name="scores",
    comment="A score of a passage by one version of the regression.",
    key=("passage_id", "scorer"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("scorer", "string", "registered model and version", nullable=False),
        Column("language", "string", "the passage's language", nullable=False),
        Column("score", "float", "predicted usefulness, about 0-1; useful above 0.5; null where there is a problem"),
        Column("subwords", "int", "length as the encoder saw it", nullable=False),
        Column("problem", "string", "why there is no score"),
    ),
    constraints={"scored_or_problem": "(score is null) <> (problem is null)"},
)


def worth_scoring(passages: DataFrame, near_duplicates: DataFrame, *, per_language: int | None) -> DataFrame:
    """The passages that could be selected: in their document's language, and no near-duplicate.

    At most `per_language` of each language, None for all, in the order in which they are selected.
    """
    could = passages.filter("is_target_language").join(
        near_duplicates.select("passage_id"), on="passage_id", how="left_anti"
    )
    if per_language is None:
        return could
    order = Window.partitionBy("language").orderBy(F.xxhash64("document_id"), "document_id", "position")
    return could.withColumn("_place", F.row_number().over(order)).filter(F.col("_place") <= per_language).drop("_place")


def by(passages: DataFrame, *, scorer: str) -> DataFrame:
    """Passages with the scorer that is to score them, as the key of this table has it."""
    return passages.withColumn("scorer", F.lit(scorer))


def of(scores: DataFrame, *, scorer: str) -> DataFrame:
    """The scores that one scorer gave."""
    return scores.filter(F.col("scorer") == scorer)


def predict(
    passages: DataFrame, *, scorer: str, folder: str, max_subwords: int, tokens_per_batch: int, tasks: int
) -> DataFrame:
    """Score passages with the model in the shipped `folder`."""
    predict = partial(
        _predict, scorer=scorer, folder=folder, max_subwords=max_subwords, tokens_per_batch=tokens_per_batch
    )
    return passages.select("passage_id", "language", "text").repartition(tasks).mapInPandas(predict, TABLE.ddl)


def _predict(
    batches: Iterable[pd.DataFrame], *, scorer: str, folder: str, max_subwords: int, tokens_per_batch: int
) -> Iterator[pd.DataFrame]:
    from finerweb import scorer as regression  # torch, on workers only

    model = regression.load(str(shipping.shipped(folder)), max_subwords, tokens_per_batch)
    for batch in batches:
        scores, subwords = model.score(batch["text"].tolist())
        finite = np.isfinite(scores)
        yield pd.DataFrame(
            {
                "passage_id": batch["passage_id"],
                "scorer": scorer,
                "language": batch["language"],
                "score": [float(score) if good else None for score, good in zip(scores, finite, strict=True)],
                "subwords": subwords.astype(np.int32),
                "problem": [None if good else "not_finite" for good in finite],
            }
        )
