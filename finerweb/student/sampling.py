"""Which texts and labels a batch has: functions of seed and step, so that training can go on where it was ended."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from finerweb.student.examples import Example, Names
from finerweb.student.recipe import NameKind, StudentRecipe


def schedule(examples: Sequence[Example], recipe: StudentRecipe) -> NDArray[np.int64]:
    """The rows of each step's batch, `[steps, batch_size]`.

    A language's share is its number of texts to the power of `language_exponent`: 1 as they are, 0 all alike. Each
    language's texts come in a new order whenever all have been seen. Of texts without entities the share `empty` stays.
    """
    draw = np.random.default_rng(recipe.seed)
    rows: dict[str, list[int]] = {}
    for number, example in enumerate(examples):
        if example.entities or draw.random() < recipe.empty:
            rows.setdefault(example.language, []).append(number)
    languages = sorted(rows)
    sizes = np.array([len(rows[language]) for language in languages], dtype=float)
    shares = sizes**recipe.language_exponent
    total = recipe.steps * recipe.batch_size
    drawn = draw.choice(len(languages), size=total, p=shares / shares.sum())
    planned = np.zeros(total, dtype=np.int64)
    for number, language in enumerate(languages):
        places = np.flatnonzero(drawn == number)
        rounds = -(-len(places) // len(rows[language]))
        order = [draw.permutation(rows[language]) for _ in range(rounds)]
        planned[places] = np.concatenate(order)[: len(places)] if order else []
    return planned.reshape(recipe.steps, recipe.batch_size)


def draw_of(recipe: StudentRecipe, step: int) -> np.random.Generator:
    """The random numbers of a step."""
    return np.random.default_rng([recipe.seed, step])


def candidates(positives: Iterable[str], counts: Counter[str], *, room: int, draw: np.random.Generator) -> list[str]:
    """The labels of a batch: those that its texts have and, up to `room`, others of their inventories.

    They are drawn by the root of their frequency: often enough that the frequent ones learn what they are not, and
    rare ones come at all.
    """
    chosen = sorted(set(positives))
    others = [label for label in counts if label not in set(chosen)]
    size = min(max(0, room - len(chosen)), len(others))
    if size:
        weights = np.sqrt([counts[label] for label in others])
        chosen += [others[row] for row in draw.choice(len(others), size=size, replace=False, p=weights / weights.sum())]
    return [chosen[row] for row in draw.permutation(len(chosen))]


def names(
    labels: Sequence[str], languages: Sequence[str], others: Names, recipe: StudentRecipe, *, draw: np.random.Generator
) -> list[str]:
    """What each label is called in this batch: of a kind drawn by the recipe's weights, in one of the languages."""
    kinds: list[NameKind] = [kind for kind in get_args(NameKind) if recipe.names.get(kind)]
    weights = np.array([recipe.names[kind] for kind in kinds])
    chosen = []
    for label in labels:
        kind = kinds[int(draw.choice(len(kinds), p=weights / weights.sum()))]
        choices = others.of_kind(kind, label, languages[int(draw.integers(len(languages)))])
        chosen.append(choices[int(draw.integers(len(choices)))])
    return chosen
