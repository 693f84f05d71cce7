"""Experiments with students, one per file: what is trained in several ways, and compared on the same benchmarks.

An experiment is a module whose docstring's first line asks the question, with
  arms(corpus)   the arms, the first of which the others are compared with: an Arm each
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Corpus:
    """What a lake has: languages of its examples, and who annotated them."""

    languages: Sequence[str]
    annotators: Sequence[str]
    variant: str  # the setting student.variant


@dataclass(frozen=True)
class Arm:
    """A way to train: its name, and which settings of the section `student` differ.

    `others` asks for the lake that `--other-lake` names, in the place of the one of the settings.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    others: bool = False
