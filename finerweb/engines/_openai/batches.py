"""The Batch API of OpenAI, and of those who do alike, over HTTP: files of requests, answered within a day.

What it promises (platform.openai.com/docs/guides/batch): a file of JSON lines has up to 50,000 requests and 200 MB.
A batch goes from validating over in_progress and finalizing to completed, or ends as failed (nothing was done), expired
or cancelled (what was done is in the output, the rest in the error file). Files are kept for 30 days. What waits may
have so many tokens for each model; a batch that exceeds that fails with token_limit_exceeded.
"""

import json
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import httpx

from finerweb.engines._openai.access import LONGEST_WAIT, Access
from finerweb.engines._openai.rate_limit import backoff
from finerweb.engines._openai.reply import Reply
from finerweb.errors import EngineFailed

log = logging.getLogger(__name__)

CHATS = "/v1/chat/completions"  # the endpoint's name, wherever the server itself is
CONNECT = 10.0  # seconds for a connection
TICK = 0.2  # seconds between two looks whether it is over
PAGE = 100  # batches of a list, at most
FEW_FAILURES = 3  # calls in a row before the first success that fail, and end it
DAY = 24 * 3600.0  # by so much the clocks of the server and of all that ask may differ
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
FULL = "token_limit_exceeded"


class Over(Exception):
    """It is over for whoever waits: nothing more is to be sent. The engine ends then; no caller of it sees this."""


@dataclass(frozen=True)
class Batch:
    """A batch as the server shows it; its `name` is ours, in its metadata."""

    id: str
    name: str
    status: str
    created: float
    files: tuple[str, ...]  # with answers, and with errors
    words: str  # why it failed
    is_full_queue: bool

    @property
    def is_ended(self) -> bool:
        """Will nothing more come of it?"""
        return self.status in ENDED

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> "Batch":
        """Of its JSON."""
        metadata, errors = body.get("metadata") or {}, body.get("errors") or {}
        problems = [error for error in errors.get("data") or [] if isinstance(error, dict)]
        return cls(
            str(body["id"]),
            str(metadata.get("finerweb", "")),
            str(body.get("status")),
            float(body.get("created_at") or 0.0),
            tuple(str(body[name]) for name in ("output_file_id", "error_file_id") if body.get(name)),
            "; ".join(map(_words, problems[:3])) or "the server does not say why",
            any(error.get("code") == FULL for error in problems),
        )


def _words(error: dict[str, Any]) -> str:
    place = f"line {error['line']}: " if error.get("line") else ""
    return f"{place}{error.get('message') or error.get('code')}"


class Batches:
    """Calls of the API. What may pass is waited out; who waits ends with Over when `is_over` is set."""

    def __init__(self, access: Access) -> None:
        options = access.options
        self.is_over = threading.Event()
        self._access, self._patience = access, options.patience
        # Of a client's own headers none may say what is sent: a file goes as a form.
        headers = {name: value for name, value in access.headers.items() if name != "Content-Type"}
        self._http = httpx.Client(headers=headers, timeout=httpx.Timeout(options.timeout, connect=CONNECT))
        self._has_answered = False

    def require(self) -> None:
        """Raise EngineFailed where the endpoint has no batches, or the key may not see them."""
        reply = self._call("GET", "batches", params={"limit": 1})
        if not isinstance(reply.body.get("data"), list):
            raise self._refused(reply, "it has no Batch API (GET /batches): ask it with engine openai")

    def upload(self, lines: IO[bytes]) -> str:
        """The id that a file of requests has there."""
        file = ("requests.jsonl", lines, "application/jsonl")
        reply = self._call("POST", "files", rewound=lines, data={"purpose": "batch"}, files={"file": file})
        if "id" not in reply.body:
            raise self._refused(reply, "the file of requests was not taken; bytes and requests_per_batch make it small")
        return str(reply.body["id"])

    def create(self, file: str, name: str) -> Batch:
        """Make a batch of a file, once: where the server's word is lost, it is looked for by its name."""
        wanted = {"input_file_id": file, "endpoint": CHATS, "completion_window": "24h", "metadata": {"finerweb": name}}
        since = time.time()
        reply = self._call("POST", "batches", json=wanted, instead=lambda: self._listed(name, since))
        if "id" in reply.body:
            return Batch.from_body(reply.body)
        if reply.code == FULL:
            return Batch("", name, "failed", since, (), reply.words, is_full_queue=True)
        raise self._refused(reply, "a batch was not taken: see that the model can be asked in batches")

    def get(self, batch: str) -> Batch | None:
        """A batch as it is now; None where it is not there."""
        reply = self._call("GET", f"batches/{batch}")
        return Batch.from_body(reply.body) if "id" in reply.body else None

    def named(self, name: str, *, since: float) -> Batch | None:
        """The batch of this name, made about then or later; None where there is none."""
        reply = self._listed(name, since)
        return Batch.from_body(reply.body) if reply else None

    def _listed(self, name: str, since: float) -> Reply | None:
        """The same as if it had been asked for. The list begins with the last one made."""
        after: dict[str, str] = {}
        while True:
            reply = self._call("GET", "batches", params={"limit": PAGE, **after})
            page = [body for body in reply.body.get("data") or [] if isinstance(body, dict) and "id" in body]
            for body in page:
                if Batch.from_body(body).name == name:
                    return Reply(200, json.dumps(body))
            if not page or not reply.body.get("has_more") or Batch.from_body(page[-1]).created < since - DAY:
                return None
            after = {"after": str(page[-1]["id"])}

    def replies(self, file: str) -> dict[str, Reply]:
        """The lines of a file of answers or of errors, by custom_id; none where it is not there any more."""
        with tempfile.TemporaryFile() as content:
            reply = self._call("GET", f"files/{file}/content", rewound=content, into=content)
            if reply.status >= 400:
                log.warning("%s: file %s is not there: %s", self._access.who, file, reply.summary)
                return {}
            content.seek(0)
            return {str(line.get("custom_id")): self._reply_of(line) for line in _objects(content)}

    def _reply_of(self, line: dict[str, Any]) -> Reply:
        """What a line holds, as if it had come alone; of status 0 where the request was not put to the model."""
        response = line.get("response")
        if isinstance(response, dict):
            return self._access.reply(int(response.get("status_code") or 0), json.dumps(response.get("body")), {})
        return Reply(0, json.dumps(line.get("error")))

    def wait(self, seconds: float) -> None:
        """Let time pass; raises Over where it is over. No lock is taken: a signal's handler may set the event."""
        until = time.monotonic() + seconds
        while not self.is_over.is_set():
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, TICK))
        raise Over

    def delete(self, file: str) -> None:
        """Remove a file there, if that is possible."""
        with suppress(httpx.HTTPError):
            self._http.delete(self._access.address(f"files/{file}"))

    def _call(
        self,
        method: str,
        path: str,
        *,
        rewound: IO[bytes] | None = None,
        instead: Callable[[], Reply | None] | None = None,
        **content: Any,
    ) -> Reply:
        """The reply, a success or a refusal; where the server's word is lost, `instead` may know it."""
        failures, began = 0, time.monotonic()
        while True:
            if rewound:
                rewound.seek(0)
            reply = self._send(method, path, **content)
            self._has_answered |= 200 <= reply.status < 300
            if 200 <= reply.status < 300 or reply.is_refusal or reply.status == 404 or reply.code == FULL:
                return reply
            failures += 1
            self._require_weather(reply, failures, began)
            wait = min(LONGEST_WAIT, reply.wait if reply.wait is not None else backoff(failures))
            log.warning("%s: %s; again in %.0f s", self._access.who, self._access.redact(reply.summary), wait)
            self.wait(wait)
            known_reply = instead() if instead else None
            if known_reply:
                return known_reply

    def _send(self, method: str, path: str, *, into: IO[bytes] | None = None, **content: Any) -> Reply:
        try:
            with self._http.stream(method, self._access.address(path), **content) as response:
                if into and response.is_success:
                    into.truncate()
                    for piece in response.iter_bytes():
                        into.write(piece)
                    return Reply(response.status_code, "")
                response.read()
                return self._access.reply(response.status_code, response.text, response.headers)
        except httpx.TimeoutException as error:
            return self._access.trouble("slow", error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._access.trouble("broken", error)

    def _require_weather(self, reply: Reply, failures: int, began: float) -> None:
        """Raise EngineFailed for what does not pass."""
        failure = self._access.refusal(reply) if self._has_answered else self._access.final(reply)
        if failure:
            raise failure
        if time.monotonic() - began > self._patience or (not self._has_answered and failures >= FEW_FAILURES):
            way_out = "see that it can be reached from here, and run again: batches go on there, and are fetched then"
            raise self._access.failed(reply.summary, way_out)

    def _refused(self, reply: Reply, way_out: str) -> EngineFailed:
        return self._access.failed(reply.summary, way_out)


def _objects(content: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in content:
        with suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                yield value
