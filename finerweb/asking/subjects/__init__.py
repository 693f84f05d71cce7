"""What questions are about, one kind a file; and the requests of a question, as the settings have them.

This is the part of a job that others share: the job that asks, those that read the answers, and `finerweb plan`. As a
job does, it brings tables and settings together, and decides nothing.

A kind of subject is a module with
  subjects(lake, settings)   a frame with a row for each: `language`, and what SUBJECT_ID and PAYLOAD name
  guess(lake, settings)      optional: the same for a plan, where the tables that it is made of are not there yet
  GUESS                      what is guessed
"""

import functools
from types import ModuleType
from typing import Any

from pyspark.sql import DataFrame

from finerweb import plugins, questions
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.cost import Budget
from finerweb.lake import Lake
from finerweb.settings import Settings


def kind(question: str) -> ModuleType:
    """The file of a question's subjects; raises UnknownName."""
    return plugins.load("finerweb.asking.subjects", questions.load(question).SUBJECTS)


def read(question: str, lake: Lake, settings: Settings) -> DataFrame:
    """The subjects of a question."""
    subjects: DataFrame = kind(question).subjects(lake, settings)
    return subjects


def requests(question: str, subjects: DataFrame, settings: Settings) -> Requests:
    """Requests about subjects to the models that the question is put to, within its budget."""
    return conversation.requests(
        subjects,
        question=question,
        models={name: settings.models[name] for name in models(question, settings)},
        languages=settings.languages,
        budget=budget(question, settings),
    )


def models(question: str, settings: Settings) -> list[str]:
    """The models that a question is put to."""
    names = _setting(settings, questions.load(question).MODELS)
    return [names] if isinstance(names, str) else list(names)


def budget(question: str, settings: Settings) -> Budget:
    """What may be spent on it, together with the others of its budget."""
    limit: Budget = _setting(settings, questions.load(question).BUDGET)
    return limit


def _setting(settings: Settings, path: str) -> Any:
    return functools.reduce(getattr, path.split("."), settings)
