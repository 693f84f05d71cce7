"""An answer that comes in pieces (server-sent events), put together as if it had come at once; one that loops is ended.

Who hangs up ends the model's work: servers stop there, and only what was written until then is paid for.
"""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from finerweb.engines import LOOPED
from finerweb.engines._openai.reply import Reply, text_of
from finerweb.text import loops

EVENTS = "text/event-stream"  # what a server says it sends; one that knows no streaming sends the whole
STRIDE = 400  # characters after which an answer is looked at, whether it loops
PIECE = 4.0  # characters of a token, at most: servers may send several in one piece


async def whole(lines: AsyncIterator[str], source: str) -> Reply:
    """The completion that the lines of a stream make; `source` is what was asked about, which a list may repeat."""
    pieces = _Pieces()
    looked = 0
    async for event in _events(lines):
        if error := event.get("error"):
            code = error.get("code") if isinstance(error, dict) else None
            return Reply(code if isinstance(code, int) and 400 <= code < 600 else 500, json.dumps(event))
        pieces.add(event)
        if pieces.length - looked >= STRIDE:
            looked = pieces.length
            if pieces.loop(source):
                return pieces.reply()
    if pieces.finish_reason is None:
        return Reply(0, "the stream broke off", trouble="broken")
    return pieces.reply()


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    async for line in lines:
        name, _, data = line.partition(":")
        if name == "data" and data.strip() == "[DONE]":
            yield {"choices": [{"finish_reason": "stop"}]}
        elif name == "data":
            with suppress(ValueError, RecursionError):
                event = json.loads(data)
                if isinstance(event, dict):
                    yield event


@dataclass
class _Pieces:
    """What has come so far."""

    text: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    usage: Any = None
    length: int = 0

    def add(self, event: dict[str, Any]) -> None:
        """The next piece, whatever it has of a text, a reason to end, and an account."""
        self.usage = event.get("usage") or self.usage
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        self.finish_reason = self.finish_reason or choice.get("finish_reason")
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return
        thought = text_of(delta.get("reasoning_content") or delta.get("reasoning"))
        for pieces, piece in (
            (self.text, text_of(delta.get("content"))),
            (self.thought, thought),
            (self.refusal, text_of(delta.get("refusal"))),
        ):
            if piece:
                pieces.append(piece)
                self.length += len(piece)

    def loop(self, source: str) -> bool:
        """Does it repeat itself? Then it ends here."""
        if any(loops.find("".join(pieces), source) for pieces in (self.text, self.thought)):
            self.finish_reason = LOOPED
        return self.finish_reason == LOOPED

    def reply(self) -> Reply:
        """As one completion. Of one that was ended there is no account: its pieces are counted."""
        pieces = len(self.text) + len(self.thought)
        usage = self.usage or {"completion_tokens": max(pieces, round(self.length / PIECE))}
        message = {"content": "".join(self.text), "refusal": "".join(self.refusal) or None}
        choice = {"message": message, "finish_reason": self.finish_reason}
        return Reply(200, json.dumps({"choices": [choice], "usage": usage}))
