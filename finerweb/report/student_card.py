"""A student's card: the README.md by which people and a hub learn what it is, and how good."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pyspark.sql import DataFrame

from finerweb.languages import EVERY, Language
from finerweb.report import facts, header
from finerweb.report.counts import Rows
from finerweb.report.rendering import cell, filled
from finerweb.rows import only
from finerweb.student import card as cards
from finerweb.student.card import Card
from finerweb.training import tracking

FILE = "README.md"  # the artifact of the run that made it
FEWEST = 100  # entities of a benchmark: the figures of fewer say little
SHOWN = 30  # labels


@dataclass(frozen=True)
class Student:
    """What a card is made of.

    `params` and `metrics` are those of its run. `figures` are rows of evaluating.evaluate, of all taggers that were
    measured with it. `sources` are rows of source, licence and documents, of what it was trained and chosen on.
    """

    name: str
    card: Card
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    figures: Sequence[Mapping[str, Any]]
    sources: Rows
    languages: Sequence[Language]
    licence: str


def publish(
    model: str,
    version: str,
    *,
    figures: Sequence[Mapping[str, Any]],
    documents: DataFrame,
    trained: Collection[str],
    languages: Mapping[str, Language],
    licence: str,
) -> None:
    """Put the card of a version, and its F1 by language, into the run that made it.

    `figures` are rows of evaluating.evaluate, `documents` those of the lake, `trained` the names of those that it was
    trained and chosen on, `licence` that of the annotations.
    """
    run, card = tracking.describe_version(model, version), cards.read(tracking.download(model, version))
    name = f"{model}/{version}"
    student = Student(
        name=name,
        card=card,
        params=run.params,
        metrics=run.metrics,
        figures=figures,
        sources=facts.sources(only(documents, "document_id", trained)),
        languages=[languages[code] for code in sorted(card.languages) if code in languages],
        licence=licence,
    )
    metrics = {f"f1/{row['benchmark']}": row["f1"] for row in _own(student)}
    metrics |= {f"f1/{row['benchmark']}/{row['language']}": row["f1"] for row in by_language(figures, name)}
    tracking.add(model, version, metrics=metrics, texts={FILE: render(student)})


def render(student: Student) -> str:
    """The card: a header in YAML, and Markdown."""
    oracles = whole(student.figures, measure="oracle")
    values = {
        "student": student,
        "header": _header(student),
        "whole": whole(student.figures, measure="tagger"),
        "oracles": {row["benchmark"]: row["f1"] for row in oracles if _is(row, student)},
        "differences": whole(student.figures, measure="difference"),
        "parts": _parts(student),
        "by_language": _by_language(student),
        "labels": student.card.frequent(SHOWN),
        "limits": list(limits(student)),
    }
    return filled("student_card.md.j2", values, {"cell": cell, "f1": _f1})


def whole(figures: Sequence[Mapping[str, Any]], *, measure: str) -> list[Mapping[str, Any]]:
    """The rows of a measure that are of all texts and labels together."""
    return [
        row
        for row in figures
        if row["measure"] == measure
        and row["f1"] is not None
        and (row["subset"], row["language"], row["script"], row["label"]) == ("all", EVERY, EVERY, EVERY)
    ]


def by_language(figures: Sequence[Mapping[str, Any]], tagger: str) -> list[Mapping[str, Any]]:
    """The rows of a tagger's F1 in each language, by the English names of labels."""
    return [
        row
        for row in figures
        if (row["measure"], row["names"], row["subset"], row["label"]) == ("tagger", "english", "all", EVERY)
        and row["tagger"] == tagger
        and row["language"] != EVERY
        and row["f1"] is not None
    ]


def limits(student: Student) -> Iterator[str]:
    """What is known to be weak or not known, a sentence each."""
    teachers = student.params.get("teachers", "")
    if "lexicon" in teachers:
        yield (
            "**Its teacher is the engine `lexicon`: names from CLDR and patterns, no language model. It shows that the "
            "pipeline runs; do not use it.**"
        )
    yield "It was taught by machines, not by people: it repeats their errors."
    measured = {row["language"] for row in by_language(student.figures, student.name)}
    unmeasured = sorted(set(student.card.languages) - measured)
    if unmeasured:
        yield f"Nothing was measured in {', '.join(f'`{code}`' for code in unmeasured)}, which it was trained in."
    small = {row["benchmark"] for row in whole(student.figures, measure="tagger") if row["gold"] < FEWEST}
    if small:
        yield f"Benchmarks of fewer than {FEWEST} entities say little: {', '.join(sorted(small))}."
    lost = {name.removeprefix("lost_"): count for name, count in student.metrics.items() if name.startswith("lost_")}
    if any(lost.values()):
        counted = ", ".join(f"{count:,.0f} {problem}" for problem, count in sorted(lost.items()) if count)
        every = student.params.get("entities_train", "?")
        yield f"Of the {every} entities it could not learn some as they are: {counted}."
    yield "Of entities that share characters it gives the surest one."
    yield "Web text names real people: it finds their names too."


def _header(student: Student) -> str:
    results = [
        {
            "task": {"type": "token-classification", "name": "named entity recognition"},
            "dataset": {"type": "finerweb", "name": row["benchmark"]},
            "metrics": [{"type": "f1", "name": "strict micro F1", "value": round(row["f1"], 4)}],
        }
        for row in _own(student)
    ]
    metadata = {
        **header.licence(student.licence),
        "library_name": "finerweb",
        "pipeline_tag": "token-classification",
        "tags": ["named-entity-recognition", "zero-shot"],
        "language": sorted(student.card.languages),
        "model-index": [{"name": student.name.replace("/", "-"), "results": results}],
    }
    return yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=1000)


def _own(student: Student) -> list[Mapping[str, Any]]:
    """Its rows of whole benchmarks, by the English names of labels."""
    every = whole(student.figures, measure="tagger")
    return [row for row in every if _is(row, student) and row["names"] == "english"]


def _is(row: Mapping[str, Any], student: Student) -> bool:
    return bool(row["tagger"] == student.name)


def _f1(row: Mapping[str, Any]) -> str:
    """F1 with the interval where there is one."""
    if row["low"] is None:
        return f"{row['f1']:.3f}"
    return f"{row['f1']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def _parts(student: Student) -> list[Mapping[str, Any]]:
    """Its rows of labels that are seen, near and unseen, and of texts that are not in the training data."""
    return [
        row
        for row in student.figures
        if _is(row, student)
        and (row["measure"], row["names"]) == ("tagger", "english")
        and (row["language"], row["script"], row["label"]) == (EVERY, EVERY, EVERY)
        and row["subset"] != "all"
        and row["f1"] is not None
    ]


def _by_language(student: Student) -> list[Mapping[str, Any]]:
    return sorted(by_language(student.figures, student.name), key=lambda row: (row["language"], row["benchmark"]))
