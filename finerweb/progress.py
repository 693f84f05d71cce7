"""How far a job is: a live bar on a terminal, or nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Show(Protocol):
    """Takes how much is done, of how much, of what; and of answers what they cost, and their tokens."""

    def __call__(self, done: int, total: int, unit: str, cost: str = "", tokens: int = 0) -> None:
        """Show what is done until now; `tokens` are those of all answers together."""
        ...


class Progress:
    """Draws the bar of the running job on a console; nothing without one, or where it is no terminal.

    Whoever works is given one, so that two lakes in one process do not draw over each other.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console if console is not None and console.is_terminal else None
        self._bar: _Bar | None = None
        self._is_counted = threading.Event()  # the job counts for itself, so that Spark's tasks are not shown

    def update(self, done: int, total: int, unit: str, cost: str = "", tokens: int = 0) -> None:
        """Show that `done` of `total` units are done."""
        self._is_counted.set()
        if self._bar is not None:
            self._bar(done, total, unit, cost, tokens)

    @contextmanager
    def polled(self, look: Callable[[Show], None], *, every: float = 1.0) -> Iterator[None]:
        """Have `look` show how things stand, every so many seconds."""
        if self._bar is None:
            yield
            return
        self._is_counted.set()
        bar, ended = self._bar, threading.Event()

        def watch() -> None:
            look(bar)
            while not ended.wait(every):
                look(bar)

        try:
            with _running(watch, ended):
                yield
        finally:
            look(bar)

    @contextmanager
    def job(self, label: str, spark: SparkSession) -> Iterator[None]:
        """The bar of a job: Spark's tasks, until the job counts for itself."""
        if self._console is None:
            yield
            return
        columns = [
            TextColumn("  {task.description:<18}"),
            BarColumn(24),
            _Done(),
            _Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[cost]}"),
        ]
        with rich_progress.Progress(*columns, console=self._console, transient=True) as display:
            self._bar, ended = _Bar(display, label), threading.Event()
            self._is_counted.clear()
            try:
                with _running(lambda: self._watch_tasks(spark, ended), ended):
                    yield
            finally:
                self._bar = None

    def _watch_tasks(self, spark: SparkSession, ended: threading.Event) -> None:
        try:
            tracker = spark.sparkContext.statusTracker()
        except (AttributeError, PySparkException):
            return  # Spark Connect has no tracker: the bar shows what the job counts itself
        bar = self._bar
        while bar is not None and not ended.wait(0.3):
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            tasks = [(stage.numCompletedTasks, stage.numTasks) for stage in stages if stage]
            if tasks and not self._is_counted.is_set():
                bar(sum(done for done, _ in tasks), sum(total for _, total in tasks), "tasks")


SILENT = Progress()


class _Bar:
    """A bar, and the speed of what it counts."""

    def __init__(self, display: rich_progress.Progress, label: str) -> None:
        self._display, self._label = display, label
        self._task = display.add_task(label, total=None, unit="", cost="")
        self._unit: str | None = None
        self._began, self._tokens = time.monotonic(), 0

    def __call__(self, done: int, total: int, unit: str, cost: str = "", tokens: int = 0) -> None:
        """Move the bar, which starts anew with another unit."""
        if unit != self._unit:
            self._display.remove_task(self._task)  # another unit starts another measurement of its rate
            self._task = self._display.add_task(self._label, total=total or None, unit=unit, cost="")
            self._unit = unit
            self._began, self._tokens = time.monotonic(), tokens
        speed = (tokens - self._tokens) / max(1e-3, time.monotonic() - self._began)
        shown = f"{speed:,.0f} tokens a second · {cost}" if tokens else cost
        self._display.update(self._task, completed=done, total=total or None, cost=shown)


class _Rate(ProgressColumn):
    """How fast it goes, in the task's own unit."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f} a second" if speed else "")


class _Done(ProgressColumn):
    """How much is done, of how much."""

    def render(self, task: Task) -> Text:
        total = f"/{task.total:,.0f}" if task.total else ""
        return Text(f"{task.completed:,.0f}{total} {task.fields['unit']}" if task.fields["unit"] else "")


@contextmanager
def _running(work: Callable[[], None], ended: threading.Event) -> Iterator[None]:
    """A thread beside what is inside; at the end it is stopped and waited for."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
