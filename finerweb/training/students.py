"""Train a student on the examples, track the run, register it as a challenger."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from finerweb.encoders import device
from finerweb.errors import TooFewExamples
from finerweb.progress import SILENT, Show
from finerweb.rows import each
from finerweb.student import card
from finerweb.student.card import Kind
from finerweb.student.examples import Example, Names
from finerweb.student.fitting import Data
from finerweb.student.recipe import StudentRecipe
from finerweb.text.spans import Entity, Span
from finerweb.training import recipes, registration, tracking
from finerweb.training.recipes import Made

SERVED = 5  # labels that a served student looks for where a request names none: its most frequent
LABELS = "labels.json"  # the artifact with the labels that a student was trained on, and how often
DOCUMENTS = "documents.json"  # the artifact with the documents that it was trained and chosen on


class Learned(NamedTuple):
    """The version in the registry, None where there is nothing to learn from; and in words how good it is, or why."""

    version: str | None
    summary: str


@dataclass(frozen=True)
class Place:
    """Where a student is registered: its name, the alias that points to the newest, and what this machine keeps."""

    model: str
    alias: str
    work: Path


def train(
    rows: pd.DataFrame,
    names: Names,
    recipe: StudentRecipe,
    *,
    place: Place,
    facts: Mapping[str, str],
    kind: Kind = "head",
    show: Show = SILENT.update,
) -> Learned:
    """Train on `rows` and register the student as `place.model`@`place.alias`.

    Where a split has no entity there is no student, which is no failure: the data set is worth publishing all the same.
    `rows` have document_id, language, split, text, char_spans, inventory and disputed; splits other than train and
    validation are not looked at. `facts` say where they came from, `kind` is the setting student.recipe. Raises
    Diverged, BadModel, NotInstalled.
    """
    with tempfile.TemporaryDirectory(prefix="finerweb-train-") as work, tracking.run("train_student", facts):
        folder = Path(work) / tracking.MODEL
        try:
            summary = learn(rows, names, recipe, folder=folder, work=place.work, facts=facts, kind=kind, show=show)
        except TooFewExamples as error:
            return Learned(None, f"no student: {error}")
        labels = card.read(folder).frequent(SERVED)
        example = next((text for text in rows["text"] if text.strip()), "")
        version = registration.register_student(place.model, folder, example=example, labels=labels)
    tracking.promote(place.model, version, place.alias)
    return Learned(version, f"{summary} · {place.alias} is version {version}")


def learn(
    rows: pd.DataFrame,
    names: Names,
    recipe: StudentRecipe,
    *,
    folder: Path,
    work: Path,
    facts: Mapping[str, str],
    kind: Kind = "head",
    show: Show = SILENT.update,
) -> str:
    """Train on `rows` into a folder, and log it in the running run; returns in words how good it is.

    Raises TooFewExamples, Diverged, BadModel, NotInstalled.
    """
    data = Data(
        [example for _, example in examples(rows[rows["split"] == "train"])],
        validation_part(rows[rows["split"] == "validation"], recipe.validation),
        names,
    )
    tracking.log_params(_params(data, recipe, kind))
    folders = recipes.Folders(folder, work)
    made = recipes.RECIPES[kind](data, recipe, folders, {**facts, "encoder": recipe.encoder.origin}, show)
    _log(made, rows)
    return (
        f"F1 {made.choice.f1:.2f} on its validation split at {made.choice.threshold:g}, {made.summary} · "
        f"{len(made.card.labels):,} labels in {len(made.card.languages)} languages"
    )


def examples(rows: pd.DataFrame) -> Iterable[tuple[str, Example]]:
    """What is learned of each row, with the document that it is from; always in one order, which Spark has not."""
    for row in each(rows.sort_values(["document_id", "text"], kind="stable")):
        entities = [
            Entity(int(span["start"]), int(span["end"]), str(label))
            for span in row.char_spans
            for label in span["label"]
        ]
        disputed = tuple(Span(int(span["start"]), int(span["end"])) for span in row.disputed)
        yield (
            str(row.document_id),
            Example(str(row.text), str(row.language), tuple(dict.fromkeys(entities)), str(row.inventory), disputed),
        )


def validation_part(rows: pd.DataFrame, per_language: int) -> list[Example]:
    """At most so many of a language's validation sentences, those with entities first."""
    counted: Counter[tuple[str, str]] = Counter()
    chosen = []
    for example in sorted((example for _, example in examples(rows)), key=lambda example: not example.entities):
        counted[example.language, example.inventory] += 1
        if counted[example.language, example.inventory] <= per_language:
            chosen.append(example)
    return chosen


def labels_of(rows: pd.DataFrame) -> set[str]:
    """The labels that stand in rows of examples."""
    return {label for spans in rows["char_spans"] for span in spans for label in span["label"]}


def names_of(labels: pd.DataFrame) -> Names:
    """Other names of canonical labels, from rows of the table `labels` without a problem."""
    target: dict[str, dict[str, list[str]]] = {}
    written: dict[str, list[str]] = {}
    for row in each(labels):
        in_language = target.setdefault(row.canonical, {}).setdefault(row.language, [])
        if row.name not in in_language:
            in_language.append(row.name)
        spellings = written.setdefault(row.canonical, [])
        if row.label not in spellings:
            spellings.append(row.label)
    return Names(target, written)


def _params(data: Data, recipe: StudentRecipe, kind: Kind) -> dict[str, Any]:
    return {
        "recipe": kind,
        "texts_train": len(data.train),
        "texts_validation": len(data.validation),
        "entities_train": sum(data.labels.values()),
        "trained_languages": len(data.languages),
        "trained_labels": len(data.labels),
        "device": device.device().type,
        "is_bf16": device.has_bf16(),
        **recipe.model_dump(exclude={"encoder", "label_encoder"}),
        "encoder": recipe.encoder.origin,
        "label_encoder": (recipe.label_encoder or recipe.encoder).origin,
    }


def _log(made: Made, rows: pd.DataFrame) -> None:
    """Curves, what was lost, and what it was trained on, in the running run."""
    for point in made.curves:
        tracking.log({key: value for key, value in point.items() if key != "step"}, step=int(point["step"]))
    tracking.log({**made.figures, "validation_f1": made.choice.f1, "threshold": made.choice.threshold})
    tracking.log({f"threshold_{script}": threshold for script, threshold in made.card.thresholds.items()})
    tracking.log({f"lost_{problem}": float(count) for problem, count in made.lost.items()})
    tracking.log_table(pd.DataFrame(made.card.labels.items(), columns=["label", "entities"]), LABELS)
    documents = rows[["document_id", "language", "split"]].drop_duplicates("document_id")
    tracking.log_table(documents[documents["split"] != "test"], DOCUMENTS)


def documents_of(model: str, versions: Sequence[str]) -> set[str]:
    """The documents that one of these versions was trained or chosen on."""
    return {name for version in versions for name in tracking.table(model, version, DOCUMENTS)["document_id"]}
