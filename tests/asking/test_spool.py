"""Answers on their way to the table: kept at once, counted by name, never lost in silence."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyspark.sql import SparkSession

from finerweb.asking import sharing
from finerweb.asking import spool as spools
from finerweb.asking.spool import Spool, Writer, amount
from finerweb.cost import Tally
from finerweb.errors import SpoolFailed

ONE = Tally(answers=1, problems=0, again=0, tokens_in=10, tokens_out=2, micro_usd=30)
BAD = Tally(answers=1, problems=1, again=1, tokens_in=5, tokens_out=0, micro_usd=0)


def test_what_is_put_is_there_and_counted_without_being_read(tmp_path: Path) -> None:
    spool = Spool(f"file:{tmp_path}/spool")
    assert (list(spool.rows(spool.objects())), amount(spool.objects())) == ([], Tally())
    rows = [{"request_id": f"r{number}", "answer": "👩🏽\u200d🚀 กรุงเทพ\nline"} for number in range(50)]
    with Writer(spool, 3) as writer:
        for row in rows:
            writer.put(row, ONE)
        writer.put({"request_id": "bad", "answer": ""}, BAD)
    assert sorted(row["request_id"] for row in spool.rows(spool.objects())) == sorted(
        ["bad", *(row["request_id"] for row in rows)]
    )
    assert next(row for row in spool.rows(spool.objects()) if row["request_id"] == "r7") == rows[7]
    assert amount(spool.objects()) == Tally(51, 1, 1, 505, 100, 1500)
    assert (amount(spool.objects()).usd, amount(spool.objects()).tokens) == (0.0015, 605)
    assert (spool.objects(3), spool.objects(33), spool.objects(4)) == (spool.objects(), [], [])
    spool.remove(spool.objects())
    assert (list(spool.rows(spool.objects())), amount(spool.objects())) == ([], Tally())


def test_half_an_object_is_no_object(tmp_path: Path) -> None:
    (tmp_path / "abc.1.0.0.1.1.1.jsonl.partial").write_text('{"request_id": "r')
    assert Spool(str(tmp_path)).objects() == []


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(spool: Spool) -> None:
    with Writer(spool, 3) as writer:
        for number in range(200):
            writer.put({"request_id": f"r{number}", "answer": "x" * 500}, ONE)
            time.sleep(0.001)


def test_a_full_disk_is_said_and_what_was_kept_stays(full: Path) -> None:
    spool = Spool(f"{full}/spool")
    with pytest.raises(SpoolFailed, match=r"No space left on device.*ask\.spool.*run again"):
        fill(spool)
    assert 0 < len(list(spool.rows(spool.objects()))) < 200


class Store(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store whose client has exceptions of its own, and fails now and then."""

    protocol = "failing"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    failures = 0

    def open(self, *arguments: Any, **options: Any) -> Any:
        self._fail()
        return super().open(*arguments, **options)

    def pipe_file(self, *arguments: Any, **options: Any) -> Any:
        self._fail()
        return super().pipe_file(*arguments, **options)

    def _fail(self) -> None:
        if Store.failures:
            Store.failures -= 1
            raise RuntimeError("SlowDown (503)")


@pytest.fixture
def store() -> Spool:
    fsspec.register_implementation("failing", Store, clobber=True)
    Store.failures = 0
    return Spool("failing://spool")


def signs(spool: Spool) -> list[str]:
    """The signs of life of runs."""
    return [place for place in spool._system.find(spool._root) if "/run-" in place]


def test_an_answer_that_a_store_does_not_take_is_never_taken_for_kept(store: Spool) -> None:
    Store.failures = 1
    with (
        pytest.raises(SpoolFailed, match=r"failing://spool: \d+ answers could not be kept \(SlowDown \(503\)\)"),
        Writer(store, 3) as writer,
    ):
        writer.put({"request_id": "r"}, ONE)
    assert store.objects() == []


def test_a_store_that_fails_once_does_not_end_the_signs_of_life(store: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "HEARTBEAT", 0.01)
    Store.failures = 3
    with store.held("run"):
        until = time.monotonic() + 10
        while not signs(store) and time.monotonic() < until:
            time.sleep(0.01)
        assert signs(store)
    assert not signs(store)


def test_a_spool_that_the_executors_do_not_share_is_told_before_anything_is_asked(
    spark: SparkSession, tmp_path: Path
) -> None:
    shared, own = Spool(str(tmp_path / "spool")), Spool("memory://spool")  # a worker's memory is its own
    with shared.held("run"), own.held("run"):
        sharing.require_shared(spark, shared, tasks=2)
        with pytest.raises(SpoolFailed) as failed:
            sharing.require_shared(spark, own, tasks=2)
    assert str(failed.value) == (
        f"spool memory://spool: found a folder of its own on {socket.gethostname()}, wanted one that the driver and all "
        "executors share. Name it (--set ask.spool=...): a mounted folder, or a URL of HDFS or an object store"
    )


def test_who_holds_it_is_known_as_long_as_it_lives(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    with spool.held("run"):
        spool.require_free()  # it is we who hold it
    sleeper = subprocess.Popen(["sleep", "60"])
    sign = tmp_path / f"drain-{socket.gethostname()}-{sleeper.pid}"
    sign.touch()
    assert [pid for _, _, pid in spool._holders("drain")] == [sleeper.pid]
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # it has ended, but nobody has asked how
    spool.wait_for_drains()
    assert not sign.exists()
    sleeper.wait()
    elsewhere = tmp_path / "run-another.machine-7"
    elsewhere.touch()
    with pytest.raises(SpoolFailed, match="process 7 on another.machine"):
        spool.require_free()
    old = time.time() - 3600
    os.utime(elsewhere, (old, old))
    spool.require_free()


def test_the_name_of_a_folder_above_is_no_sign_of_life(tmp_path: Path) -> None:
    spool = Spool(f"{tmp_path}/run-1/drain-2/spool")
    spool.keep(0, ONE, ["{}"])
    spool.require_free()
    spool.wait_for_drains()
    assert len(spool.objects()) == 1


def test_a_worker_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "DRAINED", 0.3)
    sign = tmp_path / f"drain-{socket.gethostname()}-{os.getppid()}"
    sign.touch()
    with pytest.raises(SpoolFailed, match=f"process {os.getppid()} on .* still waits for answers.* remove {sign}$"):
        Spool(str(tmp_path)).wait_for_drains()
