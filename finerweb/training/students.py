"""Train a student on the examples, track the run, register it as a challenger."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from finerweb.encoders import device, pretrained
from finerweb.errors import TooFewExamples
from finerweb.progress import SILENT, Show
from finerweb.rows import each
from finerweb.student import fitting, student
from finerweb.student.examples import Example, Names
from finerweb.student.fitting import Data, Fitted
from finerweb.student.recipe import StudentRecipe
from finerweb.text.spans import Entity, Span
from finerweb.training import tracking

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
    show: Show = SILENT.update,
) -> Learned:
    """Train on `rows` and register the student as `place.model`@`place.alias`.

    Where a split has no entity there is no student, which is no failure: the data set is worth publishing all the same.
    `rows` have document_id, language, split, text, char_spans, inventory and disputed; splits other than train and
    validation are not looked at. `facts` say where they came from. Raises Diverged, BadModel.
    """
    with tempfile.TemporaryDirectory(prefix="finerweb-train-") as work, tracking.run("train_student", facts):
        folder = Path(work) / tracking.MODEL
        try:
            summary = learn(rows, names, recipe, folder=folder, work=place.work, facts=facts, show=show)
        except TooFewExamples as error:
            return Learned(None, f"no student: {error}")
        labels = list(student.read_card(folder).labels)[:SERVED]
        example = next((text for text in rows["text"] if text.strip()), "")
        version = tracking.register_student(place.model, folder, example=example, labels=labels)
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
    show: Show = SILENT.update,
) -> str:
    """Train on `rows` into a folder, and log it in the running run; returns in words how good it is.

    Raises TooFewExamples, Diverged, BadModel.
    """
    encoder = pretrained.fetch(recipe.encoder, work)
    label_encoder = pretrained.fetch(recipe.label_encoder or recipe.encoder, work)
    data = Data(
        [example for _, example in examples(rows[rows["split"] == "train"])],
        validation_part(rows[rows["split"] == "validation"], recipe.validation),
        names,
    )
    tracking.log_params(_params(data, recipe))
    fitted = fitting.fit(
        data,
        encoder=encoder,
        label_encoder=label_encoder,
        recipe=recipe,
        checkpoints=work / "checkpoints",
        on_step=lambda done, total: show(done, total, "steps"),
    )
    card = student.card_of(fitted, data, recipe, facts={**facts, "encoder": recipe.encoder.origin})
    _log(fitted, card, rows)
    student.save(fitted.finder, card, folder, encoder=encoder, label_encoder=label_encoder)
    return _in_words(fitted, card)


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


def _params(data: Data, recipe: StudentRecipe) -> dict[str, Any]:
    return {
        "texts_train": len(data.train),
        "texts_validation": len(data.validation),
        "entities_train": sum(len(example.entities) for example in data.train),
        "trained_languages": len({example.language for example in data.train}),
        "trained_labels": len({entity.label for example in data.train for entity in example.entities}),
        "device": device.device().type,
        "is_bf16": device.has_bf16(),
        **recipe.model_dump(exclude={"encoder", "label_encoder"}),
        "encoder": recipe.encoder.origin,
        "label_encoder": (recipe.label_encoder or recipe.encoder).origin,
    }


def _log(fitted: Fitted, card: student.Card, rows: pd.DataFrame) -> None:
    """Curves, what was lost, and what it was trained on, in the running run."""
    for point in fitted.curves:
        tracking.log({key: value for key, value in point.items() if key != "step"}, step=int(point["step"]))
    tracking.log({"best_step": fitted.step, "validation_f1": fitted.choice.f1, "threshold": fitted.choice.threshold})
    tracking.log({"seconds_per_step": fitted.seconds_per_step})
    tracking.log({f"lost_{problem}": float(count) for problem, count in fitted.losses.items()})
    tracking.log_table(pd.DataFrame(card.labels.items(), columns=["label", "entities"]), LABELS)
    documents = rows[["document_id", "language", "split"]].drop_duplicates("document_id")
    tracking.log_table(documents[documents["split"] != "test"], DOCUMENTS)


def _in_words(fitted: Fitted, card: student.Card) -> str:
    lost = sum(fitted.losses.values())
    parts = [
        f"F1 {fitted.choice.f1:.2f} on its validation split at {fitted.choice.threshold:g}, step {fitted.step:,}",
        f"{len(card.labels):,} labels in {len(card.languages)} languages",
        f"{lost:,} entities not on edges of pieces or longer than a window" if lost else "",
    ]
    return " · ".join(filter(None, parts))


def documents_of(model: str, versions: Sequence[str]) -> set[str]:
    """The documents that one of these versions was trained or chosen on."""
    return {name for version in versions for name in tracking.table(model, version, DOCUMENTS)["document_id"]}
