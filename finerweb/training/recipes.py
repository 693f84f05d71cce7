"""The two ways in which a student is trained: our own head, and gliner's own training as a baseline."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from finerweb.encoders import pretrained
from finerweb.progress import Show
from finerweb.student import card as cards
from finerweb.student import fitting, sampling, student, validation
from finerweb.student.card import Card, Kind
from finerweb.student.examples import Example, Inventories
from finerweb.student.fitting import Data
from finerweb.student.recipe import StudentRecipe
from finerweb.student.validation import Choice

WRONG = 10  # labels that gliner is shown of a sentence's inventory which the sentence does not have


@dataclass(frozen=True)
class Made:
    """A trained student: its card, what it does on the validation split, and what is worth logging.

    `curves` are a dict a logged step; `lost` are the entities that could not be learned as they are, by problem.
    """

    card: Card
    choice: Choice
    figures: Mapping[str, float]
    lost: Mapping[str, int]
    summary: str
    curves: Sequence[Mapping[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Folders:
    """Where the student is to be, and where this machine keeps encoders and checkpoints."""

    student: Path
    work: Path


Make = Callable[[Data, StudentRecipe, Folders, Mapping[str, str], Show], Made]


def _head(data: Data, recipe: StudentRecipe, folders: Folders, facts: Mapping[str, str], show: Show) -> Made:
    """Our own head. Raises TooFewExamples, Diverged, BadModel."""
    encoder = pretrained.fetch(recipe.encoder, folders.work)
    label_encoder = pretrained.fetch(recipe.label_encoder or recipe.encoder, folders.work)
    fitted = fitting.fit(
        data,
        encoder=encoder,
        label_encoder=label_encoder,
        recipe=recipe,
        checkpoints=folders.work / "checkpoints",
        on_step=lambda done, total: show(done, total, "steps"),
    )
    card = student.card_of(fitted, data, recipe, facts=facts)
    student.save(fitted.finder, card, folders.student, encoder=encoder, label_encoder=label_encoder)
    lost = sum(fitted.losses.values())
    return Made(
        card,
        fitted.choice,
        {"best_step": fitted.step, "seconds_per_step": fitted.seconds_per_step},
        fitted.losses,
        f"step {fitted.step:,}"
        + (f" · {lost:,} entities not on edges of pieces or longer than a window" if lost else ""),
        fitted.curves,
    )


def _gliner(data: Data, recipe: StudentRecipe, folders: Folders, facts: Mapping[str, str], show: Show) -> Made:
    """Gliner's training on the same examples in the same order, with wrong labels of each sentence's own inventory.

    English names alone, no checkpoints, no early stopping: it has none of these. Raises NotInstalled, TooFewExamples.
    """
    from finerweb.taggers import gliner
    from finerweb.taggers._gliner import fitting as gliner_fitting

    gliner.require_package()
    fitting.require_entities(data)
    inventories = Inventories([*data.train, *data.validation])
    draw = np.random.default_rng(recipe.seed)
    shown = [data.train[row] for row in sampling.schedule(data.train, recipe).ravel().tolist()]
    fitted = gliner_fitting.fit(
        shown,
        encoder=pretrained.fetch(recipe.encoder, folders.work),
        folder=folders.student,
        steps=recipe.steps,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        head_learning_rate=recipe.head_learning_rate,
        negatives=[wrong_labels(example, inventories, draw) for example in shown],
        seed=recipe.seed,
    )
    tagger = gliner.load(str(folders.student), name="gliner")
    choice = validation.choose_of(tagger, data.validation, inventories)
    card = Card(data.labels, data.languages, choice.threshold, facts=dict(facts), kind="gliner")
    cards.write(folders.student, card)
    lost = Counter(inside_word=len(fitted.unreachable))
    figures = {"best_step": float(recipe.steps), "seconds_per_step": fitted.seconds_per_step}
    summary = f"gliner, step {recipe.steps:,} · {lost['inside_word']:,} times an entity that its words cannot express"
    return Made(card, choice, figures, lost, summary)


def wrong_labels(example: Example, inventories: Inventories, draw: np.random.Generator) -> list[str]:
    """A few labels of the sentence's inventory that it does not have."""
    own = {entity.label for entity in example.entities}
    others = sorted(label for label in inventories[example.inventory] if label not in own)
    return [others[row] for row in draw.permutation(len(others))[:WRONG]]


RECIPES: Mapping[Kind, Make] = {"head": _head, "gliner": _gliner}
