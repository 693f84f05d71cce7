"""Strict counts: a tag is right where its start, end and label are those of an entity that a person marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finerweb.evaluation.texts import Text
from finerweb.taggers import Tag, flat

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]  # [texts or documents, 3]: correct, predicted, gold

FOUND = np.dtype([("text", np.int64), ("label", np.int64), ("score", np.float64), ("is_correct", np.bool_)])
MARKED = np.dtype([("text", np.int64), ("label", np.int64)])


class Figures(NamedTuple):
    """Micro precision, recall and F1 of counts; None where nothing was predicted, or marked, or both."""

    gold: int
    predicted: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Outcome:
    """What a tagger made of texts.

    `tags` (FOUND) are those that stay of all tags when no two may share a character. Which of them a threshold keeps
    are the same that it would keep if it were applied first: the surest are chosen first. `gold` (MARKED) are the
    entities. A tagger of ours that has thresholds of scripts moves its scores, so that one serves for all.
    """

    labels: tuple[str, ...]
    tags: NDArray[Any]
    gold: NDArray[Any]
    threshold: float
    size: int  # texts

    @property
    def everything(self) -> tuple[Mask, Mask]:
        """All texts and all labels."""
        return np.ones(self.size, dtype=bool), np.ones(len(self.labels), dtype=bool)


def compare(texts: Sequence[Text], tags: Iterable[Sequence[Tag]], labels: Sequence[str], threshold: float) -> Outcome:
    """The tags of each text beside its entities; those of other labels than these do not count."""
    numbers = {label: number for number, label in enumerate(labels)}
    kept_tags, marked = [], []
    for row, (text, own) in enumerate(zip(texts, tags, strict=True)):
        gold = {entity for entity in text.entities if entity.label in numbers}
        marked += [(row, numbers[entity.label]) for entity in sorted(gold)]
        kept = flat((tag for tag in own if tag.label in numbers), -np.inf)
        kept_tags += [(row, numbers[tag.label], tag.score, (tag.start, tag.end, tag.label) in gold) for tag in kept]
    return Outcome(
        tuple(labels),
        np.array(kept_tags, dtype=FOUND),
        np.array(marked, dtype=MARKED),
        threshold,
        len(texts),
    )


def per_text(outcome: Outcome, texts: Mask, labels: Mask) -> Counts:
    """Correct, predicted and gold of each of the texts, of these labels: `[texts, 3]`."""
    tags, gold = outcome.tags, outcome.gold
    tags = tags[labels[tags["label"]] & (tags["score"] >= outcome.threshold)]
    gold = gold[labels[gold["label"]]]
    size = outcome.size
    columns = [
        np.bincount(tags["text"][tags["is_correct"]], minlength=size),
        np.bincount(tags["text"], minlength=size),
        np.bincount(gold["text"], minlength=size),
    ]
    return np.stack(columns, axis=1)[texts].astype(np.int64)


def figures(counts: Counts) -> Figures:
    """The figures of all texts together."""
    correct, predicted, gold = (int(value) for value in counts.sum(axis=0))
    return Figures(
        gold,
        predicted,
        correct,
        correct / predicted if predicted else None,
        correct / gold if gold else None,
        2 * correct / (predicted + gold) if predicted + gold else None,
    )


def auprc(outcome: Outcome, texts: Mask, labels: Mask) -> float | None:
    """The area under the curve of precision over recall, no threshold chosen; None where nothing is marked.

    The curve goes through the tags that stay when no two may share a character, from the surest on: at every score it
    has the precision and recall that this score as a threshold would give. Its area is the average precision, a sum of
    steps (tags of one score are one step); an entity that no tag has is recall that is never reached.
    """
    gold = int((labels[outcome.gold["label"]] & texts[outcome.gold["text"]]).sum())
    if not gold:
        return None
    tags = outcome.tags[labels[outcome.tags["label"]] & texts[outcome.tags["text"]]]
    tags = tags[np.argsort(-tags["score"], kind="stable")]
    correct = np.cumsum(tags["is_correct"])
    is_step_end = np.append(np.diff(tags["score"]) != 0, True)[: len(tags)]
    reached = correct[is_step_end]
    precision = reached / (np.flatnonzero(is_step_end) + 1)
    return float(np.sum(np.diff(reached, prepend=0) / gold * precision))
