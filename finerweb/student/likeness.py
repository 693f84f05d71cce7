"""Labels that are nearly the same: one that a text has says nothing against the other."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def near(labels: Sequence[str], vectors: Tensor, positives: Sequence[str], *, least: float) -> Mapping[str, set[str]]:
    """For each positive label the others that are near it: by their vectors (unit rows), or by their names."""
    row = {label: number for number, label in enumerate(labels)}
    if not positives:
        return {}
    own = vectors[[row[label] for label in positives]]
    close = (own @ vectors.T >= least).cpu()
    return {
        label: {
            other
            for number, other in enumerate(labels)
            if other != label and (bool(close[place, number]) or is_kind_of(label, other) or is_kind_of(other, label))
        }
        for place, label in enumerate(positives)
    }


def is_kind_of(label: str, other: str) -> bool:
    """Does the name alone say so? `football club` is a kind of `club`, and `person / writer` of both its parts.

    In English a compound is a kind of what its last word names.
    """
    parts = label.split(" / ")
    if len(parts) > 1:
        return any(part == other or is_kind_of(part, other) for part in parts)
    return label.endswith(f" {other}")


def unit(vectors: Tensor) -> Tensor:
    """Rows of length one."""
    return torch.nn.functional.normalize(vectors, dim=-1)
