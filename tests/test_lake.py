"""Tables in Delta: made with their contract, written once, read as of then."""

from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession

from finerweb.errors import WrongTable
from finerweb.lake import Lake
from finerweb.rows import slices
from finerweb.table import Column, Table
from finerweb.tables import entities, examples

NOTES = Table(
    name="notes",
    comment="A note, for tests.",
    key=("note_id", "language"),
    columns=(
        Column("note_id", "string", "its id", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("text", "string", "what it says"),
        Column("words", "int", "how many words"),
    ),
    constraints={"words_counted": "words >= 0"},
)

FIRST = [("a", "eng", "👩🏽\u200d🚀 flew", 1), ("b", "tha", "กรุงเทพ", 1)]
SECOND = [("c", "fra", "e\u0301te\u0301", 1), ("d", "eng", None, 0)]


def notes(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, NOTES.schema)


def history(lake: Lake) -> list[Row]:
    """The table's commits, the newest first."""
    return lake.spark.sql(f"DESCRIBE HISTORY {lake.name(NOTES)}").collect()


def detail(lake: Lake) -> Row:
    return lake.spark.sql(f"DESCRIBE DETAIL {lake.name(NOTES)}").collect()[0]


def content(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.collect()), key=str)


def test_a_table_is_made_with_its_contract(spark: SparkSession, lake: Lake) -> None:
    lake.create(NOTES)
    detail = spark.sql(f"describe detail {lake.name(NOTES)}").collect()[0]
    assert (detail["description"], detail["clusteringColumns"]) == ("A note, for tests.", ["language"])
    assert {
        key: detail["properties"][key] for key in ("finerweb.table.version", "delta.constraints.words_counted")
    } == {
        "finerweb.table.version": NOTES.version,
        "delta.constraints.words_counted": "words >= 0",
    }
    assert [
        (f.name, f.dataType.simpleString(), f.nullable, f.metadata["comment"]) for f in lake.read(NOTES).schema
    ] == [
        ("note_id", "string", False, "its id"),
        ("language", "string", False, "its language"),
        ("text", "string", True, "what it says"),
        ("words", "int", True, "how many words"),
    ]
    assert lake.version(NOTES) == 0


def test_what_is_appended_can_be_read_by_spark_and_by_others(spark: SparkSession, lake: Lake) -> None:
    from deltalake import DeltaTable as PlainTable

    assert lake.append(NOTES, notes(spark, FIRST)) == 2
    assert lake.append(NOTES, notes(spark, SECOND).select("words", "text", "language", "note_id")) == 2  # by name
    assert content(lake.read(NOTES)) == FIRST + SECOND
    other = PlainTable(lake.place(NOTES)).to_pyarrow_table().sort_by("note_id").to_pylist()
    assert [tuple(row.values()) for row in other] == FIRST + SECOND
    assert lake.log.rows == {"notes": 4}


def test_a_replaced_table_has_the_new_rows_alone_and_keeps_the_old_version(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTES, notes(spark, FIRST))
    before = lake.version(NOTES)
    kept = lake.read(NOTES)
    assert lake.replace(NOTES, notes(spark, SECOND)) == 2
    assert content(lake.read(NOTES)) == SECOND
    assert content(lake.read(NOTES, version=before)) == FIRST
    assert content(kept) == FIRST  # a frame's version is fixed when it is read


def test_the_same_append_made_twice_is_made_once(spark: SparkSession, lake: Lake) -> None:
    again = Lake(spark, lake.location)
    for driver in (lake, again):  # a second driver begins where the first does, though the table was tended meanwhile
        driver.create(NOTES)
        driver.begin("ingest_notes")
        driver._begins["notes"] = driver._store.history(NOTES)
        spark.sql(f"ALTER TABLE {driver.name(NOTES)} CLUSTER BY (note_id)")
    lake.append(NOTES, notes(spark, FIRST))
    again.append(NOTES, notes(spark, FIRST))
    assert content(lake.read(NOTES)) == FIRST


def test_the_next_runs_of_a_job_append_even_after_one_that_had_nothing(spark: SparkSession, lake: Lake) -> None:
    for rows in ([], FIRST, [], SECOND):
        lake.begin("ingest_notes")
        assert lake.append(NOTES, notes(spark, rows)) == len(rows)
    assert content(lake.read(NOTES)) == FIRST + SECOND


def test_missing_are_the_rows_whose_whole_key_is_new(spark: SparkSession, lake: Lake) -> None:
    lake.append(NOTES, notes(spark, FIRST))
    wanted = notes(spark, [("a", "eng", "another text", 2), ("a", "tha", None, 0), ("👍🏽", "eng", None, 0)])
    assert content(lake.missing(NOTES, wanted).select("note_id", "language")) == [("a", "tha"), ("👍🏽", "eng")]


def test_everything_is_missing_from_a_table_that_is_not_there(spark: SparkSession, lake: Lake) -> None:
    assert content(lake.missing(NOTES, notes(spark, FIRST)).select("note_id")) == [("a",), ("b",)]
    assert lake.exists(NOTES)


def test_slices_cover_everything_once_and_each_is_committed(spark: SparkSession, lake: Lake) -> None:
    rows = [(f"note-{words}👍🏽", "eng", None, words) for words in range(50)]
    seen = []

    def make(part: DataFrame) -> DataFrame:
        seen.append(content(part.select("note_id")))
        return part

    lake.append_parts(
        NOTES, slices(notes(spark, rows), key="note_id", rows=25, total=len(rows)), make, total=len(rows), unit="notes"
    )
    assert len(seen) == 2
    assert all(seen)
    assert sorted(note for part in seen for note in part) == sorted((row[0],) for row in rows)
    assert content(lake.read(NOTES)) == sorted(rows, key=str)
    assert [commit["operation"] for commit in history(lake)] == ["WRITE"] * 2 + ["CREATE TABLE"]


def test_a_crash_costs_a_slice(spark: SparkSession, lake: Lake) -> None:
    rows = [(f"note-{words}", "eng", None, words) for words in range(10)]
    parts = 0

    def make(part: DataFrame) -> DataFrame:
        nonlocal parts
        parts += 1
        if parts == 2:
            raise RuntimeError("the GPU is gone")
        return part

    with pytest.raises(RuntimeError, match="the GPU is gone"):
        lake.append_parts(
            NOTES,
            slices(notes(spark, rows), key="note_id", rows=5, total=len(rows)),
            make,
            total=len(rows),
            unit="notes",
        )
    kept = lake.read(NOTES).count()
    assert 0 < kept < 10
    assert lake.missing(NOTES, notes(spark, rows)).count() == 10 - kept


def test_a_constraint_binds_every_writer(spark: SparkSession, lake: Lake) -> None:
    text = "👩🏽\u200d🚀 in Cairo"
    source = [{"annotator": "a", "start": 8, "end": 13, "label": "city", "tier": "exact"}]
    good = ("d#0", "eng", 8, 13, "Cairo", "city", ["city"], "alone", 0.9, source, [], text)
    assert lake.replace(entities.TABLE, spark.createDataFrame([good], entities.TABLE.schema)) == 1
    outside = lake.name(entities.TABLE)
    for column, value in {
        "mention": "'Cair'",
        "start": "7",
        "end": "8",
        "agreement": "'some'",
        "confidence": "2.0",
        "text": "null",
    }.items():
        columns = [value if name == column else f"`{name}`" for name in (own.name for own in entities.TABLE.columns)]
        with pytest.raises((PySparkException, Py4JError), match=r"CHECK constraint|NOT NULL constraint|DELTA_NOT_NULL"):
            spark.sql(f"insert into {outside} select {', '.join(columns)} from {outside}")
    assert lake.read(entities.TABLE).count() == 1


EXAMPLE = (
    "d#0-s0",
    "merged-english-single",
    "eng",
    "d#0",
    "d",
    "train",
    0,
    "👩🏽\u200d🚀 Cairo",
    [(5, 10, ["city"])],
    4,
    True,
)
BROKEN = {
    "spans_inside_text": {"char_spans": [(5, 11, ["city"])]},
    "labelled": {"char_spans": [(5, 10, [])], "variant": "merged-english-multi"},
    "one_label_if_single": {"char_spans": [(5, 10, ["city", "place"])]},
}


@pytest.mark.parametrize("invariant", BROKEN)
def test_an_invariant_refuses_our_own_broken_rows(spark: SparkSession, lake: Lake, invariant: str) -> None:
    good = dict(zip([column.name for column in examples.TABLE.columns], EXAMPLE, strict=True))
    bad = {**good, "example_id": "d#0-s1", **BROKEN[invariant]}
    frame = spark.createDataFrame([tuple(good.values()), tuple(bad.values())], examples.TABLE.schema)
    with pytest.raises((PySparkException, Py4JError)) as caught:
        lake.replace(examples.TABLE, frame)
    key = f'{{"example_id":"d#0-s1","variant":"{bad["variant"]}"}}'
    wanted = f"table examples: invariant {invariant} broken by {key}"
    assert wanted in str(caught.value)
    assert lake.read(examples.TABLE).count() == 0


def test_a_frame_with_other_columns_is_refused(spark: SparkSession, lake: Lake) -> None:
    frame = notes(spark, FIRST).withColumnRenamed("words", "wrods")
    with pytest.raises(
        ValueError, match=r"^table notes: columns missing \['words'\], unknown \['wrods'\]; wanted "
    ) as caught:
        lake.append(NOTES, frame)
    assert str(caught.value).endswith("wanted ['note_id', 'language', 'text', 'words']")


def test_a_table_that_is_not_there_is_named(lake: Lake) -> None:
    with pytest.raises(WrongTable) as caught:
        lake.read(NOTES)
    assert str(caught.value) == (
        f"table notes: nothing at {lake.location}/notes; run the job that writes it first (finerweb run)"
    )
    assert lake.version(NOTES) == -1


def test_an_empty_table_may_be_asked_for(lake: Lake) -> None:
    assert lake.read(NOTES, or_empty=True).collect() == []


def test_a_table_of_another_contract_is_refused(spark: SparkSession, lake: Lake) -> None:
    lake.append(NOTES, notes(spark, FIRST))
    changed = Table(NOTES.name, NOTES.comment, NOTES.key, NOTES.columns, {"words_counted": "words > 0"})
    assert changed.version != NOTES.version
    wanted = (
        f"table notes at {lake.location}/notes: found schema version {NOTES.version}, wanted {changed.version}. "
        "Name another place (--set lake.location=...), or drop the table and run its job again; completions "
        "hold paid answers: copy them first"
    )
    for attempt in (lambda: lake.read(changed), lambda: lake.append(changed, notes(spark, SECOND))):
        with pytest.raises(WrongTable) as caught:
            attempt()
        assert str(caught.value) == wanted
    assert content(lake.read(NOTES)) == FIRST


def test_a_folder_that_is_no_table_is_named(lake: Lake) -> None:
    folder = Path(lake.place(NOTES))
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("👍🏽")
    with pytest.raises(WrongTable, match=f"^table notes: nothing at {folder}; run the job that writes it first"):
        lake.read(NOTES)


def test_what_a_job_read_and_wrote_is_remembered(spark: SparkSession, lake: Lake) -> None:
    lake.append(NOTES, notes(spark, FIRST))
    lake.begin("second")
    lake.read(NOTES)
    lake.read(NOTES, where="language = 'eng'")
    state = lake.state(NOTES, "language = 'eng'")
    assert (state.version, state.rows) == (1, 1)
    lake.append(NOTES, notes(spark, SECOND))
    assert lake.log.inputs == {"notes": str(state._replace(rows=None)), "notes where language = 'eng'": str(state)}
    assert (lake.log.outputs, lake.log.rows) == ({"notes": ""}, {"notes": 2})
    assert content(lake.written(NOTES)) == SECOND
    lake.replace(NOTES, notes(spark, FIRST))
    assert lake.log.outputs == {"notes": str(lake.state(NOTES))}
    assert '"job": "second"' in history(lake)[0]["userMetadata"]


def test_deleted_rows_stay_in_older_versions_until_these_are_removed(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTES, notes(spark, FIRST))
    lake.begin("take_down")
    gone = spark.createDataFrame([("b",), ("x",)], "note_id string")
    assert lake.delete(NOTES, gone, "t.note_id = d.note_id") == 1
    assert content(lake.read(NOTES)) == FIRST[:1]
    assert content(lake.read(NOTES, version=1)) == FIRST
    assert (history(lake)[0]["operation"], history(lake)[0]["operationMetrics"]["numTargetRowsDeleted"]) == (
        "MERGE",
        "1",
    )
    version = lake.version(NOTES)
    assert lake.delete(NOTES, gone, "t.note_id = d.note_id") == 0
    assert lake.version(NOTES) == version  # whoever reads it has nothing to do anew

    lake.vacuum(NOTES)
    assert content(lake.read(NOTES)) == FIRST[:1]
    assert (lake.version(NOTES), lake.state(NOTES).version) == (version + 4, version)
    assert lake.log.inputs == {"notes": str(lake.state(NOTES))}
    assert [path for path in Path(lake.place(NOTES)).rglob("*.parquet") if "กรุงเทพ".encode() in path.read_bytes()] == []
    with pytest.raises((PySparkException, Py4JError)):
        lake.read(NOTES, version=1).collect()
    assert [commit["operation"] for commit in history(lake)[:4]] == [
        "UNSET TBLPROPERTIES",
        "VACUUM END",
        "VACUUM START",
        "SET TBLPROPERTIES",
    ]
    assert "delta.deletedFileRetentionDuration" not in detail(lake)["properties"]
