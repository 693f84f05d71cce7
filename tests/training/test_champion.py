"""What is done with a champion: it tags passages and other tables, gets a card, and goes to a hub with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from small_lake import TEXTS, fill, settings_of, spans
from typer.testing import CliRunner

from finerweb import graph
from finerweb.__main__ import app
from finerweb.errors import BadSource, NoModel
from finerweb.lake import Lake
from finerweb.running.runner import Outcome, Runner
from finerweb.settings import Settings
from finerweb.tables import passages, tags
from finerweb.taggers.gliner import Gliner
from finerweb.taggers.student import load
from finerweb.training import tracking

LONG = "x y " * 200 + "rich"


def passage(number: int, text: str, language: str = "eng") -> tuple[Any, ...]:
    return passages.TABLE.row(
        passage_id=f"s/{number}#0",
        document_id=f"s/{number}",
        language=language,
        position=0,
        start=0,
        end=len(text),
        text=text,
        words=1,
        subwords=1,
        detected=language,
        detected_score=1.0,
        is_target_language=True,
        bands=[],
    )


def run(lake: Lake, chosen: Settings, job: str) -> Outcome:
    return Runner(lake, chosen).run(job, graph.load(job).main)


def rows_of(frame: DataFrame) -> dict[str, Any]:
    return {row["passage_id"]: row for row in frame.collect()}


def spans_of(row: Any) -> list[tuple[Any, ...]]:
    return [(entity["start"], entity["end"], entity["mention"], entity["label"]) for entity in row["entities"]]


@pytest.fixture(scope="module")
def student(spark: SparkSession, signed_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Any]:
    """A lake with a champion and passages: texts as it has learned them, a blank one, and one of many windows."""
    folder = tmp_path_factory.mktemp("tags")

    def chosen(*more: str) -> Settings:
        return settings_of(folder, signed_encoder, *more)

    lake = Lake(spark, chosen().lake.location)
    fill(lake, spark)
    for job in ("train_student", "promote_student"):
        run(lake, chosen(), job)
    texts = [*TEXTS, " \n", LONG]
    rows = [passage(number, text, "deu" if number == 1 else "eng") for number, text in enumerate(texts)]
    lake.append(passages.TABLE, spark.createDataFrame(rows, passages.TABLE.schema))
    return lake, chosen


def test_every_passage_has_its_tags_or_a_reason(student: tuple[Lake, Any]) -> None:
    lake, chosen = student
    outcome = run(lake, chosen("tag.slice=3"), "tag_passages")
    rows = rows_of(lake.read(tags.TABLE))
    assert len(rows) == len(TEXTS) + 2
    assert outcome.lost == {"tags": {"no_text": 1}}
    assert outcome.notes[0].startswith("finerweb-student/1 · 2 labels from 0.")
    assert spans_of(rows["s/1#0"]) == [(2, 6, "poor", "y"), (9, 13, "rich", "x")]
    assert spans_of(rows["s/2#0"]) == []
    assert (800, 804, "rich", "x") in spans_of(rows["s/7#0"]), "the end of a text of many windows"
    blank = rows["s/6#0"]
    assert (blank["entities"], blank["problem"]) == (None, "no_text")
    first = rows["s/0#0"]
    assert (first["source"], first["student"], first["labels"]) == ("passages", "finerweb-student/1", ["x", "y"])
    commits = lake.spark.sql(f"DESCRIBE HISTORY {lake.name(tags.TABLE)}").filter("operation = 'WRITE'").count()
    assert commits > 1, "a crash costs a slice"


def test_only_what_is_new_is_tagged(student: tuple[Lake, Any], spark: SparkSession) -> None:
    lake, chosen = student
    run(lake, chosen("tag.slice=3"), "tag_passages")
    assert run(lake, chosen("tag.slice=3"), "tag_passages").is_current
    lake.append(passages.TABLE, spark.createDataFrame([passage(50, "rich")], passages.TABLE.schema))
    assert run(lake, chosen(), "tag_passages").rows == {"tags": 1}
    other = run(lake, chosen("tag.labels=[x]", "tag.languages=[deu]"), "tag_passages")
    assert other.rows == {"tags": 1}, "other labels are another question"
    (row,) = lake.read(tags.TABLE).filter("size(labels) = 1").collect()
    assert spans_of(row) == [(9, 13, "rich", "x")]


def test_a_table_of_somebody_else(student: tuple[Lake, Any], spark: SparkSession, tmp_path: Path) -> None:
    lake, chosen = student
    rows = [(1, "x rich"), (1, "x rich"), (2, "poor"), (2, "rich"), (3, None), (None, "poor x")]
    place = str(tmp_path / "pages")
    spark.createDataFrame(rows, "number int, body string").write.format("delta").save(place)
    options = (f"tag.table={place}", "tag.key=number", "tag.text=body")
    assert run(lake, chosen(*options), "tag_passages").rows == {"tags": 4}
    tagged = rows_of(lake.read(tags.TABLE).filter(f"source = '{place}'"))
    assert spans_of(tagged["1"]) == [(2, 6, "rich", "x")]
    assert {name: row["problem"] for name, row in tagged.items() if row["problem"]} == {
        "2": "duplicate_id",
        "3": "no_text",
    }
    (unnamed,) = [row for name, row in tagged.items() if name.startswith("text:")]
    assert spans_of(unnamed) == [(0, 4, "poor", "y")]
    assert run(lake, chosen(*options), "tag_passages").is_current
    spark.createDataFrame([(4, "y")], "number int, body string").write.format("delta").mode("append").save(place)
    assert run(lake, chosen(*options), "tag_passages").rows == {"tags": 1}


def test_a_table_that_is_not_as_it_is_called(student: tuple[Lake, Any], spark: SparkSession, tmp_path: Path) -> None:
    lake, chosen = student
    place = str(tmp_path / "pages")
    with pytest.raises(BadSource) as missing:
        run(lake, chosen(f"tag.table={place}"), "tag_passages")
    assert str(missing.value).startswith(f"table {place}: found ")
    assert "wanted a folder or URL of a Delta table, or catalog.schema.name" in str(missing.value)
    spark.createDataFrame([(1, "x")], "number int, body string").write.format("delta").save(place)
    with pytest.raises(BadSource) as columns:
        run(lake, chosen(f"tag.table={place}"), "tag_passages")
    assert str(columns.value) == (
        f"table {place}: found columns number, body, wanted text. Name others (--set tag.text=..., tag.key, "
        "tag.language)"
    )


def test_without_a_champion_the_way_out_is_said(spark: SparkSession, signed_encoder: Path, tmp_path: Path) -> None:
    chosen = settings_of(tmp_path, signed_encoder)
    lake = Lake(spark, chosen.lake.location)
    with pytest.raises(NoModel, match="no model finerweb-student@champion"):
        run(lake, chosen, "tag_passages")


def test_a_part_holds_languages_whole_or_a_share_of_a_large_one(spark: SparkSession) -> None:
    counts = {None: 2, "a": 3, "b": 30, "c": 1, "d": 9}
    rows = [(f"{language}{number}", language) for language, count in counts.items() for number in range(count)]
    texts = spark.createDataFrame(rows, "passage_id string, language string")
    parts, total = tags.slices(texts, rows=10)
    assert total == 45
    collected = [[tuple(row) for row in part.collect()] for part in parts]
    assert sorted(map(str, (row for part in collected for row in part))) == sorted(map(str, rows))
    assert {len({language for _, language in part}) for part in collected if any(row[1] == "b" for row in part)} == {1}
    others = [part for part in collected if part and part[0][1] != "b"]
    assert [len(part) for part in others] == [5, 10]


def pushed(chosen: Settings, *arguments: str) -> Any:
    options = ["--conf", "conf/test.yml", "--set", f"work={chosen.work}"]
    return CliRunner().invoke(app, ["push", "me/student", "--dry-run", *arguments, *options])


def test_what_was_measured_is_on_its_card_and_goes_to_a_hub_with_it(student: tuple[Lake, Any], tmp_path: Path) -> None:
    lake, chosen = student
    result = pushed(chosen(), "--student")
    assert result.exit_code == 1
    assert "student finerweb-student/1: found no card: it was not measured" in result.output
    texts = [*TEXTS, *TEXTS]
    lines = [
        {"text": text, "language": "eng", "spans": [{**span, "label": span["label"][0]} for span in spans(text)]}
        for text in texts
    ]
    file = tmp_path / "small.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    benchmark = {"path": str(file), "labels": {"x": "x", "y": "y"}}
    run(lake, chosen(f"evaluate.benchmarks={json.dumps([benchmark])}"), "evaluate_student")

    card = tracking.text("finerweb-student", "1", "README.md")
    assert card is not None
    assert "| small | finerweb-student/1 | english | 12 | 14 | 1.000 (1.000 to 1.000) |" in card
    assert "| `eng` | small | 12 | 14 | 1.000 (1.000 to 1.000) |" in card
    assert "| s | not stated | 30 |" in card
    assert "Nothing was measured in `deu`, which it was trained in." in card
    assert "Benchmarks of fewer than 100 entities say little: small." in card
    header = card.split("---\n")[1]
    assert "language:\n- deu\n- eng\n" in header
    assert "value: 1.0" in header
    assert tracking.describe_version("finerweb-student", "1").metrics["f1/small/eng"] == 1.0

    result = pushed(chosen(), "--student")
    assert result.exit_code == 0, result.output
    files = [line.split()[-1] for line in result.output.splitlines()[:-1]]
    assert {"README.md", "student.json", "head.safetensors", "labels/config.json"} <= set(files)
    assert f"{len(files)} files, " in result.output


def test_gliners_own_training_makes_a_student_too(student: tuple[Lake, Any]) -> None:
    lake, chosen = student
    faster = ("student.recipe=gliner", "student.steps=12", "student.batch_size=4")
    (note,) = run(lake, chosen(*faster), "train_student").notes
    assert "gliner, step 12 · 0 times an entity that its words cannot express" in note
    version = tracking.require("finerweb-student", "challenger")
    assert tracking.describe_version("finerweb-student", version).params["recipe"] == "gliner"
    tagger = load(str(tracking.download("finerweb-student", version)), name="other")
    assert isinstance(tagger, Gliner)
    assert tagger.card is not None
    assert (tagger.name, tagger.card.labels) == ("other", {"x": 16, "y": 12})
    assert tagger.tag(["rich"], ["x"], least=0.0) != [[]]
