"""From the spool to the table: behind the tasks that ask, and after a run that died; each answer once."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import functions as F

from finerweb.asking import committing, holding, segments
from finerweb.asking.committing import Committer
from finerweb.asking.holding import Holder
from finerweb.asking.segments import Writer
from finerweb.asking.spool import Spool
from finerweb.cost import Tally
from finerweb.lake import Lake
from finerweb.tables import completions

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ONE = Tally(1, 0, 0, 10, 2, 30)


def answer(request_id: str, *, attempt: int = 1, seconds: int = 0, text: str = "{}") -> tuple[Any, ...]:
    return completions.TABLE.row(
        request_id=request_id,
        attempt=attempt,
        question="ner",
        subject_id="d#0",
        language="eng",
        model="a",
        engine="e",
        prompt="p",
        answer=text,
        finish_reason="stop",
        tokens_in=10,
        tokens_out=2,
        usd=0.00003,
        seconds=0.5,
        problem=None,
        run="r",
        answered=NOON + timedelta(seconds=seconds),
    )


def put(spool: Spool, token: int, *answers: tuple[Any, ...], part: int = 0, task: int = 1) -> None:
    with Writer(spool, token, part, task) as writer:
        for row in answers:
            writer.put(row, ONE)


def table(lake: Lake) -> list[tuple[str, int, str]]:
    rows = lake.read(completions.TABLE).select("request_id", "attempt", "answer").collect()
    return sorted((row[0], row[1], row[2]) for row in rows)


@pytest.fixture
def spool(lake: Lake) -> Spool:
    return Spool(f"{lake.location}/spool/ner")


@pytest.fixture
def holder(lake: Lake, spool: Spool) -> Holder:
    """One that nobody disputes."""
    return Holder(lake, spool, "ner", 7, left=sorted(spool.names()))


def test_answers_are_committed_while_others_come(
    lake: Lake, spool: Spool, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "POLL", 0.05)
    committer = Committer(lake, holder, rows=3)
    with committer.behind():
        put(spool, 7, *(answer(f"r{number}") for number in range(4)))
        until = time.monotonic() + 300  # Spark may just have started
        while not (lake.exists(completions.TABLE) and table(lake)) and time.monotonic() < until:
            time.sleep(0.1)
        assert len(table(lake)) == 4
        put(spool, 7, answer("r9"), part=1, task=2)
    assert len(table(lake)) == 5
    assert committer.amount == Tally(5, 0, 0, 50, 10, 150)
    assert len(segments.listed(spool, "7")) >= 2, "they stay for a task that is repeated"


def test_few_answers_are_committed_after_a_while(
    lake: Lake, spool: Spool, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "LONGEST", 0.0)
    committer = Committer(lake, holder, rows=1000)
    put(spool, 7, answer("r0"))
    committer._commit_due()
    assert table(lake) == [("r0", 1, "{}")]


def test_two_answers_to_one_attempt_are_both_kept(lake: Lake, spool: Spool, holder: Holder) -> None:
    committer = Committer(lake, holder, rows=1)
    put(spool, 7, answer("r0", text="first"), task=1)
    committer._commit_due()
    put(spool, 7, answer("r0", seconds=1, text="of one taken for lost"), answer("r1"), task=2)
    committer._commit_due()
    assert table(lake) == [("r0", 1, "first"), ("r0", 2, "of one taken for lost"), ("r1", 1, "{}")]


def test_after_a_commit_that_failed_nothing_is_twice(
    lake: Lake, spool: Spool, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(lake, holder, rows=1)
    put(spool, 7, answer("r0"))
    append = lake.append

    def cut_off(*arguments: Any, **options: Any) -> int:
        append(*arguments, **options)
        raise OSError("the connection was cut, and nobody knows whether it was committed")

    monkeypatch.setattr(lake, "append", cut_off)
    with pytest.raises(OSError, match="nobody knows"):
        committer._commit_due()
    monkeypatch.undo()
    put(spool, 7, answer("r1"), part=1)
    with committer.behind():
        pass
    assert table(lake) == [("r0", 1, "{}"), ("r1", 1, "{}")]


def test_a_torn_segment_blocks_nothing(
    lake: Lake, spool: Spool, holder: Holder, caplog: pytest.LogCaptureFixture
) -> None:
    put(spool, 7, answer("torn"))
    (segment,) = segments.listed(spool, "7")
    spool.write(segment.name, b"half")
    put(spool, 7, answer("whole"), part=1)
    with caplog.at_level(logging.WARNING), Committer(lake, holder, rows=1).behind():
        pass
    assert table(lake) == [("whole", 1, "{}")]
    assert "is torn" in caplog.text
    assert len(spool.files("aside")) == 1
    assert lake.log.notes == [f"1 torn segments in {spool.url}/aside"]


def test_what_a_dead_run_left_is_adopted_once(lake: Lake, spool: Spool) -> None:
    put(spool, 5, answer("r0"), answer("r1"))
    committed = Committer(lake, Holder(lake, spool, "ner", 5), rows=1)
    committed._commit_due()
    put(spool, 5, answer("r2"), answer("r1", seconds=1, text="twice"), part=1)
    put(spool, 6, answer("r2", text="another run, the same moment"), answer("r3"))
    lines = [dict(zip([c.name for c in completions.TABLE.columns], answer("r4"), strict=True))]
    lines[0] |= {"answered": "2026-11-26T12:00:00+00:00", "annotator": lines[0].pop("model")}
    spool.write("0-abc.1.0.0.10.2.30.jsonl", "\n".join(map(json.dumps, lines)).encode())
    spool.write("queue-dead/00000-x.parquet", b"texts")
    spool.write("6.holder", b"{}")
    committing.adopt(lake, Holder(lake, spool, "ner", 7, left=sorted(spool.names())))
    assert [(name, attempt) for name, attempt, _ in table(lake)] == [
        ("r0", 1),
        ("r1", 1),
        ("r1", 2),
        ("r2", 1),
        ("r3", 1),
        ("r4", 1),
    ]
    assert spool.names() == set()


def test_nothing_is_committed_by_one_whose_place_was_taken(lake: Lake, spool: Spool) -> None:
    with holding.held(lake, spool, "ner") as first:
        put(spool, first.token, answer("r0"))
        holding._claim(lake, "ner", first.token)
        with pytest.raises(Exception, match="took it for dead"), Committer(lake, first, rows=1).behind():
            pass
    assert not lake.exists(completions.TABLE)


def test_numbers_are_given_after_those_that_are_there(lake: Lake) -> None:
    def frame(*rows: tuple[Any, ...]) -> Any:
        return lake.spark.createDataFrame(list(rows), completions.TABLE.schema)

    present = frame(answer("a"), answer("a", attempt=2, seconds=1), answer("b"))
    came = frame(
        answer("a", attempt=2, seconds=1),  # the table has it
        answer("a", attempt=2, seconds=2),
        answer("a", attempt=2, seconds=3),
        answer("a", attempt=7, seconds=4),
        answer("c"),
        answer("c", seconds=1),
        answer("c", seconds=1),
    )
    fresh = completions.fresh(came, present).select("request_id", "attempt", F.second("answered")).collect()
    assert sorted(map(tuple, fresh)) == [("a", 3, 2), ("a", 4, 3), ("a", 7, 4), ("c", 1, 0), ("c", 2, 1)]
