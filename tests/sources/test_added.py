"""A source to which files are added: they alone are read, and all of it again where that would not do."""

import json
import os
from pathlib import Path

import pytest

from finerweb import graph, settings
from finerweb.lake import Lake
from finerweb.running.runner import Outcome, Runner
from finerweb.settings import Settings
from finerweb.tables import documents, rejects, source_files

TEXT = "Lena Berg opened a bakery in Oslo 👍🏽."


def put(folder: Path, name: str, **texts: str) -> Path:
    lines = [json.dumps({"id": key, "text": text, "language": "eng"}) for key, text in texts.items()]
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return folder / name


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "web").mkdir()
    return tmp_path / "web"


@pytest.fixture
def own(web: Path) -> Settings:
    overrides = [f"work={web.parent}", f"ingest.sources=[{{name: web, format: jsonl, path: {web}}}]"]
    return settings.load("conf/test.yml", overrides)


def ingest(lake: Lake, own: Settings) -> Outcome:
    return Runner(lake, own).run("ingest_documents", graph.load("ingest_documents").main)


def names(lake: Lake) -> list[str]:
    return sorted(row["document_id"].removeprefix("web/") for row in lake.peek(documents.TABLE).collect())


def refused(lake: Lake) -> list[tuple[str, str]]:
    return sorted((Path(row["file"]).name, row["problem"]) for row in lake.peek(rejects.TABLE).collect())


def test_added_files_alone_are_read(lake: Lake, own: Settings, web: Path) -> None:
    first = put(web, "1.jsonl", a=TEXT, b=f"{TEXT} 2")
    ingest(lake, own)
    assert ingest(lake, own).is_current

    # As nobody would: a file that says something else, with the size and the time that it had. It is not opened.
    before = first.stat()
    first.write_bytes(b"{" * before.st_size)
    os.utime(first, ns=(before.st_atime_ns, before.st_mtime_ns))
    put(web, "2.jsonl", c=f"{TEXT} 3", a=TEXT, b=f"{TEXT} another")
    (web / "empty.jsonl").touch()
    assert ingest(lake, own).rows["documents"] == 1
    assert names(lake) == ["a", "b", "c"]
    assert refused(lake) == [("2.jsonl", "changed"), ("2.jsonl", "duplicate_id"), ("empty.jsonl", "empty_file")]
    assert [Path(row["path"]).name for row in lake.read(source_files.TABLE).orderBy("path").collect()] == [
        "1.jsonl",
        "2.jsonl",
    ]

    # A file that was changed may have lost what it said: all are read.
    put(web, "2.jsonl", c=f"{TEXT} 3", d=f"{TEXT} 4")
    ingest(lake, own)
    assert names(lake) == ["a", "b", "c", "d"]
    assert ("1.jsonl", "malformed_json") in refused(lake)


def test_after_a_run_that_died_nothing_is_called_a_duplicate(lake: Lake, own: Settings, web: Path) -> None:
    put(web, "1.jsonl", a=TEXT)
    ingest(lake, own)
    put(web, "2.jsonl", b=f"{TEXT} 2", c=f"{TEXT} 3")
    # It had taken in one record of the second file.
    row = lake.read(documents.TABLE).first()
    assert row is not None
    died = documents.TABLE.row(**{**row.asDict(), "document_id": "web/b", "text": f"{TEXT} 2"})
    lake.begin("ingest_documents")
    lake.append(documents.TABLE, lake.spark.createDataFrame([died], documents.TABLE.schema))
    ingest(lake, own)
    assert (names(lake), refused(lake)) == (["a", "b", "c"], [])
