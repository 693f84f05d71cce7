"""How a request is put as a chat completion of OpenAI's kind, and what to leave out where that is refused."""

import copy
import re
from collections.abc import Mapping
from typing import Any

from finerweb.engines import Request, decoding
from finerweb.engines._openai.reply import Reply

# From the one that binds a model most to the one that every server knows. OpenAI's strict schemas refuse some bounds.
FORMATS = ("json_schema", "json_schema without bounds", "json_object", "text")
STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
BOUNDS = {
    *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    *("pattern", "format", "multipleOf", "uniqueItems"),
}

# What servers say, in lower case: OpenAI, Azure, Databricks, vLLM, Groq, Mistral, Together, LM Studio.
_FORMAT = re.compile(r"response_?format|json_?schema|json_?object|schema|structured[ _]?output|grammar|guided")
_STREAM = re.compile(r"\bstream(ing|_options)?\b")
_PENALTY = re.compile(r"frequency_?penalty")
_TOKENS_NAME = re.compile(r"max_tokens.{0,60}(not supported|unsupported)|use .?max_completion_tokens")


class Chat:
    """How requests are put to one endpoint; it learns what the endpoint does not take, for as long as it lives."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        chosen = settings["response_format"]
        self._formats = list(FORMATS if chosen == "auto" else (chosen,))
        self._tokens_name = "max_tokens"
        self._streams = bool(settings["stream"])
        self._takes_penalty = True

    def body(self, request: Request, *, has_limit: bool = True) -> dict[str, Any]:
        """What is posted; without `has_limit` an answer may be as long as the context leaves room for."""
        # A setting that is null is left to the server.
        draw = decoding({key: value for key, value in self._settings.items() if value is not None}, request)
        parameters = {"temperature": draw.temperature, "seed": draw.seed, self._tokens_name: draw.max_tokens}
        if draw.frequency_penalty and self._takes_penalty:
            parameters["frequency_penalty"] = draw.frequency_penalty
        unset = {key for key in ("temperature", "seed") if self._settings[key] is None}
        if not has_limit or self._settings["max_tokens"] is None:
            unset.add(self._tokens_name)
        return {
            "model": self._settings["model"],
            "messages": [
                {"role": "system", "content": request.instructions},
                {"role": "user", "content": request.prompt},
            ],
            **{key: value for key, value in parameters.items() if key not in unset},
            **(STREAMED if self._streams else {}),
            **_format(self._formats[0], request),
            **self._settings["extra"],
        }

    def copy(self) -> "Chat":
        """How requests are put now."""
        return copy.deepcopy(self)

    def stop_streaming(self) -> None:
        """Ask for whole answers from now on."""
        self._streams = False

    def learn(self, body: Mapping[str, Any], request: Request, reply: Reply, *, has_limit: bool) -> bool:
        """Put requests differently from now on, as a refusal asks; False where it is about something else."""
        if self.body(request, has_limit=has_limit) != body:
            return True  # another refusal taught it meanwhile
        blame = reply.text.lower()
        if self._tokens_name == "max_tokens" and _TOKENS_NAME.search(blame):
            self._tokens_name = "max_completion_tokens"
            return True
        if "frequency_penalty" in body and self._takes_penalty and _PENALTY.search(blame):
            self._takes_penalty = False
            return True
        if self._streams and _STREAM.search(blame):
            self._streams = False
            return True
        if len(self._formats) > 1 and _FORMAT.search(blame) and not (reply.is_over_long or reply.is_of_output):
            del self._formats[0]
            return True
        return False


def _format(name: str, request: Request) -> dict[str, Any]:
    if name == "text":
        return {}
    if name == "json_object":
        return {"response_format": {"type": "json_object"}}
    schema = request.schema if name == FORMATS[0] else unbounded(request.schema)
    named = {"name": request.question, "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def unbounded(schema: Any) -> Any:
    """A JSON schema without the keywords that strict decoding may refuse; properties of these names stay."""
    if isinstance(schema, list):
        return [unbounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: unbounded(part) for name, part in value.items()} if key == "properties" else unbounded(value)
        for key, value in schema.items()
        if key not in BOUNDS
    }
