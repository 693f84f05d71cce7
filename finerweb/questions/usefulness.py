"""How useful is a passage for named entity recognition, from 1 to 4? After the paper's figure 8."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from finerweb.problems import AnswerProblem
from finerweb.questions._members import exact, member, text_of
from finerweb.questions._reader import Reading, read

JOB = "collect_ratings"
MODELS = "rate.raters"
BUDGET = "rate.budget"
SUBJECTS = "sampled_passages"
SUBJECT_ID = "passage_id"
PAYLOAD = ("text", "language", "locale")

PROMPT = """You grade passages from the web. The question is how useful a passage is as an example from which named \
entity recognition can be learned. Start at zero and give one point for each statement that holds:
1. The passage names at least something: a person, place, organization, date, product or the like, even if only in \
passing or unclearly.
2. Most of it is coherent running text, not menus, advertising, link lists or repeated fragments, and its entities \
can be recognized from their surroundings.
3. Its entities are of several kinds, and the surrounding words help to tell which.
4. It is dense with varied entities in rich context and free of debris: good enough for a test set.
The grade is the number of points, but at least 1. The passage may be in any language. Answer with one JSON object: \
first "justification", at most 60 words, then "score", an integer from 1 to 4."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "justification": {"type": "string", "maxLength": 600},
        "score": {"type": "integer", "minimum": 1, "maximum": 4},
    },
    "required": ["justification", "score"],
    "additionalProperties": False,
}


TOKENS_OUT = 80


class Rating(NamedTuple):
    """A grade from 1 to 4, and why."""

    score: int
    justification: str


def prompt(payload: dict[str, Any]) -> str:
    """Payload: `text`."""
    return f"Passage:\n{payload['text']}"


def parse(answer: str) -> Rating:
    """Read a grade; raises Unreadable for one that is missing or outside 1-4."""
    rating: Rating = read(answer, _shape, "score from 1 to 4")
    return rating


def _shape(data: Any) -> Reading | None:
    score = exact(member(data, "score", "rating", "grade"), range(1, 5)) if isinstance(data, dict) else None
    if score is None:
        return None
    justification = text_of(member(data, "justification", "explanation", "reason", "reasoning", "rationale"))
    return Reading(Rating(score, justification or ""))


def doubt(rating: Rating, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """A grade can be wrong, but not about something else."""
    return None
