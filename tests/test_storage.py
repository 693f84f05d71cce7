"""One door to files: Spark's URLs, as fsspec takes them."""

import importlib.util
from pathlib import Path

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from finerweb import storage
from finerweb.errors import NotInstalled
from finerweb.formats import release


@pytest.mark.parametrize(
    ("spark", "fsspec"),
    [
        ("s3a://bucket/lake", "s3://bucket/lake"),
        ("s3://bucket/lake", "s3://bucket/lake"),
        ("abfss://lake@ada.dfs.core.windows.net/a", "abfs://lake@ada.dfs.core.windows.net/a"),
        ("wasbs://lake@ada.blob.core.windows.net/a", "abfs://lake@ada.blob.core.windows.net/a"),
        ("gs://bucket/lake", "gs://bucket/lake"),
        ("hdfs://nameservice1/lake", "hdfs://nameservice1/lake"),
        ("webhdfs://host:9870/lake", "webhdfs://host:9870/lake"),
        ("dbfs:/finerweb/lake", "/dbfs/finerweb/lake"),
        ("dbfs:///finerweb/lake", "/dbfs/finerweb/lake"),
        ("dbfs:/Volumes/dev/finerweb/spool", "/Volumes/dev/finerweb/spool"),
        ("/Volumes/dev/finerweb/spool", "/Volumes/dev/finerweb/spool"),
        ("file:/tmp/lake", "file:/tmp/lake"),
        ("work/s3a://odd", "work/s3a://odd"),
    ],
)
def test_a_url_of_sparks_is_spelt_as_fsspec_knows_it(spark: str, fsspec: str) -> None:
    assert storage.spell(spark) == fsspec


@pytest.mark.parametrize("url", ["/tmp/lake/a", "file:/tmp/lake/a", "file:///tmp/lake/a"])
def test_a_file_of_this_machine_has_its_path(url: str) -> None:
    assert storage.place(url).path == "/tmp/lake/a"


def test_s3a_and_s3_are_one_place() -> None:
    assert storage.place("s3a://bucket/lake/x").path == storage.place("s3://bucket/lake/x").path == "bucket/lake/x"


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("abfss://lake@ada.dfs.core.windows.net/a", "adlfs", "azure"), ("gs://bucket/lake", "gcsfs", "gcs")],
)
def test_a_client_that_is_missing_is_named_with_its_extra(url: str, package: str, extra: str) -> None:
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(NotInstalled) as failed:
        storage.place(url)
    text = str(failed.value)
    assert text.startswith(f"{url}: found ")
    assert text.endswith(f"wanted finerweb[{extra}]. Pip install 'finerweb[{extra}]', on driver and executors")


def test_a_scheme_that_nobody_knows_is_named() -> None:
    with pytest.raises(NotInstalled) as failed:
        storage.place("nowhere://x")
    assert str(failed.value) == (
        "nowhere://x: found Protocol not known: nowhere, wanted a path, or a URL of s3, gs, abfss, hdfs or webhdfs"
    )


def test_hdfs_without_hadoops_library_names_it_and_the_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setenv("ARROW_LIBHDFS_DIR", "/nowhere")
    monkeypatch.delenv("HADOOP_HOME", raising=False)
    with pytest.raises(NotInstalled) as failed:
        storage.place("hdfs://127.0.0.1:9/lake")
    text = str(failed.value)
    assert text.startswith("hdfs://127.0.0.1:9/lake: found Unable to load lib")
    assert "wanted Hadoop's native library. Set HADOOP_HOME" in text
    assert text.endswith("or go by the name node's web API: webhdfs://HOST:9870/path")


MOUNTS = r"""
22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:30 / /Volumes rw - fuse.goofys-dbr goofys rw
31 22 0:31 / /mnt/data\040lake rw - nfs4 server:/export rw
32 22 0:32 / /tmp rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "is_disk"),
    [
        ("/home/ada/work/spool", True),
        ("/tmp/spool", True),
        ("/Volumes/dev/finerweb/spool", False),
        ("/mnt/data lake/spool", False),
        ("/Volumes2/spool", True),
    ],
)
def test_a_mounted_store_is_no_disk(path: str, is_disk: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.lstrip())
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    assert storage.place(path).is_disk == is_disk


class RenamesNothing(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store without renaming."""

    def mv(self, *arguments: object, **options: object) -> None:
        raise OSError(95, "Operation not supported")


def test_a_release_is_written_where_nothing_can_be_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryFileSystem, "mv", RenamesNothing.mv)
    for content in (b"first", b"second"):
        release.put("memory://finerweb-release/data/x.jsonl", content)
    system, path = storage.place("memory://finerweb-release/data")
    assert {name: system.cat_file(name) for name in system.find(path)} == {f"{path}/x.jsonl": b"second"}
    system.rm("/finerweb-release", recursive=True)


def test_a_release_on_a_disk_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release.put(f"{tmp_path}/data/x.jsonl", b"first")

    def fills_the_disk(_: object, path: str, content: bytes) -> None:
        Path(path).write_bytes(content[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalFileSystem, "pipe_file", fills_the_disk)
    with pytest.raises(OSError, match="No space left"):
        release.put(f"{tmp_path}/data/x.jsonl", b"second")
    assert (tmp_path / "data" / "x.jsonl").read_bytes() == b"first"
