"""Answers of language models, each paid for once: append-only, keyed by all that shapes an answer."""

import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from pyspark import TaskContext
from pyspark.resource import ResourceProfile, ResourceProfileBuilder, TaskResourceRequests
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb import engines, plugins
from finerweb.answers import Unreadable
from finerweb.budget import Allowance, Budget
from finerweb.engines import Answer, Request, Spec
from finerweb.languages import Language
from finerweb.rows import each
from finerweb.spool import Spool, Tally, Writer
from finerweb.table import Column, Table

TABLE = Table(
    name="completions",
    comment="A model's answer to one request.",
    key=("request_id", "attempt"),
    columns=(
        Column("request_id", "string", "hash of subject, payload, prompt and engine", nullable=False),
        Column("attempt", "int", "how often it was asked by then, from 1; the last one counts", nullable=False),
        Column("question", "string", "the annotator's file name: usefulness, ner, judge, label_name", nullable=False),
        Column("subject_id", "string", "what it is about: a passage_id, or a label", nullable=False),
        Column("language", "string", "the subject's language", nullable=False),
        Column("annotator", "string", "who was asked: a key of the setting models", nullable=False),
        Column("engine", "string", "engine, model and fingerprint of the settings that shape answers", nullable=False),
        Column("prompt", "string", "fingerprint of instructions, schema and template", nullable=False),
        Column("answer", "string", "as it came, whatever it is", nullable=False),
        Column("finish_reason", "string", "stop, length, refused or an error", nullable=False),
        Column("tokens_in", "int", "tokens read", nullable=False),
        Column("tokens_out", "int", "tokens written", nullable=False),
        Column("usd", "double", "what it cost; null where the engine's price is not known"),
        Column("seconds", "double", "time it took, shared among the requests in flight", nullable=False),
        Column(
            "problem",
            "string",
            "why it could not be used when it came: truncated, malformed, empty, refused, over_long, wrong_script, "
            "other_subject, unreachable, rejected; null for none",
        ),
        Column("run", "string", "the run_id of the job that asked", nullable=False),
        Column("answered", "timestamp", "when it came", nullable=False),
    ),
)

# Worth another attempt, with more room and another seed. The others would meet the same end.
AGAIN = ("truncated", "malformed", "empty", "wrong_script", "other_subject", "unreachable")
DRAIN = 120.0  # seconds that a worker whose driver is gone waits for what it has already asked
BATCH, FLUSH = 256, 5.0  # rows and seconds after which answers go on to Spark


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
    pairs = [F.lit(part) for code, one in languages.items() for part in (code, getattr(one, attribute))]
    return F.element_at(F.create_map(*pairs), F.col("language"))


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
    """The requests that are to be asked now, with the number of the `attempt`.

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
    joined = requests.join(last, on="request_id", how="left").filter(is_due)
    return joined.withColumn("attempt", (attempt + 1).cast("int")).drop("problem", "run")


@dataclass(frozen=True)
class Asking:
    """How the requests of a slice are put, on the workers: what `answer` needs besides the requests."""

    spec: Spec
    spool: str
    run: str
    budget: Budget = field(default_factory=Budget)  # of one task
    tokens_out: int = 0  # that an answer is expected to have, until the first ones tell


def answer(requests: DataFrame, *, asking: Asking, tasks: int) -> DataFrame:
    """Put requests to an engine. Lazy: write the result once, then read the table.

    A request is in the same task whenever this is computed, in the order of languages, whose prompts begin alike.
    What the spool holds is not asked again, so that a repeated task repeats no question.
    """
    parts = requests.repartition(tasks, "request_id").sortWithinPartitions("language", "request_id")
    profile = _profile(requests, gpus=asking.spec.settings.get("gpus", 0))
    return parts.mapInPandas(partial(_answer, asking=asking), TABLE.ddl, profile=profile)


def _profile(frame: DataFrame, *, gpus: int) -> ResourceProfile | None:
    """So many GPUs for each task of a stage, of those that the executors have. Local mode schedules none."""
    if not gpus or str(frame.sparkSession.conf.get("spark.master", "")).startswith("local"):
        return None
    return ResourceProfileBuilder().require(TaskResourceRequests().cpus(1).resource("gpu", gpus)).build


def _part() -> int:
    """Which part of the requests this task has: the same one when it is repeated."""
    context = TaskContext.get()
    return context.partitionId() if context else 0


def _show_own_gpus() -> None:
    """Let this process, and an engine that it starts, see the GPUs that Spark gave to its task, and no others."""
    context = TaskContext.get()
    if context and "gpu" in context.resources():
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(context.resources()["gpu"].addresses)


def _answer(batches: Iterable[pd.DataFrame], *, asking: Asking) -> Iterator[pd.DataFrame]:
    """Rows in the order in which answers come; the engine may read requests ahead across batches."""
    _show_own_gpus()
    spool, part = Spool(asking.spool), _part()
    known = {(row["request_id"], row["attempt"]): row for row in spool.rows(spool.objects(part))}
    asked: dict[str, Any] = {}
    ready: list[dict[str, Any]] = []
    allowance = Allowance(asking.budget, asking.spec.price, asking.tokens_out)
    stop = threading.Event()  # Spark has gone
    broken: list[Exception] = []

    def requests() -> Iterator[Request]:
        try:
            for row in (row for batch in batches for row in each(batch)):
                if (row.request_id, row.attempt) in known:
                    ready.append(known[row.request_id, row.attempt])
                    continue
                if stop.is_set():
                    return
                request = render(row)
                if allowance.permits(request):
                    asked[row.request_id] = row
                    yield request
        except (EOFError, OSError) as error:  # Spark is gone
            broken.append(error)

    def keep(said: Answer, seconds: float) -> dict[str, Any]:
        row = _row(asked.pop(said.request_id), said, asking, seconds)
        cost = tally(row)
        writer.put(row, cost)
        allowance.spend(said.request_id, cost)
        return row

    with Writer(spool, part) as writer, _hang_up_sets(stop):
        answers = engines.load(asking.spec).answers(requests())
        came = sent = time.monotonic()
        try:
            for said in answers:
                now = time.monotonic()
                ready.append(keep(said, now - came))
                came = now
                if len(ready) >= BATCH or now - sent > FLUSH:
                    rows, ready[:], sent = list(ready), [], now
                    yield _frame(rows)
        except GeneratorExit:
            # Nobody takes the answers any more, but those that were asked for are paid for.
            stop.set()
            with spool.held("drain"):
                for said in itertools.takewhile(lambda _: time.monotonic() - came < DRAIN, answers):
                    keep(said, 0.0)
            raise
    if broken:
        raise broken[0]
    if asked:
        raise engines.EngineFailed(
            f"engine {asking.spec.engine} left {len(asked)} requests without an answer, the first: {next(iter(asked))}"
        )
    yield _frame(ready)


@contextmanager
def _hang_up_sets(stop: threading.Event) -> Iterator[None]:
    """Where Spark's daemon ends its workers (SIGHUP, when the driver is gone), ask nothing more, but do not die yet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[column.name for column in TABLE.columns])
    frame["answered"] = pd.to_datetime(frame["answered"], utc=True)
    return frame


def restored(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of a spool as a frame of this table, each key once."""
    return _frame(list({(row["request_id"], row["attempt"]): dict(row) for row in rows}.values()))


def tally(row: Mapping[str, Any]) -> Tally:
    """What an answer amounts to."""
    problem = row["problem"]
    micro_usd = round((row["usd"] or 0.0) * 1e6)
    return Tally(1, int(problem is not None), int(problem in AGAIN), row["tokens_in"], row["tokens_out"], micro_usd)


def render(row: Any) -> Request:
    """A request's row as what a model reads."""
    annotator = plugins.load("finerweb.annotators", row.question)
    payload = json.loads(row.payload)
    return Request(
        row.request_id,
        row.question,
        row.language,
        annotator.PROMPT,
        annotator.prompt(payload),
        annotator.SCHEMA,
        payload,
        row.attempt,
    )


def _row(request: Any, said: Answer, asking: Asking, seconds: float) -> dict[str, Any]:
    price = asking.spec.price
    return {
        "request_id": request.request_id,
        "attempt": request.attempt,
        "question": request.question,
        "subject_id": request.subject_id,
        "language": request.language,
        "annotator": request.annotator,
        "engine": request.engine,
        "prompt": request.prompt,
        "answer": said.text,
        "finish_reason": said.finish_reason,
        "tokens_in": said.tokens_in,
        "tokens_out": said.tokens_out,
        "usd": price.usd(said.tokens_in, said.tokens_out, seconds) if price else None,
        "seconds": seconds,
        "problem": said.problem or problem(request.question, said, json.loads(request.payload)),
        "run": asking.run,
        "answered": datetime.now(UTC).isoformat(),
    }


def problem(question: str, said: Answer, payload: Mapping[str, Any]) -> str | None:
    """Why an answer cannot be used: truncated, empty, malformed, or what the annotator's `doubt` says of it."""
    if said.finish_reason == "length":
        return "truncated"
    if not said.text.strip():
        return "empty"
    annotator = plugins.load("finerweb.annotators", question)
    try:
        read = annotator.parse(said.text)
    except Unreadable:
        return "malformed"
    doubt: str | None = annotator.doubt(read, payload)
    return doubt


def answered(completions: DataFrame, requests: DataFrame) -> DataFrame:
    """The last answers to these requests, of all that were ever given, under the name of whoever is asked now."""
    asked = requests.select("request_id", "annotator")
    newest = Window.partitionBy("request_id", "annotator").orderBy(F.desc("attempt"))
    mine = completions.drop("annotator").join(asked, on="request_id", how="inner")
    return mine.withColumn("_age", F.row_number().over(newest)).filter("_age = 1").drop("_age")
