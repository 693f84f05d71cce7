"""Questions to a scripted engine: an answer is paid for once, and a bad one is a row with its problem."""

import functools
import json
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import questions, settings
from finerweb.asking import conversation, worker
from finerweb.asking.conversation import Requests
from finerweb.asking.spool import Spool, amount
from finerweb.asking.worker import Terms
from finerweb.collection import Collection
from finerweb.cost import UNLIMITED, Budget, Tally
from finerweb.engines import Answer, Spec
from finerweb.errors import BudgetSpent, EngineFailed, SpoolFailed
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


def about(
    frame: DataFrame, models: Mapping[str, Spec], *, question: str = "ner", budget: Budget = UNLIMITED
) -> Requests:
    return conversation.requests(frame, question=question, models=models, languages=LANGUAGES, budget=budget)


def passages(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(TEXTS, "passage_id string, language string, text string")


def collection(lake: Lake, *, attempts: int = 1, again: Sequence[str] = (), slice: int = 100) -> Collection:
    return Collection(slice=slice, attempts=attempts, again=list(again), spool=f"{lake.location}/spool")


def ask(
    spark: SparkSession,
    lake: Lake,
    models: Mapping[str, Spec],
    *,
    attempts: int = 1,
    again: Sequence[str] = (),
    budget: Budget = UNLIMITED,
) -> DataFrame:
    requests = about(passages(spark), models, budget=budget)
    conversation.answer_missing(lake, requests, how=collection(lake, attempts=attempts, again=again), tasks=2)
    return conversation.answers(lake, requests)


def test_an_answer_is_paid_for_once_and_a_bad_one_has_its_problem(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.of("fake", SCRIPT)}
    columns = [
        "question",
        "subject_id",
        "language",
        "model",
        "engine",
        "prompt",
        "answer",
        "finish_reason",
        "problem",
    ]
    first = sorted(tuple(row) for row in ask(spark, lake, models).select(*columns).collect())
    asked = ("a", models["a"].fingerprint, questions.fingerprint("ner"))
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


def test_the_last_answer_counts_for_whoever_is_asked_now(spark: SparkSession) -> None:
    before, now = (about(passages(spark), {name: Spec.of("fake", SCRIPT)}).frame for name in ("a", "b"))
    first = before.withColumn("answer", F.lit("{")).withColumn("attempt", F.lit(1))
    second = before.filter("subject_id = 'd#1'").withColumn("answer", F.lit("[]")).withColumn("attempt", F.lit(2))
    answers = completions.last(first.unionByName(second), now).select("subject_id", "model", "answer").collect()
    assert {tuple(row) for row in answers} == {
        ("d#0", "b", "{"),
        ("d#1", "b", "[]"),
        ("d#2", "b", "{"),
        ("d#3", "b", "{"),
    }


def test_an_engine_that_dies_raises_and_what_it_said_until_then_is_in_the_table(
    spark: SparkSession, lake: Lake
) -> None:
    models = {"a": Spec.of("fake", {**SCRIPT, "fail_on": "Rome", "tasks": 1})}
    with pytest.raises(
        (PySparkException, Py4JError), match="the fake engine died at 'Rome', as its setting fail_on asks"
    ):
        ask(spark, lake, models)
    # In the order of languages: English first, where Rome is one of two.
    said = {row["subject_id"] for row in lake.read(completions.TABLE).collect()}
    assert said in (set(), {"d#0"})
    assert conversation.spool_of(lake, f"{lake.location}/spool", "ner").objects() == []


def test_what_a_dead_run_left_in_the_spool_is_not_asked_again(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.of("fake", SCRIPT)}
    requests = about(passages(spark), models).frame.withColumn("attempt", F.lit(1)).toPandas()
    spool = conversation.spool_of(lake, f"{lake.location}/spool", "ner")
    left = {"answer": "paid for", "finish_reason": "stop", "tokens_in": 7, "tokens_out": 8, "usd": 0.5, "seconds": 1.0}
    left |= {"problem": None, "run": "dead", "answered": "2026-11-24T10:00:00+00:00"}
    row = {**requests[requests["subject_id"] == "d#1"].iloc[0].drop("payload").to_dict(), **left}
    spool.keep(0, Tally(1, 0, 0, 7, 8, 500_000), [json.dumps(row, default=int)])
    assert amount(spool.objects()) == Tally(1, 0, 0, 7, 8, 500_000)
    answers = {row["subject_id"]: row for row in ask(spark, lake, models).collect()}
    assert len(answers) == 4
    assert (answers["d#1"]["answer"], answers["d#1"]["run"], answers["d#1"]["usd"]) == ("paid for", "dead", 0.5)
    assert spool.objects() == []


REQUEST = ["request_id", "question", "subject_id", "language", "model", "engine", "prompt", "payload", "attempt"]


def test_a_task_that_is_repeated_takes_what_the_spool_has(tmp_path: Path) -> None:
    rows = [("r1", "ner", "s1", "eng", "a", "e", "p", '{"text": "Cairo", "language": "English"}', 1)]
    batch = pd.DataFrame(rows, columns=REQUEST)
    terms = Terms(Spec.of("fake", {**SCRIPT, "fail_on": "never"}), str(tmp_path), "run1")
    (first,) = worker._answer([batch], terms=terms)
    dying = Terms(Spec.of("fake", {**SCRIPT, "fail_on": "Cairo"}), str(tmp_path), "run2")
    (second,) = worker._answer([batch], terms=dying)
    pd.testing.assert_frame_equal(first, second)


def test_what_is_in_flight_when_spark_goes_is_kept(tmp_path: Path) -> None:
    payload = '{"text": "Cairo", "language": "English"}'
    rows = [(f"r{at}", "ner", "s", "eng", "a", "e", "p", payload, 1) for at in range(600)]
    frames = worker._answer(
        iter([pd.DataFrame(rows, columns=REQUEST)]), terms=Terms(Spec.of("fake", SCRIPT), str(tmp_path), "run")
    )
    taken = next(iter(frames))
    assert Spool(str(tmp_path))._holders("drain"), "whoever asks next waits for it"
    frames.close()  # as when the pipe to Spark breaks
    kept = {row["request_id"] for row in Spool(str(tmp_path)).rows(Spool(str(tmp_path)).objects())}
    assert kept >= set(taken["request_id"])
    assert len(kept) < 600, "nothing new is asked"
    assert not Spool(str(tmp_path))._holders("drain")


def test_two_lakes_share_no_spool(spark: SparkSession, tmp_path: Path) -> None:
    urls = {conversation.spool_of(Lake(spark, f"{tmp_path}/{name}"), "/spool", "ner").url for name in ("a", "b")}
    assert len(urls) == 2


def test_a_second_run_is_refused_while_the_first_one_asks(spark: SparkSession, lake: Lake) -> None:
    spool = conversation.spool_of(lake, f"{lake.location}/spool", "ner")
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        holder = Path(spool.url) / f"run-{socket.gethostname()}-{sleeper.pid}"
        holder.parent.mkdir(parents=True)
        holder.touch()
        with pytest.raises(SpoolFailed, match=f"another run is asking .process {sleeper.pid} on"):
            ask(spark, lake, {"a": Spec.of("fake", SCRIPT)})
    finally:
        sleeper.kill()
        sleeper.wait()
    assert ask(spark, lake, {"a": Spec.of("fake", SCRIPT)}).count() == 4
    assert not holder.exists(), "the dead one's sign is removed"


def test_a_bad_answer_is_asked_again_and_a_refused_one_is_not(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.of("fake", SCRIPT)}
    ask(spark, lake, models, attempts=3)

    def attempts() -> dict[str, list[int]]:
        rows = lake.read(completions.TABLE).orderBy("attempt").collect()
        return {
            one: [row["attempt"] for row in rows if row["subject_id"] == one] for one in ("d#0", "d#1", "d#2", "d#3")
        }

    assert attempts() == {"d#0": [1], "d#1": [1, 2, 3], "d#2": [1, 2, 3], "d#3": [1]}
    lake.begin("retry")
    ask(spark, lake, models, attempts=3, again=("malformed", "refused"))
    assert attempts() == {"d#0": [1], "d#1": [1, 2, 3, 4], "d#2": [1, 2, 3], "d#3": [1, 2]}


def test_a_budget_stops_and_can_be_raised(spark: SparkSession, lake: Lake) -> None:
    texts = [(f"d#{number}", "eng", f"passage {number} in Cairo") for number in range(60)]
    frame = spark.createDataFrame(texts, "passage_id string, language string, text string")
    models = {"a": Spec.of("fake", {**SCRIPT, "tasks": 1, "tokens_out": 400, "price": {"output": 25}})}  # a cent each

    def put(budget: Budget) -> None:
        requests = about(frame, models, budget=budget)
        conversation.answer_missing(lake, requests, how=collection(lake, slice=25), tasks=2)

    with pytest.raises(
        BudgetSpent, match=r"annotate.budget.usd=0.2; all answers to `ner` so far cost \$0\.\d+"
    ) as spent:
        put(Budget(usd=0.2))
    rows = lake.read(completions.TABLE).agg(F.count("*"), F.sum("usd")).collect()[0]
    assert (rows[0], round(rows[1], 6)) == (20, 0.2)
    assert f"{60 - rows[0]} requests to a wait" in str(spent.value)
    put(Budget(usd=30))
    assert lake.read(completions.TABLE).count() == 60


def test_a_budget_in_dollars_needs_a_price(spark: SparkSession, lake: Lake) -> None:
    models = {"mine": Spec.of("vllm", {"model": "random"})}
    with pytest.raises(EngineFailed, match=r"the price of model mine is not known; state it .*models\.mine\.price="):
        ask(spark, lake, models, budget=Budget(usd=1.0))


def subjects(frame: DataFrame, question: str) -> DataFrame:
    module = questions.load(question)
    return completions.subjects(frame, subject_id=module.SUBJECT_ID, payload=module.PAYLOAD, languages=LANGUAGES)


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


def test_a_request_is_rendered_as_its_question_puts_it(spark: SparkSession) -> None:
    requests = about(passages(spark), {"a": Spec("fake")})
    row = requests.frame.filter("subject_id = 'd#2'").withColumn("attempt", F.lit(2)).collect()[0]
    request = worker.render(row)
    assert (request.attempt, request.prompt, request.payload) == (
        2,
        "Language: Thai\nPassage:\nกรุงเทพ",
        {"text": "กรุงเทพ", "language": "Thai", "locale": "th"},
    )


PROBLEMS = {
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


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "1" * 5000], ids=["brackets", "digits"])
def test_an_answer_that_loops_is_malformed_and_no_crash(text: str) -> None:
    assert completions.problem("ner", Answer("r", text), {"text": ""}) == "malformed"
