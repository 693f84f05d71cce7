"""One run asks a question at a time: the lock, the signs of life, and those who died."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb.asking import holding, signs
from finerweb.asking.signs import Sign, Watch
from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed
from finerweb.lake import Lake
from finerweb.tables import holders

HERE = socket.gethostname()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "PATIENCE", 1.0)
    monkeypatch.setattr(signs, "BEAT", 0.1)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(str(tmp_path / "spool"))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def tokens(lake: Lake) -> list[int]:
    return sorted(row["token"] for row in lake.read(holders.TABLE).collect())


def test_of_drivers_that_claim_at_the_same_moment_one_has_it(spark: SparkSession, lake: Lake, spool: Spool) -> None:
    lake.create(holders.TABLE)
    together = threading.Barrier(3)

    def claim(number: int) -> int | str:
        own = Lake(spark, lake.location)  # a driver of its own
        together.wait()
        try:
            return holding._claim(own, "ner", 0)
        except SpoolFailed as failure:
            return str(failure)

    with ThreadPoolExecutor(3) as drivers:
        outcomes = list(drivers.map(claim, range(3)))
    assert sorted(str(outcome) for outcome in outcomes)[0] == "1"
    refused = [outcome for outcome in outcomes if outcome != 1]
    assert (
        refused
        == [f"question ner: another run began to ask at the same moment (process {os.getpid()} on {HERE}); wait for it"]
        * 2
    )
    assert tokens(lake) == [1]


def test_a_question_is_held_by_one_and_then_by_the_next(lake: Lake, spool: Spool) -> None:
    with holding.held(lake, spool, "ner") as first:
        with (
            pytest.raises(SpoolFailed, match=f"another run is asking .process {os.getpid()} on {HERE}"),
            holding.held(lake, spool, "ner"),
        ):
            pass
        with holding.held(lake, Spool(f"{spool.url}-judge"), "judge") as other:
            assert (first.token, other.token) == (1, 1)
    assert lake.log.rows == {}, "a job's line has no word of it"
    sign = signs.read(spool, "1.holder")
    assert sign is not None
    assert sign.state == signs.RELEASED
    with holding.held(lake, spool, "ner") as second:
        assert second.token == 2


def test_a_holder_on_another_machine_is_known_by_its_pulse_alone(lake: Lake, spool: Spool) -> None:
    with holding.held(lake, spool, "ner"):
        pass
    lake.spark.sql(f"UPDATE {lake.name(holders.TABLE)} SET host = 'another', pid = 7")
    signs.write(spool, "1.holder", Sign("another", 7, beat=1))
    ended = threading.Event()

    def beat() -> None:
        number = 2
        while not ended.wait(0.2):
            signs.write(spool, "1.holder", Sign("another", 7, beat=number))
            number += 1

    living = threading.Thread(target=beat)
    living.start()
    try:
        with (
            pytest.raises(SpoolFailed, match="another run is asking .process 7 on another.*remove .*1.holder"),
            holding.held(lake, spool, "ner"),
        ):
            pass
    finally:
        ended.set()
        living.join()
    with holding.held(lake, spool, "ner") as next_one:  # it stands still: dead
        assert next_one.token == 2


def test_a_holder_that_was_killed_here_is_known_at_once(
    lake: Lake, spool: Spool, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "PATIENCE", 60.0)
    with holding.held(lake, spool, "ner"):
        pass
    lake.spark.sql(f"UPDATE {lake.name(holders.TABLE)} SET pid = {sleeper.pid}")
    signs.write(spool, "1.holder", Sign(HERE, sleeper.pid, beat=5))
    with pytest.raises(SpoolFailed, match=f"process {sleeper.pid} on"), holding.held(lake, spool, "ner"):
        pass
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # it has ended, but nobody has asked how
    began = time.monotonic()
    with holding.held(lake, spool, "ner") as holder:
        assert holder.token == 2
    assert time.monotonic() - began < 50


def test_one_that_was_taken_for_dead_commits_nothing_and_ends_its_tasks(lake: Lake, spool: Spool) -> None:
    with holding.held(lake, spool, "ner") as stalled:
        stalled.require_last()
        holding._held.clear()  # as if it were another process, which stands still
        lake.spark.sql(f"UPDATE {lake.name(holders.TABLE)} SET host = 'another', pid = 7")
        spool.write("1/answers/00000/x", b"")
        signs.write(spool, "1.holder", Sign("another", 7, beat=signs.ENDED_BY_ANOTHER, state=signs.RELEASED))
        with holding.held(lake, spool, "ner") as successor:
            assert (successor.token, successor.earlier) == (2, [1])
            watch = Watch(spool, 1, 0, "engine")
            watch._look()
            assert watch.is_over.is_set(), "its tasks ask nothing more"
            with pytest.raises(SpoolFailed, match=f"another one .process {os.getpid()} on {HERE}. took it for dead"):
                stalled.require_last()


def test_tasks_of_a_run_that_died_are_waited_for(
    lake: Lake, spool: Spool, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "DRAINED", 0.3)
    signs.write(spool, "1/tasks/00004.abc", Sign(HERE, sleeper.pid))
    lake.create(holders.TABLE)
    with (
        pytest.raises(SpoolFailed, match=f"process {sleeper.pid} on .* still waits for answers.*remove .*00004.abc$"),
        holding.held(lake, spool, "ner"),
    ):
        pass
    sign = signs.read(spool, "1.holder")
    assert sign is not None
    assert sign.state == signs.STOPPED, "it is told to end"
    threading.Timer(0.5, sleeper.kill).start()
    monkeypatch.setattr(holding, "DRAINED", 30)
    with holding.held(lake, spool, "ner") as holder:
        assert holder.earlier == [1]


def test_tasks_that_share_an_engine_know_how_many_they_are(spool: Spool) -> None:
    holder = signs.holder_of(7)
    tasks = [Watch(spool, 7, part, engine) for part, engine in enumerate(("here", "here", "there"))]
    with tasks[0].kept(), tasks[1].kept(), tasks[2].kept():
        assert not tasks[0].has_answers
        signs.write(spool, holder, Sign(beat=1, tasks=signs.sharing(spool, 7), answers=9))
        for task in tasks:
            task._look()
        assert [task.sharing for task in tasks] == [2, 2, 1]
        assert all(task.has_answers for task in tasks)
    assert spool.files(signs.tasks_of(7)) == {}
    assert not tasks[0].is_over.is_set()


def test_a_holder_hears_that_its_tasks_wait_for_an_endpoint(
    lake: Lake, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    with holding.held(lake, spool, "ner") as holder:
        tasks = [Watch(spool, holder.token, part, "engine") for part in range(2)]
        for task in tasks:
            task.absence = lambda: "gone since noon: refused"
        with tasks[0].kept(), tasks[1].kept():
            wait(lambda: holder.absence == "gone since noon: refused (tasks that wait: 2)")
            tasks[1].absence = lambda: None
            wait(lambda: holder.absence == "gone since noon: refused (tasks that wait: 1)")
        wait(lambda: holder.absence is None)
    first, last = (record.message for record in caplog.records if record.name == holding.__name__)
    assert first.startswith("question ner: gone since noon: refused (")
    assert last == "question ner: the engine answers again"


def test_a_task_whose_driver_stands_still_asks_nothing_more(spool: Spool) -> None:
    signs.write(spool, signs.holder_of(7), Sign(beat=1))
    watch = Watch(spool, 7, 0, "engine")
    with watch.kept():
        assert not watch.is_over.is_set()
        assert watch.is_over.wait(10)


def test_a_store_that_fails_once_does_not_end_the_signs_of_life(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [3]
    write = spool.write

    def failing(name: str, content: bytes) -> None:
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError("SlowDown (503)")
        write(name, content)

    monkeypatch.setattr(spool, "write", failing)
    with signs.kept(spool, "1.holder", Sign, every=0.01):
        until = time.monotonic() + 10
        while signs.read(spool, "1.holder") is None and time.monotonic() < until:
            time.sleep(0.01)
        assert signs.read(spool, "1.holder") is not None
