"""A live bar while a job works, and one line when it is done; on the terminal only."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

console = Console(stderr=True, highlight=False)


class Show(Protocol):
    """Takes how much is done, of how much, of what; and of answers what they cost, and their tokens."""

    def __call__(self, done: int, total: int, unit: str, cost: str = "", tokens: int = 0) -> None:
        """Show it."""
        ...


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


class _Bar:
    """The bar of the job that is running."""

    def __init__(self, bar: Progress, label: str) -> None:
        self.bar = bar
        self.label = label
        self.unit: str | None = None
        self.task = bar.add_task(label, total=None, unit="", cost="")
        self._began, self._tokens = time.monotonic(), 0

    def __call__(self, done: int, total: int, unit: str, cost: str = "", tokens: int = 0) -> None:
        """Show it."""
        if unit != self.unit:
            self.bar.remove_task(self.task)  # another unit starts another measurement of its rate
            self.task = self.bar.add_task(self.label, total=total or None, unit=unit, cost="")
            self.unit = unit
            self._began, self._tokens = time.monotonic(), tokens
        speed = (tokens - self._tokens) / max(1e-3, time.monotonic() - self._began)
        shown = f"{speed:,.0f} tokens a second · {cost}" if tokens else cost
        self.bar.update(self.task, completed=done, total=total or None, cost=shown)


_active: list[_Bar] = []
_counted = threading.Event()  # the job counts for itself, so that Spark's tasks are not shown


def update(done: int, total: int, unit: str) -> None:
    """Show that `done` of `total` units are done, in the bar of the running job; nothing where there is none."""
    _counted.set()
    if _active:
        _active[-1](done, total, unit)


@contextmanager
def polled(look: Callable[[Show], None], *, every: float = 1.0) -> Iterator[None]:
    """Have `look` show how things stand, every so many seconds, in the bar of the running job."""
    if not _active or not console.is_terminal:
        yield
        return
    _counted.set()
    bar, ended = _active[-1], threading.Event()

    def watch() -> None:
        look(bar)
        while not ended.wait(every):
            look(bar)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        look(bar)


@contextmanager
def bar(label: str, spark: SparkSession) -> Iterator[None]:
    """A bar for a job: Spark's tasks, until the job counts for itself."""
    columns = [
        TextColumn("  {task.description:<18}"),
        BarColumn(24),
        _Done(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[cost]}"),
    ]
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        mine = _Bar(shown, label)
        _active.append(mine)
        _counted.clear()
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(mine, spark, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
            _active.pop()


def _watch(mine: _Bar, spark: SparkSession, stop: threading.Event) -> None:
    try:
        tracker = spark.sparkContext.statusTracker()
    except (AttributeError, PySparkException):
        return  # Spark Connect has no tracker: the bar shows what the job counts itself
    while not stop.wait(0.3):
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        tasks = [(one.numCompletedTasks, one.numTasks) for one in stages if one]
        if tasks and not _counted.is_set():
            mine(sum(done for done, _ in tasks), sum(total for _, total in tasks), "tasks")
