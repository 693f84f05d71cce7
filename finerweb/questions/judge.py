"""How good are the annotations of a passage? Faithfulness and completeness from 1 to 5, and what is wrong."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from finerweb.problems import AnswerProblem
from finerweb.questions._members import exact, member, text_of
from finerweb.questions._reader import Reading, read
from finerweb.text.scripts import foreign

JOB = "collect_verdicts"
MODELS = "judge.judges"
BUDGET = "judge.budget"
SUBJECTS = "annotated_passages"
SUBJECT_ID = "passage_id"
PAYLOAD = ("text", "language", "locale", "entities")

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
GRADES = range(1, 6)


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
    entities = payload["entities"]
    if not isinstance(entities, str):
        entities = "\n".join(f"- {entity['mention']}: {entity['label']}" for entity in entities)
    return f"Language: {payload['language']}\nAnnotations:\n{entities}\nPassage:\n{payload['text']}"


def parse(answer: str) -> Verdict:
    """Read a verdict; raises Unreadable for a grade that is missing or outside 1-5."""
    verdict: Verdict = read(answer, _shape, "verdict with grades from 1 to 5")
    return verdict


def _shape(data: Any) -> Reading | None:
    if not isinstance(data, dict):
        return None
    faithfulness, completeness = (exact(member(data, name), GRADES) for name in ("faithfulness", "completeness"))
    lists = [member(data, name) or [] for name in ("missing", "extra", "wrong")]
    if faithfulness is None or completeness is None or not all(isinstance(findings, list) for findings in lists):
        return None
    explanation = text_of(member(data, "explanation", "justification", "reason", "reasoning", "rationale"))
    missing, extra, wrong = ([mention for mention in map(_mention, findings) if mention] for findings in lists)
    return Reading(Verdict(faithfulness, completeness, missing, extra, wrong, explanation or ""))


def _mention(finding: Any) -> str | None:
    """A finding as it was asked for, or with its type or a reason beside it; None for what names nothing."""
    if isinstance(finding, dict):
        finding = member(finding, "mention", "entity", "text", "name")
    elif isinstance(finding, list) and finding:
        finding = finding[0]
    return text_of(finding)


def doubt(verdict: Verdict, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Findings of which none is in the passage are not about it."""
    return foreign([*verdict.missing, *verdict.extra, *verdict.wrong], payload["text"])
