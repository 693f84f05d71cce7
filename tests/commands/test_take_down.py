"""Take documents down: nothing of them stays in tables, files and later runs, and nothing else changes."""

import hashlib
import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from rows import put
from typer.testing import CliRunner

from finerweb import graph, settings, tables
from finerweb.__main__ import app
from finerweb.commands import take_down
from finerweb.errors import NoSuchDocument
from finerweb.lake import Lake
from finerweb.running.runner import Runner
from finerweb.settings import Settings
from finerweb.tables import (
    audits,
    completions,
    contaminations,
    documents,
    entities,
    labels,
    measures,
    mentions,
    near_duplicates,
    passages,
    ratings,
    rejects,
    scores,
    selection,
    tags,
    take_downs,
    unaligned,
    verdicts,
)
from finerweb.tables import files as files_table

NOON = datetime(2026, 1, 2, 12)
GONE = "pages/zq-9"
URL = "https://www.private.example/ada/"
SECRET = "Am Montag flog Ada Quandt 👩🏽‍🚀 von Kairo nach Peru und zahlte 1.250 Euro"
PAGES = [
    {"id": "zq-9", "url": URL, "language": "deu", "text": f"{SECRET}. Im Mai war sie wieder in Deutschland."},
    {"id": "zq-9", "url": "https://other.example/copy", "language": "deu", "text": f"Kopie: {SECRET}."},
    {
        "id": "3",
        "url": "https://stays.example/",
        "language": "deu",
        "text": "Am Freitag war er in Italien. Das war gut.",
    },
    {"id": "4", "url": None, "language": "tha", "text": "วันจันทร์เขาไปประเทศไทยและญี่ปุ่น 👍🏽"},
    {"id": "5", "url": None, "language": "eng", "text": "On Monday they flew from France to Peru for 300 euros."},
]
# The jobs that are run; what others make, by a model's answers, is put there by hand.
JOBS = ["ingest_documents", "split_passages", "build_examples", "publish"]


def everything(lake: Lake) -> dict[str, list[str]]:
    """Table -> its rows, in order, by a reader that is not Spark; not those of runs, nor what was taken down."""
    names = [name for name in versions(lake) if name not in ("runs", "take_downs")]
    read = {name: DeltaTable(f"{lake.location}/{name}").to_pyarrow_table().to_pylist() for name in names}
    return {name: sorted(map(str, rows)) for name, rows in read.items()}


def versions(lake: Lake) -> dict[str, int]:
    names = {table.name for table in tables.every()} - {"holders"}  # a row for each time that asking was held up
    places = {name: f"{lake.location}/{name}" for name in names}
    return {name: DeltaTable(place).version() for name, place in places.items() if DeltaTable.is_deltatable(place)}


def traces(content: str) -> list[str]:
    return [sign for sign in ("zq-9", "private.example", "Quandt", "flog Ada") if sign in content]


def shown(path: str, content: bytes) -> list[str]:
    """What a reader of a published file sees of it."""
    return traces(str(pq.read_table(BytesIO(content)).to_pylist()) if path.endswith(".parquet") else content.decode())


def run(lake: Lake, chosen: Settings) -> dict[str, bool]:
    runner = Runner(lake, chosen)
    return {name: runner.run(name, graph.load(name).main).is_current for name in JOBS}


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


class Work:
    """A work folder in which the documents were published, and then taken down on the command line."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        source = folder / "pages.jsonl"
        source.write_text("".join(json.dumps(page, ensure_ascii=False) + "\n" for page in PAGES), encoding="utf-8")
        self.options = [f"work={folder / 'work'}", f"ingest.sources=[{source}]"]
        self.chosen = settings.load("conf/test.yml", self.options)
        self.lake = Lake(spark, self.chosen.lake.location)
        self.folder = folder / "work"

    def finerweb(self, *arguments: str) -> tuple[int, str]:
        options = [part for option in self.options for part in ("--set", option)]
        result = CliRunner().invoke(app, [*arguments, "--conf", "conf/test.yml", *options])
        return result.exit_code, result.output

    def publish(self) -> None:
        """The first run, and between its jobs everything that others make of the passages."""
        runner = Runner(self.lake, self.chosen)
        for name in JOBS[:2]:
            runner.run(name, graph.load(name).main)
        texts = [row.asDict() for row in self.lake.read(passages.TABLE).orderBy("passage_id").collect()]
        for table, values in (
            (ratings.TABLE, {"rating": 4, "split": "train"}),
            (scores.TABLE, {"scorer": "m/1", "score": 0.9, "scores": {"binary": 0.9}}),
            (selection.TABLE, {"is_selected": True, "rank": 1}),
            (verdicts.TABLE, {"copy": "plain", "faithfulness": 4, "completeness": 4}),
            (audits.TABLE, {"auditor": "me", "missing": [], "start": 0, "end": 0}),
            (contaminations.TABLE, {"benchmark": "b.jsonl", "line": 1, "words": 13}),
            (tags.TABLE, {"source": "passages", "student": "m/1", "labels": ["city"], "entities": []}),
        ):
            columns = {column.name for column in table.columns}
            keys = [{name: value for name, value in text.items() if name in columns} for text in texts]
            put(self.lake, table, *(key | values for key in keys))
        subjects = [(text, f"{text['passage_id']}{copy}") for text in texts for copy in ("", "~swapped")]
        answers = [
            {"request_id": subject, "subject_id": subject, "language": text["language"], "answer": text["text"]}
            for text, subject in subjects
        ]
        put(self.lake, completions.TABLE, *(answer | {"question": "ner", "answered": NOON} for answer in answers))
        places = [
            {"passage_id": text["passage_id"], "language": text["language"], "end": 12, "mention": text["text"][:12]}
            | {"label": "city"}
            for text in texts
        ]
        grounded = {"annotator": "broad", "start": 0, "tier": "exact", "policy": "best"}
        named = [
            place | grounded | {"request_id": place["passage_id"], "surface": place["mention"]} for place in places
        ]
        put(self.lake, mentions.TABLE, *named)
        merged = [
            place | {"text": text["text"], "labels": ["city"], "agreement": "alone"}
            for place, text in zip(places, texts, strict=True)
        ]
        put(self.lake, entities.TABLE, *merged)
        city = {"label": "city", "canonical": "city", "coarse": "place", "name": "city"}
        put(self.lake, labels.TABLE, *(city | {"language": code} for code in ("deu", "eng", "tha")))
        put(self.lake, measures.TABLE)
        for name in JOBS[2:]:
            runner.run(name, graph.load(name).main)


@pytest.fixture(scope="module")
def work(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Work:
    work = Work(spark, tmp_path_factory.mktemp("taking"))
    work.publish()
    return work


def test_a_document_that_was_taken_down_leaves_no_trace(work: Work) -> None:
    lake, dataset = work.lake, Path(work.chosen.publish.path)
    before = everything(lake)
    named = {name for name, rows in before.items() if traces(" ".join(rows))}
    assert named == set(ABOUT) - {"gold", "near_duplicates", "unaligned"}
    published = files(dataset / "releases" / "000001" / "data")
    assert [path for path, content in published.items() if traces(content.decode(errors="replace"))]

    code, output = work.finerweb(
        "take_down", "--url", "HTTP://PRIVATE.example:80/./%61da", "--reason", "asked", "--vacuum"
    )
    assert code == 0, output
    assert f"taken down: {GONE}\n" in output
    assert "older versions of" in output

    after = everything(lake)
    assert {name: traces(" ".join(rows)) for name, rows in after.items() if traces(" ".join(rows))} == {}
    kept = {name: [row for row in rows if not traces(row)] for name, rows in before.items()}
    assert after.keys() == kept.keys()
    assert {name for name in kept if after[name] != kept[name]} == {"files"}
    without_it = files(dataset)
    assert {path.split("/")[1] for path in without_it if path.startswith("releases/")} == {"000002"}
    assert f"{dataset} is at release 000002 now, without them, and older releases were removed" in output
    assert {path for path, content in without_it.items() if shown(path, content)} == set()
    assert {row["path"]: row["sha256"] for row in lake.read(files_table.TABLE).collect()} == {
        path.removeprefix("releases/000002/"): hashlib.sha256(content).hexdigest()
        for path, content in without_it.items()
        if "/data/" in path
    }
    german = load_dataset(str(dataset), "deu", cache_dir=str(work.folder / "cache"))
    assert [row["text"] for split in german.values() for row in split] == [
        "Am Freitag war er in Italien.",
        "Das war gut.",
    ]
    data = {path: content for path, content in files(work.folder / "lake").items() if "_delta_log" not in path}
    assert {path for path in data if b"Quandt" in data[path]} == set()

    # What was derived is derived anew, and the source still has the document.
    assert run(lake, work.chosen) == dict.fromkeys(JOBS, False)
    again = everything(lake)
    assert {name: traces(" ".join(rows)) for name, rows in again.items() if traces(" ".join(rows))} == {}
    unchanged = set(after) - {"rejects", "files"}
    assert {name: again[name] for name in unchanged} == {name: after[name] for name in unchanged}
    refused = lake.read(rejects.TABLE).orderBy("line").collect()
    assert [(row["line"], row["problem"], row["found"], row["language"]) for row in refused] == [
        (line, "taken_down", None, "deu") for line in (1, 2)
    ]
    now = files(dataset)
    assert {path.split("/")[1] for path in now if path.startswith("releases/")} == {"000002", "000003"}
    assert {path for path, content in now.items() if shown(path, content)} == set()
    others = {path: content for path, content in published.items() if "/tha/" in path or "/eng/" in path}
    assert others
    assert {path: now[f"releases/000003/data/{path}"] for path in others} == others
    data = {path.removeprefix("releases/000002/"): content for path, content in without_it.items() if "/data/" in path}
    assert {path: now[f"releases/000003/{path}"] for path in data} == data, "as if it had never been there"


def test_take_down_again_changes_nothing(work: Work) -> None:
    before = versions(work.lake)
    code, output = work.finerweb("take_down", "--url", URL, "--document", GONE, "--reason", "asked again")
    assert code == 0, output
    assert "removed rows: none, they were gone before" in output
    assert versions(work.lake) == before
    assert [(row["document_id"], row["url"], row["reason"]) for row in work.lake.read(take_downs.TABLE).collect()] == [
        (GONE, URL, "asked")
    ]


def test_a_document_that_never_was_is_named_and_nothing_is_removed(work: Work) -> None:
    before = work.lake.read(documents.TABLE).count()
    with pytest.raises(NoSuchDocument) as caught:
        take_down.take_down(
            work.lake, urls=["https://x.example/"], ids=["pages/3", "page/4"], reason="r", spools=work.chosen.ask.spool
        )
    assert str(caught.value).startswith("found no document https://x.example/, page/4; nothing was removed. Wanted a ")
    assert work.lake.read(documents.TABLE).count() == before


def test_what_a_crash_left_undone_the_same_command_does(spark: SparkSession, lake: Lake, tmp_path: Path) -> None:
    rows = [{"document_id": name, "source": "s", "url": f"https://{name}", "text": "x"} for name in ("s/1", "s/2")]
    put(lake, documents.TABLE, *rows)
    names = [{"passage_id": f"{name}#0", "request_id": name, "surface": "x", "end": 1} for name in ("s/1", "s/2")]
    put(lake, mentions.TABLE, *(row | {"start": 0} for row in names))
    put(lake, near_duplicates.TABLE, {"passage_id": "s/2#0", "duplicate_of": "s/1#0"})
    put(lake, unaligned.TABLE, *({"example_id": f"{name}#0-s12", "end": 1} for name in ("s/1", "s/2")))
    removed = take_down.take_down(lake, urls=[], ids=["s/1"], reason="r", spools=str(tmp_path / "spool"))
    assert removed == (["s/1"], {"documents": 1, "mentions": 1, "near_duplicates": 1, "unaligned": 1}, ["s/2"])
    put(lake, mentions.TABLE, *(row | {"start": 0} for row in names))  # as if it had died before it came to mentions
    removed = take_down.take_down(lake, urls=[], ids=["s/1"], reason="r", spools=str(tmp_path / "spool"))
    assert removed == (["s/1"], {"mentions": 1}, [])


def test_a_page_is_removed_and_refused_in_every_spelling(spark: SparkSession, lake: Lake, tmp_path: Path) -> None:
    urls = ["https://www.xn--bcher-kva.example:443/x/../%61da#top", "http://Bücher.example/ada/", "bücher.example./ada"]
    others = ["http://bücher.example/Ada", "http://bücher.example/ada?p=1", "http://bücher.example:8080/ada", None]
    put(
        lake,
        documents.TABLE,
        *(
            {"document_id": f"s/{number}", "source": "s", "url": url, "text": "x"}
            for number, url in enumerate(urls + others)
        ),
    )
    kept = ['{"url": "http://x.example/?u=//bücher.example/ada"}', "broken", None]
    gone = [
        '{"url": "http:\\/\\/B\\u00dccher.example\\/ada", "text": [1]}',
        '{"text": "see https://bücher.example/ada ',
        '{"u": "bücher.example/ada"',
    ]
    put(
        lake,
        rejects.TABLE,
        *({"reject_id": str(number), "source": "s", "record": record} for number, record in enumerate(kept + gone)),
    )
    done = take_down.take_down(
        lake, urls=["http://BÜCHER.example/%61da"], ids=[], reason="r", spools=str(tmp_path / "spool")
    )
    assert done == (["s/0", "s/1", "s/2"], {"documents": 3, "rejects": 3}, [])
    assert sorted(row["reject_id"] for row in lake.read(rejects.TABLE).collect()) == ["0", "1", "2"]
    assert {row["url"] for row in lake.read(documents.TABLE).collect()} == {*others}

    fields = "document_id string, url string, id string, raw string, text string, problem string, found string, wanted string"
    records = [
        (f"t/{number}", url, str(number), None, "x", None, None, None) for number, url in enumerate([*urls, *others])
    ]
    examined = take_downs.refuse(spark.createDataFrame(records, fields), lake.read(take_downs.TABLE))
    refused = {row["document_id"] for row in examined.filter("problem = 'taken_down'").collect()}
    assert refused == {"t/0", "t/1", "t/2"}


ABOUT: dict[str, Any] = {
    **{name: ["document_id"] for name in ("documents", "gold", "passages", "selection", "examples")},
    **{
        name: ["passage_id"]
        for name in ("audits", "contaminations", "entities", "mentions", "ratings", "scores", "tags", "verdicts")
    },
    "near_duplicates": ["passage_id", "duplicate_of"],
    "unaligned": ["example_id"],
    "completions": ["subject_id"],
    "rejects": ["found", "record"],
}
NOTHING = {
    "evaluations",
    "files",
    "holders",
    "labels",
    "measures",
    "runs",
    "similarities",
    "source_files",
    "reliabilities",
    "take_downs",
}  # of a document


def test_every_table_is_looked_at() -> None:
    """A new table belongs into one of the two lists: does it have something of a document?"""
    conditions = {table.name: take_down.condition(table) for table in tables.every()}
    assert {name for name, on in conditions.items() if on is None} == NOTHING
    assert {
        name: [column for column in ABOUT[name] if f"t.{column}" in on] for name, on in conditions.items() if on
    } == ABOUT


def test_urls_and_ids_are_told_apart_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(
        "https://a.example/ü\n\n  pages/<urn:uuid:1> \nHTTP://b.example\n", encoding="utf-8"
    )
    assert take_down.read(tmp_path / "list.txt") == (
        ["https://a.example/ü", "HTTP://b.example"],
        ["pages/<urn:uuid:1>"],
    )
