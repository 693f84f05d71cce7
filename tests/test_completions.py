"""Questions to a scripted engine: an answer is paid for once, and a bad one is a row with its problem."""

from collections.abc import Mapping

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import annotators, asking, settings
from finerweb.engines import Answer, Spec
from finerweb.lake import Lake
from finerweb.tables import completions

LANGUAGES = settings.load_languages()

TEXTS = [
    ("d#0", "eng", "👩🏽\u200d🚀 in Cairo"),
    ("d#1", "eng", "Rome"),
    ("d#2", "tha", "กรุงเทพ"),
    ("d#3", "fra", "e\u0301te\u0301"),
]
GOOD = '{"entities": [{"mention": "Cairo", "type": "city"}]}'
SCRIPT = {"by_text": {"Cairo": GOOD, "Rome": "I see Rome 👍🏽", "กรุงเทพ": " \n"}}


def subjects(spark: SparkSession) -> DataFrame:
    passages = spark.createDataFrame(TEXTS, "passage_id string, language string, text string")
    return completions.about(passages, languages=LANGUAGES)


def ask(spark: SparkSession, lake: Lake, models: Mapping[str, Spec]) -> DataFrame:
    requested = asking.requests(subjects(spark), question="ner", models=models)
    asking.answer_missing(lake, requested, models=models, rows=100, tasks=2)
    return asking.answers(lake, requested, question="ner")


def test_an_answer_is_paid_for_once_and_a_bad_one_has_its_problem(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.of("fake", SCRIPT)}
    columns = [
        "question",
        "subject_id",
        "language",
        "annotator",
        "engine",
        "prompt",
        "answer",
        "finish_reason",
        "problem",
    ]
    first = sorted(tuple(row) for row in ask(spark, lake, models).select(*columns).collect())
    asked = ("a", models["a"].fingerprint, annotators.fingerprint("ner"))
    assert first == [
        ("ner", "d#0", "eng", *asked, GOOD, "stop", None),
        ("ner", "d#1", "eng", *asked, "I see Rome 👍🏽", "stop", "malformed"),
        ("ner", "d#2", "tha", *asked, " \n", "stop", "empty"),
        ("ner", "d#3", "fra", *asked, "", "refused", "refused"),
    ]
    version = lake.version(completions.TABLE)
    lake.begin("again")
    assert sorted(tuple(row) for row in ask(spark, lake, models).select(*columns).collect()) == first
    assert lake.version(completions.TABLE) == version

    other = {"a": Spec.of("fake", {**SCRIPT, "answers": {"ner": "[]"}})}
    assert ask(spark, lake, other).groupBy("engine").count().collect()[0]["count"] == 4
    assert lake.read(completions.TABLE).count() == 8

    lake.begin("renamed")
    renamed = ask(spark, lake, {"b": models["a"]}).count()
    assert (renamed, lake.rows) == (4, {})


def test_an_answer_belongs_to_whoever_is_asked_now(spark: SparkSession) -> None:
    before, now = (
        asking.requests(subjects(spark), question="ner", models={name: Spec.of("fake", SCRIPT)}) for name in ("a", "b")
    )
    table = before.withColumn("answer", F.lit("[]"))
    assert {row["annotator"] for row in completions.answered(table, now).collect()} == {"b"}


def test_an_engine_that_dies_raises_and_leaves_nothing_half_written(spark: SparkSession, lake: Lake) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    with pytest.raises(
        (PySparkException, Py4JError), match="the fake engine died at 'Rome', as its setting fail_on asks"
    ):
        ask(spark, lake, {"a": Spec.of("fake", {**SCRIPT, "fail_on": "Rome"})})
    assert lake.read(completions.TABLE).count() == 0


def test_a_request_is_known_by_all_that_shapes_its_answer(spark: SparkSession) -> None:
    def ids(
        given: DataFrame, *, prompt: str = "p", engines: Mapping[str, str] | None = None, question: str = "ner"
    ) -> set[str]:
        asked = completions.ask(given, question=question, prompt=prompt, engines=engines or {"a": "e1"})
        return {row["request_id"] for row in asked.select("request_id").collect()}

    given = subjects(spark).filter("subject_id = 'd#0'").cache()
    one = ids(given)
    assert len(one) == 1
    assert ids(given, engines={"renamed": "e1"}) == one
    others = [
        ids(given, prompt="p2"),
        ids(given, engines={"a": "e2"}),
        ids(given, question="usefulness"),
        ids(given.withColumn("language", F.lit("tha"))),
        ids(given.withColumn("payload", F.col("payload").withField("text", F.lit("Cairo")))),
        ids(given.withColumn("payload", F.col("payload").withField("text", F.lit(None).cast("string")))),
    ]
    assert len(set.union(one, *others)) == 7
    assert len(ids(given, engines={"a": "e1", "b": "e2"})) == 2


def test_a_request_is_rendered_as_its_annotator_puts_it(spark: SparkSession) -> None:
    requested = asking.requests(subjects(spark), question="ner", models={"a": Spec("fake")})
    row = requested.filter("subject_id = 'd#2'").collect()[0]
    request = completions.render(row)
    assert (request.prompt, request.payload) == (
        "Language: Thai\nPassage:\nกรุงเทพ",
        {"text": "กรุงเทพ", "language": "Thai", "locale": "th"},
    )


PROBLEMS = {
    "truncated": Answer("r", GOOD, finish_reason="length"),
    "empty": Answer("r", " \n"),
    "malformed": Answer("r", '{"entities": [{"mention": "Cairo"}]}'),
    None: Answer("r", "```json\n[('Cairo', 'city')]\n```"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_an_answer_that_cannot_be_used_says_why(problem: str | None) -> None:
    assert completions.problem("ner", PROBLEMS[problem]) == problem


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "1" * 5000], ids=["brackets", "digits"])
def test_an_answer_that_loops_is_malformed_and_no_crash(text: str) -> None:
    assert completions.problem("ner", Answer("r", text)) == "malformed"
