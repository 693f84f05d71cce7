"""Answers of language models, each paid for once: append-only, keyed by all that shapes an answer."""

import itertools
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import engines, plugins
from finerweb.answers import Unreadable
from finerweb.engines import Answer, Request, Spec
from finerweb.languages import Language
from finerweb.rows import each
from finerweb.table import Column, Table

TABLE = Table(
    name="completions",
    comment="A model's answer to one request.",
    key=("request_id",),
    columns=(
        Column("request_id", "string", "hash of subject, payload, prompt and engine", nullable=False),
        Column("question", "string", "the annotator's file name: usefulness, ner, judge, label_name", nullable=False),
        Column("subject_id", "string", "what it is about: a passage_id, or a label", nullable=False),
        Column("language", "string", "the subject's language", nullable=False),
        Column("annotator", "string", "who was asked: a key of the setting models", nullable=False),
        Column("engine", "string", "engine and fingerprint of its settings", nullable=False),
        Column("prompt", "string", "fingerprint of instructions, schema and template", nullable=False),
        Column("answer", "string", "as it came, whatever it is", nullable=False),
        Column("finish_reason", "string", "stop, length, refused or an error", nullable=False),
        Column("tokens_in", "int", "tokens read", nullable=False),
        Column("tokens_out", "int", "tokens written", nullable=False),
        Column("usd", "double", "what it cost", nullable=False),
        Column("seconds", "double", "time it took, shared among the requests in flight", nullable=False),
        Column("problem", "string", "why the answer could not be used when it came; null for none"),
    ),
)


def about(passages: DataFrame, *, languages: Mapping[str, Language], more: Sequence[str] = ()) -> DataFrame:
    """Passages as subjects: their text, language and locale, and the columns named by `more`, are the payload."""
    payload = F.struct(
        "text", _of(languages, "name").alias("language"), _of(languages, "locale").alias("locale"), *more
    )
    return passages.select(F.col("passage_id").alias("subject_id"), "language", payload.alias("payload"))


def about_labels(labels: DataFrame, *, languages: Mapping[str, Language]) -> DataFrame:
    """Labels as subjects: the label and the name of the language it is wanted in are the payload."""
    payload = F.struct("label", _of(languages, "name").alias("language"))
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


def answer(requests: DataFrame, *, spec: Spec, tasks: int) -> DataFrame:
    """Put requests to an engine. Lazy and paid for: write the result once, then read the table."""
    return requests.repartition(tasks).mapInPandas(partial(_answer, spec=spec), TABLE.ddl)


def _answer(batches: Iterable[pd.DataFrame], *, spec: Spec) -> Iterator[pd.DataFrame]:
    """Rows in the order in which answers come; the engine may read requests ahead across batches."""
    rows: dict[str, Any] = {}

    def requests() -> Iterator[Request]:
        for batch in batches:
            for row in each(batch):
                rows[row.request_id] = row
                yield render(row)

    names = [column.name for column in TABLE.columns]
    answers = engines.load(spec).answers(requests())
    began = time.monotonic()
    while part := list(itertools.islice(answers, 256)):
        seconds = (time.monotonic() - began) / len(part)
        yield pd.DataFrame([_row(rows.pop(one.request_id), one, seconds) for one in part], columns=names)
        began = time.monotonic()
    if rows:
        raise RuntimeError(
            f"engine {spec.engine} left {len(rows)} requests without an answer, the first: {next(iter(rows))}"
        )


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
    )


def _row(request: Any, said: Answer, seconds: float) -> tuple[Any, ...]:
    return (
        request.request_id,
        request.question,
        request.subject_id,
        request.language,
        request.annotator,
        request.engine,
        request.prompt,
        said.text,
        said.finish_reason,
        said.tokens_in,
        said.tokens_out,
        said.usd,
        seconds,
        said.problem or problem(request.question, said),
    )


def problem(question: str, said: Answer) -> str | None:
    """Why an answer cannot be used: truncated, empty or malformed."""
    if said.finish_reason == "length":
        return "truncated"
    if not said.text.strip():
        return "empty"
    try:
        plugins.load("finerweb.annotators", question).parse(said.text)
    except Unreadable:
        return "malformed"
    return None


def answered(completions: DataFrame, requests: DataFrame) -> DataFrame:
    """The answers to these requests, of all that were ever given, under the name of whoever is asked now."""
    asked = requests.select("request_id", "annotator")
    return completions.drop("annotator").join(asked, on="request_id", how="inner")
