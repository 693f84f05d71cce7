"""What is a label called in another language?"""

from collections.abc import Mapping
from typing import Any

from finerweb.problems import AnswerProblem
from finerweb.questions._members import member
from finerweb.questions._reader import Reading, read
from finerweb.text.scripts import LETTERS, scripts

JOB = "name_labels"
MODELS = "name_labels.namer"
BUDGET = "name_labels.budget"
SUBJECTS = "unnamed_labels"
SUBJECT_ID = "label"
PAYLOAD = ("label", "language", "script")

PROMPT = """You translate the names of entity types. Give the word or short phrase by which a native speaker would \
name the type, in that language's own script, lower case where the script has case and the language allows it, \
without explanation. Answer with one JSON object: {"name": "..."}."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 80}},
    "required": ["name"],
    "additionalProperties": False,
}

TOKENS_OUT = 12

LONGEST = 60  # characters of a name
TIMES = 6  # as long as the label, at most; `god` and `age` count as labels of SHORT letters
SHORT = 5


def prompt(payload: Mapping[str, Any]) -> str:
    """Payload: `language` (its English name), `label` (in English)."""
    return f"Language: {payload['language']}\nEntity type: {payload['label']}"


def parse(answer: str) -> str:
    """Read the name; raises Unreadable where there is none."""
    name: str = read(answer, _shape, "name")
    return name


def _shape(data: Any) -> Reading | None:
    name = member(data, "name", "translation", "translated_name") if isinstance(data, dict) else None
    if not isinstance(name, str) or not any(sign.isalnum() for sign in name):  # the format's own name is `...`
        return None
    return Reading(" ".join(name.split()))


def doubt(name: str, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """A name without a letter of the language's script is in another language; a long one is an explanation."""
    letters = LETTERS.get(payload["script"])
    if letters and not letters & scripts(name):
        return "wrong_script"
    return "long_name" if len(name) > min(LONGEST, TIMES * max(SHORT, len(payload["label"]))) else None
