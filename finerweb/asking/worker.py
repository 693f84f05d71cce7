"""Put requests to an engine on the workers, so that whatever dies meanwhile costs no answer that was paid for."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from functools import partial

import pandas as pd
from pyspark import TaskContext
from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import DataFrame, SparkSession

from finerweb import engines
from finerweb.asking import queue, segments
from finerweb.asking.exchange import Exchange, Terms
from finerweb.asking.queue import Part
from finerweb.asking.segments import Writer
from finerweb.asking.signs import Watch
from finerweb.asking.spool import Spool
from finerweb.errors import FinerwebError
from finerweb.shipping import is_local

REPORT = "part int, left bigint, failure string"


@dataclass(frozen=True)
class Report:
    """How a part ended: requests that were not put, and the failure of its engine."""

    part: int
    left: int
    failure: str | None


def ask(spark: SparkSession, parts: Sequence[Part], *, terms: Terms) -> list[Report]:
    """Ask all parts in one stage, a task each; the answers are in the spool.

    What the spool holds is not asked again, so that a repeated task repeats no question.
    """
    numbers = spark.range(0, len(parts), 1, len(parts))
    profile = _profile(numbers, gpus=terms.spec.settings.get("gpus", 0))
    reports = numbers.mapInPandas(partial(_ask, parts=tuple(parts), terms=terms), REPORT, profile=profile)
    return [Report(**row.asDict()) for row in reports.collect()]  # bounded: a row for each task


def _profile(frame: DataFrame, *, gpus: int) -> ResourceProfile | None:
    """So many GPUs for each task of a stage, of those that the executors have. Local mode schedules none."""
    if not gpus or is_local(frame.sparkSession):
        return None
    return ResourceProfileBuilder().require(TaskResourceRequests().cpus(1).resource("gpu", gpus)).build


def _show_own_gpus() -> None:
    """Let this process, and an engine that it starts, see the GPUs that Spark gave to its task, and no others."""
    context = TaskContext.get()
    if context and "gpu" in context.resources():
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(context.resources()["gpu"].addresses)


def _ask(batches: Iterable[pd.DataFrame], *, parts: Sequence[Part], terms: Terms) -> Iterator[pd.DataFrame]:
    """The report of each part that Spark gives to this task, and empty frames until then."""
    _show_own_gpus()
    for batch in batches:
        for index in batch["id"]:
            yield from ask_part(parts[index], terms)


def ask_part(part: Part, terms: Terms) -> Iterator[pd.DataFrame]:
    """Ask what is left of a part; yields an empty frame every few seconds, and its report."""
    context = TaskContext.get()
    task, tried = (context.taskAttemptId(), context.attemptNumber() + 1) if context else (0, 1)
    spool = Spool(terms.spool)
    watch = Watch(spool, terms.token, part.number, engines.place(terms.spec))
    before = segments.listed(spool, segments.answers_of(terms.token, part.number))
    with watch.kept(), Writer(spool, terms.token, part.number, task) as writer, _hang_up_calls(watch.is_over.set):
        exchange = Exchange(terms, writer, watch, queue.read(spool, part), kept=_kept(spool, before))
        exchange.allowance.add(segments.amount(before))
        failure = None
        try:
            for _ in exchange.pulses():
                yield _frame()
        except FinerwebError as error:
            if tried < terms.tries:
                raise
            failure = str(error)
        exchange.count_left()
    yield _frame(Report(part.number, exchange.left, failure))


def _frame(*reports: Report) -> pd.DataFrame:
    """Reports as Spark takes them; without its types an empty frame fails (a ChunkedArray where it wants an Array)."""
    columns = [field.name for field in fields(Report)]
    return pd.DataFrame(list(map(astuple, reports)), columns=columns).astype({"part": "int32", "left": "int64"})


def _kept(spool: Spool, before: Iterable[segments.Segment]) -> dict[str, tuple[int, str | None]]:
    """The last attempt and its problem, of each request that an earlier try of this task has an answer to."""
    kept: dict[str, tuple[int, str | None]] = {}
    for segment in before:
        table = segments.read(spool, segment, ["request_id", "attempt", "problem"])
        for request_id, attempt, problem in zip(*(c.to_pylist() for c in table.columns), strict=True) if table else ():
            if attempt >= kept.get(request_id, (0, None))[0]:
                kept[request_id] = (attempt, problem)
    return kept


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
