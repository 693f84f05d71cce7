"""A trained student in a folder: what it is, how it is saved and loaded."""

import functools
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from transformers import AutoTokenizer

from finerweb.encoders.pretrained import tokenizer_file
from finerweb.errors import BadModel, WrongModel
from finerweb.student import network
from finerweb.student.finding import Finder
from finerweb.student.fitting import Data, Fitted
from finerweb.student.label_vectors import LabelVectors
from finerweb.student.pieces import Cutter
from finerweb.student.recipe import StudentRecipe
from finerweb.text.tags import Tag

FILE, LABELS = "student.json", "labels"  # the card, and the folder of the frozen encoder of labels, beside the weights
FORMAT = 1  # of the folder: raised when one of before can be read no more


@dataclass(frozen=True)
class Card:
    """What a student's folder says of it.

    `labels` are those that it was trained on, with how often; it can be asked for any other. `threshold` did best on
    the validation split. `facts` say what it was made of: data, teachers, versions.
    """

    labels: Mapping[str, int]
    languages: Mapping[str, int]
    threshold: float
    label_prompt: str
    words: str
    letters: tuple[str, ...]
    size: int
    overlap: int
    width: int
    cosine: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


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
    labels = Counter(entity.label for example in data.train for entity in example.entities)
    return Card(
        labels=dict(labels.most_common()),
        languages=dict(Counter(example.language for example in data.train).most_common()),
        threshold=fitted.choice.threshold,
        facts=dict(facts),
        label_prompt=recipe.label_prompt,
        words=recipe.words,
        letters=tuple(recipe.letters),
        size=finder.size,
        overlap=finder.overlap,
        width=recipe.width,
        cosine=recipe.cosine,
    )


def save(finder: Finder, card: Card, folder: Path, *, encoder: Path, label_encoder: Path) -> None:
    """Write weights, tokenizers and card; the frozen encoder of labels in bf16, which is all that it was used with."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save(finder.network, folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    shutil.copyfile(tokenizer_file(encoder), folder / tokenizer_file(encoder).name)
    labels = folder / LABELS
    finder.vectors.encoder.to(torch.bfloat16).save_pretrained(labels)
    finder.vectors.encoder.float()
    AutoTokenizer.from_pretrained(label_encoder).save_pretrained(labels)
    write_card(folder, card)


def read_card(folder: Path) -> Card:
    """The card in a folder; raises BadModel for one that train_student did not make, WrongModel for another format."""
    path = folder / FILE
    if not path.is_file():
        raise BadModel(
            f"student {folder}",
            found=f"no {FILE}",
            wanted="the folder of a student that train_student made",
            way_out="name one, or ask another kind of model (kind: gliner)",
        )
    fields = json.loads(path.read_text(encoding="utf-8"))
    if fields.get("format") != FORMAT:
        raise WrongModel(
            f"student {folder}",
            found=f"format {fields.get('format')}",
            wanted=f"format {FORMAT}, which this version of finerweb reads",
            way_out="use the version that made it, or train one anew (finerweb train_student)",
        )
    return Card(**{**fields, "letters": tuple(fields["letters"])})


def write_card(folder: Path, card: Card) -> None:
    """Write what `read_card` reads."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False)
    (folder / FILE).write_text(text, encoding="utf-8")


def load(folder: Path, *, name: str = "", pieces_per_batch: int | None = None) -> Student:
    """The student in a folder, on this machine's device; raises BadModel, WrongModel."""
    card = read_card(folder)
    vectors = LabelVectors(folder / LABELS, card.label_prompt)
    finder = Finder(
        network.load(folder, label_size=vectors.size, width=card.width, cosine=card.cosine),
        vectors,
        Cutter(tokenizer_file(folder), words=card.words, letters=card.letters),
        network.signs(AutoTokenizer.from_pretrained(folder)),
        card.size,
        card.overlap,
        pieces_per_batch,
    )
    return Student(finder, card, name=name or folder.name)


@functools.lru_cache(maxsize=2)
def kept(folder: str, name: str, pieces_per_batch: int | None) -> Student:
    """The worker's own student."""
    return load(Path(folder), name=name, pieces_per_batch=pieces_per_batch)
