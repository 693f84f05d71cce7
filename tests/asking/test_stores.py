"""A spool in each kind of storage that is promised."""

from pathlib import Path
from typing import Any

import azurite
import fsspec
import gcs
import hdfs
import kills
import pytest
import s3
from stores import Hadoop, Mount

from finerweb import storage
from finerweb.asking import segments
from finerweb.asking.spool import Spool
from finerweb.formats import release

AZURE, GCS = azurite.missing(), gcs.missing()


@pytest.mark.parametrize(
    ("server", "url"),
    [
        pytest.param(s3.served, "s3a://bucket/finerweb/spool", id="s3"),
        pytest.param(
            azurite.served,
            "abfss://bucket@ada.dfs.core.windows.net/finerweb/spool",
            id="azure",
            marks=pytest.mark.skipif(bool(AZURE), reason=AZURE),
        ),
        pytest.param(
            gcs.served, "gs://bucket/finerweb/spool", id="gcs", marks=pytest.mark.skipif(bool(GCS), reason=GCS)
        ),
    ],
)
def test_a_driver_and_its_workers_ask_with_a_spool_in_an_object_store(
    server: Any, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, port = tmp_path / "requests", kills.free_port()
    with server("bucket") as variables, kills.endpoint(log, port):
        kills.finish(kills.driver(tmp_path / "work", port, f"ask.spool={url}", **variables))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        left = list(Spool(url).files())
        release.put(f"{url}/data/x.jsonl", b"published")
        system, place = storage.place(f"{url}/data/x.jsonl")
        assert system.cat_file(place) == b"published"
    assert kills.came(log).total() == kills.PASSAGES
    assert [name.rpartition("/")[2] for name in left] == ["1.holder"]
    assert not list(tmp_path.rglob("spool")), "nothing is on the disk"


@pytest.mark.cluster
def test_a_driver_and_its_workers_ask_with_a_spool_in_hdfs(tmp_path: Path) -> None:
    log, port = tmp_path / "requests", kills.free_port()
    with hdfs.served() as place, kills.endpoint(log, port):
        if place is None:
            pytest.skip("no HDFS here: its packages did not come from Maven, or it did not start")
        kills.finish(kills.driver(tmp_path / "work", port, f"ask.spool={place}/finerweb/spool"))
        left = list(Spool(f"{place}/finerweb/spool").files())
    assert kills.came(log).total() == kills.PASSAGES
    assert [name.rpartition("/")[2] for name in left] == ["1.holder"]


@pytest.mark.parametrize("kind", [Mount, Hadoop])
def test_a_spool_renames_nothing_and_asks_little_of_a_client(kind: Any, tmp_path: Path) -> None:
    fsspec.register_implementation(kind.protocol, kind, clobber=True)
    spool = Spool(f"{kind.protocol}://{tmp_path}/spool")
    assert not spool.is_disk
    assert (spool.files(), spool.files("7"), spool.names(), spool.read("7.holder")) == ({}, {}, set(), None)
    spool.write("7/answers/00000/x", b"answers")
    spool.write("7/answers/00000/x", b"answers again")
    with spool.open("queue-x/00000.parquet", "wb") as file:
        file.write(b"requests")
    assert spool.files() == {"7/answers/00000/x": 13, "queue-x/00000.parquet": 8}
    with spool.open("queue-x/00000.parquet", "rb") as file:
        assert file.read() == b"requests"
    assert spool.read("7/answers/00000/x") == b"answers again"
    assert segments.listed(spool, "7") == []
    for name in ("a", "b"):
        spool.write(name, b"")
    spool.remove(["a", "gone", "b"])
    spool.remove_folder("gone")
    spool.remove_folder("queue-x")
    assert spool.names() == {"7"}
