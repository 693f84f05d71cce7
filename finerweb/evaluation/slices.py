"""Of which texts and labels a figure is: all, a language, a script, a label, those that are known or free of leaks."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from finerweb.evaluation import familiarity
from finerweb.evaluation.counting import Mask, Outcome
from finerweb.evaluation.familiarity import Familiar
from finerweb.evaluation.texts import Text
from finerweb.languages import EVERY

LABELS = 100  # the most frequent ones that have a row of their own
SUBSETS = ("all", *familiarity.KINDS, "uncontaminated")


class Slice(NamedTuple):
    """Texts and labels; `*` for all of them."""

    subset: str
    language: str
    script: str
    label: str
    texts: Mask
    labels: Mask


def every(
    texts: Sequence[Text],
    outcome: Outcome,
    *,
    scripts: Mapping[str, str],
    familiar: Mapping[str, Familiar],
    contaminated: Collection[int],
) -> list[Slice]:
    """All slices that have texts and labels. `contaminated` are lines of texts that the training data has too."""
    all_texts, all_labels = outcome.everything
    languages = np.array([text.language for text in texts], dtype=object)
    of_script = np.array([scripts[text.language] for text in texts], dtype=object)
    parts = [Slice("all", EVERY, EVERY, EVERY, all_texts, all_labels)]
    for code in sorted(set(languages)):
        parts.append(Slice("all", code, scripts[code], EVERY, languages == code, all_labels))
    for script in sorted(set(of_script)):
        parts.append(Slice("all", EVERY, script, EVERY, of_script == script, all_labels))
    for kind in familiarity.KINDS:
        is_kind = np.array([familiar[label].kind == kind for label in outcome.labels], dtype=bool)
        parts.append(Slice(kind, EVERY, EVERY, EVERY, all_texts, is_kind))
    is_clean = np.array([text.line not in contaminated for text in texts], dtype=bool)
    parts.append(Slice("uncontaminated", EVERY, EVERY, EVERY, is_clean, all_labels))
    counts = np.bincount(outcome.gold["label"], minlength=len(outcome.labels))
    for number in np.argsort(-counts, kind="stable")[:LABELS]:
        if counts[number]:
            is_label = np.arange(len(outcome.labels)) == number
            parts.append(Slice("all", EVERY, EVERY, outcome.labels[number], all_texts, is_label))
    return [part for part in parts if part.texts.any() and part.labels.any()]
