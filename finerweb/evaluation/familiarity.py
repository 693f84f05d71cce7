"""How well a student knows a label: seen in training, near to one that was, or unseen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from finerweb.labels.forms import canonical

Kind = Literal["seen", "near", "unseen"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# How alike names are: `[names, others]`, 1 for the same.
Similarity = Callable[[Sequence[str], Sequence[str]], NDArray[Any]]


class Familiar(NamedTuple):
    """How a label is known, and the training label nearest to it; empty where nothing is known of that."""

    kind: Kind
    nearest: str


def familiarity(
    labels: Sequence[str], training: Mapping[str, int], *, similarity: Similarity | None, near: float
) -> dict[str, Familiar]:
    """Label by label: `seen` where canonical forms are the same, `near` from a similarity of `near` on.

    `training` counts the labels that the student was trained with. Without a similarity no label is `near`.
    """
    by_form = {canonical(label): label for label in sorted(training, key=lambda label: (training[label], label))}
    kinds = {label: Familiar("seen", by_form[form]) for label in labels if (form := canonical(label)) in by_form}
    others = [label for label in labels if label not in kinds]
    if not (others and by_form and similarity):
        return kinds | {label: Familiar("unseen", "") for label in others}
    names = list(by_form.values())
    values = np.asarray(similarity(others, names))
    for label, row in zip(others, values, strict=True):
        best = int(np.argmax(row))
        kinds[label] = Familiar("near" if row[best] >= near else "unseen", names[best])
    return kinds
