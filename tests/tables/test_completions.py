"""Questions to a scripted engine: an answer is paid for once, and a bad one is a row with its problem."""

import json
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import questions, settings
from finerweb.asking import conversation, worker
from finerweb.asking.spool import Spool, amount
from finerweb.asking.worker import Asking
from finerweb.cost import Budget, Tally
from finerweb.engines import LOOPED, Answer, Spec
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


def subjects(spark: SparkSession) -> DataFrame:
    passages = spark.createDataFrame(TEXTS, "passage_id string, language string, text string")
    return completions.about(passages, languages=LANGUAGES)


def ask(
    spark: SparkSession,
    lake: Lake,
    models: Mapping[str, Spec],
    *,
    attempts: int = 1,
    again: list[str] | None = None,
    budget: Budget | None = None,
) -> DataFrame:
    requested = conversation.requests(subjects(spark), question="ner", models=models)
    how = How(slice=100, attempts=attempts, again=again or [], spool=f"{lake.location}/spool")
    conversation.answer_missing(lake, requested, how=how, budget=budget or Budget(), tasks=2)
    return conversation.answers(lake, requested)


@dataclass
class How:
    """As the settings' section `ask`."""

    slice: int
    attempts: int
    again: list[str]
    spool: str


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
    assert (renamed, lake.log.rows) == (4, {})


def test_the_last_answer_counts_for_whoever_is_asked_now(spark: SparkSession) -> None:
    before, now = (
        conversation.requests(subjects(spark), question="ner", models={name: Spec.of("fake", SCRIPT)}).frame
        for name in ("a", "b")
    )
    first = before.withColumn("answer", F.lit("{")).withColumn("attempt", F.lit(1))
    second = before.filter("subject_id = 'd#1'").withColumn("answer", F.lit("[]")).withColumn("attempt", F.lit(2))
    found = completions.answered(first.unionByName(second), now).select("subject_id", "annotator", "answer").collect()
    assert {tuple(row) for row in found} == {
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
    asked = (
        conversation.requests(subjects(spark), question="ner", models=models)
        .frame.withColumn("attempt", F.lit(1))
        .toPandas()
    )
    spool = conversation.spool_of(lake, f"{lake.location}/spool", "ner")
    left = {"answer": "paid for", "finish_reason": "stop", "tokens_in": 7, "tokens_out": 8, "usd": 0.5, "seconds": 1.0}
    left |= {"problem": None, "run": "dead", "answered": "2026-11-24T10:00:00+00:00"}
    row = {**asked[asked["subject_id"] == "d#1"].iloc[0].drop("payload").to_dict(), **left}
    spool.keep(0, Tally(1, 0, 0, 7, 8, 500_000), [json.dumps(row, default=int)])
    assert amount(spool.objects()) == Tally(1, 0, 0, 7, 8, 500_000)
    answers = {row["subject_id"]: row for row in ask(spark, lake, models).collect()}
    assert len(answers) == 4
    assert (answers["d#1"]["answer"], answers["d#1"]["run"], answers["d#1"]["usd"]) == ("paid for", "dead", 0.5)
    assert spool.objects() == []


def test_a_task_that_is_repeated_takes_what_the_spool_has(tmp_path: Path) -> None:
    columns = [
        "request_id",
        "question",
        "subject_id",
        "language",
        "annotator",
        "engine",
        "prompt",
        "payload",
        "attempt",
    ]
    rows = [("r1", "ner", "s1", "eng", "a", "e", "p", '{"text": "Cairo", "language": "English"}', 1)]
    batch = pd.DataFrame(rows, columns=columns)
    how = Asking(Spec.of("fake", {**SCRIPT, "fail_on": "never"}), str(tmp_path), "run1")
    (first,) = worker._answer([batch], asking=how)
    dies = Asking(Spec.of("fake", {**SCRIPT, "fail_on": "Cairo"}), str(tmp_path), "run2")
    (second,) = worker._answer([batch], asking=dies)
    pd.testing.assert_frame_equal(first, second)


def test_what_is_in_flight_when_spark_goes_is_kept(tmp_path: Path) -> None:
    columns = [
        "request_id",
        "question",
        "subject_id",
        "language",
        "annotator",
        "engine",
        "prompt",
        "payload",
        "attempt",
    ]
    payload = '{"text": "Cairo", "language": "English"}'
    rows = [(f"r{at}", "ner", "s", "eng", "a", "e", "p", payload, 1) for at in range(600)]
    frames = worker._answer(
        iter([pd.DataFrame(rows, columns=columns)]), asking=Asking(Spec.of("fake", SCRIPT), str(tmp_path), "run")
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
    ask(spark, lake, models, attempts=3, again=["malformed", "refused"])
    assert attempts() == {"d#0": [1], "d#1": [1, 2, 3, 4], "d#2": [1, 2, 3], "d#3": [1, 2]}


def test_a_budget_stops_and_can_be_raised(spark: SparkSession, lake: Lake) -> None:
    passages = spark.createDataFrame(
        [(f"d#{at}", "eng", f"passage {at} in Cairo") for at in range(60)],
        "passage_id string, language string, text string",
    )
    models = {"a": Spec.of("fake", {**SCRIPT, "tasks": 1, "tokens_out": 400, "price": {"output": 25}})}  # a cent each
    about = completions.about(passages, languages=LANGUAGES)
    requested = conversation.requests(about, question="ner", models=models)
    how = How(slice=25, attempts=1, again=[], spool=f"{lake.location}/spool")

    def put(budget: Budget) -> None:
        conversation.answer_missing(lake, requested, how=how, budget=budget, tasks=2)

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
    requested = conversation.requests(subjects(spark), question="ner", models={"a": Spec("fake")})
    row = requested.frame.filter("subject_id = 'd#2'").withColumn("attempt", F.lit(2)).collect()[0]
    request = worker.render(row)
    assert (request.attempt, request.prompt, request.payload) == (
        2,
        "Language: Thai\nPassage:\nกรุงเทพ",
        {"text": "กรุงเทพ", "language": "Thai", "locale": "th"},
    )


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
    requested = conversation.requests(subjects(spark), question="ner", models={"a": Spec("fake")}).frame
    earlier = requested.filter("subject_id in ('d#0', 'd#1')").selectExpr(
        "request_id", "1 as attempt", "if(subject_id = 'd#0', 'looped', null) as problem", "'run1' as run"
    )
    due = completions.due(requested, earlier, attempts=2, again=[], run="run2")
    rows = {row["subject_id"]: worker.render(row) for row in due.collect()}
    assert {subject: (request.attempt, request.last_problem) for subject, request in rows.items()} == {
        "d#0": (2, "looped"),
        "d#2": (1, None),
        "d#3": (1, None),
    }
