"""Put requests to an engine on the workers, so that whatever dies meanwhile costs no answer that was paid for."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from pyspark import TaskContext
from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import DataFrame

from finerweb import engines, plugins
from finerweb.asking.spool import Spool, Writer
from finerweb.cost import Allowance, Budget
from finerweb.engines import Answer, Request, Spec
from finerweb.errors import EngineFailed
from finerweb.rows import each
from finerweb.tables import completions

DRAIN = 120.0  # seconds that a worker whose driver is gone waits for what it has already asked
BATCH, FLUSH = 256, 5.0  # rows and seconds after which answers go on to Spark


@dataclass(frozen=True)
class Asking:
    """How the requests of a slice are put, on the workers: what `answer` needs besides the requests."""

    spec: Spec
    spool: str
    run: str
    budget: Budget = field(default_factory=Budget)  # of one task
    tokens_out: int = 0  # that an answer is expected to have, until the first ones tell


def answer(requests: DataFrame, *, asking: Asking, tasks: int) -> DataFrame:
    """Put requests to an engine. Lazy: write the result once, then read the table.

    A request is in the same task whenever this is computed, in the order of languages, whose prompts begin alike.
    What the spool holds is not asked again, so that a repeated task repeats no question.
    """
    parts = requests.repartition(tasks, "request_id").sortWithinPartitions("language", "request_id")
    profile = _profile(requests, gpus=asking.spec.settings.get("gpus", 0))
    return parts.mapInPandas(partial(_answer, asking=asking), completions.TABLE.ddl, profile=profile)


def _profile(frame: DataFrame, *, gpus: int) -> ResourceProfile | None:
    """So many GPUs for each task of a stage, of those that the executors have. Local mode schedules none."""
    if not gpus or str(frame.sparkSession.conf.get("spark.master", "")).startswith("local"):
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


def _answer(batches: Iterable[pd.DataFrame], *, asking: Asking) -> Iterator[pd.DataFrame]:
    """Rows in the order in which answers come; the engine may read requests ahead across batches."""
    _show_own_gpus()
    spool, part = Spool(asking.spool), _part()
    known = {(row["request_id"], row["attempt"]): row for row in spool.rows(spool.objects(part))}
    asked: dict[str, Any] = {}
    ready: list[dict[str, Any]] = []
    allowance = Allowance(asking.budget, asking.spec.price, asking.tokens_out)
    stop = threading.Event()  # Spark has gone
    broken: list[Exception] = []

    def requests() -> Iterator[Request]:
        try:
            for row in (row for batch in batches for row in each(batch)):
                if (row.request_id, row.attempt) in known:
                    ready.append(known[row.request_id, row.attempt])
                    continue
                if stop.is_set():
                    return
                request = render(row)
                if allowance.permits(request.request_id, len(request.instructions) + len(request.prompt)):
                    asked[row.request_id] = row
                    yield request
        except (EOFError, OSError) as error:  # Spark is gone
            broken.append(error)

    def keep(said: Answer, seconds: float) -> dict[str, Any]:
        row = _row(asked.pop(said.request_id), said, asking, seconds)
        cost = completions.tally(row)
        writer.put(row, cost)
        allowance.spend(said.request_id, cost)
        return row

    # Whoever asks next waits until this worker has gone, even if its driver went first.
    with spool.held("drain"), Writer(spool, part) as writer, _hang_up_sets(stop):
        answers = engines.load(asking.spec).answers(requests())
        came = sent = time.monotonic()
        try:
            for said in answers:
                now = time.monotonic()
                ready.append(keep(said, now - came))
                came = now
                if len(ready) >= BATCH or now - sent > FLUSH:
                    rows, ready[:], sent = list(ready), [], now
                    yield _frame(rows)
        except GeneratorExit:
            # Nobody takes the answers any more, but those that were asked for are paid for.
            stop.set()
            for said in answers:
                keep(said, 0.0)
                if time.monotonic() - came > DRAIN:
                    break
            raise
    if broken:
        raise broken[0]
    if asked:
        raise EngineFailed(
            f"engine {asking.spec.engine} left {len(asked)} requests without an answer, the first: {next(iter(asked))}"
        )
    yield _frame(ready)


@contextmanager
def _hang_up_sets(stop: threading.Event) -> Iterator[None]:
    """Where Spark's daemon ends its workers (SIGHUP, when the driver is gone), ask nothing more, but do not die yet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[column.name for column in completions.TABLE.columns])
    frame["answered"] = pd.to_datetime(frame["answered"], utc=True)
    return frame


def restored(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of a spool as a frame of this table, each key once."""
    return _frame(list({(row["request_id"], row["attempt"]): dict(row) for row in rows}.values()))


def render(row: Any) -> Request:
    """A request's row as what a model reads."""
    annotator = plugins.load("finerweb.questions", row.question)
    payload = json.loads(row.payload)
    return Request(
        row.request_id,
        row.question,
        row.language,
        annotator.PROMPT,
        annotator.prompt(payload),
        annotator.SCHEMA,
        payload,
        row.attempt,
        getattr(row, "last_problem", None),
    )


def _row(request: Any, said: Answer, asking: Asking, seconds: float) -> dict[str, Any]:
    price = asking.spec.price
    return {
        "request_id": request.request_id,
        "attempt": request.attempt,
        "question": request.question,
        "subject_id": request.subject_id,
        "language": request.language,
        "annotator": request.annotator,
        "engine": request.engine,
        "prompt": request.prompt,
        "answer": said.text,
        "finish_reason": said.finish_reason,
        "tokens_in": said.tokens_in,
        "tokens_out": said.tokens_out,
        "usd": price.usd(said.tokens_in, said.tokens_out, seconds) if price else None,
        "seconds": seconds,
        "problem": said.problem or completions.problem(request.question, said, json.loads(request.payload)),
        "run": asking.run,
        "answered": datetime.now(UTC).isoformat(),
    }
