"""Tables on this machine's own disk, out of Delta's log: what DESCRIBE HISTORY and DESCRIBE DETAIL need Spark jobs for.

A run on one machine looks at its tables many times, and each job costs a fifth of a second. What a catalogue or
a store has is left to Delta: there a commit need not be a file of the log yet.
"""

import json
import re
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import Row, SparkSession

from finerweb import storage
from finerweb.errors import NotInstalled
from finerweb.lake.history import History, newest
from finerweb.shipping import is_local

LOOKED_AT = 100  # commits; who wrote more since the table's properties were last set leaves them to Delta
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


def read(folder: Path | None, table: str, count: int | None = None) -> History | None:
    """The history of a table as history.read gives it; None where there is none, or its log does not tell."""
    try:
        return newest(partial(_commits, folder / table), count) if folder else None
    except (OSError, ValueError):
        return None


def properties(folder: Path | None, table: str) -> dict[str, str] | None:
    """The properties of a table; None where there is none, or the commits at hand do not tell."""
    try:
        for file in _newest(folder / table)[:LOOKED_AT] if folder else []:
            if (action := _action(file, "metaData")) is not None:
                own: dict[str, str] = action["configuration"]
                return own
    except (OSError, ValueError, KeyError):
        pass
    return None


def _commits(table: Path, limit: int | None) -> list[Row]:
    return [_commit(file) for file in _newest(table)[:limit]]


def _newest(table: Path) -> list[Path]:
    """The files of commits, the newest first; raises FileNotFoundError where there are none."""
    files = sorted((file for file in (table / LOG).iterdir() if COMMIT.fullmatch(file.name)), reverse=True)
    if not files:
        raise FileNotFoundError(table / LOG)
    return files


def _action(file: Path, kind: str) -> dict[str, Any] | None:
    """The first action of a kind in a commit."""
    with file.open(encoding="utf-8") as lines:
        line = next((line for line in lines if line.startswith(f'{{"{kind}"')), None)
    return json.loads(line)[kind] if line else None


def _commit(file: Path) -> Row:
    """What a commit says of itself; raises ValueError where whoever made it says nothing."""
    info = _action(file, "commitInfo")
    if info is None:
        raise ValueError(f"{file}: no commitInfo")
    return Row(
        version=int(file.stem),
        timestamp=datetime.fromtimestamp(int(file.stat().st_mtime * 1000) / 1000),
        **{name: info.get(name) for name in ("operation", "operationParameters", "operationMetrics", "userMetadata")},
    )
