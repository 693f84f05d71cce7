"""Inputs that are read as they are, or refused with a row that says file, line, what was found and what was wanted."""

import bz2
import gzip
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from finerweb import settings
from finerweb.errors import BadSource
from finerweb.settings import Source
from finerweb.sources import delta_tables, records
from finerweb.tables import documents, rejects

LANGUAGES = settings.load_languages()
TEXT = "Lena Berg opened a bakery in Oslo."
TRIALS = ["05-subfolder-skipped", "06-text-that-is-no-string", "07-script-and-region-in-code", "18-parquet-nanoseconds"]

Stored = Sequence[tuple[str, str]]


def line(name: object = "1", text: object = TEXT, language: object = "en", **more: Any) -> bytes:
    return json.dumps({"id": name, "text": text, "language": language, **more}, ensure_ascii=False).encode() + b"\n"


def source(path: object, **more: Any) -> Source:
    return Source.model_validate({"path": str(path), "name": "web", "format": "jsonl", **more})


def examined(spark: SparkSession, given: Source, stored: Stored = ()) -> tuple[DataFrame, DataFrame]:
    rows, lines = records.read(spark, given)
    before = spark.createDataFrame(stored, "document_id string, text string")
    return documents.examine(rows, before, languages=LANGUAGES, chosen=[], max_characters=100), lines


def taken(spark: SparkSession, given: Source, stored: Stored = ()) -> dict[str, str]:
    """Id of a document -> its language; each has the same text."""
    rows = documents.accept(examined(spark, given, stored)[0]).collect()
    assert {row["text"] for row in rows} <= {TEXT}
    return {row["document_id"].removeprefix("web/"): row["language"] for row in sorted(rows)}


def refused(spark: SparkSession, given: Source, stored: Stored = ()) -> list[tuple[str, int | None, str, str, str]]:
    """File, line, problem, found, wanted."""
    rows = rejects.collect(*examined(spark, given, stored)).collect()
    named = [(Path(row["file"]).name, row["line"], row["problem"], row["found"], row["wanted"]) for row in rows]
    return sorted(named, key=str)


@pytest.mark.parametrize("trial", TRIALS)
def test_a_trial(spark: SparkSession, shared: Path, trial: str) -> None:
    folder = shared / "trials" / trial
    given = json.loads((folder / "input.json").read_text(encoding="utf-8"))
    rows = examined(spark, source(folder / given["path"], format=given["format"]))[0].collect()
    outcomes = {row["id"] or json.loads(row["raw"])["id"]: row for row in rows}
    assert set(outcomes) == {name for name, _ in given["expected"]}
    for name, expected in given["expected"]:
        row = outcomes[name]
        if expected.startswith("document"):
            _, language, *text = expected.replace(":", "").split(" ", 2)
            assert (row["problem"], row["code"]) == (None, language)
            assert row["text"].rstrip(".") == (text[0].rstrip(".") if text else row["text"].rstrip("."))
        else:
            assert row["problem"] == ("other_script" if "script" in expected else "not_text"), name


def test_folders_below_folders_are_read_and_tell_that_they_changed(spark: SparkSession, tmp_path: Path) -> None:
    for index, path in enumerate(["top.jsonl", "a/b.jsonl", "a/b c/é%41.jsonl", "lang=xx/_x=1/c.jsonl"]):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(line(f"n{index}"))
    for path in ["_SUCCESS", ".x.jsonl.crc", "_temporary/d.jsonl", ".git/e.jsonl", "a/_f.jsonl"]:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"hidden")
    given = source(tmp_path)
    assert list(taken(spark, given)) == ["n0", "n1", "n2", "n3"]
    assert refused(spark, given) == []
    before = records.fingerprint(spark, given)
    (tmp_path / "_SUCCESS").write_bytes(b"again")
    (tmp_path / ".git/g.jsonl").write_bytes(b"more")
    assert records.fingerprint(spark, given) == before
    (tmp_path / "a/b c/new.jsonl").write_bytes(line("n4"))
    assert records.fingerprint(spark, given) != before
    assert list(taken(spark, source(tmp_path / "*/*.jsonl"))) == ["n1"]


def test_a_folder_says_what_its_records_do_not(spark: SparkSession, tmp_path: Path) -> None:
    for code, record in {"en": {"id": "1", "text": TEXT}, "sr": {"id": "2", "text": TEXT, "language": "fr"}}.items():
        folder = tmp_path / f"lang={code}" / "dump=CC%2D1"
        folder.mkdir(parents=True)
        (folder / "a.jsonl").write_text(json.dumps(record))
        pq.write_table(pa.table({name: [value] for name, value in record.items()}), folder / "a.parquet")
    lines, columns = source(tmp_path / "*/*/*.jsonl"), source(tmp_path / "*/*/*.parquet", format="parquet")
    assert taken(spark, lines) == taken(spark, columns) == {"1": "eng", "2": "fra"}
    assert {row["dump"] for row in documents.accept(examined(spark, lines)[0]).collect()} == {"CC-1"}


def test_compressed_files_are_read(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line("gz")))
    (tmp_path / "a.jsonl.bz2").write_bytes(bz2.compress(line("bz2")))
    (tmp_path / "a.jsonl.zst").write_bytes(pa.Codec("zstd").compress(line("zst"), asbytes=True))
    assert list(taken(spark, source(tmp_path))) == ["bz2", "gz", "zst"]


WHOLE = "a file that can be read to its end; nothing of it was taken in: mend it or copy it once more"


def test_good_files_are_read_beside_broken_ones(spark: SparkSession, tmp_path: Path) -> None:
    import random

    draw = random.Random(1)
    many = b"".join(line(f"{draw.random()}") for _ in range(2000))
    (tmp_path / "good.jsonl.gz").write_bytes(gzip.compress(line("good")))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cut off.jsonl.gz").write_bytes(gzip.compress(many)[:-500])
    (tmp_path / "none.jsonl.gz").write_bytes(b"this is not gzip")
    (tmp_path / "none.jsonl").write_bytes(b"<html>\n")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert list(taken(spark, source(tmp_path))) == ["good"]
    rows = refused(spark, source(tmp_path))
    assert [(name, number, problem, wanted) for name, number, problem, _, wanted in rows] == [
        ("cut%20off.jsonl.gz", None, "unreadable_file", WHOLE),
        ("empty.jsonl", None, "empty_file", "JSON lines"),
        ("none.jsonl", 1, "malformed_json", "one JSON object a line"),
        ("none.jsonl.gz", None, "unreadable_file", WHOLE),
    ]
    assert [reason for *_, problem, reason, _ in rows if problem == "unreadable_file"] == [
        "EOFException: Unexpected end of input stream",
        "IOException: not a gzip file",
    ]


ODD: dict[str, tuple[bytes, list[tuple[Any, ...]]]] = {
    "a byte-order mark": (b"\xef\xbb\xbf" + line("a") + b"\xef\xbb\xbf" + line("b"), []),
    "line ends of Windows": (line("a").replace(b"\n", b"\r\n") + line("b"), []),
    "an array, one object a line": (
        b"[\n" + line("a").strip() + b",\n" + line("b") + b"]",
        [
            (1, "malformed_json", "a JSON array: [", "one JSON object a line: jq -c '.[]' FILE writes them"),
            (4, "malformed_json", "]", "one JSON object a line"),
        ],
    ),
    "an array": (
        line("a") + line("b") + b"[" + line("c").strip() + b"]",
        [
            (
                3,
                "malformed_json",
                "a JSON array: [" + line("c").decode().strip() + "]",
                "one JSON object a line: jq -c '.[]' FILE writes them",
            )
        ],
    ),
    "null, a number, a text, half an object": (
        line("a") + line("b") + b'null\n3\n"x"\n{"id": "d", "text": "x"',
        [
            (number, "malformed_json", text, "one JSON object a line")
            for number, text in enumerate(["null", "3", '"x"', '{"id": "d", "text": "x"'], start=3)
        ],
    ),
    "something behind an object": (
        line("a") + line("b") + b'{"id": "c", "text": "x"} and more',
        [(3, "malformed_json", '{"id": "c", "text": "x"} and more', "one JSON object a line")],
    ),
    "a number as id": (line("a") + line("b") + line(12345678901234567890123), []),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_lines(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    content, wanted = ODD[kind]
    (tmp_path / "a.jsonl").write_bytes(content)
    assert refused(spark, source(tmp_path)) == [("a.jsonl", *row) for row in wanted]
    more = ["12345678901234567890123"] if kind == "a number as id" else []
    assert list(taken(spark, source(tmp_path))) == [*more, "a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_letters_are_named(spark: SparkSession, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(line().decode().strip().encode(encoding))
    (row,) = refused(spark, source(tmp_path))
    assert (row[:3], row[4]) == (
        ("a.jsonl", 1, "invalid_utf8"),
        "UTF-8: iconv -f UTF-16 -t UTF-8 FILE writes it",
    )
    assert row[3].startswith("UTF-16 or UTF-32: ")


NOT_TEXT = [
    ("text", [TEXT, "second"], f'text is a list: ["{TEXT}","second"]', "text: a text"),
    ("text", [], "text is a list: []", "text: a text"),
    ("text", {"content": TEXT}, f'text is an object: {{"content":"{TEXT}"}}', "text: a text"),
    ("text", 12345, "text is a number: 12345", "text: a text"),
    ("text", 1.5, "text is a number: 1.5", "text: a text"),
    ("text", True, "text is a boolean: true", "text: a text"),
    ("id", ["a"], 'id is a list: ["a"]', "id: a text or a whole number"),
    ("id", 1.5, "id is a number: 1.5", "id: a text or a whole number"),
    ("id", 10**60, "id is a number: 1.0E60", "id: a text or a whole number"),
    ("id", False, "id is a boolean: false", "id: a text or a whole number"),
    ("language", ["en", "fr"], 'language is a list: ["en","fr"]', "language: a text"),
    ("language", {"en": 0.9}, 'language is an object: {"en":0.9}', "language: a text"),
    ("url", ["http://a.example"], 'url is a list: ["http://a.example"]', "url: a text"),
    ("language_script", ["Latn"], 'script is a list: ["Latn"]', "script: a text"),
]


def test_what_is_no_text_is_told(spark: SparkSession, tmp_path: Path) -> None:
    lines = [json.dumps({"id": "1", "text": TEXT, "language": "en", field: value}) for field, value, *_ in NOT_TEXT]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, line("good", date=2024, dump=["x"]).decode()]))
    rows = rejects.collect(*examined(spark, source(tmp_path))).orderBy("line").collect()
    assert [(row["line"], row["problem"], row["found"], row["wanted"], row["record"]) for row in rows] == [
        (number, "not_text", content, wanted, lines[number - 1])
        for number, (_, _, content, wanted) in enumerate(NOT_TEXT, start=1)
    ]
    good = documents.accept(examined(spark, source(tmp_path))[0]).collect()
    assert [(row["document_id"], row["date"], row["dump"]) for row in good] == [("web/good", "2024", '["x"]')]


def test_columns_of_other_types_and_schemas(spark: SparkSession, tmp_path: Path) -> None:
    moment = datetime(2023, 11, 14, 22, 13, 20)
    tables: dict[str, dict[str, Any]] = {
        "plain": {"id": ["s"], "text": [TEXT], "language": ["en"]},
        "nano": {"id": [1], "text": [TEXT], "lang": ["en"], "date": pa.array([moment], pa.timestamp("ns")), "t": pa.array([1], pa.time64("ns"))},
        "wide": {"id": pa.array([2**64 - 1], pa.uint64()), "text": pa.array([TEXT], pa.large_string()), "language": pa.array(["en"]).dictionary_encode(), "url": pa.nulls(1)},
        "list": {"id": ["l"], "text": [[TEXT]], "language": ["en"]},
        "struct": {"id": ["o"], "text": [{"body": TEXT}], "language": ["en"]},
        "number": {"id": ["n"], "text": [7], "language": ["en"]},
        "binary": {"id": ["b"], "text": [b"abc"], "language": ["en"]},
        "float": {"id": [1.5], "text": [TEXT], "language": ["en"]},
        "none": {"id": ["x"], "body": [TEXT]},
        "no_rows": {"id": pa.array([], pa.string()), "text": pa.array([], pa.string())},
    }  # fmt: skip
    for name, table in tables.items():
        folder = tmp_path / f"of={name}"
        folder.mkdir()
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "of=plain/plain.parquet").read_bytes()[:-9])
    (tmp_path / "notes.md").write_text("no Parquet")
    (tmp_path / "zero.parquet").write_bytes(b"")
    given = source(tmp_path, format="parquet")
    assert taken(spark, given) == {"1": "eng", "18446744073709551615": "eng", "s": "eng"}
    dates = {row["date"] for row in documents.accept(examined(spark, given)[0]).collect()}
    assert dates == {None, "2023-11-14 22:13:20"}
    rows = refused(spark, given)
    assert [(name, problem) for name, _, problem, *_ in rows] == [
        ("binary.parquet", "not_text"),
        ("cut.parquet", "unreadable_file"),
        ("float.parquet", "not_text"),
        ("list.parquet", "not_text"),
        ("no_rows.parquet", "empty_file"),
        ("none.parquet", "unreadable_file"),
        ("notes.md", "unreadable_file"),
        ("number.parquet", "not_text"),
        ("struct.parquet", "not_text"),
        ("zero.parquet", "empty_file"),
    ]
    reasons = {name: reason for name, _, _, reason, _ in rows}
    assert reasons["list.parquet"] == f'text is array<string>: {{"text":["{TEXT}"]}}'
    assert reasons["none.parquet"] == "no column text; found: id, body"
    assert "Parquet magic bytes not found" in reasons["cut.parquet"]


def test_a_parquet_file_that_breaks_off_inside_is_told(spark: SparkSession, tmp_path: Path) -> None:
    for name in ("good", "bad"):
        rows = {"id": [f"{name}{row}" for row in range(500)], "text": [TEXT] * 500, "language": ["en"] * 500}
        pq.write_table(pa.table(rows), tmp_path / f"{name}.parquet", use_dictionary=False)
    content = bytearray((tmp_path / "bad.parquet").read_bytes())
    content[10:400] = b"\xff" * 390
    (tmp_path / "bad.parquet").write_bytes(content)
    given = source(tmp_path, format="parquet")
    assert len(taken(spark, given)) == 500
    assert [row[:3] for row in refused(spark, given)] == [("bad.parquet", None, "unreadable_file")]


TABLES = {
    "inputs_of_web.pages": ("pages", "delta"),
    "spark_catalog.`inputs_of_web`.`raw`": ("raw", "parquet"),
}


@pytest.mark.parametrize("path", TABLES)
def test_a_table_of_a_catalogue_is_read(spark: SparkSession, path: str) -> None:
    name, format = TABLES[path]
    fields = "id string, text string, language string"
    frame = spark.createDataFrame([("1", TEXT, "en-US"), ("2", TEXT, "sr_Cyrl")], fields)
    assert Source.model_validate({"format": "table", "path": path}).name == name
    given = source(path, format="table")
    spark.sql("CREATE DATABASE IF NOT EXISTS inputs_of_web")
    try:
        frame.write.format(format).mode("overwrite").saveAsTable(delta_tables.sql_name(path))
        assert taken(spark, given) == {"1": "eng"}
        assert [row[2:4] for row in refused(spark, given)] == [("other_script", "Cyrl")]
        before = records.fingerprint(spark, given)
        if format == "delta":
            spark.sql(f"OPTIMIZE {delta_tables.sql_name(path)}")  # a new version of the same rows
        assert records.fingerprint(spark, given) == before
        frame.limit(1).write.insertInto(delta_tables.sql_name(path))
        assert records.fingerprint(spark, given) != before
    finally:
        spark.sql("DROP DATABASE inputs_of_web CASCADE")


def test_a_name_with_signs_is_quoted() -> None:
    assert delta_tables.sql_name("my-catalog.web.raw pages") == "`my-catalog`.`web`.`raw pages`"
    assert delta_tables.sql_name("my.`odd.name`") == "my.`odd.name`"
    assert Source.model_validate({"format": "table", "path": "my-catalog.web.`raw pages`"}).name == "raw_pages"


def test_a_table_that_is_not_there_is_named(spark: SparkSession) -> None:
    given = source("no_such_schema.pages", format="table")
    for read in (records.read, records.fingerprint):
        with pytest.raises(BadSource, match="^source web: cannot read no_such_schema.pages as table: .*NOT_FOUND"):
            read(spark, given)


def test_another_text_under_a_known_id_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    long = "x" * 99
    (tmp_path / "a.jsonl").write_bytes(line("same") + line("new") + line("new", long) + line("new") + line("old"))
    stored = [("web/same", TEXT), ("web/old", "As it was."), ("other/new", "x")]
    assert list(taken(spark, source(tmp_path), stored)) == ["new", "same"]
    way_out = "; give the new text an id of its own, finerweb take_down removes the old one"
    assert refused(spark, source(tmp_path), stored) == [
        (
            *("a.jsonl", 3, "changed", f'web/new: "{"x" * 80}…" (99 characters)'),
            f'the text that this id has: "{TEXT}" (34 characters){way_out}',
        ),
        ("a.jsonl", 4, "duplicate_id", "web/new", "an id that no other record has"),
        (
            *("a.jsonl", 5, "changed", f'web/old: "{TEXT}" (34 characters)'),
            f'the text that this id has: "As it was." (10 characters){way_out}',
        ),
    ]


def test_an_empty_folder_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    for format in ("jsonl", "parquet"):
        with pytest.raises(BadSource, match=f"^source web: no file in {tmp_path}$"):
            records.read(spark, source(tmp_path, format=format))


def test_marked_texts_are_read_in_folders_below_folders(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "news/.git").mkdir(parents=True)
    (tmp_path / "eng.txt").write_bytes(b"\xef\xbb\xbf=== a rich\n" + TEXT.encode())
    (tmp_path / "news/eng.txt").write_text(f"=== a rich\n{TEXT.replace('Oslo', '[Oslo](city)')}")
    (tmp_path / "news/.git/eng.txt").write_text("hidden")
    given = source(tmp_path, format="annotated")
    assert taken(spark, given) == {"eng/a": "eng", "news/eng/a": "eng"}
    assert [row["document_id"] for row in records.gold_entities(spark, given).collect()] == ["web/news/eng/a"]
