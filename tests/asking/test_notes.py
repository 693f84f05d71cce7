"""What an engine notes of work that outlives a run, and when it is forgotten."""

import time
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession
from rows import put

from finerweb.asking import committing, notes
from finerweb.asking.notes import SpoolNotes
from finerweb.asking.spool import Spool
from finerweb.engines import Note
from finerweb.lake import Lake
from finerweb.tables import completions

FIRST = Note((("r1", 1), ("r2", 3)), 1_800_000_000.5, {"file": "file-1"})
MORNING = datetime(2026, 11, 24, 10, tzinfo=UTC)
LATER = Note(FIRST.requests, FIRST.begun, {"file": "file-1", "batch": "batch-1"})


def test_a_note_is_there_for_whoever_comes_next_until_it_is_removed(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    assert SpoolNotes(spool, "e").read() == {}
    SpoolNotes(spool, "e").write("a", FIRST)
    SpoolNotes(spool, "e").write("a", LATER)
    SpoolNotes(spool, "e").write("b", FIRST)
    SpoolNotes(spool, "other").write("a", FIRST)
    assert SpoolNotes(spool, "e").read() == {"a": LATER, "b": FIRST}
    SpoolNotes(spool, "e").remove("a")
    SpoolNotes(spool, "e").remove("a")
    assert SpoolNotes(spool, "e").read() == {"b": FIRST}
    assert SpoolNotes(spool, "other").read() == {"a": FIRST}
    assert not any(map(committing.is_left, spool.names())), "a run that died has left nothing"


def test_a_note_that_is_torn_leaves_the_one_before(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    noted = SpoolNotes(spool, "e")
    noted.write("a", FIRST)
    noted.write("a", LATER)
    last = max(spool.files("notes/e"))
    whole = spool.read(last) or b""
    for length in range(len(whole)):
        spool.write(last, whole[:length])
        assert noted.read() == {"a": FIRST}
    spool.write(last, whole)
    assert noted.read() == {"a": LATER}


def test_a_note_is_forgotten_when_all_its_answers_are_in_the_table_or_it_is_too_late(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    spool = Spool(str(tmp_path / "spool"))
    noted = SpoolNotes(spool, "e")
    now = time.time()
    requests = {
        "answered": (("r1", 1), ("r2", 2)),
        "later attempt": (("r2", 1),),
        "one is missing": (("r1", 1), ("r3", 1)),
        "earlier attempt": (("r1", 2),),
    }
    for name, pairs in requests.items():
        noted.write(name, Note(pairs, now, {}))
    noted.write("old", Note((("r3", 1),), now - 32 * 24 * 3600, {}))
    answers = [
        {"request_id": name, "attempt": attempt, "answered": MORNING} for name, attempt in (("r1", 1), ("r2", 2))
    ]
    put(lake, completions.TABLE, *answers)
    notes.clear(lake, spool, "e")
    assert set(noted.read()) == {"one is missing", "earlier attempt"}
