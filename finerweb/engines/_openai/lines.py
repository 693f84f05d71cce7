"""A request as a line of a batch's file, and what the line that comes back says to it."""

import json
from collections import Counter

from finerweb.engines import Answer, Request
from finerweb.engines._openai.batches import CHATS
from finerweb.engines._openai.chat import Chat
from finerweb.engines._openai.reply import Reply, answer_of, refusal_of

TRIES = 5  # times that a request without an answer is put, each in another batch


def key_of(request_id: str, attempt: int) -> str:
    """What a line is called (custom_id), within the 64 characters that every provider takes."""
    return f"{request_id[:56]}-{attempt}"


class Lines:
    """The lines of one round's requests; `chat` learns from those that are refused."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._tries: Counter[str] = Counter()
        self._unlimited: set[str] = set()  # whose answers may be as long as there is room

    def line(self, request: Request) -> bytes:
        """A request as a line."""
        key = key_of(request.request_id, request.attempt)
        body = self._chat.body(request, has_limit=key not in self._unlimited)
        line = {"custom_id": key, "method": "POST", "url": CHATS, "body": body}
        return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def answer(self, request: Request, reply: Reply, dialect: Chat) -> Answer | None:
        """What came back for a request that was put in this dialect; None where it is to be put again."""
        key = key_of(request.request_id, request.attempt)
        answer = answer_of(reply, request) if 200 <= reply.status < 300 else None
        if answer:
            return answer
        if reply.is_refusal:
            has_limit = key not in self._unlimited
            body = dialect.body(request, has_limit=has_limit)
            if self._chat.learn(body, request, reply, has_limit=has_limit):
                return None
            if has_limit and reply.is_of_room:
                self._unlimited.add(key)
                return None
            return refusal_of(reply, request)
        self._tries[key] += 1
        if self._tries[key] < TRIES:
            return None
        return Answer(request.request_id, reply.words, finish_reason="unreachable", problem="unreachable")
