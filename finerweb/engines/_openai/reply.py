"""What a reply to a chat completion says, of OpenAI and of those who do alike."""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Literal

from finerweb.engines import Answer, Request
from finerweb.problems import AnswerProblem

Trouble = Literal["unconnected", "slow", "broken"]

# What servers say, in lower case: OpenAI, Azure, Databricks, vLLM, TGI, Groq, Mistral, llama.cpp.
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|max_model_len|maximum model length|(prompt|input) is too long|"
    r"too many (input )?tokens|reduce the length|must (have less than|be <=) \d+|"
    r"exceeds? the (maximum|available|context)[^.]{0,40}token"
)
_ROOM = re.compile(r"(?<!without any )output tokens|completion tokens|in the completion|max_\w*tokens")
_LARGE = re.compile(r"request too large")
_FILTERED = {"content_filter", "content_policy_violation", "moderation_blocked"}
_SPENT = {"insufficient_quota", "billing_not_active", "billing_hard_limit_reached"}


@dataclass(frozen=True)
class Reply:
    """What a server sent back; of status 0 and with a `trouble` where that is nothing, or not all."""

    status: int
    text: str
    wait: float | None = None  # seconds, where it asks for them
    trouble: Trouble | None = None

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body as JSON; empty where it is none, as of half an answer."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @cached_property
    def error(self) -> dict[str, Any]:
        """What the body says of an error, wherever it stands."""
        error = self.body.get("error", self.body)
        return error if isinstance(error, dict) else {"message": error}

    @cached_property
    def message(self) -> str:
        """The server's own words on one line, or the body if it has none."""
        message = self.error.get("message") or self.error.get("detail") or self.text or "no words"
        return clean(" ".join((message if isinstance(message, str) else json.dumps(message)).split()))

    @property
    def words(self) -> str:
        """The message, as much of it as a line of text holds."""
        return self.message if len(self.message) <= 300 else f"{self.message[:299]}…"

    @property
    def summary(self) -> str:
        """The words, with the status."""
        return f"HTTP {self.status}: {self.words}" if self.status else self.words

    @property
    def is_throttling(self) -> bool:
        """Are all requests to come later?"""
        if self.status == 429 and _LARGE.search(self.message.lower()):
            return False  # it has more tokens than a minute's budget (OpenAI): it alone, whenever it comes
        return self.status == 429 or (self.status >= 500 and self.wait is not None)

    @property
    def is_refusal(self) -> bool:
        """Is it this request that is not taken? The other errors of a client are those of all its requests, or pass."""
        others = {401, 402, 403, 404, 405, 408, 409, 410, 429}
        return 400 <= self.status < 500 and (self.status not in others or (self.status == 403 and self.is_of_content))

    @property
    def is_of_credentials(self) -> bool:
        """Is it the key that is refused? Gateways say 403 of what is in a prompt, too."""
        return self.status in {401, 403} and not self.is_of_content

    @property
    def is_of_address(self) -> bool:
        """Did it get to no model at all? That is so for every request to the same address, whatever it asks."""
        return self.trouble == "unconnected" or self.status in {404, 405, 410} or 300 <= self.status < 400

    @property
    def code(self) -> str:
        """What the error is called, for machines."""
        return str(self.error.get("code") or self.error.get("type") or "")

    @property
    def is_of_money(self) -> bool:
        """Is nothing left to pay with? Waiting does not help then, although the status may be 429."""
        return self.status == 402 or bool({self.code, str(self.error.get("type"))} & _SPENT)

    @property
    def is_of_content(self) -> bool:
        """Is it what the prompt says that is not taken? OpenRouter's moderation shows what it flagged."""
        metadata = self.error.get("metadata")
        is_flagged = isinstance(metadata, dict) and "flagged_input" in metadata
        return bool({self.code, str(self.error.get("type"))} & _FILTERED) or is_flagged

    @property
    def is_over_long(self) -> bool:
        """Is a prompt, or a prompt and its answer, longer than the model's context?"""
        return self.code == "context_length_exceeded" or bool(_CONTEXT.search(self.message.lower()))

    @property
    def is_of_output(self) -> bool:
        """Is it the answer that did not follow the schema, and not the schema that is refused? (Groq)."""
        return self.code == "json_validate_failed"

    @property
    def is_of_room(self) -> bool:
        """Is it the room for the answer that is too much?"""
        return bool(_ROOM.search(self.message.lower()))


def refusal_of(reply: Reply, request: Request) -> Answer:
    """A request that the server does not answer (400, 413, 422), as an answer with its problem."""
    if reply.is_of_output:
        return Answer(request.request_id, clean(str(reply.error.get("failed_generation") or "")))
    problem: AnswerProblem = "refused" if reply.is_of_content else "over_long" if reply.is_over_long else "rejected"
    return Answer(request.request_id, reply.words, finish_reason=problem, problem=problem)


def answer_of(reply: Reply, request: Request) -> Answer | None:
    """What a model said; None where the reply holds no answer."""
    try:
        choice = reply.body["choices"][0]
        message = choice.get("message") or {"content": choice["text"]}
        refused = message.get("refusal")
        text = text_of(message.get("content"))
    except (LookupError, TypeError, AttributeError):
        return None
    finish_reason = str(choice.get("finish_reason") or "stop")
    usage = reply.body.get("usage")
    tokens = usage if isinstance(usage, dict) else {}
    is_refused = bool(refused) or finish_reason == "content_filter"
    return Answer(
        request.request_id,
        clean(text or text_of(refused)),
        finish_reason,
        _count(tokens.get("prompt_tokens")),
        _count(tokens.get("completion_tokens")),
        "refused" if is_refused else None,
    )


def listed_models(reply: Reply) -> list[str]:
    """The models that an endpoint lists; empty where the reply is no such list."""
    entries = reply.body.get("data")
    if not isinstance(entries, list):
        return []
    return [str(entry["id"]) for entry in entries if isinstance(entry, dict) and "id" in entry]


def text_of(content: Any) -> str:
    """A message's content: text, or parts of which some are text (others are a model's reasoning)."""
    if isinstance(content, list):
        return "".join(text_of(part.get("text")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def clean(text: str) -> str:
    """The text with halves of surrogate pairs replaced: no table can hold them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(tokens: Any) -> int:
    return int(tokens) if isinstance(tokens, int | float) and 0 <= tokens < 2**31 else 0


def wait_of(headers: Mapping[str, str]) -> float | None:
    """The seconds that a reply asks to wait: retry-after-ms, or Retry-After in seconds or as a date."""
    readings: list[tuple[str, Callable[[str], float]]] = [
        ("retry-after-ms", lambda value: float(value) / 1000),
        ("retry-after", float),
        ("retry-after", lambda value: parsedate_to_datetime(value).timestamp() - time.time()),
    ]
    for name, read in readings:
        with suppress(LookupError, ValueError, TypeError):
            wait = read(headers[name])
            return max(0.0, wait) if math.isfinite(wait) else None
    return None
