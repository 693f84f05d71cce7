"""One task's requests, and what may happen to it."""

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finerweb import engines
from finerweb.asking import worker
from finerweb.asking.spool import Spool
from finerweb.asking.worker import Terms
from finerweb.cost import Budget
from finerweb.engines import Answer, Request, Spec
from finerweb.errors import EngineFailed
from finerweb.rows import each

REQUEST = ["request_id", "question", "subject_id", "language", "model", "engine", "prompt", "payload", "attempt"]
GOOD = '{"entities": [{"mention": "Cairo", "type": "city"}]}'
SCRIPT = {"by_text": {"Cairo": GOOD}}
CAIRO = '{"text": "Cairo", "language": "English"}'


def batch(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=REQUEST)


def many(number: int) -> pd.DataFrame:
    return batch([(f"r{index}", "ner", "s", "eng", "a", "e", "p", CAIRO, 1) for index in range(number)])


def kept(folder: Path) -> set[str]:
    spool = Spool(str(folder))
    return {row["request_id"] for row in spool.rows(spool.objects())}


def test_a_task_that_is_repeated_takes_what_the_spool_has(tmp_path: Path) -> None:
    rows = [("r1", "ner", "s1", "eng", "a", "e", "p", '{"text": "Cairo", "language": "English"}', 1)]
    terms = Terms(Spec.from_options("fake", {**SCRIPT, "fail_on": "never"}), str(tmp_path), "run1")
    (first,) = worker._answer([batch(rows)], terms=terms)
    dying = Terms(Spec.from_options("fake", {**SCRIPT, "fail_on": "Cairo"}), str(tmp_path), "run2")
    (second,) = worker._answer([batch(rows)], terms=dying)
    pd.testing.assert_frame_equal(first, second)


def test_times_with_and_without_a_fraction_are_read_together() -> None:
    times = ["2026-11-26T08:00:00.000001+00:00", "2026-11-26T08:00:01+00:00"]  # isoformat() at microsecond 0
    rows = [{"request_id": f"r{index}", "attempt": 1, "answered": time} for index, time in enumerate(times)]
    for order in (rows, rows[::-1]):
        frame = worker.restored(order).set_index("request_id")
        assert frame.loc["r1", "answered"] - frame.loc["r0", "answered"] == pd.Timedelta(microseconds=999_999)


def test_what_is_in_flight_when_spark_goes_is_kept(tmp_path: Path) -> None:
    frames = worker._answer(iter([many(600)]), terms=Terms(Spec.from_options("fake", SCRIPT), str(tmp_path), "run"))
    taken = next(iter(frames))
    assert Spool(str(tmp_path))._holders("drain"), "whoever asks next waits for it"
    frames.close()  # as when the pipe to Spark breaks
    assert kept(tmp_path) >= set(taken["request_id"])
    assert len(kept(tmp_path)) < 600, "nothing new is asked"
    assert not Spool(str(tmp_path))._holders("drain")


def test_a_request_is_rendered_as_its_question_puts_it() -> None:
    payload = '{"text": "กรุงเทพ", "language": "Thai", "locale": "th"}'
    (row,) = each(batch([("r1", "ner", "d#2", "tha", "a", "e", "p", payload, 2)]))
    request = worker.render(row)
    assert (request.attempt, request.prompt, request.payload) == (
        2,
        "Language: Thai\nPassage:\nกรุงเทพ",
        {"text": "กรุงเทพ", "language": "Thai", "locale": "th"},
    )


def test_when_spark_hangs_up_nothing_new_is_asked_and_the_rest_is_kept(tmp_path: Path) -> None:
    frames = worker._answer(iter([many(600)]), terms=Terms(Spec.from_options("fake", SCRIPT), str(tmp_path), "run"))
    before = signal.getsignal(signal.SIGHUP)
    first = next(frames)
    os.kill(os.getpid(), signal.SIGHUP)
    rest = pd.concat(frames)
    assert signal.getsignal(signal.SIGHUP) is before
    assert kept(tmp_path) == set(first["request_id"]) | set(rest["request_id"])
    assert len(first) == 256
    assert len(rest) < 10, "nothing new is asked"


def test_when_spark_breaks_off_what_was_asked_is_kept_and_the_task_fails(tmp_path: Path) -> None:
    def batches() -> Iterator[pd.DataFrame]:
        yield many(3)
        raise EOFError("the pipe is closed")

    with pytest.raises(EOFError, match="the pipe is closed"):
        list(worker._answer(batches(), terms=Terms(Spec.from_options("fake", SCRIPT), str(tmp_path), "run")))
    assert kept(tmp_path) == {"r0", "r1", "r2"}


class Forgetful:
    """An engine that leaves out every other request."""

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for request in list(requests)[::2]:
            yield Answer(request.request_id, GOOD)


def test_an_engine_that_leaves_out_requests_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "load", lambda spec: Forgetful())
    with pytest.raises(EngineFailed, match=r"^engine fake left 2 requests without an answer, the first: r1$"):
        list(worker._answer([many(5)], terms=Terms(Spec.from_options("fake", SCRIPT), str(tmp_path), "run")))
    assert kept(tmp_path) == {"r0", "r2", "r4"}


def test_a_budget_ends_the_requests_and_not_the_task(tmp_path: Path) -> None:
    spec = Spec.from_options("fake", {**SCRIPT, "tokens_out": 100})
    terms = Terms(spec, str(tmp_path), "run", Budget(tokens=1050), tokens_out=100)
    (answers,) = worker._answer([many(50)], terms=terms)
    assert len(answers) == 10
    assert answers["tokens_out"].sum() + answers["tokens_in"].sum() <= 1050
