"""Which named entities does a passage mention, and of what type is each? Open types, in reading order."""

from collections.abc import Mapping
from typing import Any

from finerweb.problems import AnswerProblem
from finerweb.questions._items import Bad, Named, shape
from finerweb.questions._reader import read
from finerweb.text.scripts import foreign

__all__ = ["Bad", "Named", "doubt", "items", "parse", "prompt"]

JOB = "annotate"
MODELS = "annotators"
BUDGET = "annotate.budget"
SUBJECTS = "selected_passages"
SUBJECT_ID = "passage_id"
PAYLOAD = ("text", "language", "locale")

PROMPT = """You annotate named entities. List every mention in the passage of:
- persons, organizations, places;
- technologies, programming languages, frameworks;
- scientific concepts, theories, discoveries;
- works of art, media, cultural references;
- products, brands, inventions;
- events, periods, dates;
- quantities, measurements, statistics, amounts of money;
- anything else that has a name and carries meaning.
Copy each mention letter for letter from the passage, in the order in which they appear, once for every time it \
appears. Give each the most specific fitting type, as one to three lower-case English words without slashes: "river" \
rather than "location", "football club" rather than "organization". Never translate a mention. Answer with one JSON \
object: {"entities": [{"mention": "...", "type": "..."}, ...]}; the list is empty if there is nothing to name."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "entities": {
            "type": "array",
            "maxItems": 200,
            "items": {
                "type": "object",
                "properties": {
                    "mention": {"type": "string", "maxLength": 300},
                    "type": {"type": "string", "maxLength": 60},
                },
                "required": ["mention", "type"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["entities"],
    "additionalProperties": False,
}


TOKENS_OUT = 400  # the paper's 20 to 25 annotations a passage, of 16 tokens each


def prompt(payload: dict[str, Any]) -> str:
    """Payload: `language` (its English name), `text`."""
    return f"Language: {payload['language']}\nPassage:\n{payload['text']}"


def parse(answer: str) -> list[Named]:
    """Read the mentions; raises Unreadable where no list of them is, or none of them can be read."""
    return [item for item in items(answer) if isinstance(item, Named)]


def items(answer: str) -> list[Named | Bad]:
    """Read the mentions and, each in its place, what stands among them and is none; raises Unreadable as `parse`."""
    entries: list[Named | Bad] = read(answer, shape, "list of entities")
    return entries


def doubt(mentions: list[Named], payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Mentions of which none is in the passage are not about it."""
    return foreign([named.mention for named in mentions], payload["text"])
