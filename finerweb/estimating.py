"""What the requests that wait will take, as far as the answers that there are can tell: each figure with an interval.

Answers are a sample of each language, and what waits is taken to be like them. The interval is that of a bootstrap,
stratified by language: of a language with n answers n - 1 are drawn with replacement, which makes up for how few they
are (McCarthy and Snowden 1985: the variance of n draws is a third too small for three answers). A language with fewer
than two answers tells nothing of its own spread: it is estimated as all answers together, and drawn as one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finerweb.cost import Price
from finerweb.intervals import wilson

RESAMPLES = 1000
SEED = 0

Figures = NDArray[np.float64]


class Waiting(NamedTuple):
    """The requests of a language that wait, and the tokens that they are guessed to have."""

    language: str
    requests: int
    guessed: float


class Answered(NamedTuple):
    """A request that was answered: the tokens that it was guessed to have, and what it took over all its attempts.

    `is_lost` where its last answer cannot be used.
    """

    language: str
    guessed: float
    tokens_in: int
    tokens_out: int
    seconds: float
    is_lost: bool


class Range(NamedTuple):
    """A figure and the ends of its 95 % interval; None where there are not two answers to compare."""

    value: float
    low: float | None = None
    high: float | None = None

    def over(self, parts: int) -> "Range":
        """The share of each of so many parts."""
        ends = [None if end is None else end / parts for end in (self.low, self.high)]
        return Range(self.value / parts, *ends)


@dataclass(frozen=True)
class Estimate:
    """What `requests` will take, as `answers` tell.

    `seconds` are those that engines work; they and `lost` (requests whose answer cannot be used) are None where nothing
    was answered, and `usd` where the price, or the time that is paid for, is not known. `pooled` are the languages
    that were estimated as all answers together; `is_measured` says that answers told how many tokens they had.
    """

    requests: int
    answers: int
    tokens_in: Range
    tokens_out: Range
    seconds: Range | None
    usd: Range | None
    lost: Range | None
    pooled: tuple[str, ...] = ()
    is_measured: bool = False

    @property
    def basis(self) -> str:
        """What the figures were made of, in words."""
        if not self.answers:
            return "no answer yet: lengths are guessed"
        basis = f"as {self.answers:,} answer{'' if self.answers == 1 else 's'} so far"
        if not self.is_measured:
            basis += ", whose tokens nobody counted: lengths are guessed"
        if self.pooled:
            shown = ", ".join(self.pooled[:8]) + (", …" if len(self.pooled) > 8 else "")
            basis += f"; with fewer than two in its language, as all of them: {shown}"
        return basis


def estimate(
    waiting: Sequence[Waiting], answered: Sequence[Answered], *, price: Price | None, tokens_out: int
) -> Estimate:
    """What waits, as what was answered; `tokens_out` is the guess of an answer's length until answers tell."""
    waiting = sorted(waiting)
    requests = sum(part.requests for part in waiting)
    is_measured = any(row.tokens_in or row.tokens_out for row in answered)
    if not is_measured:
        answered = [row._replace(tokens_in=1, tokens_out=tokens_out, guessed=1.0) for row in answered]
    if not answered:
        guessed = sum(part.guessed for part in waiting), float(requests * tokens_out)
        is_priced = price is not None and not (price.hour and requests)
        usd = Range(price.usd(*guessed, 0.0)) if price and is_priced else None
        return Estimate(requests, 0, Range(guessed[0]), Range(guessed[1]), None, usd, None)
    totals = _totals(waiting, answered)[0]
    resampled = _totals(waiting, answered, np.random.default_rng(SEED)) if len(answered) > 1 else np.zeros((0, 3))
    usd = None
    if price:
        usd = _range(price.usd(*totals), np.array([price.usd(*row) for row in resampled]))
    read, written, seconds = (_range(value, resampled[:, column]) for column, value in enumerate(totals))
    counts = _counts(answered)
    pooled = tuple(part.language for part in waiting if part.requests and counts.get(part.language, 0) < 2)
    return Estimate(requests, len(answered), read, written, seconds, usd, _lost(waiting, answered), pooled, is_measured)


def _totals(
    waiting: Sequence[Waiting], answered: Sequence[Answered], generator: np.random.Generator | None = None
) -> Figures:
    """Tokens read and written, and seconds, of what waits: `[1, 3]`, or `[resamples, 3]` with a generator."""
    rows = np.array([row[1:5] for row in answered], dtype=np.float64)
    languages = np.array([row.language for row in answered])
    totals = np.zeros((RESAMPLES if generator else 1, 3))
    for language, requests, guess in waiting:
        sums, drawn = _sums(rows[languages == language], rows, generator)
        guessed, tokens_in, tokens_out, seconds = sums.T
        shares = [guess * tokens_in / guessed, requests * tokens_out / drawn, requests * seconds / drawn]
        totals += np.stack(shares, axis=1)
    return totals


def _sums(own: Figures, rows: Figures, generator: np.random.Generator | None) -> tuple[Figures, int]:
    """The sums over the answers of a language, `own` among all `rows`, or over those drawn; and how many these are."""
    if generator is None:
        counted = own if len(own) > 1 else rows
        return counted.sum(axis=0, keepdims=True), len(counted)
    if len(own) < 2:
        return rows[generator.integers(len(rows), size=RESAMPLES)], 1
    weights = generator.multinomial(len(own) - 1, np.full(len(own), 1 / len(own)), size=RESAMPLES)
    return weights @ own, len(own) - 1


def _range(value: float, resampled: Figures) -> Range:
    if not len(resampled):
        return Range(float(value))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Range(float(value), float(low), float(high))


def _counts(answered: Sequence[Answered]) -> Mapping[str, int]:
    names, counts = np.unique([row.language for row in answered], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _lost(waiting: Sequence[Waiting], answered: Sequence[Answered]) -> Range:
    """How many of the requests will have no usable answer; Wilson's interval, since none of so few is no proof of none.

    The share is weighed by what waits in each language; so many answers count as would tell as much if they were not
    weighed (Kish 1965).
    """
    requests = sum(part.requests for part in waiting)
    if not requests:
        return Range(0.0, 0.0, 0.0)
    counts, lost = _counts(answered), [row.language for row in answered if row.is_lost]
    value = variance = 0.0
    pooled = 0
    for language, waits, _ in waiting:
        count = counts.get(language, 0)
        if count < 2:
            pooled += waits
            continue
        value += waits * lost.count(language) / count
        variance += waits**2 / count
    value += pooled * len(lost) / len(answered)
    variance += pooled**2 / len(answered)
    effective = requests**2 / variance
    low, high = wilson(effective * value / requests, effective)
    return Range(value, requests * low, requests * high)
