"""The table of labels: forms, repair, names, collisions, and a frozen vocabulary."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import graph, questions, settings
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.sources import vocabularies
from finerweb.tables import completions, labels, mentions

LANGUAGES = settings.load_languages()
INVENTORY = "label string, language string, mentions bigint"
ANSWERS = "subject_id string, language string, answer string, problem string"


def english(label: str, language: str, translation: str | None, problem: str | None = None) -> tuple[Any, ...]:
    return label, language, json.dumps({"english": translation}) if translation else "", problem


def named(label: str, language: str, name: str | None, problem: str | None = None) -> tuple[Any, ...]:
    return label, language, json.dumps({"name": name}) if name else "", problem


def cells(frame: DataFrame, *columns: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {(row["label"], row["language"]): tuple(row[column] for column in columns) for row in frame.collect()}


def made(
    spark: SparkSession,
    inventory: list[tuple[Any, ...]],
    english: list[tuple[Any, ...]],
    names: list[tuple[Any, ...]],
) -> DataFrame:
    forms = labels.forms(spark.createDataFrame(inventory, INVENTORY), languages=LANGUAGES)
    settled = labels.settle(forms, spark.createDataFrame(english, ANSWERS))
    given = labels.name(settled, spark.createDataFrame(names, ANSWERS), languages=LANGUAGES)
    return labels.TABLE.conform(labels.check(given, spark.createDataFrame([], ANSWERS)))


def test_spellings_of_a_label_are_one_label_with_one_name(spark: SparkSession) -> None:
    inventory = [
        ("Cities", "tha", 1),
        ("location/city", "tha", 5),
        ("government", "tha", 30),
        ("government", "eng", 70),
        ("goverment", "tha", 2),
        ("Goverment", "eng", 1),
    ]
    names = [named("city", "tha", "เมือง"), named("government", "tha", "รัฐบาล")]
    assert cells(made(spark, inventory, [], names), "canonical", "changes", "coarse", "name", "problem") == {
        ("Cities", "tha"): ("city", ["case", "plural"], "place", "เมือง", None),
        ("location/city", "tha"): ("city", ["slash"], "place", "เมือง", None),
        ("government", "tha"): ("government", [], "organization", "รัฐบาล", None),
        ("government", "eng"): ("government", [], "organization", "government", None),
        ("goverment", "tha"): ("government", ["typo"], "organization", "รัฐบาล", None),
        ("Goverment", "eng"): ("government", ["case", "typo"], "organization", "government", None),
    }


def test_each_canonical_label_is_asked_about_once_in_a_language(spark: SparkSession) -> None:
    inventory = [
        ("City", "tha", 1),
        ("cities", "tha", 1),
        ("city", "eng", 1),
        ("city", "por", 1),
        ("Ciudades", "spa", 1),
    ]
    forms = labels.forms(spark.createDataFrame(inventory, INVENTORY), languages=LANGUAGES)
    assert {tuple(row) for row in labels.foreign(forms).collect()} == {("ciudades", "spa")}
    settled = labels.settle(forms, spark.createDataFrame([english("ciudades", "spa", "Cities")], ANSWERS))
    assert sorted(tuple(row) for row in labels.unnamed(settled).collect()) == [
        ("city", "por"),
        ("city", "spa"),
        ("city", "tha"),
    ]


def test_a_label_that_is_not_english_is_put_into_english_or_says_why_not(spark: SparkSession) -> None:
    inventory = [
        ("Ciudades", "spa", 3),
        ("compañía", "spa", 1),
        ("unternehmen", "deu", 1),
        ("ประเทศ", "tha", 2),
        ("стран", "eng", 1),
    ]
    answers = [
        english("ciudades", "spa", "Cities"),
        english("compañía", "spa", None, "refused"),
        english("unternehmen", "deu", "компания", "wrong_script"),
        english("ประเทศ", "tha", "country"),
    ]
    names = [named("city", "spa", "ciudad"), named("country", "tha", None, "malformed")]
    assert cells(made(spark, inventory, answers, names), "canonical", "changes", "coarse", "name", "problem") == {
        ("Ciudades", "spa"): ("city", ["case", "english"], "place", "ciudad", None),
        ("compañía", "spa"): ("compañía", [], "other", "compañía", "not_english"),
        ("unternehmen", "deu"): ("unternehmen", [], "other", "unternehmen", "not_english"),
        ("ประเทศ", "tha"): ("country", ["english"], "place", "country", "malformed"),
        ("стран", "eng"): ("стран", [], "other", "стран", "not_english"),
    }


def test_a_name_that_cannot_be_one_is_not_taken(spark: SparkSession) -> None:
    inventory = [("city", "tha", 1), ("country", "tha", 1), ("god", "tha", 1), ("war", "tha", 1)]
    names = [
        named("city", "tha", "cidade", "wrong_script"),
        named("country", "tha", "ก" * 43, "long_name"),
        named("god", "tha", "ก" * 30),
    ]
    assert cells(made(spark, inventory, [], names), "name", "problem") == {
        ("city", "tha"): ("city", "wrong_script"),
        ("country", "tha"): ("country", "long_name"),
        ("god", "tha"): ("ก" * 30, None),
        ("war", "tha"): ("war", "not_asked"),
    }


def test_a_name_that_comes_back_as_something_else_is_not_taken(spark: SparkSession) -> None:
    inventory = [("city", "rus", 1), ("river", "rus", 1), ("town", "rus", 1), ("person", "rus", 1)]
    names = [named(label, "rus", name) for label, name in zip(("city", "river", "town", "person"), "абвг", strict=True)]
    settled = labels.settle(
        labels.forms(spark.createDataFrame(inventory, INVENTORY), languages=LANGUAGES),
        spark.createDataFrame([], ANSWERS),
    )
    given = labels.name(settled, spark.createDataFrame(names, ANSWERS), languages=LANGUAGES)
    assert labels.given(given, when=False).count() == 0
    assert sorted(tuple(row) for row in labels.given(given, when=True).collect()) == [(name, "rus") for name in "абвг"]
    back = [("а", "rus", '{"english": "town"}', None), ("б", "rus", '{"english": "disease"}', None)]
    back += [("в", "rus", "no idea", "malformed")]
    checked = labels.check(given, spark.createDataFrame(back, ANSWERS))
    assert cells(checked, "name", "back", "problem") == {
        ("city", "rus"): ("а", "town", None),
        ("river", "rus"): ("river", "disease", "other_meaning"),
        ("town", "rus"): ("в", None, None),
        ("person", "rus"): ("г", None, None),
    }


def test_labels_of_one_name_keep_it_and_say_so(spark: SparkSession) -> None:
    inventory = [("city", "rus", 1), ("Cities", "rus", 1), ("town", "rus", 1), ("river", "rus", 1), ("city", "bul", 1)]
    names = [
        named("city", "rus", "город"),
        named("town", "rus", "Город"),
        named("river", "rus", "река"),
        named("city", "bul", "город"),
    ]
    assert cells(made(spark, inventory, [], names), "name", "collides", "problem") == {
        ("city", "rus"): ("город", ["town"], None),
        ("Cities", "rus"): ("город", ["town"], None),
        ("town", "rus"): ("Город", ["city"], None),
        ("river", "rus"): ("река", [], None),
        ("city", "bul"): ("город", [], None),
    }


def test_what_is_no_type_has_a_problem_and_nobody_is_asked(spark: SparkSession) -> None:
    long = "x" * 500
    forms = labels.forms(
        spark.createDataFrame([("...", "tha", 1), ("👍🏽", "tha", 1), (long, "tha", 1), ("", "eng", 1)], INVENTORY),
        languages=LANGUAGES,
    )
    nothing = spark.createDataFrame([], ANSWERS)
    settled = labels.settle(forms, nothing)
    assert labels.foreign(forms).count() == labels.unnamed(settled).count() == 0
    assert cells(
        labels.check(labels.name(settled, nothing, languages=LANGUAGES), nothing),
        "canonical",
        "coarse",
        "name",
        "problem",
    ) == {
        ("...", "tha"): ("other", "other", "other", "no_letters"),
        ("👍🏽", "tha"): ("👍🏽", "other", "👍🏽", "no_letters"),
        (long, "tha"): (long, "other", long, "long_label"),
        ("", "eng"): ("other", "other", "other", "no_letters"),
    }


MENTIONS = [("Cities", "tha"), ("e-mail address", "tha"), ("เมือง", "tha"), ("dragon", "tha"), ("City", "eng")]


def job_runs(lake: Lake, chosen: Settings) -> dict[tuple[str, str], tuple[Any, ...]]:
    lake.begin("name_labels")
    graph.load("name_labels").main(lake, chosen)
    return cells(lake.read(labels.TABLE), "canonical", "name", "problem")


def with_mentions(lake: Lake, rows: list[tuple[str, str]]) -> None:
    frame = lake.spark.createDataFrame(
        [(f"r{number}", 0, "p#0", language, "a", label, label, 0, 1, "x", "exact", "best", None) for number, (label, language) in enumerate(rows)],
        mentions.TABLE.schema,
    )  # fmt: skip
    lake.replace(mentions.TABLE, frame)


def test_the_job_asks_in_rounds_and_a_frozen_vocabulary_asks_nothing(
    lake: Lake, chosen: Settings, tmp_path: Path
) -> None:
    own = chosen.model_copy(
        update={
            "ask": dataclasses.replace(chosen.ask, spool=str(tmp_path / "spool")),
            "name_labels": chosen.name_labels.model_copy(update={"back_translate": True}),
        }
    )
    with_mentions(lake, MENTIONS)
    wanted = {
        ("Cities", "tha"): ("city", "เมือง", None),
        ("e-mail address", "tha"): ("e-mail address", "ที่อยู่อีเมล", None),
        ("เมือง", "tha"): ("city", "เมือง", None),
        ("dragon", "tha"): ("dragon", "dragon", "refused"),
        ("City", "eng"): ("city", "city", None),
    }
    assert job_runs(lake, own) == wanted
    subjects = lake.read(completions.TABLE).groupBy("question").agg(F.collect_set("subject_id").alias("about"))
    assert {row["question"]: sorted(row["about"]) for row in subjects.collect()} == {
        "label_english": sorted(["เมือง", "ที่อยู่อีเมล"]),
        "label_name": ["city", "dragon", "e-mail address"],
    }
    answers = lake.read(completions.TABLE).count()

    assert vocabularies.export(lake, tmp_path / "v.csv") == 4
    with_mentions(lake, [*MENTIONS, ("city", "tha"), ("Flüsse", "deu")])
    naming = own.name_labels.model_copy(update={"vocabulary": str(tmp_path / "v.csv")})
    frozen = own.model_copy(update={"name_labels": naming})
    assert job_runs(lake, frozen) == {
        **wanted,
        ("dragon", "tha"): ("dragon", "dragon", "not_in_vocabulary"),
        ("city", "tha"): ("city", "เมือง", None),
        ("Flüsse", "deu"): ("flüsse", "flüsse", "not_in_vocabulary"),
    }
    assert lake.read(completions.TABLE).count() == answers
    assert len(lake.log.inputs[f"vocabulary:{tmp_path / 'v.csv'}"]) == 12


def test_a_budget_is_that_of_both_questions() -> None:
    assert questions.of_budget("name_labels.budget") == ["label_english", "label_name"]
