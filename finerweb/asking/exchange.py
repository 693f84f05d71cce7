"""A part's requests to an engine, and the answers: each request put as often as may help, each answer kept."""

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from finerweb import engines, questions
from finerweb.asking.notes import SpoolNotes
from finerweb.asking.queue import Due
from finerweb.asking.segments import Writer
from finerweb.asking.signs import Watch
from finerweb.asking.spool import Spool
from finerweb.cost import UNLIMITED, Allowance, Budget
from finerweb.engines import Answer, Engine, Heeding, Lasting, Remote, Request, Shared, Spec
from finerweb.errors import EngineFailed
from finerweb.tables import completions

DRAIN = 120.0  # seconds that a task whose driver is gone waits for what it has already asked
PULSE = 5.0  # seconds between two signs to Spark, which tell whether it is still there


@dataclass(frozen=True)
class Terms:
    """On which terms a task puts its requests: everything that it needs besides them.

    A request is put up to `attempts` times, by so many `tasks` in all. `tries` is how often Spark repeats a task that
    fails; the last one reports its failure instead, so that the other tasks go on.
    """

    spec: Spec
    spool: str
    token: int
    run: str
    budget: Budget = UNLIMITED  # of one task
    tokens_out: int = 0  # that an answer is expected to have, until the first ones tell
    attempts: int = 1
    tasks: int = 1
    tries: int = 1


class Exchange:
    """The requests of one part: each put as often as may help, each answer kept."""

    def __init__(
        self,
        terms: Terms,
        writer: Writer,
        watch: Watch,
        requests: Iterator[Due],
        *,
        kept: dict[str, tuple[int, str | None]],
    ) -> None:
        self._price = terms.spec.price  # once: the settings are read for it
        self.allowance = Allowance(terms.budget, self._price, terms.tokens_out)
        self.left = 0
        self._terms, self._writer, self._watch = terms, writer, watch
        self._waiting, self._kept = requests, kept
        self._again: deque[Due] = deque()  # answered badly, and worth another attempt
        self._in_flight: dict[str, tuple[Due, Request]] = {}

    def pulses(self) -> Iterator[None]:
        """Ask; a sign every few seconds. Raises EngineFailed, or where the answers cannot be kept."""
        engine = engines.load(self._terms.spec)
        if isinstance(engine, Shared):  # until the holder tells how many there are
            self._watch.sharing = max(self._watch.sharing, self._terms.tasks)
        if isinstance(engine, Lasting):
            engine.remember(SpoolNotes(Spool(self._terms.spool), self._terms.spec.fingerprint))
        if isinstance(engine, Heeding):
            engine.heed(self._watch.is_over)
        if isinstance(engine, Remote):
            self._watch.absence = engine.absence
        while True:
            answers = engine.answers(self._requests(engine))
            before = sent = time.monotonic()
            try:
                for answer in answers:
                    now = time.monotonic()
                    self._keep(answer, now - before)
                    before = now
                    if now - sent > PULSE:
                        sent = now
                        yield None
            except GeneratorExit:  # Spark is gone
                self._drain(answers, until=before + DRAIN)
                raise
            self._require_complete()
            if not self._again or self._watch.is_over.is_set() or self.allowance.is_used_up:
                return

    def count_left(self) -> None:
        """Count in `left` what was not put, or has no answer."""
        rest = sum(1 for due in self._waiting if due.request_id not in self._kept)
        self.left += rest + len(self._again) + len(self._in_flight)

    def _requests(self, engine: Engine) -> Iterator[Request]:
        """The requests that are to be put, as long as they may be; those again that were answered badly."""
        shared, seen = engine if isinstance(engine, Shared) else None, (0, False)
        while due := self._next():
            if shared and seen != (self._watch.sharing, self._watch.has_answers):
                seen = self._watch.sharing, self._watch.has_answers
                shared.share(self._watch.sharing, is_proven=self._watch.has_answers)
            request = render(due)
            if not self.allowance.permits(request.request_id, len(request.instructions) + len(request.prompt)):
                self.left += 1
                return
            self._in_flight[due.request_id] = due, request
            yield request

    def _next(self) -> Due | None:
        while not self._watch.is_over.is_set():
            if self._again:
                return self._again.popleft()
            due = next(self._waiting, None)
            if due is None or due.request_id not in self._kept:
                return due
            later = self._later(due, *self._kept[due.request_id])
            if later:
                return later
        return None

    def _later(self, due: Due, attempt: int, problem: str | None) -> Due | None:
        """The next attempt after one with this problem; None where none is worth it."""
        if problem in completions.AGAIN and attempt < self._terms.attempts:
            return due._replace(attempt=attempt + 1, last_problem=problem)
        return None

    def _keep(self, answer: Answer, seconds: float) -> None:
        due, request = self._in_flight.pop(answer.request_id)
        seconds /= self._watch.sharing
        problem = answer.problem or completions.problem(due.question, answer, request.payload)
        usd = self._price.usd(answer.tokens_in, answer.tokens_out, seconds) if self._price else None
        cost = completions.tally(problem, answer.tokens_in, answer.tokens_out, usd)
        self._writer.put(_row(due, answer, seconds=seconds, usd=usd, problem=problem, run=self._terms.run), cost)
        self.allowance.spend(answer.request_id, cost)
        later = self._later(due, due.attempt, problem)
        if later:
            self._again.append(later)

    def _require_complete(self) -> None:
        if self._in_flight and not self._watch.is_over.is_set():
            raise EngineFailed(
                f"engine {self._terms.spec.engine} left {len(self._in_flight)} requests without an answer, the first: "
                f"{next(iter(self._in_flight))}"
            )

    def _drain(self, answers: Iterator[Answer], *, until: float) -> None:
        """Keep what was asked for and is paid for, though nobody takes it any more."""
        self._watch.is_over.set()
        for answer in answers:
            self._keep(answer, 0.0)
            if time.monotonic() > until:
                return


def render(due: Any) -> Request:
    """A request as what a model reads; `due` has the columns of queue.Due."""
    question = questions.load(due.question)
    payload = json.loads(due.payload)
    return Request(
        due.request_id,
        due.question,
        due.language,
        question.PROMPT,
        question.prompt(payload),
        question.SCHEMA,
        payload,
        due.attempt,
        due.last_problem,
    )


def _row(
    due: Due, answer: Answer, *, seconds: float, usd: float | None, problem: str | None, run: str
) -> tuple[Any, ...]:
    return completions.TABLE.row(
        request_id=due.request_id,
        attempt=due.attempt,
        question=due.question,
        subject_id=due.subject_id,
        language=due.language,
        model=due.model,
        engine=due.engine,
        prompt=due.prompt,
        answer=answer.text,
        finish_reason=answer.finish_reason,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        usd=usd,
        seconds=seconds,
        problem=problem,
        run=run,
        answered=datetime.now(UTC),
    )
