"""Who is asked, with which key, and what may be said about it: a key is in no error, log, table or spec."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finerweb import plugins
from finerweb.engines import Spec
from finerweb.engines._openai.reply import Reply, Trouble, wait_of
from finerweb.errors import EngineFailed

LONGEST_WAIT = 900.0  # seconds; an endpoint that asks for more has spent a daily budget, or its clock is wrong

Positive = Annotated[int, Field(gt=0)]


class Options(BaseModel):
    """An endpoint's settings, see openai.py, and their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    model: Annotated[str, Field(min_length=1)]
    url: Annotated[str, Field(pattern=r"^https?://[^/@?#\s]+(/[^@?#\s]*)?$")] = "https://api.openai.com/v1"
    key_env: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,63}$")] | None = "OPENAI_API_KEY"
    temperature: Annotated[float, Field(ge=0)] | None = 0.0
    seed: int | None = 0
    max_tokens: Positive | None = 2048
    response_format: Literal["auto", "json_schema", "json_object", "text"] = "auto"
    stream: bool = True
    extra: dict[str, Any] = {}
    in_flight: Positive = 32
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    timeout: Annotated[float, Field(gt=0)] = 180.0
    retries: Annotated[int, Field(ge=0)] = 8
    patience: Annotated[float, Field(gt=0)] = 3600.0
    tasks: Positive = 1
    price: Any = None


class BatchOptions(Options):
    """Those of batches, see openai_batch.py. What has no use there is no setting of it."""

    stream: Literal[False] = False
    requests_per_batch: Annotated[int, Field(gt=0, le=50_000)] = 50_000
    bytes: Annotated[int, Field(gt=0, le=200_000_000)] = 180_000_000
    poll: Annotated[float, Field(gt=0)] = 30.0


# What is wanted instead of a value that is not shown: it might be a key.
WANTED = {
    "model": "wanted the name that the endpoint has for a model, such as gpt-4o-mini",
    "url": "wanted http:// or https://, a host and a path, without password and query: https://api.openai.com/v1",
    "key_env": "wanted the name of an environment variable, in capitals: OPENAI_API_KEY, or null; never the key",
}


LIKE_KEYS = [
    (r"(?i)\bbearer\s+[\w.~+/=-]{6,}", "Bearer ***"),
    (r"//[^/@\s]+@", "//***@"),  # a proxy's password
    (r"\bsk-(?=[\w*-]*[\d*])[\w*-]{12,}", "***"),
    (r"[\w-]*\*{3,}[\w*-]+|[\w-]+\*{3,}", "***"),  # a server shows the ends of a key: abc****xyz
]


def without_keys(text: str) -> str:
    """A text without what looks like a key."""
    for pattern, replacement in LIKE_KEYS:
        text = re.sub(pattern, replacement, text)
    return text


@dataclass(frozen=True)
class Access:
    """The options of an endpoint and its key."""

    options: Options
    key: str | None = field(repr=False)

    @classmethod
    def from_spec(cls, spec: Spec, kind: type[Options] = Options) -> Self:
        """From the settings and this process's environment; raises EngineFailed for what cannot be."""
        try:
            options = kind.model_validate(spec.settings)
        except ValidationError as error:
            raise EngineFailed(f"engine {spec.engine}: {_reason(error, kind)}") from None
        access = cls(options, _key(options))
        if options.url.rstrip("/").endswith("/chat/completions"):
            raise access.failed("the url ends in /chat/completions, which is added to it", "leave that out")
        return access

    def address(self, path: str) -> str:
        """The address of a path below the endpoint's url."""
        return f"{self.options.url.rstrip('/')}/{path}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request."""
        key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {"Content-Type": "application/json", **key}

    def redact(self, text: str) -> str:
        """A text without the key, and without what looks like one."""
        for secret in filter(None, {self.key, quote(self.key or "", safe="")}):
            # One as short as `x`, for endpoints that want just any, is also part of words.
            text = text.replace(secret, "***") if len(secret) > 7 else re.sub(rf"\b{re.escape(secret)}\b", "***", text)
        return without_keys(text)

    @property
    def who(self) -> str:
        """Who is asked."""
        return f"model {self.options.model} at {self.options.url}"

    def failed(self, what: str, way_out: str) -> EngineFailed:
        """An error that names who was asked."""
        return EngineFailed(f"{self.who}: {self.redact(what).rstrip('.')}; {way_out}")

    def reply(self, status: int, text: str, headers: Mapping[str, str]) -> Reply:
        """What a server sent back; where it is an error, it may be repeated as it stands."""
        if 200 <= status < 300:
            return Reply(status, text)
        if 300 <= status < 400:
            text = f"moved to {headers.get('location', 'nowhere')}"
        return Reply(status, self.redact(text), wait_of(headers))

    def trouble(self, kind: Trouble, error: Exception) -> Reply:
        """An error of the network, as a reply: what was tried, and what the system said."""
        reason = _innermost(error)
        text = f"{type(error).__name__}: {error}" + (f" ({reason})" if reason not in str(error) else "")
        return Reply(0, self.redact(text), trouble=kind)

    def refusal(self, reply: Reply) -> EngineFailed | None:
        """The error that it is to be refused the key, or more credit: no request fares better until that is mended."""
        if reply.is_of_money:
            return self.failed(reply.summary, "add credit there, or ask another model. What was answered is kept")
        return self.failed(reply.summary, self._about_key()) if reply.is_of_credentials else None

    def final(self, reply: Reply) -> EngineFailed | None:
        """The error that a reply makes of all requests, where none was ever answered; None where it may pass."""
        what = reply.summary
        if reply.status in {404, 405, 410}:
            return self.failed(what, "wanted a url (most end in /v1) and a model that are there")
        if 300 <= reply.status < 400:
            return self.failed(what, "redirects are not followed: set url to where the endpoint is")
        if reply.wait is not None and reply.wait > LONGEST_WAIT and not self.refusal(reply):
            way_out = f"it asks to wait {reply.wait / 60:,.0f} minutes: run again then. What was answered is kept"
            return self.failed(what, way_out)
        return self.refusal(reply)

    def _about_key(self) -> str:
        if self.key is None:
            return "no key was sent, as key_env is null: name the environment variable that holds one"
        return (
            f"the key in the environment variable {self.options.key_env} was not accepted: set it to one that may use "
            "this model, or name another variable with key_env"
        )


def _innermost(error: BaseException) -> str:
    """The error at the bottom of others, in the system's words where it is the system's."""
    while (
        inner := error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__ or error.__context__
    ):
        error = inner
    return os.strerror(error.errno) if isinstance(error, ConnectionError) and error.errno else str(error)


def _reason(error: ValidationError, kind: type[Options]) -> str:
    """What is wrong with the settings, by the first of the errors."""
    problem = error.errors(include_url=False, include_context=False)[0]
    name = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        names = sorted(kind.model_fields)
        return f"{name} is no setting of it.{plugins.suggestion(name, names)} There are: {', '.join(names)}"
    if name in WANTED:
        return f"its setting {name}: {WANTED[name]}"
    return f"its setting {name}: found {without_keys(repr(problem['input']))}; {problem['msg']}"


def _key(options: Options) -> str | None:
    if options.key_env is None:
        return None
    who = f"model {options.model} at {options.url}: the environment variable {options.key_env}"
    key = os.environ.get(options.key_env, "").strip()
    if not key:
        raise EngineFailed(
            f"{who} is not set; it holds the endpoint's key (on a cluster every worker needs it, from a secret scope). "
            "key_env names another variable, and is null for an endpoint that wants no key"
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise EngineFailed(f"{who} holds a space, a line break or a letter that is not ASCII; wanted a key")
    return key
