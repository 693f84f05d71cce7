"""Commits of tables on this machine's own disk, out of Delta's log: what DESCRIBE HISTORY needs a Spark job for.

A run on one machine looks at its tables many times, and each job costs a fifth of a second. What a catalogue or
a store has is left to Delta: there a commit need not be a file of the log yet.
"""

import json
import re
from datetime import datetime
from functools import partial
from pathlib import Path

from pyspark.sql import Row, SparkSession

from finerweb import storage
from finerweb.errors import NotInstalled
from finerweb.lake.history import History, since_change
from finerweb.shipping import is_local

LOG, COMMIT = "_delta_log", re.compile(r"(\d{20})\.json")


def folder(spark: SparkSession, location: str) -> Path | None:
    """The folder of a location that this process and Spark both have on a disk of this machine; None of others."""
    if not is_local(spark):
        return None
    try:
        place = storage.place(location)
    except NotInstalled:  # Spark knows it, and Python need not
        return None
    return Path(place.path) if place.is_disk else None


def read(folder: Path | None, table: str) -> History | None:
    """The history of a table as history.read gives it; None where there is none, or its log does not tell."""
    try:
        return since_change(partial(_commits, folder / table)) if folder else None
    except (OSError, ValueError):
        return None


def _commits(table: Path, limit: int | None) -> list[Row]:
    files = sorted((file for file in (table / LOG).iterdir() if COMMIT.fullmatch(file.name)), reverse=True)
    if not files:
        raise FileNotFoundError(table / LOG)
    return [_commit(file) for file in files[:limit]]


def _commit(file: Path) -> Row:
    """What a commit says of itself; raises ValueError where whoever made it says nothing."""
    with file.open(encoding="utf-8") as lines:
        line = next((line for line in lines if line.startswith('{"commitInfo"')), "")
    info = json.loads(line)["commitInfo"]
    return Row(
        version=int(file.stem),
        timestamp=datetime.fromtimestamp(int(file.stat().st_mtime * 1000) / 1000),
        **{name: info.get(name) for name in ("operation", "operationParameters", "operationMetrics", "userMetadata")},
    )
