"""How good are the annotations of a passage? Faithfulness and completeness from 1 to 5, and what is wrong."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from finerweb.errors import Unreadable, excerpt
from finerweb.problems import AnswerProblem
from finerweb.questions._json import read_json
from finerweb.text.scripts import foreign

_LIST = {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 300}}

PROMPT = """You check named entity annotations made by somebody else, in any language. You are given a passage and \
the list of its annotated mentions with their types. Give two grades from 1 (useless) to 5 (nothing to mend):
- faithfulness: does every type fit its mention as it is used here?
- completeness: is everything of importance that has a name annotated?
Also list, as mentions copied from the passage: "missing" ones that should have been annotated, "extra" ones that \
should not have been, and "wrong" ones whose type is wrong. Answer with one JSON object: first "explanation", at most \
80 words, then "faithfulness", "completeness", "missing", "extra", "wrong"."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string", "maxLength": 800},
        "faithfulness": {"type": "integer", "minimum": 1, "maximum": 5},
        "completeness": {"type": "integer", "minimum": 1, "maximum": 5},
        "missing": _LIST,
        "extra": _LIST,
        "wrong": _LIST,
    },
    "required": ["explanation", "faithfulness", "completeness", "missing", "extra", "wrong"],
    "additionalProperties": False,
}


TOKENS_OUT = 200


class Verdict(NamedTuple):
    """Two grades from 1 to 5, the mentions that are missing, superfluous or of the wrong type, and why."""

    faithfulness: int
    completeness: int
    missing: list[str]
    extra: list[str]
    wrong: list[str]
    explanation: str


def prompt(payload: dict[str, Any]) -> str:
    """Payload: `language`, `entities` (a list of {mention, label}), `text`."""
    listed = payload["entities"]
    if not isinstance(listed, str):
        listed = "\n".join(f"- {entity['mention']}: {entity['label']}" for entity in listed)
    return f"Language: {payload['language']}\nAnnotations:\n{listed}\nPassage:\n{payload['text']}"


def parse(answer: str) -> Verdict:
    """Read a verdict; raises Unreadable for a grade that is missing or outside 1-5."""
    said = read_json(answer)
    if not isinstance(said, dict):
        raise Unreadable(f"no verdict: {excerpt(answer)}")
    grades = [said.get("faithfulness"), said.get("completeness")]
    if not all(type(grade) is int and 1 <= grade <= 5 for grade in grades):  # True is an int too
        raise Unreadable(f"no grades from 1 to 5: {excerpt(answer)}")
    lists = [said.get(name) or [] for name in ("missing", "extra", "wrong")]
    if not all(isinstance(one, list) for one in lists):
        raise Unreadable(f"missing, extra and wrong are no lists: {excerpt(answer)}")
    missing, extra, wrong = ([str(item) for item in one] for one in lists)
    explanation = str(said.get("explanation") or "")
    return Verdict(said["faithfulness"], said["completeness"], missing, extra, wrong, explanation)


def doubt(said: Verdict, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Findings of which none is in the passage are not about it."""
    return foreign([*said.missing, *said.extra, *said.wrong], payload["text"])
