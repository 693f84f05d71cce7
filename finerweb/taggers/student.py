"""A student of ours, in a folder that train_student made, by either recipe.

Options
  pieces_per_batch   padded pieces of a batch; what suits the device if not set
"""

import functools
from pathlib import Path
from typing import Any

from finerweb.student import card
from finerweb.student.card import Card
from finerweb.taggers import Tagger

OPTIONS = frozenset({"pieces_per_batch"})
LABELS = 20  # that it is asked for where none are named


def load(model: str, *, name: str = "", **options: Any) -> Tagger:
    """The student in the folder `model`; raises BadModel, and WrongModel for one of another format."""
    folder = Path(model)
    made = card.read(folder)
    name = name or folder.name
    if made.kind == "gliner":
        return _gliner(folder, made, name)
    from finerweb.student import student  # torch, where a student is used

    return student.load(folder, name=name, **options)


def _gliner(folder: Path, made: Card, name: str) -> Tagger:
    from finerweb.taggers import gliner

    tagger = gliner.load(str(folder), name=name)
    tagger.threshold, tagger.card = made.threshold, made
    return tagger


@functools.lru_cache(maxsize=2)
def kept(model: str, name: str, pieces_per_batch: int | None) -> Tagger:
    """The worker's own student, loaded once."""
    return load(model, name=name, pieces_per_batch=pieces_per_batch)


def check(model: str) -> None:
    """Raise BadModel where no student is in the folder `model`, WrongModel for one of another format."""
    card.read(Path(model))
