"""The registered student on many texts."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame

from finerweb import shipping
from finerweb.lake import Lake
from finerweb.student import card
from finerweb.student.card import Card
from finerweb.tables import tags
from finerweb.taggers.student import LABELS
from finerweb.training import tracking


class Registered(NamedTuple):
    """A version of the student: `name` is model/version, `folder` where it lies on the driver."""

    name: str
    folder: Path
    card: Card


def fetch(name: str, version: str) -> Registered:
    """A version of a registered student, on the driver."""
    folder = tracking.download(name, version)
    return Registered(f"{name}/{version}", folder, card.read(folder))


def tag(
    lake: Lake,
    texts: DataFrame,
    student: Registered,
    *,
    labels: Sequence[str],
    threshold: float | None,
    pieces_per_batch: int | None,
    slice_rows: int,
    tasks: int,
) -> None:
    """Append the tags of those texts that do not have them yet, slice by slice: a crash costs a slice.

    Without labels the student is asked for those that it was trained on most, without a threshold its own counts.
    """
    wanted = list(labels) or student.card.frequent(LABELS)
    least = student.card.threshold if threshold is None else threshold
    due = tags.due(texts, lake.peek(tags.TABLE), student=student.name, labels=wanted, threshold=least)
    parts, total = tags.slices(due, rows=slice_rows)
    predict = partial(
        tags.predict,
        student=student.name,
        folder=shipping.ship(lake.spark, student.folder),
        labels=wanted,
        threshold=least,
        pieces_per_batch=pieces_per_batch,
        tasks=tasks,
        run=lake.log.run_id,
    )
    lake.append_parts(tags.TABLE, parts, predict, total=total, unit="texts")
    lake.log.notes.append(f"{student.name} · {len(wanted)} labels from {least:g}")
