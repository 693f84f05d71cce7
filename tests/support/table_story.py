"""The life of a table in each location that is named, in whatever session the settings say; prints what was seen."""

import json
import sys
from collections.abc import Iterator

from pyspark.sql import DataFrame

from finerweb.lake import Lake
from finerweb.running.failures import load_settings
from finerweb.running.session import opened
from finerweb.table import Column, Table

LANGUAGE = Column("language", "string", "its language")
BEFORE = Table(
    "notes",
    'A note, in "the" person\'s words.',
    ("note_id",),
    (Column("note_id", "string", "it's \\ an `id`", nullable=False), LANGUAGE),
    {"named": "note_id <> 'x'"},
)
NOTES = Table(
    "notes",
    BEFORE.comment,
    ("id",),
    (Column("id", "string", "its id", nullable=False), LANGUAGE),
    earlier={BEFORE.version: {"note_id": "id"}},
)


def story(lake: Lake) -> Iterator[object]:
    """What was seen of the table, from before it was there."""

    def notes(*rows: tuple[str, str]) -> DataFrame:
        return lake.spark.createDataFrame(rows, "note_id string, language string")

    yield lake.exists(BEFORE), lake.append(BEFORE, notes(("a", "eng"), ("👩🏽", "tha"))), lake.exists(BEFORE)
    yield lake.missing(BEFORE, notes(("a", "eng"), ("b", "eng"))).count()
    lake.begin("replace")
    yield lake.replace(BEFORE, notes(("a", "eng"), ("b", "eng"), ("c", "tha")))
    yield lake.delete(BEFORE, notes(("b", "")), "t.note_id = d.note_id"), content(lake, BEFORE)
    lake.settle(BEFORE, {"it's": 1})
    yield lake.compact(BEFORE) is not None, lake.state(BEFORE).version
    later = Lake(lake.spark, lake.location)
    yield later.migrate(NOTES), content(later, NOTES)
    later.vacuum(NOTES)
    detail = lake.spark.sql(f"DESCRIBE DETAIL {lake.name(NOTES)}").collect()[0]
    yield detail["description"], detail["clusteringColumns"], detail["tableFeatures"]
    later.define({"everything": "SELECT * FROM {notes}"}, [NOTES])
    schema = "" if "/" in lake.location else f"{lake.location}."
    yield lake.spark.table(f"{schema}everything").count()


def content(lake: Lake, table: Table) -> list[tuple[object, ...]]:
    """The rows of a table, in order."""
    return sorted((tuple(row) for row in lake.read(table).collect()), key=str)


if __name__ == "__main__":
    with opened(load_settings("conf/test.yml", sys.argv[2:])) as lake:
        for location in json.loads(sys.argv[1]):
            print(json.dumps(list(story(Lake(lake.spark, location))), ensure_ascii=False), flush=True)
