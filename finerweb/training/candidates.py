"""The taggers that are measured: the registered student first, then others beside it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from finerweb import plugins
from finerweb.evaluation.evaluating import Candidate
from finerweb.taggers import Tagger
from finerweb.training import students, tracking

STUDENT = "student"
TAGGERS = "finerweb.taggers"


class Trained(NamedTuple):
    """The student's version, and the documents that it was trained and chosen on."""

    version: str
    documents: set[str]


class Candidates(NamedTuple):
    """Taggers to measure, the labels that the student was trained on with how often, and what is to be said of them.

    `student` is None where there is none.
    """

    candidates: list[Candidate]
    student: Trained | None
    labels: dict[str, int]
    notes: list[str]


def every(*, student: str, alias: str, beside: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Candidates:
    """The student under the alias, where there is one, and others by kind, model and options."""
    version = tracking.current(student, alias)
    others = [Candidate(kind, partial(load, kind, model, options)) for kind, model, options in beside]
    if version is None:
        note = f"no student {student}@{alias}; run train_student and promote_student first"
        return Candidates(others, None, {}, [note])
    labels = tracking.table(student, version, students.LABELS)
    ours = Candidate(STUDENT, partial(_registered, student, version))
    return Candidates(
        [ours, *others],
        Trained(version, students.documents_of(student, [version])),
        dict(zip(labels["label"], labels["entities"], strict=True)),
        [],
    )


def load(kind: str, model: str, options: Mapping[str, Any]) -> Tagger:
    """A tagger of a kind; raises UnknownName, BadModel."""
    tagger: Tagger = plugins.load(TAGGERS, kind).load(model, **options)
    return tagger


def _registered(name: str, version: str) -> Tagger:
    return load(STUDENT, str(tracking.download(name, version)), {"name": f"{name}/{version}"})
