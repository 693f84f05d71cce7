"""The regression's score of each passage, of as many as are needed."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import problems, shipping
from finerweb.errors import TooLarge
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


def by_scorer(scores: DataFrame, *, scorer: str) -> DataFrame:
    """The scores that one scorer gave."""
    return scores.filter(F.col("scorer") == scorer)


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
                **_columns(values, subwords > model.limit, model.card.targets),
                "subwords": subwords.astype(np.int32),
            }
        )


def _columns(values: NDArray[np.float32], is_long: NDArray[np.bool_], targets: Sequence[str]) -> dict[str, list[Any]]:
    """The columns score, scores and problem."""
    rows = [dict(zip(targets, row, strict=True)) if np.isfinite(row).all() else None for row in values.tolist()]
    return {
        "score": [row[targets[0]] if row else None for row in rows],
        "scores": rows,
        "problem": [
            None if row else "over_long" if is_over else "not_finite"
            for row, is_over in zip(rows, is_long, strict=True)
        ],
    }
