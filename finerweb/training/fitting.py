"""Train the regression on ratings with several seeds, track the runs, register the best as a challenger."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from finerweb.encoders import device, pretrained
from finerweb.errors import Diverged, TooFewRatings
from finerweb.languages import EVERY
from finerweb.progress import SILENT, Show
from finerweb.scorer import fine_tuning, model_card, quality, scorer
from finerweb.scorer.fine_tuning import Trained
from finerweb.scorer.model_card import Card
from finerweb.scorer.recipe import Recipe
from finerweb.scorer.targets import Thresholds, is_useful
from finerweb.training import figures, registration, tracking

ROWS = "rows.json"  # the artifact that says which passages a model was trained, chosen and tested on
QUALITY = "quality.json"  # the artifact with the quality on the test split, language by language
LISTED = 8  # languages that a line names


class Learned(NamedTuple):
    """The version in the registry, and in words how good it is and what it cannot know."""

    version: str
    summary: str


@dataclass(frozen=True)
class _Lesson:
    """What all seeds have in common. `rated` has passage_id, language, text, rating and split."""

    rated: pd.DataFrame
    recipe: Recipe
    encoder: Path  # where the recipe's lies on this machine
    max_subwords: int
    passages: str  # the schema version of the table that they are from
    show: Show


class _Candidate(NamedTuple):
    """A trained model: how training went, its scores of the test passages and their quality, its thresholds."""

    folder: Path
    trained: Trained
    test: pd.DataFrame
    quality: pd.DataFrame
    thresholds: Thresholds
    limit: int  # subwords that it reads of a text


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
    out, and the summary says so. Raises Diverged where all do, TooFewRatings for ratings that cannot be learned from.
    """
    _require_test(rated)
    encoder = pretrained.fetch(recipe.encoder, work)
    lesson = _Lesson(rated, recipe, encoder, max_subwords, facts["schema_passages"], show)
    params = {**_params(lesson), **facts}
    with tempfile.TemporaryDirectory(prefix="finerweb-train-") as folder, tracking.run("train_scorer", params):
        candidates, diverged = _all_seeds(lesson, Path(folder))
        best = max(candidates, key=lambda candidate: candidate.trained.validation_f1)
        tracking.log(_over_seeds(candidates))
        _log(best, recipe)
        tracking.log_table(rated[["passage_id", "language", "rating", "split"]], ROWS)
        version = registration.register(model, best.folder, max_subwords=best.limit, example=rated["text"].iloc[0])
    tracking.promote(model, version, alias)
    parts = [_in_words(best), *diverged, _without_own(best, rated), f"{alias} is version {version}"]
    return Learned(version, " · ".join(filter(None, parts)))


def unrated(languages: Iterable[str], rated: pd.DataFrame) -> str:
    """In words, the languages of a corpus that nothing was learned of; nothing where there is none."""
    codes = sorted(set(languages) - set(rated["language"]))
    return f"no rating in {listed(codes)}: scored by what was learned from the others" if codes else ""


def _require_test(rated: pd.DataFrame) -> None:
    if not (rated["split"] == "test").any():
        raise TooFewRatings(
            "table ratings, split test: found 0 ratings, wanted some. Rate more passages (--set rate.per_language=N)"
        )


def _params(lesson: _Lesson) -> dict[str, Any]:
    """What it is trained on, what with, and how."""
    rated, recipe = lesson.rated, lesson.recipe
    splits = rated.groupby("split")
    return {
        **{f"rows_{split}": len(part) for split, part in splits},
        **{f"useful_{split}": is_useful(part["rating"].to_numpy()).mean() for split, part in splits},
        **{f"rated_{rating}": len(part) for rating, part in rated.groupby("rating")},
        **{"device": device.device().type, "is_bf16": device.has_bf16()},
        **recipe.model_dump(),
        **{"encoder": recipe.encoder.origin, "max_subwords": lesson.max_subwords},
    }


def _all_seeds(lesson: _Lesson, folder: Path) -> tuple[list[_Candidate], list[str]]:
    """The models of all seeds, and why there is none of some."""
    candidates, diverged = [], []
    for number, seed in enumerate(lesson.recipe.seeds):
        try:
            candidates.append(_of_seed(lesson, folder / str(seed) / tracking.MODEL, number))
        except Diverged as error:
            diverged.append(str(error))
    if not candidates:
        raise Diverged("; ".join(diverged))
    return candidates, diverged


def _of_seed(lesson: _Lesson, folder: Path, number: int) -> _Candidate:
    """Train with the seed of this number, and log it as a run of its own."""
    seeds = lesson.recipe.seeds
    with tracking.run(f"seed {seeds[number]}", {"seed": seeds[number]}):
        trained = fine_tuning.fine_tune(
            lesson.rated,
            lesson.encoder,
            folder,
            recipe=lesson.recipe,
            max_subwords=lesson.max_subwords,
            seed=seeds[number],
            on_step=_steps_of(number, len(seeds), lesson.show),
        )
        candidate = _examined(lesson, folder, trained)
        _log(candidate, lesson.recipe)
    return candidate


def _steps_of(number: int, seeds: int, show: Show) -> Callable[[int, int], None]:
    """Shows the steps of one seed as a part of those of all."""
    return lambda done, total: show(number * total + done, seeds * total, "steps")


def _examined(lesson: _Lesson, folder: Path, trained: Trained) -> _Candidate:
    """Calibrate a trained model on the validation split, write its card, and measure it on the test split."""
    recipe, first = lesson.recipe, lesson.recipe.heads[0]
    card = Card(tuple(recipe.targets), lesson.max_subwords, {EVERY: first.threshold}, lesson.passages)
    model_card.write(folder, card)
    model = scorer.Scorer(folder, tokens_per_batch=None)
    validation, test = (scored(lesson.rated[lesson.rated["split"] == split], model) for split in ("validation", "test"))
    calibrated = quality.calibrate(validation, first, least=recipe.calibrate)
    model_card.write(folder, replace(card, thresholds={EVERY: calibrated.everywhere, **calibrated.by_language}))
    table = quality.table(test, first, Thresholds(first.threshold))
    table["calibrated_threshold"] = [calibrated.by_language.get(code, np.nan) for code in table["language"]]
    table.loc[0, "calibrated_threshold"] = calibrated.everywhere
    table["calibrated_useful_f1"] = quality.table(test, first, calibrated)["useful_f1"]
    return _Candidate(folder, trained, test, table, calibrated, model.limit)


def scored(rows: pd.DataFrame, model: scorer.Scorer) -> pd.DataFrame:
    """The rows (text, ...) with the `score` of the first target; those without a finite one are left out."""
    values, _ = model.score(rows["text"].tolist(), cut=True)
    return rows.assign(score=values[:, 0])[np.isfinite(values[:, 0])]


def _log(candidate: _Candidate, recipe: Recipe) -> None:
    """Log curves, quality and figures in the running run."""
    for point in candidate.trained.curves:
        tracking.log({key: value for key, value in point.items() if key != "step"}, step=int(point.get("step", 0)))
    tracking.log(_metrics(candidate))
    tracking.log_table(candidate.quality, QUALITY)
    first, test = recipe.heads[0], candidate.test
    counts = quality.confusion(test, first)
    tracking.log_figure(figures.confusion(counts, first.classes), "confusion_matrix.png")
    bins = quality.calibration(test["score"].to_numpy(float), first.encode(test["rating"].to_numpy()).astype(float))
    figure = figures.calibration(bins, low=first.values[0], high=first.values[-1])
    tracking.log_figure(figure, "calibration.png")


def _metrics(candidate: _Candidate) -> dict[str, float]:
    names = ("rows", "useful", *quality.MEASURES, "calibrated_useful_f1")
    every, mean = candidate.quality.iloc[0], candidate.quality.iloc[1]
    return {
        **{f"test_{name}": float(every[name]) for name in names},
        **{f"test_mean_{name}": float(mean[name]) for name in names},
        "validation_macro_f1": candidate.trained.validation_f1,
        "truncated": candidate.trained.truncated,
    }


def _over_seeds(candidates: Sequence[_Candidate]) -> dict[str, float]:
    """Mean and standard deviation over the seeds, of all test passages together."""
    every = [candidate.quality.iloc[0] for candidate in candidates]
    rows = pd.DataFrame(every)[list(quality.MEASURES)].astype(float)
    means = {f"seeds_mean_{name}": float(value) for name, value in rows.mean().items()}
    return {**means, **{f"seeds_std_{name}": float(value) for name, value in rows.std(ddof=0).items()}}


def _in_words(best: _Candidate) -> str:
    every = best.quality.iloc[0]
    return f"macro F1 {every['macro_f1']:.2f} on {int(every['rows']):,} test passages"


def _without_own(best: _Candidate, rated: pd.DataFrame) -> str:
    """Which languages have too few ratings for a threshold of their own, and share that of all."""
    codes = sorted(set(rated["language"]) - set(best.thresholds.by_language))
    return f"no threshold of their own, for too few ratings: {listed(codes)}" if codes else ""


def listed(codes: Sequence[str]) -> str:
    """A list of language codes, not longer than a line takes."""
    more = f" and {len(codes) - LISTED} more" if len(codes) > LISTED else ""
    return ", ".join(codes[:LISTED]) + more
