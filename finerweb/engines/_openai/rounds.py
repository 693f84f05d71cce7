"""A stream of requests in batches: put, noted, waited for and taken, so that none is paid for twice.

The order of what is done, and what follows when it ends in between:
    the file of requests is uploaded       nothing is paid; the provider removes it after 30 days
    a note has its requests and a name     a batch of that name is looked for, and there is none: they are put again
    the batch is created with that name    a batch of that name is looked for, and taken
    the note has the batch's id            the batch is taken
    its answers are given                  the batch is taken again, for those that were not kept
"""

import logging
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from finerweb.engines import Answer, Note, Notes, Request
from finerweb.engines._openai.access import Access, BatchOptions
from finerweb.engines._openai.batches import Batch, Batches, Over
from finerweb.engines._openai.chat import Chat
from finerweb.engines._openai.lines import Lines, key_of
from finerweb.engines._openai.reply import Reply
from finerweb.errors import EngineFailed

log = logging.getLogger(__name__)

NO_LINE = Reply(0, "its batch has no line for it")
FEW_REQUESTS = 5  # that are refused, none having been answered, before all are given up
LONGEST = 900.0  # seconds that a batch waits at most for room in the queue, before it is put again
LOOKS = 2  # at a batch that is not there, before that is certain; lists and copies may be late


@dataclass
class Desk:
    """What an engine has for all its rounds; what `chat` has learnt, it keeps."""

    access: Access
    options: BatchOptions
    chat: Chat
    batches: Batches
    notes: Notes
    has_answered: bool = False


@dataclass
class Pending:
    """A batch that is waited for, with the requests that it answers by their keys; `dialect` is how they were put."""

    name: str
    note: Note
    dialect: Chat
    is_own: bool  # of this round, not of an earlier one
    keys: set[str] = field(default_factory=set)
    misses: int = 0
    is_accepted: bool = False  # by the server, after validation

    @property
    def number(self) -> str | None:
        """The id that the batch has there, if it is noted."""
        return self.note.details.get("batch")


class Round:
    """One stream of requests, from the first to the last answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._options, self._batches = desk, desk.options, desk.batches
        self._requests: dict[str, Request] = {}  # that have no answer yet
        self._waiting: deque[str] = deque()  # those to be put
        self._pending: dict[str, Pending] = {}
        self._lines = Lines(desk.chat)
        self._size = self._options.requests_per_batch
        self._full = 0  # batches in a row that found the queue full
        self._is_careful = False  # since one did: no batch is put before the last one is accepted
        self._resume = 0.0

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request, as batches end; raises Over where it is over."""
        self._pull(requests)
        while self._requests:
            self._submit(least=1)
            for pending in list(self._pending.values()):
                if pending.keys.isdisjoint(self._requests):
                    del self._pending[pending.name]
                elif batch := self._look(pending):
                    yield from self._take(pending, batch)
            if self._requests:
                self._batches.wait(self._options.poll)

    def _pull(self, requests: Iterable[Request]) -> None:
        """Take all requests: those in notes wait for their batches, the others are put when they fill one."""
        earlier = self._desk.notes.read()
        noted: dict[str, list[str]] = {}
        for name, note in earlier.items():
            for entry in note.requests:
                noted.setdefault(key_of(*entry), []).append(name)
        for request in requests:
            key = key_of(request.request_id, request.attempt)
            self._requests[key] = request
            for name in noted.get(key, ()):
                if name not in self._pending:
                    self._pending[name] = Pending(name, earlier[name], self._desk.chat.copy(), is_own=False)
                self._pending[name].keys.add(key)
            if key not in noted:
                self._waiting.append(key)
            self._submit(least=self._size)

    def _submit(self, *, least: int) -> None:
        """Put those that wait, a batch for as many as it holds, as long as there are at least so many."""
        while len(self._waiting) >= least and self._may_submit:
            with tempfile.TemporaryFile() as lines:
                keys: list[str] = []
                while self._waiting and len(keys) < self._size:
                    line = self._lines.line(self._requests[self._waiting[0]])
                    if keys and lines.tell() + len(line) > self._options.bytes:
                        break
                    lines.write(line)
                    keys.append(self._waiting.popleft())
                self._go_on()
                file = self._batches.upload(lines)
            self._create(file, keys)

    @property
    def _may_submit(self) -> bool:
        is_clear = all(pending.is_accepted for pending in self._pending.values() if pending.is_own)
        return time.monotonic() >= self._resume and (is_clear or not self._is_careful)

    def _create(self, file: str, keys: list[str]) -> None:
        name = uuid.uuid4().hex
        requests = tuple((self._requests[key].request_id, self._requests[key].attempt) for key in keys)
        pending = Pending(
            name,
            Note(requests, time.time(), {"file": file}),
            self._desk.chat.copy(),
            is_own=True,
            keys=set(keys),
        )
        self._go_on()
        self._desk.notes.write(name, pending.note)
        self._pending[name] = pending
        batch = self._batches.create(file, name)
        if batch.id:
            self._note_number(pending, batch)
        else:
            self._wait_for_room(pending, batch)

    def _go_on(self) -> None:
        if self._batches.is_over.is_set():
            raise Over

    def _note_number(self, pending: Pending, batch: Batch) -> None:
        pending.note = replace(pending.note, details={**pending.note.details, "batch": batch.id})
        self._desk.notes.write(pending.name, pending.note)

    def _look(self, pending: Pending) -> Batch | None:
        """A batch that has ended; None where it has not, or is none."""
        number, begun = pending.number, pending.note.begun
        batch = self._batches.get(number) if number else self._batches.named(pending.name, since=begun)
        if batch is None:
            pending.misses += 1
            if pending.misses >= LOOKS:
                if number:
                    raise self._missing(pending)
                self._drop(pending)  # it was never created
            return None
        if not number:
            self._note_number(pending, batch)
        if not pending.is_accepted and batch.status not in {"validating", "failed"}:
            pending.is_accepted = True
            if self._is_careful and pending.is_own:
                self._full, self._size = 0, min(self._options.requests_per_batch, 2 * self._size)
        return batch if batch.is_ended else None

    def _missing(self, pending: Pending) -> EngineFailed:
        return self._desk.access.failed(
            f"batch {pending.number} is not there, of which note {pending.name} in the spool tells",
            "ask where it was made, and with that key; or remove the note, and its requests are paid for again",
        )

    def _wait_for_room(self, pending: Pending, batch: Batch) -> None:
        """Put a batch again later that found the queue full; in smaller ones, where it does not wait for our own."""
        self._full, self._is_careful = self._full + 1, True
        if len(self._pending) == 1:
            self._size = max(1, min(self._size, len(pending.keys)) // 2)
        pause = min(LONGEST, self._options.poll * 2.0 ** min(self._full - 1, 30))
        self._resume = time.monotonic() + pause
        log.warning("%s: %s; put again in %.0f s", self._desk.access.who, batch.words, pause)
        self._drop(pending)

    def _drop(self, pending: Pending) -> None:
        """Nothing comes of a batch: forget it, and put its requests again."""
        self._batches.delete(pending.note.details["file"])
        self._desk.notes.remove(pending.name)
        self._put_again(pending)

    def _put_again(self, pending: Pending) -> None:
        """Put what a batch has left without an answer, unless another one has it too."""
        del self._pending[pending.name]
        elsewhere = set(self._waiting).union(*(other.keys for other in self._pending.values()))
        self._waiting.extend(sorted((pending.keys & self._requests.keys()) - elsewhere))

    def _take(self, pending: Pending, batch: Batch) -> Iterator[Answer]:
        """The answers of a batch that has ended; raises EngineFailed where that ends all."""
        if batch.status == "failed" and batch.is_full_queue:
            return self._wait_for_room(pending, batch)
        if batch.status == "failed":
            self._desk.notes.remove(pending.name)
            raise self._desk.access.failed(f"batch {batch.id} failed: {batch.words}", "mend it and run again")
        replies: dict[str, Reply] = {}
        for file in batch.files:
            replies.update(self._batches.replies(file))
        keys = pending.keys & self._requests.keys()
        answers = {
            key: self._lines.answer(self._requests[key], replies.get(key, NO_LINE), pending.dialect)
            for key in sorted(keys)
        }
        self._require_taken(pending, [answer for answer in answers.values() if answer])
        for key, answer in answers.items():
            if answer:
                del self._requests[key]
                yield answer
        if batch.status != "completed":
            left = len(keys & self._requests.keys())
            log.warning("%s: batch %s: %s, %d without an answer", self._desk.access.who, batch.id, batch.status, left)
        if pending.is_own:
            self._require_going_on(batch, [replies[key] for key in keys & replies.keys()])
        self._put_again(pending)

    def _require_taken(self, pending: Pending, answers: list[Answer]) -> None:
        """Raise EngineFailed where the endpoint seems to take no request at all."""
        rejected = [answer for answer in answers if answer.problem == "rejected"]
        self._desk.has_answered |= len(answers) > len(rejected)
        if not self._desk.has_answered and len(rejected) >= FEW_REQUESTS:
            self._desk.notes.remove(pending.name)
            what = f"it took none of the {len(rejected):,} requests of batch {pending.number}: {rejected[0].text}"
            raise self._desk.access.failed(
                what, "temperature, seed or max_tokens: null leaves that out of the request; extra adds to it"
            )

    def _require_going_on(self, batch: Batch, replies: list[Reply]) -> None:
        """Raise EngineFailed where somebody has to act before the rest of a batch is put again."""
        for failure in filter(None, map(self._desk.access.refusal, replies)):
            raise failure
        if batch.status == "cancelled" and self._requests:
            what = f"batch {batch.id} was cancelled there"
            raise self._desk.access.failed(what, "run again to put again what has no answer. What it had done is kept")
