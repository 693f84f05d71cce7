"""Let the challenger take the champion's place, where it is better on test passages that neither has seen."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finerweb import settings
from finerweb.scorer import quality, scorer
from finerweb.scorer.targets import is_useful
from finerweb.training import tracking
from finerweb.training.fitting import ROWS

RESAMPLES = 1000


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
    said: str


def promote(rated: pd.DataFrame, how: settings.Promote, *, at: settings.Tracking, threshold: float | str) -> Promoted:
    """Compare the challenger with the champion on `rated` passages (passage_id, language, text, rating).

    Those of documents that one of them was trained or chosen on are left out. Each is read with the thresholds that
    the selection would use. Raises NoModel where there is no challenger.
    """
    tracking.connect(at.uri, at.experiment)
    challenger = tracking.require(at.model, at.challenger)
    champion = tracking.current(at.model, at.alias)
    if champion is None or champion == challenger:
        tracking.promote(at.model, challenger, at.alias)
        why = "there was none" if champion is None else "as before"
        return Promoted(challenger, challenger, f"{at.alias} is version {challenger}: {why}")
    found = compare(_unseen(rated, at.model, [challenger, champion]), at.model, challenger, champion, threshold)
    is_promoted = how.when == "always" or (
        how.when == "better" and found.challenger > found.champion + how.margin and found.rows > 0
    )
    with tracking.run("promote_scorer", {"challenger": challenger, "champion": champion, "is_promoted": is_promoted}):
        f1 = {"challenger_useful_f1": found.challenger, "champion_useful_f1": found.champion}
        tracking.log({"rows": found.rows, **f1, "difference_low": found.low, "difference_high": found.high})
        tracking.log_table(found.by_language, "comparison.json")
    if is_promoted:
        tracking.promote(at.model, challenger, at.alias)
    after = challenger if is_promoted else champion
    return Promoted(challenger, after, f"{_in_words(found, challenger, champion)} · {at.alias} is version {after}")


def _unseen(rated: pd.DataFrame, model: str, versions: list[str]) -> pd.DataFrame:
    seen: set[str] = set()
    for version in versions:
        rows = tracking.table(model, version, ROWS)
        seen |= set(_documents(rows.loc[rows["split"] != "test", "passage_id"]))
    return rated[~_documents(rated["passage_id"]).isin(seen)]


def _documents(passages: "pd.Series[str]") -> "pd.Series[str]":
    """The documents of passages: cut anew, one of them overlaps others of before."""
    return passages.str.rpartition("#")[0]


def compare(test: pd.DataFrame, model: str, challenger: str, champion: str, threshold: float | str) -> Compared:
    """Score the same passages with both versions."""
    true = is_useful(test["rating"].to_numpy())
    calls = {}
    for name, version in (("challenger", challenger), ("champion", champion)):
        loaded = scorer.Scorer(tracking.download(model, version), tokens_per_batch=None)
        values, _ = loaded.score(test["text"].tolist(), cut=True)
        calls[name] = values[:, 0] > loaded.card.thresholds_as(threshold).each(test["language"])
    frame = pd.DataFrame({"language": test["language"].to_numpy(), "true": true, **calls})
    each = [
        {
            "language": code,
            "rows": len(part),
            **{name: quality.call_f1(part["true"].to_numpy(), part[name].to_numpy()) for name in calls},
        }
        for code, part in frame.groupby("language")
    ]
    low, high = _difference(true, calls["challenger"], calls["champion"])
    one, other = (quality.call_f1(true, calls[name]) for name in ("challenger", "champion"))
    return Compared(len(test), one, other, low, high, pd.DataFrame(each))


def _difference(true: NDArray[np.bool_], one: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[float, float]:
    """The 95 % interval of the difference in F1, by a paired bootstrap over passages."""
    if not len(true):
        return 0.0, 0.0
    draws = np.random.default_rng(0).integers(len(true), size=(RESAMPLES, len(true)))
    found = [quality.call_f1(true[draw], one[draw]) - quality.call_f1(true[draw], other[draw]) for draw in draws]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _in_words(found: Compared, challenger: str, champion: str) -> str:
    if not found.rows:
        return f"no test passage is new to versions {challenger} and {champion}"
    difference = f"{found.challenger - found.champion:+.2f}, 95 % {found.low:+.2f} to {found.high:+.2f}"
    return (
        f"version {challenger} has macro F1 {found.challenger:.2f}, version {champion} {found.champion:.2f} on "
        f"{found.rows:,} test passages new to both (difference {difference})"
    )
