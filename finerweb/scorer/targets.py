"""What the regression learns from ratings 1-4, one target a head, and how a prediction is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

USEFUL_FROM = 3  # a rating of 3 or 4 is useful, as in the paper's section 2.2

Values = NDArray[np.floating[Any]]


class Target(NamedTuple):
    """`values` of the ratings 1, 2, 3 and 4; a prediction is of the class between two `edges`, useful above one."""

    name: str
    values: tuple[float, float, float, float]
    edges: tuple[float, ...]
    classes: tuple[str, ...]
    threshold: float  # the edge that parts useful from not

    def encode(self, ratings: Sequence[int] | NDArray[Any]) -> NDArray[np.float32]:
        """The values that are learned."""
        values: NDArray[np.float32] = np.asarray(self.values, dtype=np.float32)[np.asarray(ratings, dtype=int) - 1]
        return values

    def classify(self, values: Values) -> NDArray[np.int64]:
        """The index of each value's class; an edge itself belongs to the class below it."""
        return np.searchsorted(np.asarray(self.edges), values, side="left").astype(np.int64)

    def to_head(self, values: Values) -> Values:
        """Values on the scale of a head, 0 to 1: targets of another range would outweigh those beside them."""
        low, high = self.values[0], self.values[-1]
        return (values - low) / (high - low)

    def from_head(self, outputs: Values) -> Values:
        """A head's outputs on the scale of the target."""
        low, high = self.values[0], self.values[-1]
        return low + outputs * (high - low)


@dataclass(frozen=True)
class Thresholds:
    """Above which score a passage is useful: `everywhere`, but for the languages that have a threshold of their own."""

    everywhere: float
    by_language: Mapping[str, float] = field(default_factory=dict)

    def threshold(self, language: str) -> float:
        """The threshold of a language."""
        return self.by_language.get(language, self.everywhere)

    def each(self, languages: Iterable[str]) -> Values:
        """The threshold of each row."""
        return np.array([self.threshold(language) for language in languages], dtype=float)

    def __str__(self) -> str:
        count = len(self.by_language)
        own = "1 language has a threshold of its own" if count == 1 else f"{count} languages have their own thresholds"
        return f"{own}, the others {self.everywhere:.2f}" if count else f"threshold {self.everywhere:.2f}"


TARGETS = {
    target.name: target
    for target in (
        Target("binary", (0.0, 0.0, 1.0, 1.0), (0.5,), ("not useful", "useful"), 0.5),
        Target("four_class", (1.0, 2.0, 3.0, 4.0), (1.5, 2.5, 3.5), ("1", "2", "3", "4"), 2.5),
    )
}


def is_useful(ratings: Sequence[int] | NDArray[Any]) -> NDArray[np.bool_]:
    """Which ratings are useful."""
    return np.asarray(ratings) >= USEFUL_FROM
