"""Which named entities does a passage mention, and of what type is each? Open types, in reading order."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from finerweb.errors import Unreadable, excerpt
from finerweb.problems import AnswerProblem
from finerweb.questions._json import read_json
from finerweb.text.scripts import foreign

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


class Named(NamedTuple):
    """A mention as the model wrote it, and the type it gave."""

    mention: str
    type: str


def prompt(payload: dict[str, Any]) -> str:
    """Payload: `language` (its English name), `text`."""
    return f"Language: {payload['language']}\nPassage:\n{payload['text']}"


def parse(answer: str) -> list[Named]:
    """Read the mentions: `{"entities": [...]}`, a bare list, or the paper's list of two-tuples; raises Unreadable."""
    said = read_json(answer)
    if isinstance(said, dict):
        said = said.get("entities")
    if not isinstance(said, list):
        raise Unreadable(f"no list of entities: {excerpt(answer)}")
    return [_read(item, answer) for item in said]


def doubt(said: list[Named], payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Mentions of which none is in the passage are not about it."""
    return foreign([one.mention for one in said], payload["text"])


def _read(item: Any, answer: str) -> Named:
    if isinstance(item, dict):
        item = (item.get("mention"), item.get("type"))
    if not isinstance(item, list | tuple) or len(item) != 2 or not all(isinstance(part, str) for part in item):
        raise Unreadable(f"not a mention and its type: {excerpt(repr(item))} in {excerpt(answer)}")
    return Named(*item)
