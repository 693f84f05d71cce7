"""How good a student is on the validation split, and from which score on its tags are right."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from finerweb.student.examples import Example, Inventories
from finerweb.student.finding import Finder
from finerweb.text.scripts import script
from finerweb.text.spans import Entity
from finerweb.text.tags import Tag, flat

THRESHOLDS = tuple(round(0.05 * number, 2) for number in range(1, 19))
LABELS = 40  # that are asked for of a text: the most frequent of its inventory


class Choice(NamedTuple):
    """The threshold with the best strict micro F1, and that F1."""

    threshold: float
    f1: float


class Asked(Protocol):
    """Whatever can be asked for the entities of texts."""

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text all spans that score at least `least`."""
        ...


def choose(finder: Finder, examples: Sequence[Example], inventories: Inventories) -> Choice:
    """The best threshold of a student that is being trained."""
    was_training = finder.network.training
    finder.network.eval()
    choice = choose_of(finder, examples, inventories)
    finder.network.train(was_training)
    return choice


def by_script(
    finder: Finder,
    examples: Sequence[Example],
    inventories: Inventories,
    *,
    least: int | None,
    choice: Choice,
) -> dict[str, float]:
    """The best threshold of each script whose validation examples have at least `least` entities; none if it is None.

    Only those that differ from the choice for all.
    """
    of_script: dict[str, list[Example]] = {}
    for example in examples if least is not None else ():
        of_script.setdefault(script(example.text), []).append(example)
    thresholds = {
        code: choose(finder, own, inventories).threshold
        for code, own in sorted(of_script.items())
        if code and sum(len(example.entities) for example in own) >= (least or 0)
    }
    return {code: threshold for code, threshold in thresholds.items() if threshold != choice.threshold}


def shifts(threshold: float, thresholds: Mapping[str, float]) -> dict[str, float]:
    """What logits of texts in a script are moved by so that `threshold` lets through what their own one would."""
    return {code: _logit(threshold) - _logit(own) for code, own in thresholds.items()}


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def choose_of(tagger: Asked, examples: Sequence[Example], inventories: Inventories) -> Choice:
    """The best threshold on the validation examples, each asked for the frequent labels of its inventory."""
    gold: list[set[Entity]] = []
    tags: list[list[Tag]] = []
    for inventory in sorted({example.inventory for example in examples}):
        rows = [example for example in examples if example.inventory == inventory]
        labels = [label for label, _ in inventories[inventory].most_common(LABELS)]
        tags += tagger.tag([row.text for row in rows], labels, least=THRESHOLDS[0])
        gold += [{entity for entity in row.entities if entity.label in labels} for row in rows]
    f1 = [_f1(gold, tags, threshold) for threshold in THRESHOLDS]
    best = int(np.argmax(f1))
    return Choice(THRESHOLDS[best], f1[best])


def _f1(gold: Iterable[set[Entity]], tags: Iterable[list[Tag]], threshold: float) -> float:
    """Strict: the same span and the same label."""
    correct = wrong = 0
    for entities, of_text in zip(gold, tags, strict=True):
        predicted = {Entity(tag.start, tag.end, tag.label) for tag in flat(of_text, threshold)}
        correct += len(entities & predicted)
        wrong += len(entities ^ predicted)
    return 2 * correct / max(1, 2 * correct + wrong)
