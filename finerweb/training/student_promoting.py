"""Let a challenging student take the champion's place, where it is better on test sentences that neither has seen."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from finerweb.evaluation import counting, resampling
from finerweb.evaluation.counting import Counts
from finerweb.evaluation.resampling import Interval
from finerweb.evaluation.texts import Text
from finerweb.taggers import student
from finerweb.training import students, tracking
from finerweb.training.promoting import Promoted, Versions, When

LABELS = 200  # that are asked for: the most frequent of the test sentences
LEAST = 0.05  # scores that are looked at


class Compared(NamedTuple):
    """Strict micro F1 of challenger and champion on so many texts, and the interval of their difference."""

    texts: int
    challenger: float
    champion: float
    difference: Interval | None


def promote(rows: pd.DataFrame, *, model: str, challenger: str, champion: str, when: When, margin: float) -> Promoted:
    """Compare the versions behind two aliases on the test split of `rows`, as students.train takes them.

    `better`: the lower end of the 95 % interval of the difference, by a paired bootstrap over documents, is above the
    margin. Documents that one of them was trained or chosen on are left out.
    """
    newest, before = tracking.current(model, challenger), tracking.current(model, champion)
    if newest is None:
        return Promoted("", before or "", f"no {challenger}: there was nothing to train a student on")
    if before is None or before == newest:
        tracking.promote(model, newest, champion)
        why = "there was none" if before is None else "as before"
        return Promoted(newest, newest, f"{champion} is version {newest}: {why}")
    versions = Versions(newest, before)
    compared = compare(_unseen(rows, model, versions), model, versions)
    is_better = compared.difference is not None and compared.difference.low > margin
    is_promoted = when == "always" or (when == "better" and is_better)
    _log(compared, versions, is_promoted)
    if is_promoted:
        tracking.promote(model, newest, champion)
    after = newest if is_promoted else before
    return Promoted(newest, after, f"{_in_words(compared, versions)} · {champion} is version {after}")


def _unseen(rows: pd.DataFrame, model: str, versions: Versions) -> list[Text]:
    learned = students.documents_of(model, versions)
    test = rows[(rows["split"] == "test") & ~rows["document_id"].isin(learned)]
    return [
        Text(number, str(number), document, example.language, example.text, example.entities)
        for number, (document, example) in enumerate(students.examples(test), start=1)
    ]


def compare(texts: list[Text], model: str, versions: Versions) -> Compared:
    """Tag the same texts with both versions."""
    frequent = Counter(entity.label for text in texts for entity in text.entities)
    labels = [label for label, _ in frequent.most_common(LABELS)]
    ours, theirs = (_counts(texts, labels, model, version) for version in versions)
    return Compared(
        len(texts),
        counting.figures(ours).f1 or 0.0,
        counting.figures(theirs).f1 or 0.0,
        resampling.difference(ours, theirs),
    )


def _counts(texts: list[Text], labels: list[str], model: str, version: str) -> Counts:
    """Correct, predicted and gold of each document."""
    if not texts:
        return np.zeros((0, 3), dtype=np.int64)
    tagger = student.load(str(tracking.download(model, version)), name=f"{model}/{version}")
    tags = tagger.tag([text.text for text in texts], labels, least=LEAST)
    outcome = counting.compare(texts, tags, labels, tagger.threshold)
    return resampling.by_document(counting.per_text(outcome, *outcome.everything), [text.document for text in texts])


def _log(compared: Compared, versions: Versions, is_promoted: bool) -> None:
    with tracking.run("promote_student", {**versions._asdict(), "is_promoted": is_promoted}):
        tracking.log({"texts": compared.texts, "challenger_f1": compared.challenger, "champion_f1": compared.champion})
        if compared.difference:
            tracking.log({"difference_low": compared.difference.low, "difference_high": compared.difference.high})


def _in_words(compared: Compared, versions: Versions) -> str:
    challenger, champion = versions
    if compared.difference is None:
        return f"no test sentence with an entity is new to versions {challenger} and {champion}"
    low, high = compared.difference.low, compared.difference.high
    return (
        f"version {challenger} has F1 {compared.challenger:.2f}, version {champion} {compared.champion:.2f} on "
        f"{compared.texts:,} test sentences new to both (difference "
        f"{compared.challenger - compared.champion:+.2f}, 95 % {low:+.2f} to {high:+.2f})"
    )
