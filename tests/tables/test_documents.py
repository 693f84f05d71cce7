"""Real files to documents, and a row with its file and line for every record that is none."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from finerweb import settings
from finerweb.errors import BadSource
from finerweb.settings import Source
from finerweb.sources import records
from finerweb.tables import documents, rejects

LANGUAGES = settings.load_languages()
CHOSEN = ["eng", "cmn", "fra", "srp"]
EMOJI = "👩🏽\u200d🚀 in Cairo"


def line(**record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


FULL = line(
    id="1", text=EMOJI, language="eng", language_script="Latn", url="https://x.org/é", date="2024-01-02", dump="CC-1",
    license="CC0", language_score=0.5,
)  # fmt: skip

PLAIN = [
    FULL,
    b"",
    b'{"id": "3", "text": "cut',
    line(id="4", language="eng"),
    line(id="5", text="\U0001d4d3 e\u0301", language="xx"),
    line(id="6", text="Нови Сад", language="srp_Cyrl"),
    b'{"id": "7", "text": "caf\xe9", "language": "fra"}',
    line(id="8", text="é" * 101, language="fra"),
    FULL,
    b"[1, 2]",
    line(text="北京", lang="zh-CN", script="Hani"),
    line(id="12", text="กรุงเทพ", language="tha_Thai"),
    b" \t " + line(id=" ", text="e\u0301te\u0301", language="fr", language_score="high"),
    line(id="14", text=" ", language="eng"),
]
ZIPPED = [line(id="z1", text="Zürich\n\nand Bern", language="ENG_Latn"), b"", b"not json", line(id="z4", text=None)]


def source(path: Path, **more: Any) -> Source:
    return Source.model_validate({"path": str(path), "name": "web", "format": "jsonl", **more})


def examined(spark: SparkSession, given: Source, stored: Sequence[tuple[str, str]] = ()) -> tuple[DataFrame, DataFrame]:
    rows, lines = records.read(spark, given)
    before = spark.createDataFrame(stored, "document_id string, text string")
    return documents.examine(rows, before, languages=LANGUAGES, chosen=CHOSEN, max_characters=100), lines


def kept(spark: SparkSession, given: Source) -> list[str]:
    return sorted(row["text"] for row in documents.accept(examined(spark, given)[0]).collect())


def rejected(spark: SparkSession, given: Source) -> list[tuple[str, int | None, str]]:
    rows = rejects.collect(*examined(spark, given)).collect()
    return sorted((Path(row["file"]).name, row["line"], row["problem"]) for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    (folder / "a.jsonl").write_bytes(b"\n".join(PLAIN))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"\r\n".join(ZIPPED) + b"\r\n"))
    (folder / "white.jsonl").write_bytes(b"\n  \n")
    return folder


def test_good_records_become_documents(spark: SparkSession, folder: Path) -> None:
    rows = sorted(documents.accept(examined(spark, source(folder))[0]).collect())
    none = dict.fromkeys(["url", "date", "dump", "licence", "language_score"])
    hashed = {text: f"web/{hashlib.sha256(text.encode()).hexdigest()}" for text in ("北京", "e\u0301te\u0301")}
    wanted = [
        Row(
            document_id="web/1", language="eng", script="Latn", text=EMOJI, source="web", url="https://x.org/é",
            date="2024-01-02", dump="CC-1", licence="CC0", language_score=0.5,
        ),
        Row(document_id=hashed["北京"], language="cmn", script="Hani", text="北京", source="web", **none),
        Row(document_id=hashed["e\u0301te\u0301"], language="fra", script="Latn", text="e\u0301te\u0301", source="web", **none),
        Row(document_id="web/z1", language="eng", script="Latn", text="Zürich\n\nand Bern", source="web", **none),
    ]  # fmt: skip
    assert rows == sorted(wanted)


def test_every_other_record_is_a_reject_with_its_file_and_line(spark: SparkSession, folder: Path) -> None:
    rows = rejects.collect(*examined(spark, source(folder))).drop("reject_id", "source").collect()
    object_wanted = "one JSON object a line"
    language_wanted = "a code or alias of languages.yml"
    long = "é" * 101
    wanted = [
        ("a.jsonl", 3, None, "malformed_json", '{"id": "3", "text": "cut', object_wanted, '{"id": "3", "text": "cut'),
        ("a.jsonl", 4, "eng", "no_text", "no text", "a text", "4"),
        ("a.jsonl", 5, "xx", "unknown_language", "xx", language_wanted, "\U0001d4d3 e\u0301"),
        ("a.jsonl", 6, "srp_Cyrl", "other_script", "Cyrl", "Latn", "Нови Сад"),
        ("a.jsonl", 7, None, "invalid_utf8", *[PLAIN[6].decode(errors="replace")[:120], "UTF-8", PLAIN[6].decode(errors="replace")]),
        ("a.jsonl", 8, "fra", "too_long", "101 characters", "at most ingest.max_characters = 100", long),
        ("a.jsonl", 9, "eng", "duplicate_id", "web/1", "an id that no other record has", EMOJI),
        ("a.jsonl", 10, None, "malformed_json", "a JSON array: [1, 2]", f"{object_wanted}: jq -c '.[]' FILE writes them", "[1, 2]"),
        ("a.jsonl", 12, "tha_Thai", "language_not_chosen", "tha", "one of ingest.languages: eng, cmn, fra, srp", "กรุงเทพ"),
        ("a.jsonl", 14, "eng", "no_text", "no text", "a text", " "),
        ("b.jsonl.gz", 3, None, "malformed_json", "not json", object_wanted, "not json"),
        ("b.jsonl.gz", 4, None, "no_text", "no text", "a text", "z4"),
        ("white.jsonl", None, None, "empty_file", "no line", "JSON lines", None),
    ]  # fmt: skip
    assert sorted([(Path(row[0]).name, *row[1:]) for row in rows], key=str) == sorted(wanted, key=str)


def test_a_file_of_no_bytes_is_a_reject(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(FULL)
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert rejected(spark, source(tmp_path)) == [("empty.jsonl", None, "empty_file")]


def test_line_numbers_hold_in_a_file_of_many_blocks(spark: SparkSession, tmp_path: Path) -> None:
    lines = [
        b"broken \xf0\x9f\x91\x8d"
        if number % 7 == 3
        else b""
        if number % 5 == 2
        else line(id=str(number), text="x" * number, language="eng")
        for number in range(60)
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    spark.conf.set("spark.sql.files.maxPartitionBytes", "256")
    try:
        rows = rejected(spark, source(tmp_path))
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    wanted = [("a.jsonl", number + 1, "malformed_json") for number in range(60) if number % 7 == 3]
    wanted.append(("a.jsonl", 1, "no_text"))
    assert rows == sorted(wanted)


def test_a_file_with_a_space_in_its_name_is_not_empty(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "page é 1.jsonl").write_bytes(FULL)
    assert rejected(spark, source(tmp_path)) == []


def test_a_good_record_is_no_duplicate_of_a_rejected_one(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(id="1", text="", language="eng") + b"\n" + FULL)
    assert kept(spark, source(tmp_path)) == [EMOJI]


def test_two_records_on_a_line_are_no_json_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        line(id="1", text="a", language="eng") + b" " + line(id="2", text="b", language="eng")
    )
    assert rejected(spark, source(tmp_path)) == [("a.jsonl", 1, "malformed_json")]


def test_a_text_of_white_space_is_no_text(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(id="1", text="\n\t\u00a0", language="eng"))
    assert rejected(spark, source(tmp_path)) == [("a.jsonl", 1, "no_text")]


def test_a_reject_keeps_its_id_when_a_file_is_added(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(b"broken")
    before = {row["reject_id"] for row in rejects.collect(*examined(spark, source(tmp_path))).collect()}
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([FULL] * 50))
    after = rejects.collect(*examined(spark, source(tmp_path))).filter("problem = 'malformed_json'").collect()
    assert {row["reject_id"] for row in after} == before


def test_a_sources_language_wins_over_its_records(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(id="1", text="Été 👍🏽", language="xx", script="Cyrl"))
    rows = documents.accept(examined(spark, source(tmp_path, language="fr"))[0]).collect()
    assert [(row["language"], row["script"], row["text"]) for row in rows] == [("fra", "Latn", "Été 👍🏽")]


def test_a_path_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(BadSource) as caught:
        records.read(spark, source(tmp_path / "nope"))
    message = str(caught.value)
    assert message.startswith(f"source web: cannot read {tmp_path}/nope as jsonl: [PATH_NOT_FOUND] ")
    assert message.endswith("Is the path right? Other formats are annotated, jsonl, parquet, delta, table, hub")


def test_parquet_needs_a_text_and_takes_the_rest_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": [7], "body": ["x"]}), tmp_path / "bad.parquet")
    with pytest.raises(BadSource) as caught:
        records.read(spark, source(tmp_path / "bad.parquet", format="parquet"))
    assert str(caught.value) == f"source web: no column text in {tmp_path}/bad.parquet; found: id, body"
    good = {"id": [7, 8], "text": [EMOJI, None], "language": ["en", "en"], "language_score": [0.25, None]}
    pq.write_table(pa.table(good), tmp_path / "good.parquet")
    given = source(tmp_path / "good.parquet", format="parquet")
    rows = (
        documents.accept(examined(spark, given)[0])
        .select("document_id", "language", "text", "language_score")
        .collect()
    )
    assert [tuple(row) for row in rows] == [("web/7", "eng", EMOJI, 0.25)]
    assert rejected(spark, given) == [("good.parquet", None, "no_text")]


MARKED = f"=== one rich\n{EMOJI.replace('Cairo', '[Cairo](city)')}.\n"


def test_marked_texts_are_documents_and_gold(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "eng.txt").write_text(MARKED, encoding="utf-8")
    (tmp_path / "notes.md").write_text("no text")
    given = source(tmp_path, format="annotated")
    rows = documents.accept(examined(spark, given)[0]).select("document_id", "language", "text").collect()
    assert [tuple(row) for row in rows] == [("web/eng/one", "eng", f"{EMOJI}.")]
    gold = [tuple(row) for row in records.gold_entities(spark, given).collect()]
    assert gold == [("web/eng/one", "eng", 8, 13, "city", "Cairo")]


def test_a_bad_mark_has_its_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "eng.txt").write_text(MARKED + "an [open bracket\n", encoding="utf-8")
    assert rejected(spark, source(tmp_path, format="annotated")) == [("eng.txt", 3, "bad_mark")]


@pytest.mark.parametrize("name", ["nope", "without"])
def test_a_folder_without_marked_texts_is_named(spark: SparkSession, tmp_path: Path, name: str) -> None:
    (tmp_path / "without").mkdir()
    wanted = {
        "nope": f"source web: nothing at {tmp_path}/nope; wanted a file or folder of marked texts",
        "without": f"source web: no .txt file in {tmp_path}/without",
    }
    with pytest.raises(BadSource) as caught:
        records.read(spark, source(tmp_path / name, format="annotated"))
    assert str(caught.value) == wanted[name]
