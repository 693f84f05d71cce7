"""Segments: files with answers to one part of what is asked, each written once and never changed.

A segment's name tells what its answers amount to, so that listing a folder shows how a run stands, and how long its
content is and its digest, so that one that is torn is known without a rename:

    7/answers/00012/81-3.250.4.1.41250.20600.9.18211.0f5c…parquet
                    task-number.(the fields of a Tally).bytes.digest
"""

import functools
import hashlib
import io
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.asking.spool import Spool
from finerweb.cost import Tally
from finerweb.errors import SpoolFailed
from finerweb.tables import completions

log = logging.getLogger(__name__)

FORMAT = b"finerweb.contract"  # of a segment's metadata: the version of the table that its rows are of
ENOUGH = 400  # answers of a segment
# Seconds that an answer waits for others. A file on a disk costs next to nothing; in a store, one a second is enough.
SOON, LATE, STORE = 0.03, 0.4, 2.0
FILLING = 30  # answers after SOON: at such a rate it is worth the wait until LATE
TYPES = {"string": pa.string(), "int": pa.int32(), "double": pa.float64(), "timestamp": pa.timestamp("us", "UTC")}
TRIES = (1.0, 3.0)  # seconds between attempts to write a segment


@dataclass(frozen=True)
class Segment:
    """What a segment's name says, and how many bytes are there."""

    name: str
    part: int
    task: int
    tally: Tally
    length: int
    digest: str
    size: int

    @property
    def is_whole(self) -> bool:
        """Are all its bytes there?"""
        return self.size == self.length

    @classmethod
    def from_name(cls, name: str, size: int) -> "Segment | None":
        """The segment of this name; None for another file."""
        folders, _, file = name.rpartition("/")
        try:
            place, *counts, length, digest, ending = file.split(".")
            task, _, _number = place.partition("-")
            if ending != "parquet":
                return None
            part = int(folders.rpartition("/")[2])
            return cls(name, part, int(task), Tally(*map(int, counts)), int(length), digest, size)
        except (ValueError, TypeError):
            return None


def answers_of(token: int, part: int | None = None) -> str:
    """The folder of the answers to a part, or to all."""
    return f"{token}/answers" if part is None else f"{token}/answers/{part:05d}"


def listed(spool: Spool, folder: str) -> list[Segment]:
    """The segments below a folder as they are now, also those that are not whole yet."""
    segments = (Segment.from_name(name, size) for name, size in spool.files(folder).items())
    return [segment for segment in segments if segment]


def amount(segments: Iterable[Segment]) -> Tally:
    """What the answers in segments amount to, from the names alone."""
    return functools.reduce(Tally.plus, (segment.tally for segment in segments), Tally())


def read(spool: Spool, segment: Segment, columns: Sequence[str] | None = None) -> pa.Table | None:
    """A segment's answers; None where it is torn or of no contract that is known."""
    content = spool.read(segment.name)
    if content is None or _digest(content) != segment.digest:
        return None
    table = pq.read_table(io.BytesIO(content))
    contract = (table.schema.metadata or {}).get(FORMAT, b"").decode()
    if contract != completions.TABLE.version:
        if contract not in completions.TABLE.earlier:
            return None
        renamed = completions.TABLE.earlier[contract]
        table = table.rename_columns([renamed.get(name, name) for name in table.column_names])
    return table.select(columns or [column.name for column in completions.TABLE.columns])


@functools.cache
def schema() -> pa.Schema:
    """Arrow's schema of an answer. Spark makes its own only where a session is, which no worker has."""
    fields = [pa.field(column.name, TYPES[column.type], column.nullable) for column in completions.TABLE.columns]
    return pa.schema(fields, {FORMAT: completions.TABLE.version})


def encoded(rows: Sequence[tuple[Any, ...]]) -> bytes:
    """Rows of the table as the content of a segment."""
    arrays = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema(), strict=True)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema()), buffer, compression="zstd")
    return buffer.getvalue()


def set_aside(spool: Spool, segment: Segment) -> None:
    """Put a segment that cannot be read where it is in nobody's way, and say so."""
    kept = f"aside/{segment.name.replace('/', '-')}"
    content = spool.read(segment.name)
    if content is None:
        return  # a task that is repeated has done so before
    spool.write(kept, content)
    spool.remove([segment.name])
    log.warning(
        "spool %s: segment %s with %d answers is torn (%d of %d bytes, or another content): set aside as %s; what it "
        "was about is asked again",
        spool.url,
        segment.name,
        segment.tally.answers,
        len(content),
        segment.length,
        kept,
    )


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


class Writer:
    """Writes the answers of one task: those that have come since its last segment become the next one."""

    def __init__(self, spool: Spool, token: int, part: int, task: int) -> None:
        self._spool, self._folder, self._task = spool, answers_of(token, part), task
        self._number = 0
        self._waiting: list[tuple[Tally, tuple[Any, ...]]] = []
        self._changed = threading.Condition()
        self._is_closing = False
        self._failure: SpoolFailed | None = None
        self._thread = threading.Thread(target=self._work, name="segments", daemon=True)
        self._thread.start()

    def put(self, row: tuple[Any, ...], tally: Tally) -> None:
        """Keep an answer, a row of the table; raises SpoolFailed where an earlier one could not be kept."""
        if self._failure:
            raise self._failure
        with self._changed:
            self._waiting.append((tally, row))
            if len(self._waiting) in {1, ENOUGH}:
                self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if not self._waiting:
                    return
                self._gather()
                waiting, self._waiting = self._waiting, []
            try:
                self._write(waiting)
            except Exception as error:  # whatever it is: an answer that is not kept is never taken for kept
                self._failure = (
                    error
                    if isinstance(error, SpoolFailed)
                    else SpoolFailed(
                        f"spool {self._spool.url}: {len(waiting)} answers could not be written ({error!r})"
                    )
                )

    def _gather(self) -> None:
        """Wait until a segment is worth its file."""

        def is_full() -> bool:
            return self._is_closing or len(self._waiting) >= ENOUGH

        if not self._spool.is_disk:
            self._changed.wait_for(is_full, STORE)
        elif not self._changed.wait_for(is_full, SOON) and len(self._waiting) >= FILLING:
            self._changed.wait_for(is_full, LATE - SOON)

    def _write(self, waiting: list[tuple[Tally, tuple[Any, ...]]]) -> None:
        content = encoded([row for _, row in waiting])
        tally = functools.reduce(Tally.plus, (cost for cost, _ in waiting))
        fields = [f"{self._task}-{self._number}", *map(str, tally), str(len(content)), _digest(content), "parquet"]
        name = f"{self._folder}/{'.'.join(fields)}"
        self._number += 1
        for pause in (*TRIES, None):
            try:
                return self._spool.write(name, content)
            except SpoolFailed:
                if pause is None:
                    raise
                time.sleep(pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        if self._failure and kind is None:
            raise self._failure
