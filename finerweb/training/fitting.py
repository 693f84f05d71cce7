"""Train the regression on ratings with several seeds, track the runs, register the best as a challenger."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from finerweb.errors import Diverged, TooFewRatings
from finerweb.languages import EVERY
from finerweb.progress import SILENT, Show
from finerweb.scorer import encoders, fine_tuning, model_card, quality, scorer
from finerweb.scorer.fine_tuning import Step, Trained
from finerweb.scorer.model_card import Card
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.targets import Thresholds, is_useful
from finerweb.training import figures, tracking

ROWS = "rows.json"  # the artifact that says which passages a model was trained, chosen and tested on
QUALITY = "quality.json"  # the artifact with the quality on the test split, language by language


class Learned(NamedTuple):
    """The version in the registry, and a word on how good it is."""

    version: str
    said: str


@dataclass(frozen=True)
class _Lesson:
    """What all seeds have in common. `rated` has passage_id, language, text, rating and split."""

    rated: pd.DataFrame
    recipe: Recipe
    encoder: Path  # where the recipe's lies on this machine
    max_subwords: int
    passages: str
    show: Show


class _Candidate(NamedTuple):
    """A trained model: its folder, how training went, its scores of the test passages, their quality, thresholds."""

    folder: Path
    trained: Trained
    test: pd.DataFrame
    quality: pd.DataFrame
    thresholds: Thresholds


def train(
    rated: pd.DataFrame,
    recipe: Recipe,
    *,
    model: str,
    alias: str,
    work: Path,
    max_subwords: int,
    facts: Mapping[str, str],
    show: Show = SILENT.update,
) -> Learned:
    """Fine-tune the encoder on `rated` and register the best of the seeds, by the validation split, as `model`@`alias`.

    What is logged as quality is that of the test split, which chose nothing. `facts` say where the ratings came from;
    `schema_passages` among them is the version of the table that the passages are from. A seed that diverges is left
    out, and said. Raises Diverged where all do, TooFewRatings for ratings that cannot be learned from.
    """
    if not (rated["split"] == "test").any():
        raise TooFewRatings(
            "table ratings, split test: found 0 ratings, wanted some. Rate more passages (--set rate.per_language=N)"
        )
    encoder = encoders.fetch(recipe.encoder, work)
    lesson = _Lesson(rated, recipe, encoder, max_subwords, facts["schema_passages"], show)
    params = {**_params(rated), **recipe.model_dump(), "encoder": recipe.encoder.origin, **facts}
    with (
        tempfile.TemporaryDirectory(prefix="finerweb-train-") as folder,
        tracking.run("train_scorer", {**params, "max_subwords": max_subwords}),
    ):
        candidates, diverged = _learn_all(lesson, Path(folder), recipe.seeds)
        best = max(candidates, key=lambda one: one.trained.validation_f1)
        tracking.log(_over_seeds(candidates))
        _log(best, lesson)
        tracking.log_table(rated[["passage_id", "language", "rating", "split"]], ROWS)
        version = tracking.register(model, best.folder, targets=recipe.targets, example=rated["text"].iloc[0])
    tracking.promote(model, version, alias)
    said = [_in_words(best), *diverged, _without_own(best, rated), f"{alias} is version {version}"]
    return Learned(version, " · ".join(filter(None, said)))


def _learn_all(lesson: _Lesson, folder: Path, seeds: Sequence[int]) -> tuple[list[_Candidate], list[str]]:
    """The models of all seeds, and of which seeds there is none."""
    candidates, diverged = [], []
    for seed in seeds:
        try:
            candidates.append(_learn(lesson, folder, seed, seeds))
        except Diverged as error:
            diverged.append(str(error))
    if not candidates:
        raise Diverged("; ".join(diverged))
    return candidates, diverged


def _params(rated: pd.DataFrame) -> dict[str, Any]:
    """What it is trained on, and what with."""
    sizes = {f"rows_{split}": len(part) for split, part in rated.groupby("split")}
    useful = {f"useful_{split}": is_useful(part["rating"].to_numpy()).mean() for split, part in rated.groupby("split")}
    ratings = {f"rated_{rating}": len(part) for rating, part in rated.groupby("rating")}
    return {**sizes, **useful, **ratings, "device": scorer.device().type, "is_bf16": scorer.has_bf16()}


def _learn(lesson: _Lesson, folder: Path, seed: int, seeds: Sequence[int]) -> _Candidate:
    """Train with one seed, and log it as a run of its own."""
    with tracking.run(f"seed {seed}", {"seed": seed}):
        on_step = _counting(lesson.show, before=seeds.index(seed), seeds=len(seeds))
        candidate = _candidate(lesson, folder / str(seed) / tracking.MODEL, seed, on_step)
        _log(candidate, lesson)
    return candidate


def _counting(show: Show, *, before: int, seeds: int) -> Step:
    """Shows the steps of one seed as a part of those of all."""
    return lambda done, total: show(before * total + done, seeds * total, "steps")


def _candidate(lesson: _Lesson, folder: Path, seed: int, on_step: Step) -> _Candidate:
    recipe, first = lesson.recipe, lesson.recipe.heads[0]
    trained = fine_tuning.fine_tune(
        lesson.rated,
        lesson.encoder,
        folder,
        recipe=recipe,
        max_subwords=lesson.max_subwords,
        seed=seed,
        on_step=on_step,
    )
    card = Card(
        targets=tuple(recipe.targets),
        max_subwords=lesson.max_subwords,
        thresholds={EVERY: first.threshold},
        passages=lesson.passages,
    )
    model_card.write(folder, card)
    model = scorer.Scorer(folder, tokens_per_batch=None)
    validation, test = (scored(lesson.rated[lesson.rated["split"] == split], model) for split in ("validation", "test"))
    own = quality.calibrate(validation, first, least=recipe.calibrate)
    model_card.write(folder, replace(card, thresholds={EVERY: own.everywhere, **own.by_language}))
    table = quality.table(test, first, Thresholds(first.threshold))
    calibrated = quality.table(test, first, own)
    table["calibrated_threshold"] = [own.by_language.get(code, np.nan) for code in table["language"]]
    table.loc[0, "calibrated_threshold"] = own.everywhere
    table["calibrated_useful_f1"] = calibrated["useful_f1"]
    return _Candidate(folder, trained, test, table, own)


def scored(rows: pd.DataFrame, model: scorer.Scorer) -> pd.DataFrame:
    """The rows (text, ...) with the `score` of the first target; those without a finite one are left out."""
    values, _ = model.score(rows["text"].tolist(), cut=True)
    return rows.assign(score=values[:, 0])[np.isfinite(values[:, 0])]


def _log(one: _Candidate, lesson: _Lesson) -> None:
    first = lesson.recipe.heads[0]
    for point in one.trained.curves:
        tracking.log({key: value for key, value in point.items() if key != "step"}, step=int(point.get("step", 0)))
    every, mean = one.quality.iloc[0], one.quality.iloc[1]
    tracking.log(
        {
            **{f"test_{name}": value for name, value in _numbers(every).items()},
            **{f"test_mean_{name}": value for name, value in _numbers(mean).items()},
            "validation_macro_f1": one.trained.validation_f1,
            "truncated": one.trained.truncated,
        }
    )
    tracking.log_table(one.quality, QUALITY)
    counts = quality.confusion(one.test, first)
    tracking.log_figure(figures.confusion(counts, first.classes), "confusion_matrix.png")
    bins = quality.calibration(one.test["score"].to_numpy(float), first.of(one.test["rating"].to_numpy()).astype(float))
    figure = figures.calibration(bins, low=first.values[0], high=first.values[-1])
    tracking.log_figure(figure, "calibration.png")


def _numbers(row: "pd.Series[Any]") -> dict[str, float]:
    names = ("rows", "useful", *quality.MEASURES, "calibrated_useful_f1")
    return {name: float(row[name]) for name in names}


def _over_seeds(candidates: Sequence[_Candidate]) -> dict[str, float]:
    """Mean and standard deviation over the seeds, of all test passages together."""
    rows = pd.DataFrame([one.quality.iloc[0] for one in candidates])[list(quality.MEASURES)].astype(float)
    means = {f"seeds_mean_{name}": float(value) for name, value in rows.mean().items()}
    return {**means, **{f"seeds_std_{name}": float(value) for name, value in rows.std(ddof=0).items()}}


def _in_words(best: _Candidate) -> str:
    every = best.quality.iloc[0]
    return f"macro F1 {every['macro_f1']:.2f} on {int(every['rows']):,} test passages"


def _without_own(best: _Candidate, rated: pd.DataFrame) -> str:
    """Which languages have too few ratings for a threshold of their own, and share that of all."""
    codes = sorted(set(rated["language"]) - set(best.thresholds.by_language))
    return f"no threshold of their own, for too few ratings: {some(codes)}" if codes else ""


def some(codes: Sequence[str]) -> str:
    """A list of language codes, not longer than a line takes."""
    return ", ".join(codes[:8]) + (f" and {len(codes) - 8} more" if len(codes) > 8 else "")
