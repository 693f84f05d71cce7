"""Answers of language models, each paid for once: append-only, keyed by all that shapes an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import problems, questions
from finerweb.cost import Tally
from finerweb.engines import LOOPED, Answer
from finerweb.errors import Unreadable
from finerweb.languages import Language
from finerweb.problems import AnswerProblem
from finerweb.rows import lookup
from finerweb.table import Column, Table
from finerweb.text import loops

PROBLEMS = tuple(problems.ANSWER)

TABLE = Table(
    name="completions",
    comment="A model's answer to one request.",
    key=("request_id", "attempt"),
    columns=(
        Column("request_id", "string", "hash of question, subject, payload, prompt and engine", nullable=False),
        Column("attempt", "int", "how often it was asked by then, from 1; the last one counts", nullable=False),
        Column("question", "string", "a file of finerweb/questions, such as usefulness or ner", nullable=False),
        Column("subject_id", "string", "what it is about: a passage_id, or a label", nullable=False),
        Column("language", "string", "the subject's language", nullable=False),
        Column("model", "string", "who was asked: a key of the setting models", nullable=False),
        Column("engine", "string", "engine, model and fingerprint of the settings that shape answers", nullable=False),
        Column("prompt", "string", "fingerprint of instructions, schema and template", nullable=False),
        Column("answer", "string", "as it came, whatever it is", nullable=False),
        Column("finish_reason", "string", "stop, length, repetition, refused or an error", nullable=False),
        Column("tokens_in", "int", "tokens read", nullable=False),
        Column("tokens_out", "int", "tokens written", nullable=False),
        Column("usd", "double", "what it cost; null where the engine's price is not known"),
        Column("seconds", "double", "time it took, shared among the requests in flight", nullable=False),
        Column(
            "problem",
            "string",
            f"why it could not be used when it came: {problems.listed(problems.ANSWER)}; null for none",
        ),
        Column("run", "string", "the run_id of the job that asked", nullable=False),
        Column("answered", "timestamp", "when it came", nullable=False),
    ),
    earlier={"d866281f": {"annotator": "model"}},
)

# Worth another attempt, with another seed and what else may help (engines.decoding). The others meet the same end.
AGAIN = ("looped", "truncated", "malformed", "empty", "wrong_script", "long_name", "other_subject", "unreachable")

OF_LANGUAGE = {"language": "name", "locale": "locale", "script": "script"}  # field of a payload -> that of a Language


def subjects(
    frame: DataFrame, *, subject_id: str, payload: Sequence[str], languages: Mapping[str, Language]
) -> DataFrame:
    """What is asked about (subject_id, language, payload), of a frame with a row for each."""
    fields = [
        _attribute(languages, OF_LANGUAGE[name]).alias(name) if name in OF_LANGUAGE else F.col(name) for name in payload
    ]
    return frame.select(F.col(subject_id).alias("subject_id"), "language", F.struct(*fields).alias("payload"))


def _attribute(languages: Mapping[str, Language], attribute: str) -> Expression:
    return lookup({code: getattr(language, attribute) for code, language in languages.items()}, "language")


def requests(subjects: DataFrame, *, question: str, prompt: str, engines: Mapping[str, str]) -> DataFrame:
    """Requests about subjects, one for each model; nothing is sent.

    `prompt` is a fingerprint, `engines` the fingerprint of each model's engine: another wording, engine or setting
    makes another request, another name of a model does not.
    """
    models = F.array(*[F.struct(F.lit(m).alias("model"), F.lit(e).alias("engine")) for m, e in engines.items()])
    put = subjects.select(
        "subject_id",
        "language",
        F.to_json("payload", {"ignoreNullFields": "false"}).alias("payload"),
        F.lit(question).alias("question"),
        F.lit(prompt).alias("prompt"),
        F.inline(models),
    )
    # The names of these columns are part of what is hashed: with others, everything would be asked and paid for again.
    identity = F.to_json(F.struct("question", "engine", "prompt", "subject_id", "language", "payload"))
    return put.withColumn("request_id", F.sha2(identity, 256)).select(
        "request_id", "question", "subject_id", "language", "model", "engine", "prompt", "payload"
    )


def due(requests: DataFrame, completions: DataFrame, *, attempts: int, again: Sequence[str], run: str) -> DataFrame:
    """The requests that are to be asked now, with the number of the `attempt` and the `last_problem`.

    Those without an answer, and those whose last answer has a problem of AGAIN, up to `attempts`. With `again`, those
    alone whose last answer has one of these problems, however often they were asked, unless in this very run.
    """
    newest = Window.partitionBy("request_id").orderBy(F.desc("attempt"))
    last = (
        completions.select("request_id", "attempt", "problem", "run")
        .withColumn("_age", F.row_number().over(newest))
        .filter("_age = 1")
        .drop("_age")
    )
    attempt = F.coalesce("attempt", F.lit(0))
    if again:
        is_due = F.col("problem").isin(list(again)) & (F.col("run") != run)
    else:
        is_due = F.col("attempt").isNull() | (F.col("problem").isin(list(AGAIN)) & (attempt < attempts))
    joined = requests.join(last, on="request_id", how="left").filter(is_due).drop("run")
    return joined.withColumn("attempt", (attempt + 1).cast("int")).withColumnRenamed("problem", "last_problem")


def unanswered(noted: DataFrame, completions: DataFrame) -> DataFrame:
    """Of attempts (request_id, attempt, and more columns) those that have no answer, nor has a later one."""
    last = completions.groupBy("request_id").agg(F.max("attempt").alias("_last"))
    joined = noted.join(last, on="request_id", how="left")
    return joined.filter(F.coalesce("_last", F.lit(0)) < F.col("attempt")).drop("_last")


def fresh(answers: DataFrame, completions: DataFrame) -> DataFrame:
    """The answers that the table does not have, each under a number of its own.

    Two answers to the same attempt were both paid for (a task that lived on where it was taken for lost): the later one
    counts as another attempt.
    """
    same = ["request_id", "answered"]  # to the microsecond: no two answers to a request come at once
    came = answers.dropDuplicates(same)
    highest = completions.groupBy("request_id").agg(F.max("attempt").alias("_highest"))
    new = came.join(completions.select(*same), on=same, how="left_anti").join(highest, on="request_id", how="left")
    in_order = Window.partitionBy("request_id").orderBy("attempt", "answered")
    least = F.greatest("attempt", F.coalesce(F.col("_highest") + 1, F.lit(1)))
    # a(i) = max(least(i), a(i - 1) + 1), written out
    numbered = new.withColumn("_i", F.row_number().over(in_order)).withColumn("_least", least)
    attempt = F.max(F.col("_least") - F.col("_i")).over(in_order) + F.col("_i")
    return numbered.withColumn("attempt", attempt.cast("int")).drop("_highest", "_i", "_least")


def tally(problem: str | None, tokens_in: int, tokens_out: int, usd: float | None) -> Tally:
    """What an answer amounts to."""
    micro_usd = round((usd or 0.0) * 1e6)
    return Tally(1, int(problem is not None), int(problem in AGAIN), tokens_in, tokens_out, micro_usd)


def cost(answers: DataFrame) -> Tally:
    """What answers amount to; which of them are worth another attempt is not counted."""
    row = answers.agg(
        F.count("*").alias("answers"),
        F.count("problem").alias("problems"),
        F.coalesce(F.sum("tokens_in"), F.lit(0)).alias("tokens_in"),
        F.coalesce(F.sum("tokens_out"), F.lit(0)).alias("tokens_out"),
        F.coalesce(F.sum("usd"), F.lit(0.0)).alias("usd"),
    ).collect()[0]  # bounded: one row
    return Tally(
        row["answers"],
        row["problems"],
        tokens_in=row["tokens_in"],
        tokens_out=row["tokens_out"],
        micro_usd=round(row["usd"] * 1e6),
    )


def problem(question: str, answer: Answer, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Why an answer cannot be used: looped, truncated, empty, malformed, or what the question's `doubt` says of it."""
    source = " ".join(field for field in payload.values() if isinstance(field, str))
    if answer.finish_reason == LOOPED or loops.find(answer.text, source):
        return "looped"
    if answer.finish_reason == "length":
        return "truncated"
    if not answer.text.strip():
        return "empty"
    module = questions.load(question)
    try:
        content = module.parse(answer.text)
    except Unreadable:
        return "malformed"
    return module.doubt(content, payload)


def last(completions: DataFrame, requests: DataFrame) -> DataFrame:
    """The last answer to each of these requests, under the name of the model that is asked now."""
    newest = Window.partitionBy("request_id", "model").orderBy(F.desc("attempt"))
    answers = completions.drop("model").join(requests.select("request_id", "model"), on="request_id", how="inner")
    return answers.withColumn("_age", F.row_number().over(newest)).filter("_age = 1").drop("_age")
