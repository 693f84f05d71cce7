"""The folder that driver and executors share, wherever it is: what is written is there, or it is said."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyspark.sql import SparkSession

from finerweb.asking import proof
from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed


def test_a_file_has_its_final_name_from_the_start(tmp_path: Path) -> None:
    spool = Spool(f"file:{tmp_path}/spool")
    assert (spool.files(), spool.names(), spool.read("7/a")) == ({}, set(), None)
    spool.write("7/a", b"first")
    spool.write("7/a", "กรุงเทพ 👩🏽\u200d🚀".encode())
    spool.write("8.holder", b"")
    assert spool.files() == {"7/a": 37, "8.holder": 0}
    assert spool.files("7") == {"7/a": 37}
    assert spool.names() == {"7", "8.holder"}
    assert (spool.read("7/a") or b"").decode() == "กรุงเทพ 👩🏽\u200d🚀"
    spool.remove(["7/a", "never/was"])
    spool.remove_folder("never")
    spool.remove_folder("7")
    assert spool.names() == {"8.holder"}


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


def test_a_full_disk_is_said_and_nothing_torn_stays(full: Path) -> None:
    spool = Spool(f"{full}/spool")
    spool.write("small", b"x" * 1000)
    with pytest.raises(SpoolFailed, match=r"large could not be written .*No space left on device.*ask\.spool.*again"):
        spool.write("large", b"x" * 100_000)
    assert spool.files() == {"small": 1000}


class Store(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store whose client has exceptions of its own, and fails now and then."""

    protocol = "failing"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    failures = 0

    def pipe_file(self, *arguments: Any, **options: Any) -> Any:
        if Store.failures:
            Store.failures -= 1
            raise RuntimeError("SlowDown (503)")
        return super().pipe_file(*arguments, **options)


@pytest.fixture
def store() -> Spool:
    fsspec.register_implementation("failing", Store, clobber=True)
    Store.failures = 0
    return Spool("failing://spool")


def test_an_exception_of_a_stores_own_client_is_said(store: Spool) -> None:
    Store.failures = 1
    with pytest.raises(
        SpoolFailed, match=r"^spool failing://spool: a could not be written \(SlowDown \(503\)\); wanted"
    ):
        store.write("a", b"")
    store.write("a", b"")
    assert store.files() == {"a": 0}


def test_a_scheme_without_its_package_is_named() -> None:
    with pytest.raises(
        SpoolFailed, match=r"spool nowhere://x: found Protocol not known: nowhere, wanted a folder or URL"
    ):
        Spool("nowhere://x")


def test_a_store_is_no_disk(store: Spool) -> None:
    assert not store.is_disk


def test_a_spool_that_the_executors_do_not_share_is_told_before_anything_is_asked(
    spark: SparkSession, tmp_path: Path
) -> None:
    proof.require_shared(spark, Spool(str(tmp_path / "spool")), tasks=2)
    assert Spool(str(tmp_path / "spool")).names() == set(), "nothing is left of the proof"
    with pytest.raises(SpoolFailed) as failed:
        proof.require_shared(spark, Spool("memory://spool"), tasks=2)  # a worker's memory is its own
    text = str(failed.value)
    assert text.startswith("spool memory://spool: found a folder of its own on ")
    assert text.endswith(
        ", wanted one that the driver and all executors share. Name it (--set ask.spool=...): a mounted folder, or a URL "
        "of HDFS or an object store"
    )
