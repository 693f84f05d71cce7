"""What questions are about, one kind a file; and the requests of a question, as the settings have them.

This is the part of a job that others share: the job that asks, those that read the answers, `plan` and `preview`. As a
job does, it brings tables and settings together, and decides nothing.

A kind of subject is a module with
  subjects(lake, settings)   a frame with a row for each: `language`, and what SUBJECT_ID and PAYLOAD name
  guess(lake, settings)      optional: the same for who plans, where the tables that it is made of are not there yet
  GUESS                      what is guessed
"""

import functools
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from pyspark.sql import DataFrame

from finerweb import plugins, questions
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.cost import Budget
from finerweb.errors import UnknownName, WrongTable
from finerweb.lake import Lake
from finerweb.settings import Settings


def kind(question: str) -> ModuleType:
    """The file of a question's subjects; raises UnknownName."""
    return plugins.load("finerweb.asking.subjects", questions.load(question).SUBJECTS)


def read(question: str, lake: Lake, settings: Settings) -> DataFrame:
    """The subjects of a question."""
    subjects: DataFrame = kind(question).subjects(lake, settings)
    return subjects


def expected(question: str, lake: Lake, settings: Settings) -> tuple[DataFrame, str]:
    """The subjects of a question, or a guess of them, and what was guessed; raises WrongTable where nobody can yet."""
    about = kind(question)
    try:
        return about.subjects(lake, settings), ""
    except WrongTable:
        if not hasattr(about, "guess"):
            raise
        return about.guess(lake, settings), about.GUESS


def requests(question: str, subjects: DataFrame, settings: Settings, *, models: Sequence[str] = ()) -> Requests:
    """Requests about subjects to the models that the question is put to, or to others, within its budget.

    Raises UnknownName for a model that the settings do not have.
    """
    names = models or models_of(question, settings)
    for name in names:
        if name not in settings.models:
            choices = list(settings.models)
            raise UnknownName(f"no model {name}; there are: {', '.join(choices)}.{plugins.suggestion(name, choices)}")
    return conversation.requests(
        subjects,
        question=question,
        models={name: settings.models[name] for name in names},
        languages=settings.languages,
        budget=budget(question, settings),
    )


def models_of(question: str, settings: Settings) -> list[str]:
    """The models that a question is put to."""
    names = _setting(settings, questions.load(question).MODELS)
    return [names] if isinstance(names, str) else list(names)


def budget(question: str, settings: Settings) -> Budget:
    """What may be spent on it, together with the others of its budget."""
    limit: Budget = _setting(settings, questions.load(question).BUDGET)
    return limit


def _setting(settings: Settings, path: str) -> Any:
    return functools.reduce(getattr, path.split("."), settings)
