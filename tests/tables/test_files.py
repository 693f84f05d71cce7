"""The files of the published data set, in every format, and what a format cannot hold."""

import hashlib
import json
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from finerweb import settings
from finerweb.errors import BadRelease
from finerweb.formats import bio, contents, release, tagging
from finerweb.lake import Lake
from finerweb.table import Table
from finerweb.tables import files, unaligned
from finerweb.tables.examples import TABLE as EXAMPLES
from finerweb.text.spans import Entity

LANGUAGES = settings.load_languages()
FORMATS = list(release.ENDINGS)
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
    written = files.write(examples, path=str(tmp_path), formats=FORMATS, languages=LANGUAGES, sentences=2)
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
    files.write(examples, path=str(tmp_path), formats=FORMATS, languages=LANGUAGES, sentences=2).collect()
    base = tmp_path / "data" / MULTI / "eng"
    text = "👩🏽\u200d🚀 saw\u2028New York City"
    lines = [
        json.loads(line) for line in (base / "train-00000-of-00001.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert lines == pq.read_table(base / "train-00000-of-00001.parquet", partitioning=None).to_pylist()
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
    records = [
        json.loads(line)
        for line in (base / "train-00000-of-00001.gliner.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert tagging.from_gliner(records[1]).entities == [
        Entity(9, 17, "state"), Entity(9, 22, "city"), Entity(9, 22, "big city"),
    ]  # fmt: skip
    (_, sentence) = bio.read((base / "train-00000-of-00001.bio").read_text(encoding="utf-8"))
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


def dealt(spark: SparkSession, sentences: int) -> DataFrame:
    """So many sentences in English, and one in Thai."""
    rows = [(f"d{number}#0-s0", "eng", f"{number}") for number in range(sentences)] + [("t#0-s0", "tha", "หนึ่ง")]
    values = [(name, SINGLE, language, "p", "d", "train", 0, text, [], None, False) for name, language, text in rows]
    return spark.createDataFrame(values, EXAMPLES.schema)


def written(frame: DataFrame, folder: Path, *, sentences: int) -> dict[str, bytes]:
    """The files by path, having looked that the table says the same of them."""
    listed = files.write(frame, path=str(folder), formats=["jsonl"], languages=LANGUAGES, sentences=sentences).collect()
    content = {row["path"]: (folder / row["path"]).read_bytes() for row in listed}
    assert {row["path"]: row["sentences"] for row in listed} == {
        name: text.count(b"\n") for name, text in content.items()
    }
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == content.keys()
    return content


def test_no_file_has_more_sentences_than_it_may(spark: SparkSession, tmp_path: Path) -> None:
    examples = dealt(spark, 100)
    content = written(examples, tmp_path / "a", sentences=9)
    english = {path: text for path, text in sorted(content.items()) if "/eng/" in path}
    sizes = [text.count(b"\n") for text in english.values()]
    assert (sum(sizes), max(sizes)) == (100, 9)
    assert list(english) == [
        release.shard(SINGLE, "eng", "train", "jsonl", number=number, count=len(english))
        for number in range(len(english))
    ]
    names = [[json.loads(line)["id"] for line in text.splitlines()] for text in english.values()]
    assert sorted(chain.from_iterable(names)) == sorted(f"d{number}#0-s0" for number in range(100))
    assert [name for name in names if name != sorted(name)] == []
    assert len(english) <= 15, "they are filled"
    # However the rows come, they are the same files.
    assert written(examples.repartition(7, "text"), tmp_path / "b", sentences=9) == content


def test_a_group_of_as_many_sentences_as_a_file_may_have_is_one_file(spark: SparkSession, tmp_path: Path) -> None:
    assert [path.rpartition("/")[2] for path in written(dealt(spark, 100), tmp_path, sentences=100)] == [
        "train-00000-of-00001.jsonl"
    ] * 2


def frame(spark: SparkSession, listed: list[Row]) -> DataFrame:
    return spark.createDataFrame(listed, files.TABLE.schema)


def test_a_language_that_is_written_anew_and_others_that_are_carried_are_a_whole_release(
    spark: SparkSession, examples: DataFrame, tmp_path: Path
) -> None:
    source, target = str(tmp_path / "1"), str(tmp_path / "2")
    listed = files.write(examples, path=source, formats=FORMATS, languages=LANGUAGES, sentences=1).collect()
    thai = frame(spark, [row for row in listed if row["language"] == "tha"])
    english = examples.filter("language = 'eng'")
    written = files.write(english, path=target, formats=FORMATS, languages=LANGUAGES, sentences=1)
    carried = files.carry(thai, source=source, target=target, tasks=2)
    assert sorted(written.unionByName(carried).collect()) == sorted(listed)
    content = {path.relative_to(target).as_posix(): path.read_bytes() for path in Path(target).rglob("*.*")}
    assert content == {row["path"]: (tmp_path / "1" / row["path"]).read_bytes() for row in listed}


def test_files_are_carried_without_the_sentences_of_a_document(
    spark: SparkSession, examples: DataFrame, tmp_path: Path
) -> None:
    more = [("e#0-s0", MULTI, "eng", "e#0", "e", "train", 0, "👍🏽 Oslo", [(3, 7, ["city", "place"])], 1, True)]
    both = examples.unionByName(spark.createDataFrame(more, EXAMPLES.schema))
    places = [str(tmp_path / name) for name in ("without", "both", "fewer")]
    wanted, listed = (
        files.write(part, path=place, formats=FORMATS, languages=LANGUAGES, sentences=9).collect()
        for part, place in ((examples.filter("language = 'eng'"), places[0]), (both, places[1]))
    )
    gone = {"t", "e"}  # all of Thai, and a part of English
    holding = files.holding(frame(spark, listed), source=places[1], tasks=2, documents={"t"})
    assert {row["path"] for row in holding.collect()} == {row["path"] for row in listed if row["language"] == "tha"}
    assert files.holding(frame(spark, listed), source=places[1], tasks=2, documents={"d#0"}).collect() == []
    carried = files.carry(frame(spark, listed), source=places[1], target=places[2], tasks=2, documents=gone)
    assert sorted(carried.collect()) == sorted(wanted)
    assert [path for path in Path(places[2]).rglob("*.*") if "tha" in str(path)] == []


def test_a_file_that_a_release_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRelease) as raised:
        release.copy(f"{tmp_path}/1/x.jsonl", f"{tmp_path}/2/x.jsonl", 7)
    assert str(raised.value) == (
        f"published file {tmp_path}/1/x.jsonl: found no file, wanted 7 bytes, as files.json says. Remove that release's "
        "folder, and run finerweb publish --force"
    )
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "x.jsonl").write_text("torn")
    with pytest.raises(BadRelease, match="found 4 bytes, wanted 7 bytes"):
        release.copy(f"{tmp_path}/1/x.jsonl", f"{tmp_path}/2/x.jsonl", 7)


def test_every_format_that_is_written_may_be_asked_for() -> None:
    field = settings.Publish.model_fields["formats"].annotation
    assert list(field.__args__[0].__args__) == FORMATS == list(contents.FORMATS)
