"""Which part of the recipe does the work? Each is taken out once."""

from collections.abc import Iterator, Mapping
from typing import Any

from finerweb.experiments import Arm, Corpus

WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "word breaks": {"words": "none"},
    "cosines": {"cosine": False},
    "other labels as wrong answers": {"candidates": 1},
    "near labels left out": {"near": None},
    "names of other kinds": {"names": {"english": 1.0}},
    "weights of languages": {"language_exponent": 1.0},
    "sentences without entities": {"empty": 0.0},
    "frozen embeddings": {"freeze_embeddings": False},
}


def arms(corpus: Corpus) -> Iterator[Arm]:
    """The recipe, then without one part at a time."""
    yield Arm("whole recipe")
    for part, changes in WITHOUT.items():
        yield Arm(f"without {part}", changes)
