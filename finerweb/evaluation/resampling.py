"""How sure a figure is: a bootstrap over documents, paired where two taggers read the same texts."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finerweb.evaluation.counting import Counts

RESAMPLES = 1000
SEED = 0
PART = 100  # resamples whose draws are in memory at once


class Interval(NamedTuple):
    """The mean over the resamples, and the ends of the 95 % interval (percentiles 2.5 and 97.5)."""

    mean: float
    low: float
    high: float


def by_document(counts: Counts, documents: Sequence[str]) -> Counts:
    """The counts of texts summed over their documents: `[documents, columns]`, in the order of their names."""
    names, rows = np.unique(np.array(documents, dtype=object).astype(str), return_inverse=True)
    summed = np.zeros((len(names), counts.shape[1]), dtype=np.int64)
    np.add.at(summed, rows, counts)
    return summed


def interval(counts: Counts) -> Interval | None:
    """Of F1, from the counts of documents; None without documents, or where no resample has an F1."""
    return _summary(_f1(_sums(counts)))


def difference(counts: Counts, others: Counts) -> Interval | None:
    """Of the F1 of one tagger minus that of another, from their counts of the same documents in the same order."""
    sums = _sums(np.concatenate([counts, others], axis=1))
    return _summary(_f1(sums[:, :3]) - _f1(sums[:, 3:]))


def _summary(values: NDArray[np.float64]) -> Interval | None:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    low, high = np.percentile(finite, [2.5, 97.5])
    return Interval(float(finite.mean()), float(low), float(high))


def _sums(counts: Counts) -> NDArray[np.float64]:
    """The sums of counts in every resample: `[resamples, columns]`; the draws depend on the number of rows alone."""
    if not len(counts):
        return np.zeros((0, counts.shape[1]))
    values = counts.astype(np.float64)
    return np.concatenate([_weights(len(counts), part) @ values for part in range(RESAMPLES // PART)])


@functools.lru_cache(maxsize=2 * RESAMPLES // PART)
def _weights(rows: int, part: int) -> NDArray[np.float32]:
    """How often each row is drawn in each resample of a part: `[PART, rows]`."""
    draws = np.random.default_rng([SEED, part]).multinomial(rows, np.full(rows, 1 / rows), size=PART)
    return draws.astype(np.float32)


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of each row of sums; nan where nothing is predicted or marked."""
    total = sums[:, 1] + sums[:, 2]
    values: NDArray[np.float64] = np.full(len(sums), np.nan)
    np.divide(2 * sums[:, 0], total, out=values, where=total > 0)
    return values
