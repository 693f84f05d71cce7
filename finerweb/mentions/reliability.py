"""How far each annotator can be relied on, estimated from what all of them said, without gold (Dawid and Skene, 1979).

Annotators that are right say the same more often than those that are wrong. An item is a place that somebody named;
each annotator gave it a coarse class, or did not name it. Unknown are what each item really is (a class, or no entity)
and how often each annotator is right about each class; each follows from the other, and expectation maximisation finds
both. Only the counts of the distinct patterns of votes matter, so that a corpus of any size comes down to a small
table. numpy, no Spark.

What nobody named cannot be seen, and of two annotators who differ nothing says who is right: then it is the priors
that decide, and confidences rank items rather than being probabilities. With three or more they are close to both.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NOTHING = ""  # the vote of who did not name the place, and the class of what is no entity

# Priors as if so many items had been seen. An annotator is right three times in four; one language, and one class in
# it, is like the others until it has shown otherwise.
RIGHT, STRENGTH = 0.75, 20.0
NO_ENTITY = 0.06  # of the places that somebody named: the judge of the paper found 5.97 % of the annotations wrong
IDENTIFIED = 3  # annotators from which on that share is estimated: of two, whoever is alone might always be wrong
ITERATIONS, TOLERANCE = 200, 1e-6


class Pattern(NamedTuple):
    """`items` places of a language of which the annotators said this."""

    language: str
    votes: tuple[str, ...]  # a coarse class, or NOTHING, by annotator
    items: int


class Reliability(NamedTuple):
    """How often an annotator is right about a class in a language.

    `accuracy` is the share of the class's items that it names so; `vote_rate` how often it names the class at all;
    `share` how frequent the class is among the language's items, and `items` how many these are.
    """

    annotator: str
    language: str
    coarse: str
    accuracy: float
    vote_rate: float
    share: float
    items: float


def estimate(patterns: Sequence[Pattern], annotators: Sequence[str]) -> list[Reliability]:
    """Estimate everything from the patterns. The result does not depend on their order."""
    if not patterns:
        return []
    model = _Model(sorted(patterns), annotators)
    return model.reliabilities(model.run())


class Beliefs:
    """What votes make one believe, in one language."""

    def __init__(self, reliabilities: Iterable[Reliability]) -> None:
        rows = list(reliabilities)
        self.annotators = sorted({row.annotator for row in rows})
        self._shares = {row.coarse: row.share for row in rows}
        self._rows = {(row.annotator, row.coarse): row for row in rows}
        self._cache: dict[tuple[str, ...], dict[str, float]] = {}  # votes are alike more often than not

    def probabilities(self, votes: tuple[str, ...]) -> dict[str, float]:
        """The probability of each class that was voted for, and of NOTHING, by the votes of `annotators`."""
        if votes not in self._cache:
            self._cache[votes] = self._believed(votes)
        return self._cache[votes]

    def _believed(self, votes: tuple[str, ...]) -> dict[str, float]:
        weights = dict(self._shares)
        for annotator, vote in zip(self.annotators, votes, strict=True):
            vote_rate = self._rows[annotator, vote].vote_rate
            for coarse in weights:
                row = self._rows[annotator, coarse]
                weights[coarse] *= (
                    row.accuracy if vote == coarse else (1.0 - row.accuracy) * vote_rate / (1.0 - row.vote_rate)
                )
        total = sum(weights.values())
        return {coarse: weights[coarse] / total for coarse in sorted({NOTHING, *votes})}

    def accuracy(self, annotator: str, coarse: str) -> float:
        """How often the annotator is right about the class."""
        return self._rows[annotator, coarse].accuracy


class _Model:
    """The patterns as arrays: P patterns, A annotators, K classes (the first is NOTHING), L languages."""

    def __init__(self, patterns: Sequence[Pattern], annotators: Sequence[str]) -> None:
        self.patterns, self.annotators = patterns, annotators
        self.classes = [NOTHING, *sorted({vote for pattern in patterns for vote in pattern.votes} - {NOTHING})]
        self.languages = sorted({pattern.language for pattern in patterns})
        place = {name: index for index, name in enumerate(self.classes)}
        language = {code: index for index, code in enumerate(self.languages)}
        self.votes = np.array([[place[vote] for vote in pattern.votes] for pattern in patterns])  # [P, A]
        self.items = np.array([pattern.items for pattern in patterns], dtype=float)
        self.language = np.array([language[pattern.language] for pattern in patterns])
        counts = np.zeros((len(annotators), len(self.classes)))
        for annotator in range(len(annotators)):
            np.add.at(counts[annotator], self.votes[:, annotator], self.items)
        self.frequency = (counts + 1.0) / (counts + 1.0).sum(axis=1, keepdims=True)  # of each class in each one's votes

    def run(self) -> NDArray[np.float64]:
        """The probability of each class for each pattern: [P, K]."""
        posterior = self._start()
        for _ in range(ITERATIONS):
            before = posterior
            posterior = self._expect(self._accuracies(posterior), self._shares(posterior))
            if np.abs(posterior - before).max() < TOLERANCE:
                break
        return posterior

    def _start(self) -> NDArray[np.float64]:
        """Every vote counts the same; a place that not all named may be none."""
        counts = np.zeros((len(self.patterns), len(self.classes)))
        for annotator in range(len(self.annotators)):
            counts[np.arange(len(self.patterns)), self.votes[:, annotator]] += 1.0
        counts[:, 0] *= NO_ENTITY
        return _normalised(counts)

    def _accuracies(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """How often each annotator is right: [L, A, K]; a class leans on those of other languages."""
        weight = posterior * self.items[:, None]
        right = np.zeros((len(self.languages), len(self.annotators), len(self.classes)))
        total = np.zeros((len(self.languages), len(self.classes)))
        np.add.at(total, self.language, weight)
        rows = np.arange(len(self.patterns))
        for annotator in range(len(self.annotators)):
            vote = self.votes[:, annotator]
            np.add.at(right[:, annotator], (self.language, vote), weight[rows, vote])
        if len(self.annotators) < IDENTIFIED:
            right[:] = right.mean(axis=1, keepdims=True)
        of_class = _lean(right.sum(0), total.sum(0)[None, :], RIGHT)  # [A, K]
        accuracies: NDArray[np.float64] = _lean(right, total[:, None, :], of_class[None])
        return accuracies

    def _shares(self, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
        """How frequent each class is in each language: [L, K]."""
        weight = posterior * self.items[:, None]
        all_languages = weight.sum(0) + 1.0
        all_languages /= all_languages.sum()
        total = np.zeros((len(self.languages), len(self.classes)))
        np.add.at(total, self.language, weight)
        shares = _normalised(total + STRENGTH * all_languages[None])
        shares[:, 1:] *= (1.0 - NO_ENTITY) / shares[:, 1:].sum(axis=1, keepdims=True)
        shares[:, 0] = NO_ENTITY
        return shares

    def _expect(self, accuracies: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """The posterior: what is wrong is said as often as it is said at all."""
        log = np.log(shares[self.language])  # [P, K]
        for annotator in range(len(self.annotators)):
            vote = self.votes[:, annotator]
            right = accuracies[self.language, annotator]  # [P, K]
            frequency = self.frequency[annotator]
            wrong = (1.0 - right) * frequency[vote][:, None] / (1.0 - frequency)[None, :]
            is_right = vote[:, None] == np.arange(len(self.classes))[None, :]
            log += np.log(np.where(is_right, right, wrong))
        return _normalised(np.exp(log - log.max(axis=1, keepdims=True)))

    def reliabilities(self, posterior: NDArray[np.float64]) -> list[Reliability]:
        """One for each annotator, language and class."""
        accuracies, shares = self._accuracies(posterior), self._shares(posterior)
        total = np.zeros((len(self.languages), len(self.classes)))
        np.add.at(total, self.language, posterior * self.items[:, None])
        return [
            Reliability(
                annotator,
                language,
                coarse,
                _rounded(accuracies[index, who, kind]),
                _rounded(self.frequency[who, kind]),
                _rounded(shares[index, kind]),
                round(float(total[index, kind]), 1),
            )
            for index, language in enumerate(self.languages)
            for who, annotator in enumerate(self.annotators)
            for kind, coarse in enumerate(self.classes)
        ]


def _rounded(share: float) -> float:
    """To three digits, or so far from 1: what one passage changes is not seen in every language of the corpus."""
    return float(f"{share:.3g}") if share < 0.5 else 1.0 - float(f"{1.0 - share:.3g}")


def _normalised(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _lean(
    right: NDArray[np.float64], total: NDArray[np.float64], on: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """A share that leans on another one while little was seen; never quite 0 or 1."""
    share: NDArray[np.float64] = np.clip((right + STRENGTH * on) / (total + STRENGTH), 1e-4, 1 - 1e-4)
    return share
