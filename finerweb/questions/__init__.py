"""Questions to a language model, one a file.

A question is a module that says how it is put and read
  PROMPT      the instructions, the same for every request (so that prefix caching works)
  SCHEMA      the JSON schema of an answer, arrays and strings bounded
  TOKENS_OUT  about how long an answer is, for plans and budgets until the first answers tell
  prompt(payload)         the part that differs: a payload to text
  parse(answer)           an answer's text to what it says, or errors.Unreadable
  doubt(content, payload) why what it says cannot be an answer to this payload, or None
and who asks it, of whom, about what
  JOB         the job that asks it
  MODELS      the setting that names the models that are asked
  BUDGET      the setting that says what may be spent on it, together with all other questions that name the same
  SUBJECTS    what it is about: a file of finerweb/asking/subjects
  SUBJECT_ID  the column that tells its subjects apart
  PAYLOAD     the columns of its subjects that a request carries; `language`, `locale` and `script` are what
              conf/languages.yml says of the subject's language. A request is known by them, in this order
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol, cast

from finerweb import plugins
from finerweb.problems import AnswerProblem


class Question(Protocol):
    """A file of this folder."""

    JOB: str
    MODELS: str
    BUDGET: str
    SUBJECTS: str
    SUBJECT_ID: str
    PAYLOAD: tuple[str, ...]
    PROMPT: str
    SCHEMA: dict[str, Any]
    TOKENS_OUT: int

    def prompt(self, payload: Mapping[str, Any]) -> str:
        """The part of a request that differs."""
        ...

    def parse(self, answer: str) -> Any:
        """What an answer says; raises Unreadable."""
        ...

    def doubt(self, content: Any, payload: Mapping[str, Any]) -> AnswerProblem | None:
        """Why it cannot be an answer to this payload."""
        ...


def load(name: str) -> Question:
    """The question of this name; raises UnknownName that lists those that there are."""
    return cast(Question, plugins.load("finerweb.questions", name))


def every() -> dict[str, Question]:
    """All questions by name."""
    return {name: load(name) for name in plugins.names("finerweb.questions")}


def jobs() -> set[str]:
    """The jobs that ask."""
    return {question.JOB for question in every().values()}


def of_budget(budget: str) -> list[str]:
    """The questions that share a budget."""
    return [name for name, question in every().items() if budget == question.BUDGET]


def fingerprint(name: str) -> str:
    """What a question asks, in 12 hex digits: changes with the wording, the schema or how the payload is put."""
    question = load(name)
    template = json.dumps([name, question.PROMPT, question.SCHEMA, question.prompt(_Names())], sort_keys=True)
    return hashlib.sha256(template.encode()).hexdigest()[:12]


class _Names(dict[str, Any]):
    """A payload whose every field is its own name, to fingerprint a prompt's template."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
