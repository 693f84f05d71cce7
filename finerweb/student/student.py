"""A trained student in a folder: what it is, how it is saved and loaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from finerweb.encoders import tokenizing
from finerweb.encoders.pretrained import tokenizer_file
from finerweb.student import card as card_of_folder
from finerweb.student import network, validation
from finerweb.student.card import Card, Shape
from finerweb.student.finding import Finder
from finerweb.student.fitting import Data, Fitted
from finerweb.student.label_vectors import LabelVectors
from finerweb.student.pieces import Cutter
from finerweb.student.recipe import StudentRecipe
from finerweb.text.tags import Tag

LABELS = "labels"  # the folder of the frozen encoder of labels, beside the weights


class Student:
    """Finds entities of any label in texts of any language; a Tagger."""

    labels: tuple[str, ...] = ()  # it can be asked for any

    def __init__(self, finder: Finder, card: Card, *, name: str) -> None:
        self.name, self.card, self.threshold = name, card, card.threshold
        self._finder = finder

    def tag(self, texts: Sequence[str], labels: Sequence[str], *, least: float) -> list[list[Tag]]:
        """For each text, in order, all spans that score at least `least`, in reading order."""
        return self._finder.tag(texts, labels, least=least)

    def edges(self, text: str) -> set[int]:
        """Where an entity of this text can begin or end."""
        return self._finder.cutter.edges(text)


def card_of(fitted: Fitted, data: Data, recipe: StudentRecipe, *, facts: Mapping[str, str]) -> Card:
    """The card of what was just trained on these data."""
    finder = fitted.finder
    return Card(
        labels=data.labels,
        languages=data.languages,
        threshold=fitted.choice.threshold,
        thresholds=fitted.thresholds,
        facts=dict(facts),
        shape=Shape(
            label_prompt=recipe.label_prompt,
            words=recipe.words,
            letters=tuple(recipe.letters),
            size=finder.size,
            overlap=finder.overlap,
            width=recipe.width,
            cosine=recipe.cosine,
        ),
    )


def save(finder: Finder, card: Card, folder: Path, *, encoder: Path, label_encoder: Path) -> None:
    """Write weights, tokenizers and card; the frozen encoder of labels in bf16, which is all that it was used with."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save(finder.network, folder)
    tokenizing.copy(encoder, folder)
    labels = folder / LABELS
    finder.vectors.encoder.to(torch.bfloat16).save_pretrained(labels)
    finder.vectors.encoder.float()
    tokenizing.copy(label_encoder, labels)
    card_of_folder.write(folder, card)


def load(folder: Path, *, name: str = "", pieces_per_batch: int | None = None) -> Student:
    """The student with our own head in a folder, on this machine's device; raises BadModel, WrongModel."""
    card = card_of_folder.read(folder)
    assert card.shape is not None, "a card of our own head has its shape"
    shape = card.shape
    vectors = LabelVectors(folder / LABELS, shape.label_prompt)
    finder = Finder(
        network.load(folder, label_size=vectors.size, width=shape.width, cosine=shape.cosine),
        vectors,
        Cutter(tokenizer_file(folder), words=shape.words, letters=shape.letters),
        network.signs(tokenizing.load(folder)),
        shape.size,
        shape.overlap,
        pieces_per_batch,
        validation.shifts(card.threshold, card.thresholds),
    )
    return Student(finder, card, name=name or folder.name)
