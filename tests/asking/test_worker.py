"""One task's requests, and what may happen to it."""

import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from endpoint import MODEL, Call, Endpoint
from endpoint_acts import error

from finerweb import engines
from finerweb.asking import exchange, queue, segments, signs, worker
from finerweb.asking.exchange import Terms
from finerweb.asking.notes import SpoolNotes
from finerweb.asking.queue import Due, Part
from finerweb.asking.signs import Sign
from finerweb.asking.spool import Spool
from finerweb.asking.worker import Report
from finerweb.cost import Budget, Price
from finerweb.engines import Answer, Note, Notes, Request, Spec
from finerweb.errors import EngineFailed, SpoolFailed

GOOD = '{"entities": [{"mention": "Cairo", "type": "city"}]}'
SCRIPT = {"by_text": {"Cairo": GOOD}}
TEXT = '{"text": "in Cairo", "language": "English"}'
ROME, OSLO = (TEXT.replace("Cairo", city) for city in ("Rome", "Oslo"))
TOKEN = 7


def due(request_id: str, payload: str = TEXT, **values: Any) -> Due:
    usual = {"question": "ner", "subject_id": "d#0", "language": "eng", "model": "a", "engine": "e", "prompt": "p"}
    return Due(**{**usual, "request_id": request_id, "payload": payload, "attempt": 1, "last_problem": None, **values})


def queued(folder: Path, requests: Sequence[Due]) -> Part:
    """A part of the queue, as its own task writes it."""
    spool = Spool(str(folder))
    columns = {name: list(values) for name, values in zip(Due._fields, zip(*requests, strict=True), strict=True)}
    schema = pa.schema([(name, pa.int32() if name == "attempt" else pa.string()) for name in Due._fields])
    with spool.open("queue-x/00000.parquet", "wb") as file:
        pq.write_table(pa.table(columns, schema=schema), file)
    return Part(0, "queue-x/00000.parquet", len(requests))


def many(folder: Path, number: int) -> Part:
    return queued(folder, [due(f"r{index}") for index in range(number)])


def terms(folder: Path, script: dict[str, Any] = SCRIPT, **values: Any) -> Terms:
    return Terms(Spec.from_options("fake", script), str(folder), TOKEN, "run", **values)


def report(part: Part, given: Terms) -> Report:
    """What a task reports of a part."""
    (last,) = [frame for frame in worker.ask_part(part, given) if len(frame)]
    row = last.iloc[0]
    return Report(int(row["part"]), int(row["left"]), row["failure"])


def kept(folder: Path) -> list[dict[str, Any]]:
    """The answers in the spool, in the order of their requests."""
    spool = Spool(str(folder))
    tables = [segments.read(spool, segment) for segment in segments.listed(spool, segments.answers_of(TOKEN))]
    rows = [row for table in tables if table for row in table.to_pylist()]
    return sorted(rows, key=lambda row: (row["request_id"], row["attempt"]))


def answered(folder: Path) -> set[str]:
    return {row["request_id"] for row in kept(folder)}


def test_a_task_that_is_repeated_asks_what_the_spool_does_not_have(tmp_path: Path) -> None:
    part = queued(tmp_path, [due("r1"), due("r2", ROME)])
    dying = terms(tmp_path, {**SCRIPT, "fail_on": "Rome"})
    assert report(part, dying) == Report(0, 1, "the fake engine died at 'Rome', as its setting fail_on asks")
    before = kept(tmp_path)
    assert [row["request_id"] for row in before] == ["r1"]
    again = terms(tmp_path, {"by_text": {"Rome": GOOD}, "fail_on": "Cairo"})
    assert report(part, again) == Report(0, 0, None)
    assert [row["request_id"] for row in kept(tmp_path)] == ["r1", "r2"]
    assert kept(tmp_path)[0] == before[0]


def test_an_engine_that_fails_is_sparks_to_repeat_until_the_last_try(tmp_path: Path) -> None:
    part = many(tmp_path, 2)
    with pytest.raises(EngineFailed, match="the fake engine died at 'Cairo'"):
        report(part, terms(tmp_path, {**SCRIPT, "fail_on": "Cairo"}, tries=4))


def test_what_may_help_is_asked_again_in_the_same_task(tmp_path: Path) -> None:
    part = queued(tmp_path, [due("bad", ROME), due("good"), due("none", OSLO)])
    script = {"by_text": {"Cairo": GOOD, "Rome": "I see Rome"}}
    assert report(part, terms(tmp_path, script, attempts=3)) == Report(0, 0, None)
    assert [(row["request_id"], row["attempt"], row["problem"]) for row in kept(tmp_path)] == [
        ("bad", 1, "malformed"),
        ("bad", 2, "malformed"),
        ("bad", 3, "malformed"),
        ("good", 1, None),
        ("none", 1, "refused"),
    ]
    assert report(part, terms(tmp_path, {"fail_on": "passage"}, attempts=3)) == Report(0, 0, None)
    assert report(part, terms(tmp_path, script, attempts=4)) == Report(0, 0, None), "a later try goes on where it was"
    assert [row["attempt"] for row in kept(tmp_path) if row["request_id"] == "bad"] == [1, 2, 3, 4]


class Recorded:
    """An engine that writes down what it is asked, and answers badly at first."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, str | None]] = []

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for request in requests:
            self.requests.append((request.attempt, request.last_problem))
            yield Answer(request.request_id, GOOD if request.attempt == 3 else "no JSON")


def test_a_later_attempt_knows_the_problem_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Recorded()
    monkeypatch.setattr(engines, "load", lambda spec: engine)
    report(queued(tmp_path, [due("r", attempt=2, last_problem="looped")]), terms(tmp_path, attempts=5))
    assert engine.requests == [(2, "looped"), (3, "malformed")]


def test_what_is_in_flight_when_spark_goes_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PULSE", 0.0)
    frames = worker.ask_part(many(tmp_path, 600), terms(tmp_path))
    for _ in range(300):
        next(frames)
    assert Spool(str(tmp_path)).files(signs.tasks_of(TOKEN)), "whoever asks next waits for it"
    frames.close()  # as when the pipe to Spark breaks
    assert 300 <= len(answered(tmp_path)) < 310, "nothing new is asked"
    assert not Spool(str(tmp_path)).files(signs.tasks_of(TOKEN))


def test_when_spark_hangs_up_nothing_new_is_asked_and_the_rest_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "PULSE", 0.0)
    frames = worker.ask_part(many(tmp_path, 600), terms(tmp_path))
    before = signal.getsignal(signal.SIGHUP)
    for _ in range(256):
        next(frames)
    os.kill(os.getpid(), signal.SIGHUP)
    last = list(frames)[-1].iloc[0]
    assert signal.getsignal(signal.SIGHUP) is before
    assert 256 <= len(answered(tmp_path)) < 260
    assert last["left"] == 600 - len(answered(tmp_path))


def test_a_holder_that_stops_is_heard(tmp_path: Path) -> None:
    signs.write(Spool(str(tmp_path)), signs.holder_of(TOKEN), Sign(state=signs.STOPPED))
    assert report(many(tmp_path, 5), terms(tmp_path)) == Report(0, 5, None)
    assert kept(tmp_path) == []


class Patient:
    """An engine whose work goes on elsewhere: it gives one answer, and waits for the others until it is over."""

    def remember(self, notes: Notes) -> None:
        notes.write("a", Note((("r0", 1),), 5.0, {"batch": "7"}))

    def heed(self, is_over: threading.Event) -> None:
        self.is_over = is_over

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        yield Answer(next(iter(list(requests))).request_id, GOOD)
        self.is_over.wait(60)


def test_an_engine_whose_work_goes_on_elsewhere_may_leave_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "load", lambda spec: Patient())
    monkeypatch.setattr(signs, "BEAT", 0.05)
    given = terms(tmp_path)
    stop = Sign(state=signs.STOPPED)
    threading.Timer(0.3, signs.write, (Spool(str(tmp_path)), signs.holder_of(TOKEN), stop)).start()
    assert report(many(tmp_path, 5), given) == Report(0, 4, None)
    assert answered(tmp_path) == {"r0"}
    noted = SpoolNotes(Spool(str(tmp_path)), given.spec.fingerprint)
    assert noted.read() == {"a": Note((("r0", 1),), 5.0, {"batch": "7"})}


class Forgetful:
    """An engine that leaves out every other request."""

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for request in list(requests)[::2]:
            yield Answer(request.request_id, GOOD)


def test_an_engine_that_leaves_out_requests_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "load", lambda spec: Forgetful())
    assert report(many(tmp_path, 5), terms(tmp_path)) == Report(
        0, 2, "engine fake left 2 requests without an answer, the first: r1"
    )
    assert answered(tmp_path) == {"r0", "r2", "r4"}


def test_a_budget_ends_the_requests_and_not_the_task(tmp_path: Path) -> None:
    part, budget = many(tmp_path, 50), Budget(tokens=1050)
    given = terms(tmp_path, {**SCRIPT, "tokens_out": 100}, budget=budget, tokens_out=100)
    assert report(part, given) == Report(0, 40, None)
    rows = kept(tmp_path)
    assert len(rows) == 10
    assert sum(row["tokens_out"] + row["tokens_in"] for row in rows) <= 1050


def test_a_task_that_is_repeated_has_no_new_budget(tmp_path: Path) -> None:
    part, script = many(tmp_path, 50), {**SCRIPT, "tokens_out": 100}
    for _ in range(4):
        report(part, terms(tmp_path, script, budget=Budget(tokens=1050), tokens_out=100))
    assert sum(row["tokens_out"] + row["tokens_in"] for row in kept(tmp_path)) <= 1050


def test_a_part_that_is_not_as_it_was_written_is_named(tmp_path: Path) -> None:
    part = many(tmp_path, 5)
    spool = Spool(str(tmp_path))
    with pytest.raises(
        SpoolFailed, match=r"queue-x/00000.parquet, which was just written, .*found 5 requests, wanted 6"
    ):
        list(queue.read(spool, Part(0, part.name, 6)))
    spool.write(part.name, (spool.read(part.name) or b"")[:-100])
    with pytest.raises(SpoolFailed, match="could not be read"):
        list(queue.read(spool, part))


class Limited:
    """An engine with a limit, of which each task keeps to its share."""

    def __init__(self) -> None:
        self.shares: list[int] = []

    def share(self, tasks: int, *, is_proven: bool = False) -> None:
        self.shares.append(tasks)

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for request in requests:
            yield Answer(request.request_id, GOOD, tokens_in=10)


def test_an_engine_is_told_how_many_share_it_and_its_hours_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "BEAT", 60.0)
    engine, price = Limited(), Price(hour=3600.0)  # a dollar a second
    monkeypatch.setattr(engines, "load", lambda spec: engine)
    monkeypatch.setattr(Spec, "price", price)
    clock = iter(range(1000))
    monkeypatch.setattr(exchange.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(exchange, "PULSE", 1e9)
    report(many(tmp_path, 4), terms(tmp_path, tasks=2))
    assert engine.shares == [2]
    assert [(row["seconds"], row["usd"]) for row in kept(tmp_path)] == [(0.5, 0.5)] * 4


def test_a_task_tells_that_its_endpoint_is_gone_and_that_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "BEAT", 0.05)
    spool, part = Spool(str(tmp_path)), many(tmp_path, 20)
    absences: list[str] = []

    def script(call: Call) -> Any:
        if call.number <= 5:
            return None
        if absence := signs.absence(spool, TOKEN):
            absences.append(absence)
        return None if absences else error(503, "loading")

    with Endpoint(script) as endpoint:
        options = {"model": MODEL, "url": endpoint.url, "key_env": None, "in_flight": 4}
        outcome = report(part, Terms(Spec.from_options("openai", options), str(tmp_path), TOKEN, "run"))
    assert outcome == Report(0, 0, None)
    assert re.fullmatch(r"gone since [\d-]{10} [\d:]{8} UTC: HTTP 503: loading \(tasks that wait: 1\)", absences[0])
    assert signs.absence(spool, TOKEN) is None


def test_a_request_is_rendered_as_its_question_puts_it() -> None:
    payload = '{"text": "กรุงเทพ", "language": "Thai", "locale": "th"}'
    request = exchange.render(due("r1", payload, language="tha", attempt=2, last_problem="looped"))
    assert (request.attempt, request.last_problem, request.prompt, request.payload) == (
        2,
        "looped",
        "Language: Thai\nPassage:\nกรุงเทพ",
        {"text": "กรุงเทพ", "language": "Thai", "locale": "th"},
    )
