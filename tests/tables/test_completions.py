"""Requests are known by what shapes their answers; what an answer is worth."""

import functools
import json
from collections.abc import Mapping

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import questions, settings
from finerweb.asking import exchange
from finerweb.engines import LOOPED, Answer
from finerweb.tables import completions

LANGUAGES = settings.load_languages()

TEXTS = [
    ("d#0", "eng", "👩🏽‍🚀 in Cairo"),
    ("d#1", "eng", "Rome"),
    ("d#2", "tha", "กรุงเทพ"),
    ("d#3", "fra", "été"),
]
GOOD = '{"entities": [{"mention": "Cairo", "type": "city"}]}'


def passages(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(TEXTS, "passage_id string, language string, text string")


def subjects(frame: DataFrame, question: str) -> DataFrame:
    module = questions.load(question)
    return completions.subjects(frame, subject_id=module.SUBJECT_ID, payload=module.PAYLOAD, languages=LANGUAGES)


def test_the_last_answer_counts_for_whoever_is_asked_now(spark: SparkSession) -> None:
    about = subjects(passages(spark), "ner")
    before, now = (completions.requests(about, question="ner", prompt="p", engines={name: "e"}) for name in ("a", "b"))
    first = before.withColumn("answer", F.lit("{")).withColumn("attempt", F.lit(1))
    second = before.filter("subject_id = 'd#1'").withColumn("answer", F.lit("[]")).withColumn("attempt", F.lit(2))
    answers = completions.last(first.unionByName(second), now).select("subject_id", "model", "answer").collect()
    assert {tuple(row) for row in answers} == {
        ("d#0", "b", "{"),
        ("d#1", "b", "[]"),
        ("d#2", "b", "{"),
        ("d#3", "b", "{"),
    }


ENTITIES = "passage_id string, language string, text string, entities array<struct<mention: string, label: string>>"
# Of question, row, prompt and id. The ids were computed when this was written for the first time: were one another,
# everybody's answers would be asked and paid for again.
IDS = [
    ("ner", TEXTS[0], "80f06cda31ad", "8829ff797f644b0143cae46ed3bcb105860354c3f86a33989c48a078b8c57650"),
    ("ner", TEXTS[2], "80f06cda31ad", "a70e7e4eeefd35b5905402bdeb6f70dc9d33e6a0420957e92da8f9654e1cb176"),
    ("ner", ("d#3", "fra", None), "80f06cda31ad", "66ea1816714f78a95eef20127f229352ecd19b364a3a3886a2d1087731ad55f1"),
    ("usefulness", TEXTS[0], "80394208f7d0", "6ae44bb44df552ed4039a4e55634362a21322475f19c03d0cc7886f1189c0d60"),
    (
        "judge",
        ("d#0~planted", "eng", "in Cairo", [("Cairo", "city")]),
        "48f8e4c7aed6",
        "e30557b7b9960d4a7a0d34f7684212e7cb760677a784412ae7d5da6fa0ca4d42",
    ),
    ("judge", ("d#2", "tha", TEXTS[2][2], []), "48f8e4c7aed6", "a7ff2b77bbdf2816542f9c7f8326a0b1f1da0a947fce715462afd96b38b79686"),
    ("label_name", ("city", "tha"), "4d67a99e9ca3", "12ec45c382c246cf143e69c7badc0e611856994351327a8b38c1de58e2d1a31e"),
    ("label_english", ("เมือง", "tha"), "e700a60e27b7", "39f2a54b8d30793c7081cf1f8e22133ba6bdfb3af765621a2640761ec390e491"),
]  # fmt: skip
COLUMNS = {
    "ner": "passage_id string, language string, text string",
    "usefulness": "passage_id string, language string, text string",
    "judge": ENTITIES,
    "label_name": "label string, language string",
    "label_english": "label string, language string",
}


def test_a_request_has_the_id_that_it_always_had(spark: SparkSession) -> None:
    engines = {"a": "fake-0825dd27eb89"}
    requests = [
        completions.requests(
            subjects(spark.createDataFrame([row], COLUMNS[question]), question),
            question=question,
            prompt=prompt,
            engines=engines,
        )
        for question, row, prompt, _ in IDS
    ]
    ids = functools.reduce(DataFrame.unionByName, requests).select("request_id").collect()
    assert sorted(row["request_id"] for row in ids) == sorted(request_id for _, _, _, request_id in IDS)


def test_a_request_is_known_by_all_that_shapes_its_answer(spark: SparkSession) -> None:
    def ids(
        given: DataFrame, *, prompt: str = "p", engines: Mapping[str, str] | None = None, question: str = "ner"
    ) -> set[str]:
        requests = completions.requests(given, question=question, prompt=prompt, engines=engines or {"a": "e1"})
        return {row["request_id"] for row in requests.select("request_id").collect()}

    given = subjects(passages(spark).filter("passage_id = 'd#0'"), "ner").cache()
    first = ids(given)
    assert len(first) == 1
    assert ids(given, engines={"renamed": "e1"}) == first
    others = [
        ids(given, prompt="p2"),
        ids(given, engines={"a": "e2"}),
        ids(given, question="usefulness"),
        ids(given.withColumn("language", F.lit("tha"))),
        ids(given.withColumn("payload", F.col("payload").withField("text", F.lit("Cairo")))),
        ids(given.withColumn("payload", F.col("payload").withField("text", F.lit(None).cast("string")))),
    ]
    assert len(set.union(first, *others)) == 7
    assert len(ids(given, engines={"a": "e1", "b": "e2"})) == 2


LOOPING = GOOD[:-2] + ', {"mention": "Rome", "type": "city"}' * 30

PROBLEMS = {
    "looped": Answer("r", LOOPING, finish_reason="length"),
    "truncated": Answer("r", GOOD, finish_reason="length"),
    "empty": Answer("r", " \n"),
    "malformed": Answer("r", '{"entities": [{"mention": "Cairo"}]}'),
    "wrong_script": Answer("r", '{"entities": [{"mention": "Каир", "type": "city"}]}'),
    "other_subject": Answer("r", json.dumps([["Rome", "city"], ["Nile", "river"], ["Oslo", "city"]])),
    None: Answer("r", "```json\n[('Cairo', 'city')]\n```"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_an_answer_that_cannot_be_used_says_why(problem: str | None) -> None:
    assert completions.problem("ner", PROBLEMS[problem], {"text": "in Cairo"}) == problem


LOOPS = {
    "brackets": "[" * 100_000,
    "digits": "[" + "1" * 5000,
    "items, to their bound": GOOD[:-2] + ', {"mention": "Rome", "type": "city"}' * 199 + "]}",
    "thoughts": "<think>" + "Wait, let me check that again. " * 50,
}


@pytest.mark.parametrize("loop", LOOPS)
def test_an_answer_that_loops_says_so_however_it_ended(loop: str) -> None:
    for reason in ("stop", "length"):
        assert completions.problem("ner", Answer("r", LOOPS[loop], reason), {"text": "in Cairo"}) == "looped"


def test_an_answer_that_an_engine_has_ended_looped() -> None:
    assert completions.problem("ner", Answer("r", "", LOOPED), {"text": "in Cairo"}) == "looped"


def test_an_answer_that_repeats_what_its_passage_does_is_good() -> None:
    answer = Answer("r", json.dumps([["Cairo", "city"]] * 20))
    assert completions.problem("ner", answer, {"text": "Cairo, " * 20, "language": "English"}) is None
    assert completions.problem("ner", answer, {"text": "Cairo, " * 12, "language": "English"}) == "looped"


def test_the_next_attempt_knows_what_was_wrong_with_the_last(spark: SparkSession) -> None:
    about = subjects(passages(spark), "ner")
    requested = completions.requests(about, question="ner", prompt="p", engines={"a": "e"})
    earlier = requested.filter("subject_id in ('d#0', 'd#1')").selectExpr(
        "request_id", "1 as attempt", "if(subject_id = 'd#0', 'looped', null) as problem", "'run1' as run"
    )
    due = completions.due(requested, earlier, attempts=2, again=[], run="run2")
    rows = {row["subject_id"]: exchange.render(row) for row in due.collect()}
    assert {subject: (request.attempt, request.last_problem) for subject, request in rows.items()} == {
        "d#0": (2, "looped"),
        "d#2": (1, None),
        "d#3": (1, None),
    }
