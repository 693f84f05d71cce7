"""The entities that a student finds in many texts: the lake's passages, or another table's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import problems, shipping
from finerweb.errors import BadSource, TooLarge
from finerweb.rows import each
from finerweb.rows import slices as hashed_slices
from finerweb.table import Column, Table
from finerweb.text.tags import entities

PASSAGES = "passages"  # the source of the lake's own texts
AT_ONCE = 1000  # texts that a worker sorts by length and batches

TABLE = Table(
    name="tags",
    comment="What a version of a student finds in a text, of the labels that it was asked for. Only appended to.",
    key=("source", "passage_id", "student", "labels", "threshold"),
    columns=(
        Column("source", "string", "passages, or the table that the text is from", nullable=False),
        Column("passage_id", "string", "the passage; of another table the row's key", nullable=False),
        Column("language", "string", "of the passage, or as the other table says"),
        Column("student", "string", "registered model and version", nullable=False),
        Column("labels", "array<string>", "what it was asked for, sorted", nullable=False),
        Column("threshold", "double", "the score from which a tag counts", nullable=False),
        Column(
            "entities",
            "array<struct<start: int, end: int, mention: string, label: string, score: float>>",
            "half-open code points, in reading order, no two over each other; null where there is a problem",
        ),
        Column("problem", "string", f"why the text is not tagged: {problems.listed(problems.TAG)}"),
        Column("run", "string", "the run of the job that tagged it", nullable=False),
    ),
    constraints={"tagged_or_problem": "(entities is null) <> (problem is null)"},
    invariants={
        "mentions_fill_their_spans": "not exists(entities, e -> length(e.mention) <> e.end - e.start or e.start < 0)"
    },
    cluster=("source", "language"),
)


def of_passages(passages: DataFrame) -> DataFrame:
    """The lake's passages as texts: `source`, `passage_id`, `language`, `text`, and a `problem` of the row itself."""
    return passages.select(
        F.lit(PASSAGES).alias("source"),
        "passage_id",
        "language",
        "text",
        F.lit(None).cast("string").alias("problem"),
    )


class Columns(NamedTuple):
    """How another table calls what names its rows, their text and its language; None where it has no such column."""

    key: str | None
    text: str
    language: str | None


def of_table(rows: DataFrame, columns: Columns, *, name: str) -> DataFrame:
    """Another table's rows as texts. Without a key, or where it is null, a row is called by a hash of its text.

    One text a key: rows that are alike are one, and where they differ none is tagged (`duplicate_id`).
    Raises BadSource for a table without one of the columns.
    """
    key, text, language = columns
    missing = [name for name in columns if name and name not in rows.columns]
    if missing:
        raise BadSource(
            f"table {name}",
            found=f"columns {', '.join(rows.columns)}",
            wanted=", ".join(missing),
            way_out="name others (--set tag.text=..., tag.key, tag.language)",
        )
    content = F.col(text).cast("string")
    hashed = F.concat(F.lit("text:"), F.substring(F.sha2(F.coalesce(content, F.lit("")), 256), 1, 16))
    named = F.coalesce(F.col(key).cast("string"), hashed) if key else hashed
    texts = rows.select(
        named.alias("passage_id"),
        (F.col(language).cast("string") if language else F.lit(None).cast("string")).alias("language"),
        content.alias("text"),
    )
    return (
        texts.groupBy("passage_id")
        .agg(
            F.min_by("language", "text").alias("language"),
            F.min("text").alias("text"),
            (F.count_distinct("text") > 1).alias("is_ambiguous"),
        )
        .select(
            F.lit(name).alias("source"),
            "passage_id",
            "language",
            "text",
            F.when(F.col("is_ambiguous"), F.lit("duplicate_id")).alias("problem"),
        )
    )


def due(texts: DataFrame, tags: DataFrame, *, student: str, labels: Sequence[str], threshold: float) -> DataFrame:
    """The texts that this student was not asked about before, with these labels and this threshold."""
    wanted = F.array(*[F.lit(label) for label in sorted(labels)])
    before = tags.filter(
        (F.col("student") == student) & (F.col("labels") == wanted) & (F.col("threshold") == F.lit(threshold))
    )
    return texts.join(before.select("source", "passage_id"), on=["source", "passage_id"], how="left_anti")


def slices(texts: DataFrame, *, rows: int) -> tuple[list[DataFrame], int]:
    """Parts of at most about so many texts, and how many texts there are.

    Languages stay together, since tables are clustered by them: a part reads little but its own texts. A language that
    is larger than a part is cut by a hash, so that a part is the same whenever it is computed.
    """
    # bounded: a row for each language
    counts = texts.groupBy("language").count().orderBy(F.col("language").asc_nulls_first()).collect()
    parts: list[DataFrame] = []
    waiting: list[str | None] = []
    size = 0
    for language, count in [(row[0], row[1]) for row in counts]:
        if waiting and size + count > rows:
            parts.append(texts.filter(_is_one_of(waiting)))
            waiting, size = [], 0
        if count > rows:
            parts += hashed_slices(texts.filter(_is_one_of([language])), key="passage_id", rows=rows, total=count)
        else:
            waiting.append(language)
            size += count
    if waiting:
        parts.append(texts.filter(_is_one_of(waiting)))
    return parts, sum(row[1] for row in counts)


def _is_one_of(languages: Sequence[str | None]) -> Any:
    codes = [language for language in languages if language is not None]
    has_code = F.col("language").isin(codes) if codes else F.lit(False)
    return has_code | F.col("language").isNull() if None in languages else has_code


def predict(
    texts: DataFrame,
    *,
    student: str,
    folder: str,
    labels: Sequence[str],
    threshold: float,
    pieces_per_batch: int | None,
    tasks: int,
    run: str,
) -> DataFrame:
    """Tag texts with the student in the shipped `folder`. Raises TooLarge, on the worker."""
    stated = {"student": student, "labels": sorted(labels), "threshold": threshold, "run": run}
    make = partial(_predict, stated=stated, folder=folder, pieces_per_batch=pieces_per_batch)
    return texts.repartition(tasks).mapInPandas(make, TABLE.ddl)


def _predict(
    batches: Iterable[pd.DataFrame], *, stated: Mapping[str, Any], folder: str, pieces_per_batch: int | None
) -> Iterator[pd.DataFrame]:
    from finerweb.taggers import student as kind  # torch, on workers only

    tagger = kind.kept(str(shipping.shipped(folder)), stated["student"], pieces_per_batch)
    for batch in batches:
        for start in range(0, len(batch), AT_ONCE):
            part = batch.iloc[start : start + AT_ONCE]
            problem = [_problem(*row) for row in zip(part["text"], part["problem"], strict=True)]
            texts = [text if why is None else "" for text, why in zip(part["text"], problem, strict=True)]
            try:
                tags = tagger.tag(texts, stated["labels"], least=stated["threshold"])
            except TooLarge as error:
                raise TooLarge(f"student {stated['student']}: {error}") from error
            rows = [
                TABLE.row(
                    source=row.source,
                    passage_id=row.passage_id,
                    language=row.language,
                    entities=None if why else entities(text, of_text, stated["threshold"]),
                    problem=why,
                    **stated,
                )
                for row, text, of_text, why in zip(each(part), texts, tags, problem, strict=True)
            ]
            yield pd.DataFrame(rows, columns=[column.name for column in TABLE.columns])


def _problem(text: str | None, problem: str | None) -> problems.TagProblem | None:
    if problem is not None:
        return "duplicate_id"
    return None if text is not None and text.strip() else "no_text"
