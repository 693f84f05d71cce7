"""Score passages in waves, until each language has enough useful ones; what is not needed is not scored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import shipping
from finerweb.errors import TooFewRatings, WrongModel
from finerweb.lake import Lake
from finerweb.scorer import encoders, model_card, waves
from finerweb.scorer.model_card import Card
from finerweb.scorer.waves import State
from finerweb.tables import passages, scores
from finerweb.training import counting, tracking

Predict = Callable[[DataFrame], DataFrame]


@dataclass(frozen=True)
class Model:
    """A registered regression: `name` is model/version, `folder` where it lies on the driver."""

    name: str
    folder: Path
    card: Card


def fetch(name: str, version: str) -> Model:
    """A version of a registered model, on the driver."""
    folder = tracking.download(name, version)
    return Model(f"{name}/{version}", folder, model_card.read(folder))


def require_fit(model: Model, sample: DataFrame) -> None:
    """Raise WrongModel where the model counts other subwords than the passages say, or knows them by another schema.

    A passage that was cut by one tokenizer may be too long for another, and would be read differently.
    """
    if model.card.passages != passages.TABLE.version:
        raise WrongModel(
            f"model {model.name} was trained on table passages of schema version {model.card.passages}, found "
            f"{passages.TABLE.version}; train and promote another: finerweb train_scorer, finerweb promote_scorer"
        )
    other = counting.miscount(sample, encoders.tokenizer_file(model.folder))
    if other:
        raise WrongModel(
            f"model {model.name} counts {other.counted} subwords in passage {other.passage_id}, table passages says "
            f"{other.stored}: its tokenizer is not that of train.encoder. Name its encoder (--set train.encoder=...) "
            "and split into another lake, or train and promote another model"
        )


@dataclass(frozen=True)
class Enough:
    """When to stop: `per_language` documents with a passage above its threshold, or `at_most` passages scored."""

    per_language: int
    thresholds: Mapping[str, float]  # of every language
    at_most: int | None


def predictor(spark: SparkSession, model: Model, *, tokens_per_batch: int | None, tasks: int) -> Predict:
    """Passages to rows of the table `scores`, on the workers."""
    return partial(
        scores.predict,
        scorer=model.name,
        folder=shipping.ship(spark, model.folder),
        tokens_per_batch=tokens_per_batch,
        tasks=tasks,
    )


def score_until_enough(
    lake: Lake,
    texts: DataFrame,
    candidates: DataFrame,
    predict: Predict,
    *,
    scorer: str,
    enough: Enough,
    slice_rows: int,
) -> None:
    """Score candidates (of `texts`), wave by wave, until no more scores could change what is selected.

    What this scorer has said before counts. Raises TooFewRatings where there is no candidate.
    """
    sizes = _sizes(candidates)
    until = dict.fromkeys(sizes, waves.FIRST) | _drawn_before(lake, candidates, scorer)
    number = 0
    while True:
        known = scores.of(lake.peek(scores.TABLE), scorer=scorer)
        seen = partial(scores.seen, candidates, known, thresholds=enough.thresholds)
        states = _states(scores.progress(seen(until=until), per_language=enough.per_language), sizes)
        drawing = waves.draw(states, until, per_language=enough.per_language, at_most=enough.at_most)
        if not drawing:
            break
        about = sum(waves.expected(states[code], until[code], turn) for code, turn in drawing.items())
        until |= {code: max(turn, until[code]) for code, turn in drawing.items()}
        left = {code: enough.at_most - states[code].scored for code in drawing} if enough.at_most is not None else None
        wave = texts.join(scores.wave(seen(until=drawing), at_most=left), on="passage_id", how="left_semi")
        lake.append_in_slices(
            scores.TABLE, wave, predict, key="passage_id", rows=slice_rows, total=about, unit="passages"
        )
        number += 1
    scored, there = sum(state.scored for state in states.values()), sum(size.passages for size in sizes.values())
    in_waves = f"in {number} wave{'' if number == 1 else 's'}"
    lake.said.append(f"{scored:,} of {there:,} candidates scored ({scored / there:.0%}) {in_waves}")


class _Size(NamedTuple):
    documents: int
    passages: int


def _sizes(candidates: DataFrame) -> dict[str, _Size]:
    counts = candidates.groupBy("language").agg(F.countDistinct("document_id"), F.count("*")).collect()
    if not counts:
        raise TooFewRatings(
            "table passages: found none to score; wanted some in their document's language, no near-duplicates. "
            "Name other sources (--set ingest.sources=[...])"
        )
    return {row[0]: _Size(row[1], row[2]) for row in counts}


def _drawn_before(lake: Lake, candidates: DataFrame, scorer: str) -> dict[str, int]:
    """The turns that an earlier run came to."""
    known = scores.of(lake.peek(scores.TABLE), scorer=scorer)
    there = candidates.join(known.select("passage_id"), on="passage_id", how="left_semi")
    return {row[0]: row[1] for row in there.groupBy("language").agg(F.max("turn")).collect()}


def _states(progress: DataFrame, sizes: Mapping[str, _Size]) -> dict[str, State]:
    found = {row["language"]: row.asDict() for row in progress.collect()}
    return {
        code: State(size.documents, **{key: value for key, value in found.get(code, {}).items() if key != "language"})
        for code, size in sizes.items()
    }
