"""Data sets of a hub, tried on a folder of data files: the same loader, shards and all."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pandas as pd
import pytest
from huggingface_hub import constants
from pyspark.sql import SparkSession

from finerweb.errors import BadSource
from finerweb.settings import Source
from finerweb.sources import hub, records


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    for shard in range(2):
        rows = [(f"{shard}-{row}", f"Text {row} 🚢", "tha", "Thai", 0.9) for row in range(3)]
        frame = pd.DataFrame(rows, columns=["id", "text", "language", "language_script", "language_score"])
        frame.to_parquet(tmp_path / f"train-{shard}.parquet")
    return tmp_path


def test_every_shard_is_read_once(spark: SparkSession, data_set: Path) -> None:
    assert hub.stream(str(data_set), None, "train", None).num_shards == 2
    frame = hub.read(spark, str(data_set), configs=[], split="train", revision=None, limit=0)
    assert sorted(row["id"] for row in frame.collect()) == ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]


def test_a_limit_takes_the_first_records(spark: SparkSession, data_set: Path) -> None:
    frame = hub.read(spark, str(data_set), configs=[], split="train", revision=None, limit=4)
    assert [row["id"] for row in frame.collect()] == ["0-0", "0-1", "0-2", "1-0"]


def test_a_source_of_the_hub_gives_records(spark: SparkSession, data_set: Path) -> None:
    source = Source(name="hub", format="hub", path=str(data_set), language="swh", limit=1)
    frame, lines = records.read(spark, source)
    assert lines.count() == 0
    row = frame.collect()[0]
    assert (row["id"], row["text"], row["language"], row["script"], row["language_score"]) == (
        "0-0",
        "Text 0 🚢",
        "swh",
        None,
        0.9,
    )


class Branches(BaseHTTPRequestHandler):
    """A hub with one data set, whose branches are at these commits."""

    commits: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].removeprefix("/api/datasets/me/pages").removeprefix("/revision/") or "main"
        commit = self.commits.get(name)
        content = json.dumps(
            {"id": "me/pages", "sha": commit} if commit else {"error": f"Invalid rev id: {name}"}
        ).encode()
        self.send_response(200 if commit else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def branches(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setattr(Branches, "commits", {"main": "a" * 40, "v2": "b" * 40})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Branches) as server:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever).start()
        yield Branches.commits
        server.shutdown()


def test_a_source_of_the_hub_has_changed_when_its_branch_has(spark: SparkSession, branches: dict[str, str]) -> None:
    source = Source(name="hub", format="hub", path="me/pages")
    assert hub.commit("me/pages", None) == "a" * 40
    assert hub.commit("me/pages", "v2") == "b" * 40
    before = records.fingerprint(spark, source)
    assert records.fingerprint(spark, source) == before
    branches["main"] = "c" * 40
    assert records.fingerprint(spark, source) != before


def test_what_the_hub_does_not_tell_is_an_error_with_a_way_out(
    branches: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadSource, match=r"^data set me/pages: http://127\.0\.0\.1:\d+ refuses it \(404\): .*"):
        hub.commit("me/pages", "v3")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(BadSource, match=r"does not answer: .*HF_HUB_OFFLINE=1 what was downloaded before is read$"):
        hub.commit("me/pages", None)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub.commit("me/pages", "v2") == "v2"
