"""What models said about a few subjects, as plain data: what a person looks at before all the rest is paid for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from pyspark.sql import DataFrame

from finerweb import questions
from finerweb.cost import Budget, Price
from finerweb.estimating import Estimate
from finerweb.labels.classes import coarse
from finerweb.languages import Language
from finerweb.report.counts import Rows, rows
from finerweb.report.highlighting import Mark
from finerweb.tables import mentions


class Loss(NamedTuple):
    """A mention that has no place, or what stands among the mentions and is none."""

    mention: str
    label: str
    problem: str


@dataclass(frozen=True)
class Reply:
    """A model's last answer about a subject, what could be made of it, and what all attempts took together.

    `named` mentions; `marks` are those that were found, more than one of a mention where the rule of grounding says so.
    """

    model: str
    answer: str
    problem: str | None
    attempts: int
    tokens_in: int
    tokens_out: int
    seconds: float
    named: int = 0
    marks: Sequence[Mark] = ()
    losses: Sequence[Loss] = ()


@dataclass(frozen=True)
class Subject:
    """A passage, or what else was asked about: its text, and the replies in the order of the models."""

    subject_id: str
    text: str
    replies: Sequence[Reply]


@dataclass(frozen=True)
class Preview:
    """All that the page says.

    `subjects` by language; `prices` and `engines` (how many work at once) by model; `forecasts`, what all that waits
    will take; `guess`, what was guessed of it; `setting` has its `budget`, of which so much is `left`.
    """

    question: str
    languages: Mapping[str, Language]
    subjects: Mapping[str, Sequence[Subject]]
    prices: Mapping[str, Price | None]
    engines: Mapping[str, int]
    forecasts: Mapping[str, Estimate]
    guess: str
    setting: str
    budget: Budget
    left: Budget
    place: str

    @property
    def models(self) -> list[str]:
        """Who was asked."""
        return list(self.forecasts)

    @property
    def is_grounded(self) -> bool:
        """Are mentions looked for in the texts?"""
        return self.question == GROUNDED

    def replies(self, model: str) -> list[Reply]:
        """All replies of a model."""
        every = (reply for subjects in self.subjects.values() for subject in subjects for reply in subject.replies)
        return [reply for reply in every if reply.model == model]


GROUNDED = "ner"  # the question whose answers are mentions


def gather(
    answered: DataFrame,
    about: DataFrame,
    *,
    question: str,
    models: Sequence[str],
    languages: Mapping[str, Language],
    policy: str,
) -> dict[str, list[Subject]]:
    """The subjects of requests that were answered, by language.

    `answered` has the requests with their last `answer`, as `forecasting.taken` makes them; `about`, the subjects.
    """
    every: Rows = rows(answered)
    grounded: dict[tuple[str, str], Rows] = {}
    if question == GROUNDED:
        grounded = _by_answer(mentions.ground(answered, about, languages=languages, policy=policy))
    order = {model: place for place, model in enumerate(models)}
    every.sort(key=lambda row: (row["language"], row["subject_id"], order[row["model"]]))
    subjects: dict[str, list[Subject]] = {}
    for (language, subject_id), group in groupby(every, key=lambda row: (row["language"], row["subject_id"])):
        replies = list(group)
        shown = _text(question, json.loads(replies[0]["payload"]))
        made = [_reply(row, grounded.get((row["request_id"], row["model"]), [])) for row in replies]
        subjects.setdefault(language, []).append(Subject(subject_id, shown, made))
    return subjects


def _by_answer(named: DataFrame) -> dict[tuple[str, str], Rows]:
    """Rows of `mentions` by request and model, in the order in which they were named."""
    by_answer: dict[tuple[str, str], Rows] = {}
    for row in rows(named.orderBy("position", "start")):
        by_answer.setdefault((row["request_id"], row["annotator"]), []).append(row)
    return by_answer


def _text(question: str, payload: Mapping[str, Any]) -> str:
    """What the subject is, for people: the text in which mentions are marked, or all that a model reads of it."""
    text: str = payload["text"] if question == GROUNDED else questions.load(question).prompt(payload)
    return text


def _reply(row: Mapping[str, Any], named: Sequence[Mapping[str, Any]]) -> Reply:
    items = [item for item in named if item["position"] >= 0]  # not the row of an answer that could not be read
    problem = row["problem"] or next((item["problem"] for item in named if item["position"] < 0), None)
    names = ("model", "answer", "attempts", "tokens_in", "tokens_out", "seconds")
    return Reply(
        **{name: row[name] for name in names},
        problem=problem,
        named=len({item["position"] for item in items}),
        marks=[_mark(item) for item in items if item["problem"] is None],
        losses=[_loss(item) for item in items if item["problem"] is not None],
    )


def _mark(item: Mapping[str, Any]) -> Mark:
    return Mark(item["start"], item["end"], item["label"], coarse(item["label"]))


def _loss(item: Mapping[str, Any]) -> Loss:
    return Loss(item["mention"] or "", item["label"] or "", item["problem"])
