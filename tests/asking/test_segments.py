"""Answers on their way to the table: written within moments, counted by name, a torn file known and in nobody's way."""

import dataclasses
import io
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finerweb.asking import segments
from finerweb.asking.segments import Segment, Writer
from finerweb.asking.spool import Spool
from finerweb.cost import Tally
from finerweb.errors import SpoolFailed
from finerweb.tables import completions

ONE = Tally(answers=1, problems=0, again=0, tokens_in=10, tokens_out=2, micro_usd=30)
BAD = Tally(answers=1, problems=1, again=1, tokens_in=5, tokens_out=0, micro_usd=0)
WHOLE_SECOND = datetime(2026, 11, 26, 8, 0, 1, tzinfo=UTC)  # microsecond 0: as text it has no fraction


def answer(request_id: str, **values: Any) -> tuple[Any, ...]:
    usual = {"attempt": 1, "question": "ner", "subject_id": "d#0", "language": "eng", "model": "a", "engine": "e"}
    usual |= {"prompt": "p", "answer": "👩🏽\u200d🚀 กรุงเทพ\nline", "finish_reason": "stop", "tokens_in": 10}
    usual |= {"tokens_out": 2, "usd": None, "seconds": 0.5, "problem": None, "run": "r", "answered": WHOLE_SECOND}
    return completions.TABLE.row(**{**usual, "request_id": request_id, **values})


def test_what_is_put_is_there_and_counted_without_being_read(tmp_path: Path) -> None:
    spool = Spool(f"file:{tmp_path}/spool")
    with Writer(spool, 7, part=3, task=81) as writer:
        for number in range(50):
            writer.put(answer(f"r{number}"), ONE)
        writer.put(answer("bad", answer="", problem="empty"), BAD)
    listed = segments.listed(spool, segments.answers_of(7))
    assert {(segment.part, segment.task, segment.is_whole) for segment in listed} == {(3, 81, True)}
    assert segments.amount(listed) == Tally(51, 1, 1, 505, 100, 1500)
    tables = [table for segment in listed if (table := segments.read(spool, segment))]
    rows = pa.concat_tables(tables).to_pylist()
    assert sorted(row["request_id"] for row in rows) == sorted(["bad", *(f"r{number}" for number in range(50))])
    names = [column.name for column in completions.TABLE.columns]
    assert next(row for row in rows if row["request_id"] == "r7") == dict(zip(names, answer("r7"), strict=True))


def test_an_answer_is_written_within_moments(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    with Writer(spool, 7, part=0, task=1) as writer:
        writer.put(answer("r0"), ONE)
        until = time.monotonic() + 10
        while not segments.listed(spool, segments.answers_of(7)) and time.monotonic() < until:
            time.sleep(0.01)
        assert segments.amount(segments.listed(spool, segments.answers_of(7))).answers == 1


def test_many_answers_share_a_segment(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    with Writer(spool, 7, part=0, task=1) as writer:
        for number in range(4000):
            writer.put(answer(f"r{number}"), ONE)
    listed = segments.listed(spool, segments.answers_of(7))
    assert segments.amount(listed).answers == 4000
    assert len(listed) <= 20, "five in a thousand"


@pytest.fixture
def whole(tmp_path: Path) -> tuple[Spool, Segment]:
    spool = Spool(str(tmp_path))
    with Writer(spool, 7, part=0, task=1) as writer:
        writer.put(answer("r0"), ONE)
    (segment,) = segments.listed(spool, segments.answers_of(7))
    return spool, segment


def test_a_segment_is_read_in_part(whole: tuple[Spool, Segment]) -> None:
    table = segments.read(*whole, ["request_id", "problem"])
    assert table is not None
    assert table.to_pylist() == [{"request_id": "r0", "problem": None}]


def test_a_segment_that_is_torn_is_told_by_its_length_or_its_content(whole: tuple[Spool, Segment]) -> None:
    spool, segment = whole
    content = spool.read(segment.name) or b""
    spool.write(segment.name, content[:-1])
    (torn,) = segments.listed(spool, segments.answers_of(7))
    assert not torn.is_whole
    spool.write(segment.name, bytes(len(content)))  # as a disk that lost its power leaves it
    (zeros,) = segments.listed(spool, segments.answers_of(7))
    assert zeros.is_whole
    assert segments.read(spool, zeros) is None


def test_what_cannot_be_read_is_set_aside_with_a_word(
    whole: tuple[Spool, Segment], caplog: pytest.LogCaptureFixture
) -> None:
    spool, segment = whole
    spool.write(segment.name, b"PAR1")
    with caplog.at_level(logging.WARNING):
        segments.set_aside(spool, segment)
        segments.set_aside(spool, segment)  # a task that is repeated
    (kept,) = spool.files()
    assert kept == f"aside/{segment.name.replace('/', '-')}"
    assert spool.read(kept) == b"PAR1"
    assert caplog.text.count(f"segment {segment.name} with 1 answers is torn (4 of {segment.length} bytes") == 1


def test_a_segment_of_an_earlier_contract_has_todays_names(whole: tuple[Spool, Segment]) -> None:
    spool, segment = whole
    (contract, renamed), *_ = completions.TABLE.earlier.items()
    today = pq.read_table(io.BytesIO(spool.read(segment.name) or b""))
    before = {name: earlier for earlier, name in renamed.items()}
    names = [before.get(name, name) for name in today.column_names]
    assert names != today.column_names
    buffer = io.BytesIO()
    earlier = today.rename_columns(names).replace_schema_metadata({segments.FORMAT: contract.encode()})
    pq.write_table(earlier, buffer)
    old = dataclasses.replace(segment, digest=segments._digest(buffer.getvalue()))
    spool.write(old.name, buffer.getvalue())
    read = segments.read(spool, old)
    assert read is not None
    assert read.to_pylist() == today.to_pylist()


def test_a_file_of_another_kind_is_no_segment(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    for name in ("00003/readme.txt", "00003/1-2.3.parquet", "00003/a.parquet", "no-part/1-0.1.0.0.1.1.1.9.ab.parquet"):
        spool.write(f"7/answers/{name}", b"")
    assert segments.listed(spool, segments.answers_of(7)) == []


def test_an_answer_that_cannot_be_written_is_never_taken_for_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "TRIES", (0.0, 0.0))
    (tmp_path / "7").write_text("a file where a folder is wanted")
    with pytest.raises(SpoolFailed, match="could not be written"), Writer(Spool(str(tmp_path)), 7, 0, 1) as writer:
        writer.put(answer("r0"), ONE)
