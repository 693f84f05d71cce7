"""The files of the published data set, in every format, and what a format cannot hold."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from finerweb import settings
from finerweb.formats import bio, release, tagging
from finerweb.lake import Lake
from finerweb.table import Table
from finerweb.tables import files, unaligned
from finerweb.tables.examples import TABLE as EXAMPLES
from finerweb.text.spans import Entity

LANGUAGES = settings.load_languages()
FORMATS = list(files.ENDINGS)
MULTI, SINGLE = "merged-english-multi", "merged-english-single"
Spans = list[tuple[int, int, list[str]]]

# example_id, variant, language, text, spans
SENTENCES: list[tuple[str, str, str, str, Spans]] = [
    (
        "d#0-s1",
        MULTI,
        "eng",
        "👩🏽\u200d🚀 saw\u2028New York City",
        [(9, 17, ["state"]), (9, 22, ["city", "big city"])],
    ),
    ("d#0-s0", MULTI, "eng", "Nothing here.", []),
    ("t#0-s0", SINGLE, "tha", "เขาอยู่กรุงเทพ", [(7, 14, ["city"])]),
    ("t#0-s1", SINGLE, "tha", "", []),
]


@pytest.fixture
def examples(spark: SparkSession) -> DataFrame:
    rows = [
        (
            example,
            variant,
            language,
            example[:3],
            example[:1],
            "train",
            0,
            text,
            spans,
            3 if spans else None,
            bool(spans),
        )
        for example, variant, language, text, spans in SENTENCES
    ]
    return spark.createDataFrame(rows, EXAMPLES.schema)


def rows(frame: DataFrame, table: Table) -> list[dict[str, Any]]:
    return sorted((row.asDict() for row in frame.collect()), key=lambda row: [row[name] for name in table.key])


def test_every_format_is_written_and_counted(examples: DataFrame, tmp_path: Path) -> None:
    written = files.write(examples, path=str(tmp_path), formats=FORMATS, languages=LANGUAGES)
    counts = rows(written, files.TABLE)
    assert {(row["language"], row["format"], row["sentences"], row["spans"]) for row in counts} == {
        ("eng", "parquet", 2, 2), ("eng", "jsonl", 2, 2), ("eng", "gliner", 2, 3), ("eng", "bio", 2, 1),
        ("tha", "parquet", 2, 1), ("tha", "jsonl", 2, 1), ("tha", "gliner", 2, 1), ("tha", "bio", 2, 1),
    }  # fmt: skip
    assert {row["path"] for row in counts} == {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    for row in counts:
        content = (tmp_path / row["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (row["bytes"], row["sha256"])


def test_each_file_has_the_same_sentences(examples: DataFrame, tmp_path: Path) -> None:
    files.write(examples, path=str(tmp_path), formats=FORMATS, languages=LANGUAGES).collect()
    base = tmp_path / "data" / MULTI / "eng"
    text = "👩🏽\u200d🚀 saw\u2028New York City"
    lines = [json.loads(line) for line in (base / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == pq.read_table(base / "train.parquet", partitioning=None).to_pylist()
    assert lines == [
        {"id": "d#0-s0", "text": "Nothing here.", "char_spans": [], "quartile": None},
        {
            "id": "d#0-s1",
            "text": text,
            "char_spans": [
                {"start": 9, "end": 17, "label": ["state"]},
                {"start": 9, "end": 22, "label": ["city", "big city"]},
            ],
            "quartile": 3,
        },
    ]
    records = [json.loads(line) for line in (base / "train.gliner.jsonl").read_text(encoding="utf-8").splitlines()]
    assert tagging.from_gliner(records[1]).entities == [
        Entity(9, 17, "state"), Entity(9, 22, "city"), Entity(9, 22, "big city"),
    ]  # fmt: skip
    (_, sentence) = bio.read((base / "train.bio").read_text(encoding="utf-8"))
    assert sentence == tagging.Sentence("d#0-s1", text, [Entity(9, 22, "city")])


def test_what_bio_cannot_hold_is_rows(examples: DataFrame, lake: Lake) -> None:
    lake.replace(unaligned.TABLE, unaligned.find(examples, formats=FORMATS))
    sentence = ("d#0-s1", MULTI, "eng", "train", "bio")
    lost = rows(lake.read(unaligned.TABLE), unaligned.TABLE)
    assert [tuple(row[column.name] for column in unaligned.TABLE.columns) for row in lost] == [
        (*sentence, 9, 17, "state", "nested"),
        (*sentence, 9, 22, "big city", "same_place"),
    ]


def test_formats_of_characters_leave_nothing_out(examples: DataFrame) -> None:
    assert unaligned.find(examples, formats=["parquet", "jsonl"]).collect() == []


def test_files_of_a_format_that_is_no_longer_asked_for_go(examples: DataFrame, tmp_path: Path) -> None:
    files.write(examples, path=str(tmp_path), formats=FORMATS, languages=LANGUAGES).collect()
    (tmp_path / "data" / "notes.txt").write_text("mine")
    fewer = files.write(examples, path=str(tmp_path), formats=["jsonl"], languages=LANGUAGES)
    release.prune(files.paths(fewer), str(tmp_path))
    assert {path.name for path in (tmp_path / "data").rglob("*.*")} == {"train.jsonl", "notes.txt"}


def test_every_format_that_is_written_may_be_asked_for() -> None:
    field = settings.Publish.model_fields["formats"].annotation
    assert list(field.__args__[0].__args__) == FORMATS == list(files.WRITERS)
