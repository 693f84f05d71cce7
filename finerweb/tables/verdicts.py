"""What judges think of the annotations of passages."""

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.annotators import judge
from finerweb.answers import Unreadable
from finerweb.rows import flat_map
from finerweb.table import Column, Table

TABLE = Table(
    name="verdicts",
    comment="A judge's verdict on the merged annotations of a passage.",
    key=("passage_id", "judge"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("judge", "string", "who judged: a key of the setting models", nullable=False),
        Column("language", "string", "the passage's language", nullable=False),
        Column("faithfulness", "int", "do the types fit? 1-5; null where there is a problem"),
        Column("completeness", "int", "is everything important annotated? 1-5"),
        Column("missing", "array<string>", "mentions that should have been annotated"),
        Column("extra", "array<string>", "mentions that should not have been"),
        Column("wrong", "array<string>", "mentions whose type is wrong"),
        Column("explanation", "string", "in the judge's words"),
        Column("problem", "string", "why there is no verdict"),
    ),
    constraints={
        "graded_or_problem": "(problem is not null) or (faithfulness between 1 and 5 and completeness between 1 and 5)"
    },
)


def subjects(entities: DataFrame, passages: DataFrame) -> DataFrame:
    """What a judge sees: passages with their entities in reading order, as `entities` (mention, label)."""
    listed = entities.groupBy("passage_id").agg(
        F.sort_array(F.collect_list(F.struct("start", "end", "mention", "label"))).alias("found")
    )
    joined = passages.join(listed, on="passage_id", how="left")
    shown = F.transform("found", lambda one: F.struct(one["mention"].alias("mention"), one["label"].alias("label")))
    none = F.array().cast("array<struct<mention: string, label: string>>")
    return joined.withColumn("entities", F.coalesce(shown, none))


def collect(completions: DataFrame) -> DataFrame:
    """Read the judge answers."""
    answers = completions.select("subject_id", "annotator", "language", "answer", "problem")
    return flat_map(answers, _read, TABLE.columns)


def _read(row: Any) -> Iterator[tuple[Any, ...]]:
    try:
        verdict, problem = tuple(judge.parse(row.answer)), None
    except Unreadable:
        verdict, problem = (None,) * len(judge.Verdict._fields), row.problem or "malformed"
    yield row.subject_id, row.annotator, row.language, *verdict, problem
