"""Put requests to an engine on the workers, so that whatever dies meanwhile costs no answer that was paid for."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from pyspark import TaskContext
from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import DataFrame

from finerweb import engines, questions
from finerweb.asking.spool import Spool, Writer
from finerweb.cost import UNLIMITED, Allowance, Budget
from finerweb.engines import Answer, Request, Spec
from finerweb.errors import EngineFailed
from finerweb.rows import each
from finerweb.shipping import is_local
from finerweb.tables import completions

DRAIN = 120.0  # seconds that a worker whose driver is gone waits for what it has already asked
BATCH, FLUSH = 256, 5.0  # rows and seconds after which answers go on to Spark


@dataclass(frozen=True)
class Terms:
    """On which terms a task puts its requests: everything that it needs besides them."""

    spec: Spec
    spool: str
    run: str
    budget: Budget = UNLIMITED
    tokens_out: int = 0  # that an answer is expected to have, until the first ones tell


def answer(requests: DataFrame, *, terms: Terms, tasks: int) -> DataFrame:
    """Put requests to an engine. Lazy: write the result once, then read the table.

    A request is in the same task whenever this is computed, in the order of languages, whose prompts begin alike.
    What the spool holds is not asked again, so that a repeated task repeats no question.
    """
    parts = requests.repartition(tasks, "request_id").sortWithinPartitions("language", "request_id")
    profile = _profile(requests, gpus=terms.spec.settings.get("gpus", 0))
    return parts.mapInPandas(partial(_answer, terms=terms), completions.TABLE.ddl, profile=profile)


def _profile(frame: DataFrame, *, gpus: int) -> ResourceProfile | None:
    """So many GPUs for each task of a stage, of those that the executors have. Local mode schedules none."""
    if not gpus or is_local(frame.sparkSession):
        return None
    return ResourceProfileBuilder().require(TaskResourceRequests().cpus(1).resource("gpu", gpus)).build


def _part() -> int:
    """Which part of the requests this task has: the same one when it is repeated."""
    context = TaskContext.get()
    return context.partitionId() if context else 0


def _show_own_gpus() -> None:
    """Let this process, and an engine that it starts, see the GPUs that Spark gave to its task, and no others."""
    context = TaskContext.get()
    if context and "gpu" in context.resources():
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(context.resources()["gpu"].addresses)


def _answer(batches: Iterable[pd.DataFrame], *, terms: Terms) -> Iterator[pd.DataFrame]:
    """Rows in the order in which answers come; the engine may read requests ahead across batches."""
    _show_own_gpus()
    spool, part = Spool(terms.spool), _part()
    # Whoever asks next waits until this worker has gone, even if its driver went first.
    with spool.held("drain"), Writer(spool, part) as writer:
        task = _Task(terms, writer, kept=spool.rows(spool.objects(part)))
        with _hang_up_calls(task.stop):
            yield from task.frames(batches)
    task.require_complete()
    yield task.frame()


class _Task:
    """The requests of one task: each put once, each answer kept before it goes on to Spark."""

    def __init__(self, terms: Terms, writer: Writer, *, kept: Iterable[dict[str, Any]]) -> None:
        self._terms, self._writer = terms, writer
        self._kept = {(row["request_id"], row["attempt"]): row for row in kept}  # by this task, before it was repeated
        self._in_flight: dict[str, Any] = {}  # request_id -> its row
        self._rows: list[dict[str, Any]] = []  # answered, and not yet Spark's
        self._allowance = Allowance(terms.budget, terms.spec.price, terms.tokens_out)
        self._is_stopped = False
        self._broken_off: Exception | None = None  # why there were no more requests

    def stop(self) -> None:
        """Put nothing more: nobody takes the answers."""
        self._is_stopped = True

    def frames(self, batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The answers, many at once; the last of them are left to `frame`."""
        answers = engines.load(self._terms.spec).answers(self._requests(batches))
        before = sent = time.monotonic()
        try:
            for answer in answers:
                now = time.monotonic()
                self._keep(answer, now - before)
                before = now
                if len(self._rows) >= BATCH or now - sent > FLUSH:
                    sent = now
                    yield self.frame()
        except GeneratorExit:
            self._drain(answers, until=before + DRAIN)
            raise

    def frame(self) -> pd.DataFrame:
        """The answers that Spark does not have yet."""
        rows, self._rows = self._rows, []
        return _frame(rows)

    def require_complete(self) -> None:
        """Raise where Spark broke off, or EngineFailed where the engine left requests without an answer."""
        if self._broken_off:
            raise self._broken_off
        if self._in_flight:
            raise EngineFailed(
                f"engine {self._terms.spec.engine} left {len(self._in_flight)} requests without an answer, the first: "
                f"{next(iter(self._in_flight))}"
            )

    def _requests(self, batches: Iterable[pd.DataFrame]) -> Iterator[Request]:
        """The requests that are to be put, as long as they may be."""
        try:
            for row in (row for batch in batches for row in each(batch)):
                if answered := self._kept.get((row.request_id, row.attempt)):
                    self._rows.append(answered)
                    continue
                if self._is_stopped:
                    return
                request = render(row)
                if self._allowance.permits(request.request_id, len(request.instructions) + len(request.prompt)):
                    self._in_flight[row.request_id] = row
                    yield request
        except (EOFError, OSError) as error:  # Spark is gone
            self._broken_off = error

    def _keep(self, answer: Answer, seconds: float) -> None:
        row = _row(self._in_flight.pop(answer.request_id), answer, self._terms, seconds)
        cost = completions.tally(row)
        self._writer.put(row, cost)
        self._allowance.spend(answer.request_id, cost)
        self._rows.append(row)

    def _drain(self, answers: Iterator[Answer], *, until: float) -> None:
        """Keep what was asked for and is paid for, though nobody takes it any more."""
        self.stop()
        for answer in answers:
            self._keep(answer, 0.0)
            if time.monotonic() > until:
                return


@contextmanager
def _hang_up_calls(stop: Callable[[], None]) -> Iterator[None]:
    """Where Spark's daemon ends its workers (SIGHUP, when the driver is gone), ask nothing more, but do not die yet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[column.name for column in completions.TABLE.columns])
    # Earlier versions left the fraction out at microsecond 0; without a format pandas takes the first one's for all.
    frame["answered"] = pd.to_datetime(frame["answered"], utc=True, format="ISO8601")
    return frame


def restored(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of a spool as a frame of the table, each key once; those of an earlier contract have today's names."""
    names = {earlier: name for renamed in completions.TABLE.earlier.values() for earlier, name in renamed.items()}
    today = ({names.get(name, name): value for name, value in row.items()} for row in rows)
    return _frame(list({(row["request_id"], row["attempt"]): row for row in today}.values()))


def render(row: Any) -> Request:
    """A request's row as what a model reads."""
    question = questions.load(row.question)
    payload = json.loads(row.payload)
    return Request(
        row.request_id,
        row.question,
        row.language,
        question.PROMPT,
        question.prompt(payload),
        question.SCHEMA,
        payload,
        row.attempt,
        getattr(row, "last_problem", None),
    )


def _row(request: Any, answer: Answer, terms: Terms, seconds: float) -> dict[str, Any]:
    price = terms.spec.price
    return {
        "request_id": request.request_id,
        "attempt": request.attempt,
        "question": request.question,
        "subject_id": request.subject_id,
        "language": request.language,
        "model": request.model,
        "engine": request.engine,
        "prompt": request.prompt,
        "answer": answer.text,
        "finish_reason": answer.finish_reason,
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "usd": price.usd(answer.tokens_in, answer.tokens_out, seconds) if price else None,
        "seconds": seconds,
        "problem": answer.problem or completions.problem(request.question, answer, json.loads(request.payload)),
        "run": terms.run,
        "answered": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
