"""Questions to a scripted engine: an answer is paid for once, and a bad one is a row with its problem."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import questions, settings
from finerweb.asking import conversation, holding, proof
from finerweb.asking.conversation import Requests
from finerweb.asking.holding import Holder
from finerweb.asking.segments import Writer
from finerweb.collection import Collection
from finerweb.cost import UNLIMITED, Budget, Tally
from finerweb.engines import Spec
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
    models = {"a": Spec.from_options("fake", SCRIPT)}
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
    model = ("a", models["a"].fingerprint, questions.fingerprint("ner"))
    assert first == [
        ("ner", "d#0", "eng", *model, GOOD, "stop", None),
        ("ner", "d#1", "eng", *model, "I see Rome 👍🏽", "stop", "malformed"),
        ("ner", "d#2", "tha", *model, " \n", "stop", "empty"),
        ("ner", "d#3", "fra", *model, "", "refused", "refused"),
    ]
    version = lake.version(completions.TABLE)
    lake.begin("again")
    assert sorted(tuple(row) for row in ask(spark, lake, models).select(*columns).collect()) == first
    assert lake.version(completions.TABLE) == version

    other = {"a": Spec.from_options("fake", {**SCRIPT, "answers": {"ner": "[]"}})}
    assert ask(spark, lake, other).groupBy("engine").count().collect()[0]["count"] == 4
    assert lake.read(completions.TABLE).count() == 8

    lake.begin("renamed")
    renamed = ask(spark, lake, {"b": models["a"]}).count()
    assert (renamed, lake.log.rows) == (4, {})


def test_an_engine_that_dies_raises_and_what_it_said_until_then_is_in_the_table(
    spark: SparkSession, lake: Lake
) -> None:
    models = {"a": Spec.from_options("fake", {**SCRIPT, "fail_on": "Rome", "tasks": 1})}
    with pytest.raises(
        EngineFailed,
        match=r"the fake engine died at 'Rome', as its setting fail_on asks \(1 of 1 tasks; \d requests wait",
    ):
        ask(spark, lake, models)
    # In the order of languages: English first, where Rome is one of two.
    answered = {row["subject_id"] for row in lake.read(completions.TABLE).collect()}
    assert answered in (set(), {"d#0"})
    assert left(lake) == set()


def test_the_other_tasks_go_on_when_one_fails(spark: SparkSession, lake: Lake) -> None:
    texts = [(f"d{number}", "eng", f"{number} in {'Rome' if number == 7 else 'Cairo'}") for number in range(40)]
    frame = spark.createDataFrame(texts, "passage_id string, language string, text string")
    requests = about(frame, {"a": Spec.from_options("fake", {**SCRIPT, "fail_on": "Rome"})})
    with pytest.raises(EngineFailed, match=r"\(1 of 2 tasks; \d+ requests wait\)$"):
        conversation.answer_missing(lake, requests, how=collection(lake), tasks=2)
    answers = {row["subject_id"] for row in lake.read(completions.TABLE).collect()}
    assert 0 < len(answers) < 40, "one of two has answered all, the other until Rome"
    dealt = requests.frame.repartition(2, "request_id").select("subject_id", F.spark_partition_id().alias("part"))
    parts = {row["subject_id"]: row["part"] for row in dealt.collect()}
    of_the_other = {subject for subject, part in parts.items() if part != parts["d7"]}
    assert of_the_other
    assert of_the_other <= answers


def left(lake: Lake) -> set[str]:
    """What is in the spool but the last holder's sign."""
    names = conversation.spool_of(lake, f"{lake.location}/spool", "ner").names()
    return {name for name in names if not name.endswith(".holder")}


def test_what_a_dead_run_left_in_the_spool_is_not_asked_again(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.from_options("fake", SCRIPT)}
    requests = about(passages(spark), models).frame
    request = requests.filter("subject_id = 'd#1'").drop("payload").collect()[0].asDict()
    spool = conversation.spool_of(lake, f"{lake.location}/spool", "ner")
    answer = {
        "answer": "paid for",
        "finish_reason": "stop",
        "tokens_in": 7,
        "tokens_out": 8,
        "usd": 0.5,
        "seconds": 1.0,
    }
    answer |= {"attempt": 1, "problem": None, "run": "dead", "answered": datetime(2026, 11, 24, 10, tzinfo=UTC)}
    with Writer(spool, 3, part=0, task=9) as writer:
        writer.put(completions.TABLE.row(**request, **answer), Tally(1, 0, 0, 7, 8, 500_000))
    answers = {row["subject_id"]: row for row in ask(spark, lake, models).collect()}
    assert len(answers) == 4
    assert (answers["d#1"]["answer"], answers["d#1"]["run"], answers["d#1"]["usd"]) == ("paid for", "dead", 0.5)
    assert left(lake) == set()


def test_two_lakes_share_no_spool(spark: SparkSession, tmp_path: Path) -> None:
    urls = {conversation.spool_of(Lake(spark, f"{tmp_path}/{name}"), "/spool", "ner").url for name in ("a", "b")}
    assert len(urls) == 2


def test_a_second_run_is_refused_while_the_first_one_asks(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.from_options("fake", SCRIPT)}
    spool = conversation.spool_of(lake, f"{lake.location}/spool", "ner")
    with (
        holding.held(lake, spool, "ner"),
        pytest.raises(SpoolFailed, match=f"another run is asking .process {os.getpid()} on {socket.gethostname()}"),
    ):
        ask(spark, lake, models)
    assert not spool.files("7")
    assert left(lake) == set()
    assert ask(spark, lake, models).count() == 4


def test_what_another_run_answered_meanwhile_is_not_asked(
    spark: SparkSession, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {"a": Spec.from_options("fake", SCRIPT)}
    held = holding.held

    @contextmanager
    def late(*arguments: Any) -> Iterator[Holder]:
        monkeypatch.setattr(holding, "held", held)
        ask(spark, Lake(spark, lake.location), models)  # the other run, between what is due and the claim
        with held(*arguments) as holder:
            yield holder

    monkeypatch.setattr(holding, "held", late)
    ask(spark, lake, models)
    assert lake.read(completions.TABLE).count() == 4


def test_a_bad_answer_is_asked_again_and_a_refused_one_is_not(spark: SparkSession, lake: Lake) -> None:
    models = {"a": Spec.from_options("fake", SCRIPT)}
    ask(spark, lake, models, attempts=3)

    def attempts() -> dict[str, list[int]]:
        rows = lake.read(completions.TABLE).orderBy("attempt").collect()
        return {
            subject: [row["attempt"] for row in rows if row["subject_id"] == subject]
            for subject in ("d#0", "d#1", "d#2", "d#3")
        }

    assert attempts() == {"d#0": [1], "d#1": [1, 2, 3], "d#2": [1, 2, 3], "d#3": [1]}
    lake.begin("retry")
    ask(spark, lake, models, attempts=3, again=("malformed", "refused"))
    assert attempts() == {"d#0": [1], "d#1": [1, 2, 3, 4], "d#2": [1, 2, 3], "d#3": [1, 2]}


def test_a_budget_stops_and_can_be_raised(spark: SparkSession, lake: Lake) -> None:
    texts = [(f"d#{number}", "eng", f"passage {number} in Cairo") for number in range(60)]
    frame = spark.createDataFrame(texts, "passage_id string, language string, text string")
    models = {
        "a": Spec.from_options("fake", {**SCRIPT, "tasks": 1, "tokens_out": 400, "price": {"output": 25}})
    }  # a cent each

    def put(budget: Budget, tasks: int = 2) -> None:
        requests = about(frame, models, budget=budget)
        conversation.answer_missing(lake, requests, how=collection(lake, slice=25), tasks=tasks)

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
    models = {"mine": Spec.from_options("vllm", {"model": "random"})}
    with pytest.raises(EngineFailed, match=r"the price of model mine is not known; state it .*models\.mine\.price="):
        ask(spark, lake, models, budget=Budget(usd=1.0))


def test_speculation_would_pay_twice(spark: SparkSession) -> None:
    proof.require_no_speculation(spark)
    spark.conf.set("spark.sql.legacy.setCommandRejectsSparkCoreConfs", "false")
    spark.conf.set("spark.speculation", "true")
    try:
        with pytest.raises(
            SpoolFailed, match=r"^spark.speculation: found true: .* wanted false. Set it for this job: "
        ):
            proof.require_no_speculation(spark)
    finally:
        spark.conf.unset("spark.speculation")
        spark.conf.unset("spark.sql.legacy.setCommandRejectsSparkCoreConfs")
