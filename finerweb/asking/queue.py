"""What is to be asked, written once: a file for each part, which one task reads from its first request to its last.

Its state stands beside it: the answers to a part are its segments, so that nobody works out again what is due.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark import TaskContext
from pyspark.sql import DataFrame

from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed

QUEUE = "queue-"  # how the names of folders begin
ROWS = 2000  # requests that are in memory at once, of a part


class Due(NamedTuple):
    """A request that is to be put now: the `attempt`th time, after a `last_problem`."""

    request_id: str
    question: str
    subject_id: str
    language: str
    model: str
    engine: str
    prompt: str
    payload: str
    attempt: int
    last_problem: str | None


@dataclass(frozen=True)
class Part:
    """A part of what is to be asked."""

    number: int
    name: str  # of its file in the spool
    requests: int


@contextmanager
def written(due: DataFrame, spool: Spool, *, parts: int) -> Iterator[list[Part]]:
    """Requests in so many parts of about the same size, in the spool for as long as this lasts; those with any.

    Within a part they are in the order of languages, whose prompts begin alike. Raises SpoolFailed.
    """
    folder = f"{QUEUE}{uuid.uuid4().hex}"
    try:
        yield _written(due, spool, folder, parts)
    finally:
        spool.remove_folder(folder)


def _written(due: DataFrame, spool: Spool, folder: str, parts: int) -> list[Part]:
    columns = due.select(*Due._fields)
    dealt = columns.repartition(parts, "request_id").sortWithinPartitions("language", "request_id")
    rows = dealt.mapInArrow(partial(_write, url=spool.url, folder=folder), "number int, name string, requests bigint")
    # bounded: a row for each part, of which there are as many as tasks
    return sorted((Part(*row) for row in rows.collect()), key=lambda part: part.number)


def _write(batches: Iterable[pa.RecordBatch], *, url: str, folder: str) -> Iterator[pa.RecordBatch]:
    """Write one part. A task that is repeated writes another file; the driver knows the one that counts."""
    context = TaskContext.get()
    number, requests, writer = context.partitionId() if context else 0, 0, None
    name = f"{folder}/{number:05d}-{uuid.uuid4().hex}.parquet"
    spool = Spool(url)
    for batch in batches:
        if not batch.num_rows:
            continue
        if writer is None:
            file = spool.open(name, "wb")
            writer = pq.ParquetWriter(file, batch.schema, compression="zstd")
        writer.write_batch(batch, row_group_size=ROWS)
        requests += batch.num_rows
    if writer is not None:
        writer.close()
        file.close()
        yield pa.RecordBatch.from_pydict(
            {"number": pa.array([number], pa.int32()), "name": [name], "requests": [requests]}
        )


def read(spool: Spool, part: Part) -> Iterator[Due]:
    """The requests of a part, in order; raises SpoolFailed where its file is not as it was written."""
    requests = 0
    try:
        with spool.open(part.name, "rb") as file:
            for batch in pq.ParquetFile(file).iter_batches(batch_size=ROWS, columns=list(Due._fields)):
                columns: list[list[Any]] = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    requests += 1
                    yield Due._make(values)
    except (OSError, pa.ArrowException) as error:
        raise SpoolFailed(_unreadable(spool, part, str(error))) from error
    if requests != part.requests:
        raise SpoolFailed(_unreadable(spool, part, f"found {requests:,} requests, wanted {part.requests:,}"))


def _unreadable(spool: Spool, part: Part, reason: str) -> str:
    return f"spool {spool.url}: {part.name}, which was just written, could not be read ({reason}); run again"
