"""From the spool to `completions`, behind the tasks that ask, and after a run that died."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame

from finerweb.asking import earlier, segments
from finerweb.asking.earlier import LINES
from finerweb.asking.holding import Holder
from finerweb.asking.queue import QUEUE
from finerweb.asking.segments import Segment
from finerweb.asking.spool import Spool
from finerweb.cost import Tally
from finerweb.lake import Lake
from finerweb.tables import completions

log = logging.getLogger(__name__)

LONGEST = 60.0  # seconds that answers wait for more of them, before they are committed
POLL = 1.0  # seconds between two looks at the spool; a store is looked at every fifth time
FILE = 64 << 20  # bytes of segments that become one file of the table


class Committer:
    """Takes the segments of one holder into the table, each once.

    `amount` is what all its answers amount to, committed or not. What is in the table stays in the spool until the
    holder has ended, for a task that is repeated.
    """

    def __init__(self, lake: Lake, holder: Holder, *, rows: int) -> None:
        self._lake, self._holder, self._rows = lake, holder, rows
        self._spool, self._folder = holder.spool, segments.answers_of(holder.token)
        self._committed: set[str] = set()
        self._tasks: dict[int, set[int]] = defaultdict(set)  # part -> the tasks that wrote answers to it
        self._commits = 0
        self._is_certain = True  # False after a commit of which nobody knows whether it was made
        self._last = self._seen = time.monotonic()  # of a commit, and of a look
        self.amount = Tally()

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Commit by size and time for as long as this lasts, and what is left when it ends, however it ends."""
        ended = threading.Event()

        def work() -> None:
            pause = POLL if self._spool.is_disk else 5 * POLL
            while not ended.wait(pause):
                try:
                    self._commit_due()
                except Exception as error:  # the answers wait in the spool; the last commit says it
                    log.warning("answers are not committed now, but kept: %s", error)

        thread = threading.Thread(target=work, name="committer", daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            ended.set()
            thread.join()
            try:  # what came until then is paid for; tasks may still write more, which the next run takes
                self._commit(self._look())
            except Exception as error:
                log.warning("answers are not committed, but kept for the next run: %s", error)
            raise
        ended.set()
        thread.join()
        self._commit(self._look())
        self._set_aside()

    def look(self) -> Tally:
        """What the answers amount to now, or in a store a moment ago: a list of its files costs money."""
        if self._spool.is_disk or time.monotonic() - self._seen > 5 * POLL:
            self._look()
        return self.amount

    def _set_aside(self) -> None:
        """Put away what is not whole, though nobody writes it any more."""
        for segment in segments.listed(self._spool, self._folder):
            if segment.name not in self._committed:
                segments.set_aside(self._spool, segment)
        note_aside(self._lake, self._spool)

    def _look(self) -> list[Segment]:
        """The segments that are whole and not committed."""
        present = segments.listed(self._spool, self._folder)
        self._seen = time.monotonic()
        for segment in present:
            self._tasks[segment.part].add(segment.task)
        self.amount = segments.amount(segment for segment in present if segment.is_whole)
        self._holder.answers = self.amount.answers
        return [segment for segment in present if segment.is_whole and segment.name not in self._committed]

    def _commit_due(self) -> None:
        waiting = self._look()
        answers = segments.amount(waiting).answers
        if answers >= self._rows or (answers and time.monotonic() - self._last > LONGEST):
            self._commit(waiting)

    def _commit(self, waiting: Sequence[Segment]) -> None:
        if not waiting:
            return
        self._holder.require_last()
        answers = rows(self._lake, self._spool, waiting)
        # Two tasks at one part may both have asked something: the first may live on where Spark took it for lost.
        if not self._is_certain or any(len(self._tasks[segment.part]) > 1 for segment in waiting):
            answers = completions.fresh(answers, self._lake.peek(completions.TABLE))
        self._is_certain = False
        self._lake.append(completions.TABLE, answers)
        self._is_certain = True
        names = [segment.name for segment in waiting]
        self._committed.update(names)
        self._spool.write(f"{self._holder.token}/committed/{self._commits:06d}", "\n".join(names).encode())
        self._commits += 1
        self._last = time.monotonic()


def rows(lake: Lake, spool: Spool, waiting: Sequence[Segment]) -> DataFrame:
    """The answers in segments, read by the workers; what cannot be read is set aside."""
    files = -(-sum(segment.length for segment in waiting) // FILE)
    listed = pd.DataFrame({"name": [s.name for s in waiting], "size": [s.size for s in waiting]})
    names = lake.spark.createDataFrame(listed, "name string, size bigint").coalesce(max(1, files))
    return names.mapInArrow(partial(_rows, url=spool.url), completions.TABLE.ddl)


def _rows(batches: Iterable[pa.RecordBatch], *, url: str) -> Iterator[pa.RecordBatch]:
    spool = Spool(url)
    for batch in batches:
        for name, size in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            segment = Segment.from_name(name, size)
            assert segment is not None, name
            table = segments.read(spool, segment)
            if table is None:
                segments.set_aside(spool, segment)
            else:
                yield from table.combine_chunks().to_batches()


def is_left(name: str) -> bool:
    """Is a file or folder of a spool something that a run that died has left?"""
    return name.isdigit() or name.startswith(QUEUE) or name.endswith(LINES)


def adopt(lake: Lake, holder: Holder, *, own: Collection[str] = ()) -> None:
    """Take what runs that died have left into the table, and clear it away; what is our `own` stays."""
    spool = holder.spool
    for token in holder.earlier:
        committed = _committed(spool, token)
        left = [s for s in segments.listed(spool, segments.answers_of(token)) if s.name not in committed]
        whole = [segment for segment in left if segment.is_whole]
        if whole:
            _append(lake, holder, rows(lake, spool, whole))
        for segment in left:
            if not segment.is_whole:
                segments.set_aside(spool, segment)
        clear(spool, token)
    lines = [name for name in holder.left if name.endswith(LINES)]
    if lines:
        _append(lake, holder, earlier.rows(lake.spark, spool, lines))
    spool.remove([*lines, *(name for name in holder.left if name.endswith(".holder"))])
    note_aside(lake, spool)
    for name in holder.left:
        if name.startswith(QUEUE) and name not in own:
            spool.remove_folder(name)


def note_aside(lake: Lake, spool: Spool) -> None:
    """A word in the job's line about segments that could not be read, until somebody removes them."""
    torn = len(spool.files("aside"))
    note = f"{torn} torn segments in {spool.place('aside')}"
    if torn and note not in lake.log.notes:  # it is asked for after each model
        lake.log.notes.append(note)


def _append(lake: Lake, holder: Holder, answers: DataFrame) -> None:
    holder.require_last()
    lake.append(completions.TABLE, completions.fresh(answers, lake.peek(completions.TABLE)))


def _committed(spool: Spool, token: int) -> set[str]:
    lists = (spool.read(name) or b"" for name in spool.files(f"{token}/committed"))
    return {name for content in lists for name in content.decode().split("\n")}


def clear(spool: Spool, token: int) -> None:
    """Remove all that a holder has left, when its answers are in the table."""
    spool.remove_folder(str(token))
