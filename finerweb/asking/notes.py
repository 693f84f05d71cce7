"""What engines have noted of work that outlives a run, in the spool beside what each run has of its own.

    notes/openai_batch-gpt-4o-mini-0f5c…/4be1….1798761600000000000        engine / name . when it was written

A note is never written over: a second version is another file, so that a process that dies while it writes leaves the
first. The content is compressed, and its checksum tells a file that is torn, which counts for nothing. Notes have ids
of requests and no text: `take_down` has nothing to do here.
"""

import json
import time
import zlib
from contextlib import suppress

import pandas as pd

from finerweb.asking.spool import Spool
from finerweb.engines import Note
from finerweb.lake import Lake
from finerweb.tables import completions

NOTES = "notes"
KEPT = 31 * 24 * 3600.0  # seconds; no provider keeps what it has made for longer than 30 days


class SpoolNotes:
    """The notes of one engine, see engines.Notes. Raises SpoolFailed where the store fails."""

    def __init__(self, spool: Spool, engine: str) -> None:
        self._spool, self._folder = spool, f"{NOTES}/{engine}"

    def read(self) -> dict[str, Note]:
        """All notes by name, each in the last version that is whole."""
        notes = {}
        for file in self._files():  # in the order of versions
            with suppress(zlib.error, ValueError, LookupError, TypeError):
                written = json.loads(zlib.decompress(self._spool.read(file) or b""))
                requests = tuple((str(request_id), int(attempt)) for request_id, attempt in written["requests"])
                notes[_name(file)] = Note(requests, float(written["begun"]), dict(written["details"]))
        return notes

    def write(self, name: str, note: Note) -> None:
        """Note something."""
        content = json.dumps({"requests": note.requests, "begun": note.begun, "details": note.details})
        self._spool.write(f"{self._folder}/{name}.{time.time_ns():020d}", zlib.compress(content.encode()))

    def remove(self, name: str) -> None:
        """Remove all versions."""
        self._spool.remove(file for file in self._files() if _name(file) == name)

    def _files(self) -> list[str]:
        return sorted(self._spool.files(self._folder))


def _name(file: str) -> str:
    return file.rpartition("/")[2].partition(".")[0]


def clear(lake: Lake, spool: Spool, engine: str) -> None:
    """Remove the notes of which nothing is to come: all their requests are answered in the table, or it is too late."""
    notes = SpoolNotes(spool, engine)
    present = notes.read()
    if not present:
        return
    rows = [(name, *request) for name, note in present.items() for request in note.requests]
    frame = pd.DataFrame(rows, columns=["note", "request_id", "attempt"])
    noted = lake.spark.createDataFrame(frame, "note string, request_id string, attempt int")
    awaited = completions.unanswered(noted, lake.peek(completions.TABLE)).select("note").distinct()
    names = {row["note"] for row in awaited.collect()}  # bounded: a row for each batch of a provider that is awaited
    for name, note in present.items():
        if name not in names or time.time() - note.begun > KEPT:
            notes.remove(name)
