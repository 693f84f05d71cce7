"""What is an entity type called in English, that somebody named in another language?"""

from collections.abc import Mapping
from typing import Any

from finerweb.labels.forms import canonical, problem
from finerweb.problems import AnswerProblem
from finerweb.questions._members import member
from finerweb.questions._reader import Reading, read
from finerweb.text.scripts import scripts

JOB = "name_labels"
MODELS = "name_labels.namer"
BUDGET = "name_labels.budget"
SUBJECTS = "foreign_labels"
SUBJECT_ID = "label"
PAYLOAD = ("label", "language", "script")

PROMPT = """You translate the names of entity types into English. Give the singular word or short phrase by which a \
native speaker of English would name the type, in lower case, without explanation; a name that is English already as \
it is. Answer with one JSON object: {"english": "..."}."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"english": {"type": "string", "minLength": 1, "maxLength": 80}},
    "required": ["english"],
    "additionalProperties": False,
}


TOKENS_OUT = 10


def prompt(payload: Mapping[str, Any]) -> str:
    """Payload: `language` (the English name of the language it may be in), `label`."""
    return f"Language, or English: {payload['language']}\nEntity type: {payload['label']}"


def parse(answer: str) -> str:
    """Read the English name, in canonical form; raises Unreadable where there is none."""
    name: str = read(answer, _shape, "English name")
    return name


def _shape(data: Any) -> Reading | None:
    name = member(data, "english", "english_name", "translation", "name") if isinstance(data, dict) else None
    plain = canonical(name) if isinstance(name, str) else ""
    return None if problem(plain) else Reading(plain)


def doubt(name: str, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """What has a letter of another script is not English."""
    return "wrong_script" if scripts(name) - {"LATIN"} else None
