"""Answers of language models, each paid for once: append-only, keyed by all that shapes an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import plugins, problems
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
        Column("request_id", "string", "hash of subject, payload, prompt and engine", nullable=False),
        Column("attempt", "int", "how often it was asked by then, from 1; the last one counts", nullable=False),
        Column(
            "question",
            "string",
            "the annotator's file name, such as usefulness or ner",
            nullable=False,
        ),
        Column("subject_id", "string", "what it is about: a passage_id, or a label", nullable=False),
        Column("language", "string", "the subject's language", nullable=False),
        Column("annotator", "string", "who was asked: a key of the setting models", nullable=False),
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
)

# Worth another attempt, with another seed and what else may help (engines.decoding). The others meet the same end.
AGAIN = ("looped", "truncated", "malformed", "empty", "wrong_script", "long_name", "other_subject", "unreachable")


def about(passages: DataFrame, *, languages: Mapping[str, Language], more: Sequence[str] = ()) -> DataFrame:
    """Passages as subjects: their text, language and locale, and the columns named by `more`, are the payload."""
    payload = F.struct(
        "text", _of(languages, "name").alias("language"), _of(languages, "locale").alias("locale"), *more
    )
    return passages.select(F.col("passage_id").alias("subject_id"), "language", payload.alias("payload"))


def about_labels(labels: DataFrame, *, languages: Mapping[str, Language]) -> DataFrame:
    """Labels as subjects: the label, and the name and script of the language it is wanted in, are the payload."""
    payload = F.struct("label", _of(languages, "name").alias("language"), _of(languages, "script").alias("script"))
    return labels.select(F.col("label").alias("subject_id"), "language", payload.alias("payload"))


def _of(languages: Mapping[str, Language], attribute: str) -> Expression:
    return lookup({code: getattr(one, attribute) for code, one in languages.items()}, "language")


def ask(subjects: DataFrame, *, question: str, prompt: str, engines: Mapping[str, str]) -> DataFrame:
    """Requests about subjects (subject_id, language, payload), one for each annotator; nothing is sent.

    `prompt` is a fingerprint, `engines` the fingerprint of each annotator's engine: another wording, model or setting
    makes another request.
    """
    asked = F.array(*[F.struct(F.lit(a).alias("annotator"), F.lit(e).alias("engine")) for a, e in engines.items()])
    requests = subjects.select(
        "subject_id",
        "language",
        F.to_json("payload", {"ignoreNullFields": "false"}).alias("payload"),
        F.lit(question).alias("question"),
        F.lit(prompt).alias("prompt"),
        F.inline(asked),
    )
    identity = F.to_json(F.struct("question", "engine", "prompt", "subject_id", "language", "payload"))
    return requests.withColumn("request_id", F.sha2(identity, 256)).select(
        "request_id", "question", "subject_id", "language", "annotator", "engine", "prompt", "payload"
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


def tally(row: Mapping[str, Any]) -> Tally:
    """What an answer amounts to."""
    problem = row["problem"]
    micro_usd = round((row["usd"] or 0.0) * 1e6)
    return Tally(1, int(problem is not None), int(problem in AGAIN), row["tokens_in"], row["tokens_out"], micro_usd)


def problem(question: str, said: Answer, payload: Mapping[str, Any]) -> AnswerProblem | None:
    """Why an answer cannot be used: looped, truncated, empty, malformed, or what the annotator's `doubt` says of it."""
    source = " ".join(field for field in payload.values() if isinstance(field, str))
    if said.finish_reason == LOOPED or loops.find(said.text, source):
        return "looped"
    if said.finish_reason == "length":
        return "truncated"
    if not said.text.strip():
        return "empty"
    annotator = plugins.load("finerweb.questions", question)
    try:
        read = annotator.parse(said.text)
    except Unreadable:
        return "malformed"
    doubt: AnswerProblem | None = annotator.doubt(read, payload)
    return doubt


def answered(completions: DataFrame, requests: DataFrame) -> DataFrame:
    """The last answers to these requests, of all that were ever given, under the name of whoever is asked now."""
    asked = requests.select("request_id", "annotator")
    newest = Window.partitionBy("request_id", "annotator").orderBy(F.desc("attempt"))
    mine = completions.drop("annotator").join(asked, on="request_id", how="inner")
    return mine.withColumn("_age", F.row_number().over(newest)).filter("_age = 1").drop("_age")
