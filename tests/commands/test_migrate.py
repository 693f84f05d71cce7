"""`finerweb migrate`: paid answers in a table of an earlier version."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.asking import conversation
from finerweb.collection import Collection
from finerweb.commands.migrate import migrate
from finerweb.engines import Spec
from finerweb.errors import WrongTable
from finerweb.lake import Lake
from finerweb.table import Column, Table
from finerweb.tables import completions

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

# As it was until the answers' `annotator` was called `model`.
BEFORE = Table(
    name="completions",
    comment="A model's answer to one request.",
    key=("request_id", "attempt"),
    columns=(
        Column("request_id", "string", "hash of subject, payload, prompt and engine", nullable=False),
        Column("attempt", "int", "how often it was asked by then, from 1; the last one counts", nullable=False),
        Column("question", "string", "the annotator's file name, such as usefulness or ner", nullable=False),
        Column("subject_id", "string", "what it is about: a passage_id, or a label", nullable=False),
        Column("language", "string", "the subject's language", nullable=False),
        Column("annotator", "string", "who was asked: a key of the setting models", nullable=False),
        Column("engine", "string", "engine, model and fingerprint of the settings that shape answers", nullable=False),
        Column("prompt", "string", "fingerprint of instructions, schema and template", nullable=False),
        Column("answer", "string", "as it came, whatever it is", nullable=False),
        Column("finish_reason", "string", "stop, length, refused or an error", nullable=False),
        Column("tokens_in", "int", "tokens read", nullable=False),
        Column("tokens_out", "int", "tokens written", nullable=False),
        Column("usd", "double", "what it cost; null where the engine's price is not known"),
        Column("seconds", "double", "time it took, shared among the requests in flight", nullable=False),
        Column("problem", "string", "why it could not be used when it came"),
        Column("run", "string", "the run_id of the job that asked", nullable=False),
        Column("answered", "timestamp", "when it came", nullable=False),
    ),
)
MODELS = {"a": Spec.from_options("fake", {"answers": {"ner": "[]"}})}
GOOD = '{"entities": [{"mention": "👩🏽\u200d🚀 กรุงเทพ", "type": "city"}]}\n'


def requests(lake: Lake) -> conversation.Requests:
    texts = [("d#0", "tha", "👩🏽\u200d🚀 กรุงเทพ"), ("d#1", "eng", "Rome")]
    frame = lake.spark.createDataFrame(texts, "passage_id string, language string, text string")
    return conversation.requests(frame, question="ner", models=MODELS, languages=settings.load_languages())


def paid(lake: Lake) -> list[dict[str, Any]]:
    """The answers of an earlier finerweb to these requests, one of them asked twice, in its table."""
    answer = {"finish_reason": "stop", "tokens_in": 7, "tokens_out": 2, "usd": None, "seconds": 0.5, "problem": None}
    rows = []
    for request in requests(lake).frame.drop("payload").collect():
        named = {"annotator" if name == "model" else name: value for name, value in request.asDict().items()}
        rows.append({**named, **answer, "attempt": 1, "answer": GOOD, "run": "r1", "answered": NOON})
    rows.append({**rows[0], "attempt": 2, "answer": " \n", "problem": "empty", "usd": 0.25, "run": "r2"})
    ordered = [tuple(row[column.name] for column in BEFORE.columns) for row in rows]
    lake.append(BEFORE, lake.spark.createDataFrame(ordered, BEFORE.schema))
    return [{"model" if name == "annotator" else name: value for name, value in row.items()} for row in rows]


def answers(lake: Lake) -> list[dict[str, Any]]:
    rows = [row.asDict() for row in lake.read(completions.TABLE).collect()]
    return [{**row, "answered": row["answered"].astimezone(UTC)} for row in rows]


def by_key(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["request_id"], row["attempt"]))


def test_the_table_before_is_the_one_that_lakes_have() -> None:
    assert [BEFORE.version] == list(completions.TABLE.earlier)


def test_paid_answers_stay_and_nothing_is_asked_again(spark: SparkSession, lake: Lake) -> None:
    rows = paid(lake)
    later = Lake(spark, lake.location)
    compaction = later.compact(completions.TABLE)  # whatever its contract
    assert compaction is not None
    assert (compaction.before.files > 1, compaction.after.files) == (True, 1)
    with pytest.raises(WrongTable) as refused:
        later.read(completions.TABLE)
    assert str(refused.value) == (
        f"table completions at {lake.location}/completions: found schema version {BEFORE.version}, wanted "
        f"{completions.TABLE.version}. Run finerweb migrate, which keeps every row"
    )

    assert migrate(later, spools=f"{lake.location}/spool") == {"completions": 3}
    assert by_key(answers(later)) == by_key(rows)
    stored = DeltaTable.forPath(spark, later.place(completions.TABLE))
    written = [(field.name, field.dataType, field.nullable) for field in stored.toDF().schema]
    assert written == [(field.name, field.dataType, field.nullable) for field in completions.TABLE.schema]
    assert stored.detail().select("clusteringColumns").collect()[0][0] == ["language"]

    how = Collection(slice=10, attempts=1, again=[], spool=f"{lake.location}/spool")
    conversation.answer_missing(later, requests(later), how=how, tasks=1)
    assert by_key(answers(later)) == by_key(rows)
    assert migrate(later, spools=f"{lake.location}/spool") == {}


@pytest.mark.parametrize("is_written", [False, True])
def test_a_migration_that_was_cut_off_goes_on_where_it_was(spark: SparkSession, lake: Lake, is_written: bool) -> None:
    rows = paid(lake)
    half = f"{BEFORE.version}@{lake.version(BEFORE)}"
    if is_written:
        Lake(spark, lake.location).migrate(completions.TABLE)
        place = lake.name(completions.TABLE)
        spark.sql(f"ALTER TABLE {place} SET TBLPROPERTIES ('finerweb.table.version' = '{half}')")
    else:
        lake._store.define(completions.TABLE, version=half, anew=True)
    later = Lake(spark, lake.location)
    with pytest.raises(WrongTable, match=r"Run finerweb migrate, which keeps every row$"):
        later.read(completions.TABLE)
    assert later.migrate(completions.TABLE) == 3
    assert by_key(answers(later)) == by_key(rows)


def test_a_table_of_a_version_that_nobody_knows_is_left_alone(spark: SparkSession, lake: Lake) -> None:
    other = replace(BEFORE, columns=BEFORE.columns[:-1])
    lake.create(other)
    with pytest.raises(WrongTable, match=r"completions hold paid answers: copy them first$"):
        Lake(spark, lake.location).migrate(completions.TABLE)
