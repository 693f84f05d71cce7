"""How good a regression's predictions are, language by language, and the thresholds that suit each language."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from finerweb.languages import EVERY
from finerweb.scorer.targets import Target, Thresholds, Values, is_useful

MEAN = "mean"  # the row of a table that has the mean over its languages
MEASURES = ("precision", "recall", "macro_f1", "useful_f1", "auc", "spearman", "mse", "calibration_error")
BINS = 10


def table(rows: pd.DataFrame, target: Target, thresholds: Thresholds) -> pd.DataFrame:
    """The quality of predictions: `rows` have language, rating (1-4) and score, a finite number on the target's scale.

    One row for all together (language `*`), one for the mean over languages (`mean`), one for each language. Columns:

    rows, useful       how many, and the share that is rated useful
    threshold          above it a score is called useful; nan where languages differ
    precision, recall, macro_f1     macro averages over the target's classes, of those that were rated or predicted
    useful_f1          the same, of two classes: useful or not, by `thresholds`
    auc, spearman      of the order alone: useful before not, and with the ratings; nan where all ratings are the same
    mse                mean squared error, on the target's scale
    calibration_error  mean distance of predicted and true values, over ten bins of like predictions
    """
    languages = [_measure(part, target, thresholds, str(code)) for code, part in rows.groupby("language")]
    by_language = pd.DataFrame(languages, columns=["language", "rows", "useful", "threshold", *MEASURES])
    numbers = by_language.drop(columns=["language"]).mean().to_dict() | {"rows": len(rows)}
    every = [_measure(rows, target, thresholds, EVERY), {"language": MEAN, **numbers}]
    whole = pd.DataFrame(every, columns=by_language.columns)
    return pd.concat([whole, by_language], ignore_index=True).astype({"rows": int})


def _measure(rows: pd.DataFrame, target: Target, thresholds: Thresholds, language: str) -> dict[str, Any]:
    scores, ratings = rows["score"].to_numpy(dtype=float), rows["rating"].to_numpy(dtype=int)
    values, useful = target.encode(ratings).astype(float), is_useful(ratings)
    each = thresholds.each(rows["language"])
    precision, recall, f1 = _macro(target.classify(values), _classes(scores, each, target))
    return {
        "language": language,
        "rows": len(rows),
        "useful": useful.mean() if len(rows) else math.nan,
        "threshold": each[0] if len(set(each)) == 1 else math.nan,
        "precision": precision,
        "recall": recall,
        "macro_f1": f1,
        "useful_f1": call_f1(useful, scores > each),
        "auc": roc_auc_score(useful, scores) if 0 < useful.sum() < len(useful) else math.nan,
        "spearman": _spearman(scores, ratings) if _vary(scores) and _vary(ratings) else math.nan,
        "mse": float(np.mean((scores - values) ** 2)) if len(rows) else math.nan,
        "calibration_error": _calibration_error(scores, values),
    }


def _vary(values: NDArray[Any]) -> bool:
    return len(values) > 1 and bool(np.ptp(values) > 0)


def _spearman(left: NDArray[Any], right: NDArray[Any]) -> float:
    return float(np.corrcoef(pd.Series(left).rank(), pd.Series(right).rank())[0, 1])


def _classes(scores: Values, thresholds: Values, target: Target) -> NDArray[np.int64]:
    """The class of each score, where a row's own threshold stands in for the target's."""
    return target.classify(scores - (thresholds - target.threshold))


def _macro(true: NDArray[Any], predicted: NDArray[Any]) -> tuple[float, float, float]:
    if not len(true):
        return math.nan, math.nan, math.nan
    precision, recall, f1, _ = precision_recall_fscore_support(true, predicted, average="macro", zero_division=0)
    return float(precision), float(recall), float(f1)


def call_f1(true: NDArray[np.bool_], called: NDArray[np.bool_]) -> float:
    """Macro F1 of two classes, useful or not; one that neither occurs nor is predicted does not count."""
    both, neither = np.sum(true & called), np.sum(~true & ~called)
    wrong = len(true) - both - neither
    parts = [2 * right / (2 * right + wrong) for right in (both, neither) if right + wrong]
    return float(np.mean(parts)) if parts else math.nan


def macro_f1(scores: Values, values: Values, target: Target) -> float:
    """Macro F1 over the target's classes of predictions beside true values, both on the target's scale."""
    return _macro(target.classify(values), target.classify(scores))[2]


def confusion(rows: pd.DataFrame, target: Target) -> NDArray[np.int64]:
    """Counts: a row for each rated class, a column for each predicted one."""
    true = target.classify(target.encode(rows["rating"].to_numpy()))
    predicted = target.classify(rows["score"].to_numpy(dtype=float))
    counts: NDArray[np.int64] = confusion_matrix(true, predicted, labels=list(range(len(target.classes))))
    return counts


def calibration(scores: Values, values: Values) -> pd.DataFrame:
    """Predictions in at most ten bins of as many rows each: the mean `predicted` and `true` value, and `rows`."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    bins = [(scores[part].mean(), values[part].mean(), len(part)) for part in parts]
    return pd.DataFrame(bins, columns=["predicted", "true", "rows"])


def _calibration_error(scores: Values, values: Values) -> float:
    if not len(scores):
        return math.nan
    bins = calibration(scores, values)
    return float(((bins["predicted"] - bins["true"]).abs() * bins["rows"]).sum() / bins["rows"].sum())


def calibrate(rows: pd.DataFrame, target: Target, *, least: int) -> Thresholds:
    """The thresholds with the best F1 of useful or not on `rows` (language, rating, score): the validation split.

    A language has one of its own where it has `least` rows of each kind, useful and not; the others share that of all
    rows. Of equally good ones the nearest to the target's own, so that nothing moves without a reason.
    """
    useful = is_useful(rows["rating"].to_numpy())
    if not 0 < useful.sum() < len(useful):
        return Thresholds(target.threshold)
    everywhere = _best(rows, near=target.threshold)
    by_language = {}
    for code, part in rows.groupby("language"):
        is_rated_useful = is_useful(part["rating"].to_numpy())
        if min(is_rated_useful.sum(), (~is_rated_useful).sum()) >= least:
            by_language[str(code)] = _best(part, near=everywhere)
    return Thresholds(everywhere, by_language)


def _best(rows: pd.DataFrame, *, near: float) -> float:
    """The middle between two scores, or `near`, above which to call a passage useful. Both kinds must be there."""
    order = np.argsort(rows["score"].to_numpy(dtype=float), kind="stable")
    scores = rows["score"].to_numpy(dtype=float)[order]
    useful = np.concatenate([[0], np.cumsum(is_useful(rows["rating"].to_numpy())[order])])
    steps = np.unique(scores)
    candidates = np.concatenate([[near], (steps[1:] + steps[:-1]) / 2])
    below = np.searchsorted(scores, candidates, side="right")  # rows that would be called not useful
    missed = useful[below]
    kept, refused = useful[-1] - missed, below - missed
    wrong = len(scores) - kept - refused  # missed ones and false alarms
    f1 = kept / (2 * kept + wrong) + refused / (2 * refused + wrong)
    ties = candidates[np.isclose(f1, f1.max())]
    return float(ties[np.argmin(np.abs(ties - near))])
