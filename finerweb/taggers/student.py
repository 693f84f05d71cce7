"""A student of ours, in a folder that train_student made.

Options
  pieces_per_batch   padded pieces of a batch; what suits the device if not set
"""

from pathlib import Path
from typing import Any

from finerweb.taggers import Tagger

OPTIONS = frozenset({"pieces_per_batch"})


def load(model: str, *, name: str = "", **options: Any) -> Tagger:
    """The student in the folder `model`; raises BadModel, and WrongModel for one of another format."""
    from finerweb.student import student  # torch, where a student is used

    return student.load(Path(model), name=name, **options)


def check(model: str) -> None:
    """Raise BadModel where no student is in the folder `model`, WrongModel for one of another format."""
    from finerweb.student import student

    student.read_card(Path(model))
