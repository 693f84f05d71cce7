"""train_student as a job: from the table `examples` to a registered student, which loads and is served."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from small_lake import TEXTS, VARIANT, fill, row, settings_of, spans

from finerweb import graph
from finerweb.lake import Lake
from finerweb.running.runner import Runner
from finerweb.student import card
from finerweb.student.examples import Names
from finerweb.tables import examples
from finerweb.taggers.student import load
from finerweb.training import students, tracking


def test_spans_of_other_annotators_alone_are_disputed(spark: SparkSession) -> None:
    other = [{"start": 0, "end": 4, "label": ["x"]}, {"start": 5, "end": 6, "label": ["y"]}]
    rows = [
        row(1, "rich x y", "train"),
        row(1, "rich x y", "train", variant="broad-english-multi", char_spans=other),
        row(1, "rich x y", "train", variant="broad-target-multi", char_spans=[{"start": 7, "end": 8, "label": ["y"]}]),
        row(2, "y x", "train"),
        row(3, "rich", "train", quartile=4),
    ]
    frame = spark.createDataFrame(rows, examples.TABLE.schema)
    studied = look(frame, quartiles=[1, 2])
    assert [(example["example_id"], [tuple(span) for span in example["disputed"]]) for example in studied] == [
        ("s/1#0-s0", [(5, 6)]),
        ("s/2#0-s0", []),
    ]


def look(frame: DataFrame, **others: Any) -> list[Any]:
    """What is learned of these examples."""
    documents_of = frame.select("document_id", F.lit("web").alias("source")).distinct()
    everything = {"variant": VARIANT, "quartiles": None, "languages": [], "per_language": None, "inventory": "source"}
    return examples.studied(frame, documents_of, **{**everything, **others}).orderBy("example_id").collect()


def test_a_part_has_whole_passages_of_some_languages(spark: SparkSession) -> None:
    rows = [row(number, "x", "train") for number in range(12)] + [row(2, "y", "train", example_id="s/2#0-s1")]
    frame = spark.createDataFrame(rows, examples.TABLE.schema)
    three = look(frame, languages=["deu"], per_language=3)
    assert {example["language"] for example in three} == {"deu"}
    assert len({example["passage_id"] for example in three}) == 3
    every = look(frame, languages=["deu"], per_language=6, inventory="vocabulary")
    assert len(every) == 7, "with both sentences of one"
    assert {example["example_id"] for example in three} <= {example["example_id"] for example in every}
    assert {example["inventory"] for example in three} == {"web"}
    assert {example["inventory"] for example in every} == {""}


def test_other_names_come_from_the_table_of_labels() -> None:
    frame = pd.DataFrame(
        [("Person", "deu", "person", "Person"), ("human", "deu", "person", "Person"), ("city", "eng", "city", "city")],
        columns=["label", "language", "canonical", "name"],
    )
    names = students.names_of(frame)
    assert names.of_kind("target", "person", "deu") == ["Person"]
    assert names.of_kind("target", "person", "fra") == ["person"], "its own where the language has none"
    assert names.of_kind("written", "person", "fra") == ["Person", "human"]
    assert names.of_kind("english", "city", "eng") == ["city"]


@pytest.fixture(scope="module")
def trained(spark: SparkSession, signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A lake with examples, whose student was trained by the job; and the settings."""
    chosen = settings_of(tmp_path_factory.mktemp("students"), signed_encoder)
    lake = Lake(spark, chosen.lake.location)
    fill(lake, spark)
    outcome = Runner(lake, chosen).run("train_student", graph.load("train_student").main)
    return lake, chosen, outcome


def test_the_job_registers_a_challenger(trained: Any) -> None:
    _, chosen, outcome = trained
    assert tracking.current(chosen.tracking.student, "challenger") == "1"
    (note,) = outcome.notes
    assert "2 labels in 2 languages" in note
    assert note.endswith("challenger is version 1")
    run = tracking.describe(chosen.tracking.student, "challenger")
    assert run.params["version_examples"] == "1"
    assert run.params["variant"] == VARIANT
    assert run.metrics["validation_f1"] == 1.0
    assert "loss" in run.metrics
    assert tracking.table(chosen.tracking.student, "1", students.LABELS).to_dict("list") == {
        "label": ["x", "y"],
        "entities": [16, 12],
    }
    assert len(students.documents_of(chosen.tracking.student, ["1"])) == 30


def test_it_is_current_until_something_changes(trained: Any) -> None:
    lake, chosen, _ = trained
    again = Runner(lake, chosen).run("train_student", graph.load("train_student").main)
    assert again.is_current


def test_the_registered_student_tags(trained: Any) -> None:
    _, chosen, _ = trained
    folder = tracking.download(chosen.tracking.student, "1")
    tagger = load(str(folder))
    (tags,) = tagger.tag(["x rich y"], ["x", "y"], least=tagger.threshold)
    assert [tag[:3] for tag in tags] == [(2, 6, "x")]
    assert card.read(folder).facts["variant"] == VARIANT


def test_the_first_is_champion_and_a_later_one_must_be_better(trained: Any, spark: SparkSession) -> None:
    lake, chosen, _ = trained
    promote = graph.load("promote_student").main
    (note,) = Runner(lake, chosen).run("promote_student", promote).notes
    assert note == "champion is version 1: there was none"
    rows = [row(200 + number, text, "test") for number, text in enumerate(TEXTS * 5)]
    lake.append(examples.TABLE, spark.createDataFrame(rows, examples.TABLE.schema))
    # A student that has learned the labels the wrong way round.
    wrong = [{**span, "label": ["y" if span["label"] == ["x"] else "x"]} for span in spans("rich poor")]
    other = students.train(
        pd.DataFrame(
            [
                (f"o/{number}", "eng", split, "rich poor", wrong, "", [])
                for number, split in enumerate(["train"] * 9 + ["validation"])
            ],
            columns=["document_id", "language", "split", "text", "char_spans", "inventory", "disputed"],
        ),
        Names(),
        chosen.student.training,
        place=students.Place(chosen.tracking.student, chosen.tracking.challenger, chosen.work),
        facts={},
    )
    assert other.version == "2"
    (note,) = Runner(lake, chosen).run("promote_student", promote).notes
    assert re.fullmatch(
        r"version 2 has F1 0\.\d\d, version 1 1\.00 on 30 test sentences new to both "
        r"\(difference -\S+, 95 % -\S+ to -\S+\) · champion is version 1",
        note,
    )
    tracking.promote(chosen.tracking.student, "2", "champion")
    tracking.promote(chosen.tracking.student, "1", "challenger")
    (note,) = Runner(lake, chosen).run("promote_student", promote).notes
    assert note.endswith("champion is version 1")


SERVE = """
import json, sys
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
frame = pd.DataFrame({"text": ["x rich y", ""]})
rows = [model.predict(frame), model.predict(frame, params={"labels": ["y"], "threshold": 0.99})]
print(json.dumps([row["entities"].tolist() for row in rows]))
"""


def test_it_is_served_with_the_code_that_it_brings(trained: Any, tmp_path: Path) -> None:
    _, chosen, _ = trained
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-P", "-c", SERVE, chosen.tracking.uri, f"models:/{chosen.tracking.student}/1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    both, none = json.loads(done.stdout.splitlines()[-1])
    ((entity,), nothing) = both
    assert {name: entity[name] for name in ("start", "end", "label", "mention")} == {
        "start": 2,
        "end": 6,
        "label": "x",
        "mention": "rich",
    }
    assert nothing == []
    assert none == [[], []]


def test_where_there_is_nothing_to_learn_the_run_goes_on(
    spark: SparkSession, signed_encoder: Path, tmp_path: Path
) -> None:
    chosen = settings_of(tmp_path, signed_encoder)
    lake = Lake(spark, chosen.lake.location)
    fill(lake, spark, [])
    lake.create(examples.TABLE)
    (note,) = Runner(lake, chosen).run("train_student", graph.load("train_student").main).notes
    assert note.startswith("no student: table examples, split train: found 0 entities in 0 texts, wanted some.")
    (note,) = Runner(lake, chosen).run("promote_student", graph.load("promote_student").main).notes
    assert note == "no challenger: there was nothing to train a student on"
