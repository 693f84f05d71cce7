"""A registered regression, and what it needs to score passages on the workers."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from finerweb import shipping
from finerweb.encoders import pretrained
from finerweb.errors import WrongModel
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card
from finerweb.tables import passages, scores
from finerweb.training import counting, tracking
from finerweb.training.waves import Predict


@dataclass(frozen=True)
class Regression:
    """A registered regression: `name` is model/version, `folder` where it lies on the driver."""

    name: str
    folder: Path
    card: Card


def fetch(name: str, version: str) -> Regression:
    """A version of a registered model, on the driver."""
    folder = tracking.download(name, version)
    return Regression(f"{name}/{version}", folder, model_card.read(folder))


def require_fit(model: Regression, sample: DataFrame) -> None:
    """Raise WrongModel where the model counts other subwords than the passages say, or knows them by another schema.

    A passage that was cut by one tokenizer may be too long for another, and would be read differently.
    """
    if model.card.passages != passages.TABLE.version:
        raise WrongModel(
            f"model {model.name} was trained on table passages of schema version {model.card.passages}, found "
            f"{passages.TABLE.version}; train and promote another: finerweb train_scorer, finerweb promote_scorer"
        )
    other = counting.miscount(sample, pretrained.tokenizer_file(model.folder))
    if other:
        raise WrongModel(
            f"model {model.name} counts {other.counted} subwords in passage {other.passage_id}, table passages says "
            f"{other.stored}: its tokenizer is not that of train.encoder. Name its encoder (--set train.encoder=...) "
            "and split into another lake, or train and promote another model"
        )


def predictor(spark: SparkSession, model: Regression, *, tokens_per_batch: int | None, tasks: int) -> Predict:
    """Passages to rows of the table `scores`, on the workers."""
    return partial(
        scores.predict,
        scorer=model.name,
        folder=shipping.ship(spark, model.folder),
        tokens_per_batch=tokens_per_batch,
        tasks=tasks,
    )


def languages(texts: DataFrame) -> list[str]:
    """The languages that there are passages of."""
    # bounded: a row for each language
    return sorted(row["language"] for row in texts.select("language").distinct().collect())
