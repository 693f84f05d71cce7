"""Let the challenger take the champion's place, where it is better on test passages that neither has seen."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finerweb.scorer import quality, scorer
from finerweb.scorer.targets import is_useful
from finerweb.training import tracking
from finerweb.training.fitting import ROWS

RESAMPLES = 1000

When = Literal["better", "always", "never"]


class Compared(NamedTuple):
    """Macro F1 of useful or not, of challenger and champion, and the 95 % interval of their difference."""

    rows: int
    challenger: float
    champion: float
    low: float
    high: float
    by_language: pd.DataFrame  # language, rows, challenger, champion


class Promoted(NamedTuple):
    """Who is champion now, after a comparison with which challenger, and why."""

    challenger: str
    champion: str
    why: str


class Versions(NamedTuple):
    """Two versions of a registered model."""

    challenger: str
    champion: str


def promote(
    rated: pd.DataFrame,
    *,
    model: str,
    challenger: str,
    champion: str,
    when: When,
    margin: float,
    threshold: float | str,
) -> Promoted:
    """Compare the versions behind two aliases on `rated` passages (passage_id, language, text, rating).

    `better`: the lower end of the 95 % interval of the difference in macro F1 is above the margin. Passages of
    documents that one of them was trained or chosen on are left out. Each model is read with the thresholds that the
    selection would use. Raises NoModel where there is no challenger.
    """
    newest, before = tracking.require(model, challenger), tracking.current(model, champion)
    if before is None or before == newest:
        tracking.promote(model, newest, champion)
        why = "there was none" if before is None else "as before"
        return Promoted(newest, newest, f"{champion} is version {newest}: {why}")
    versions = Versions(newest, before)
    compared = compare(_unseen(rated, model, versions), model, versions, threshold)
    is_better = compared.rows > 0 and compared.low > margin
    is_promoted = when == "always" or (when == "better" and is_better)
    _log(compared, versions, is_promoted)
    if is_promoted:
        tracking.promote(model, newest, champion)
    after = newest if is_promoted else before
    return Promoted(newest, after, f"{_in_words(compared, versions)} · {champion} is version {after}")


def _log(compared: Compared, versions: Versions, is_promoted: bool) -> None:
    with tracking.run("promote_scorer", {**versions._asdict(), "is_promoted": is_promoted}):
        f1 = {"challenger_useful_f1": compared.challenger, "champion_useful_f1": compared.champion}
        difference = {"difference_low": compared.low, "difference_high": compared.high}
        tracking.log({"rows": compared.rows, **f1, **difference})
        tracking.log_table(compared.by_language, "comparison.json")


def _unseen(rated: pd.DataFrame, model: str, versions: Versions) -> pd.DataFrame:
    learned: set[str] = set()
    for version in versions:
        rows = tracking.table(model, version, ROWS)
        learned |= set(_documents(rows.loc[rows["split"] != "test", "passage_id"]))
    return rated[~_documents(rated["passage_id"]).isin(learned)]


def _documents(passages: "pd.Series[str]") -> "pd.Series[str]":
    """The documents of passages: cut anew, one of them overlaps others of before."""
    return passages.str.rpartition("#")[0]


def compare(test: pd.DataFrame, model: str, versions: Versions, threshold: float | str) -> Compared:
    """Score the same passages with both versions."""
    true = is_useful(test["rating"].to_numpy())
    calls = {name: _calls(test, model, version, threshold) for name, version in versions._asdict().items()}
    frame = pd.DataFrame({"language": test["language"].to_numpy(), "true": true, **calls})
    by_language = [
        {"language": code, "rows": len(part), **_f1(part["true"].to_numpy(), part)}
        for code, part in frame.groupby("language")
    ]
    low, high = _difference(true, **calls)
    return Compared(rows=len(test), **_f1(true, calls), low=low, high=high, by_language=pd.DataFrame(by_language))


def _calls(test: pd.DataFrame, model: str, version: str, threshold: float | str) -> NDArray[np.bool_]:
    """Which passages a version takes for useful."""
    regression = scorer.Scorer(tracking.download(model, version), tokens_per_batch=None)
    values, _ = regression.score(test["text"].tolist(), cut=True)
    is_above: NDArray[np.bool_] = values[:, 0] > regression.card.thresholds_as(threshold).each(test["language"])
    return is_above


def _f1(true: NDArray[np.bool_], calls: Mapping[str, NDArray[np.bool_]] | pd.DataFrame) -> dict[str, float]:
    return {name: quality.call_f1(true, np.asarray(calls[name])) for name in Versions._fields}


def _difference(
    true: NDArray[np.bool_], *, challenger: NDArray[np.bool_], champion: NDArray[np.bool_]
) -> tuple[float, float]:
    """The 95 % interval of the difference in F1, by a paired bootstrap over passages."""
    if not len(true):
        return 0.0, 0.0
    draws = np.random.default_rng(0).integers(len(true), size=(RESAMPLES, len(true)))
    differences = [
        quality.call_f1(true[draw], challenger[draw]) - quality.call_f1(true[draw], champion[draw]) for draw in draws
    ]
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def _in_words(compared: Compared, versions: Versions) -> str:
    challenger, champion = versions
    if not compared.rows:
        return f"no test passage is new to versions {challenger} and {champion}"
    difference = f"{compared.challenger - compared.champion:+.2f}, 95 % {compared.low:+.2f} to {compared.high:+.2f}"
    return (
        f"version {challenger} has macro F1 {compared.challenger:.2f}, version {champion} {compared.champion:.2f} on "
        f"{compared.rows:,} test passages new to both (difference {difference})"
    )
