"""Counts of the tables, each as rows of plain data."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from finerweb.languages import EVERY
from finerweb.tables import evaluations as evaluations_table

Rows = list[dict[str, Any]]
Frames = Mapping[str, DataFrame]

BINS = 40  # of the scores
TOP_LABELS = 40


def rows(frame: DataFrame) -> Rows:
    """The rows of a small frame as dicts, brought to the driver."""
    return [row.asDict() for row in frame.collect()]


def sizes(frames: Frames) -> dict[str, int]:
    """Rows by table, counted at once; and how many passages are `annotated`, and how many `label_names` there are."""
    parts = {
        **frames,
        "annotated": frames["selection"].filter("is_selected"),
        "label_names": frames["labels"].select("label").distinct(),
    }
    counts = [frame.select(F.lit(name).alias("name")).groupBy("name").count() for name, frame in parts.items()]
    counted: dict[str, int] = dict(reduce(DataFrame.unionByName, counts).collect())
    return {name: counted.get(name, 0) for name in parts}  # a group without rows is no group


def measures(frame: DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """The table `measures`: metric -> language -> detail -> value."""
    values: dict[str, dict[str, dict[str, float]]] = {}
    for row in frame.collect():
        values.setdefault(row["metric"], {}).setdefault(row["language"], {})[row["detail"]] = row["value"]
    return values


def makers(completions: DataFrame, today: Collection[tuple[str, str, str]]) -> Rows:
    """Who was asked what, ever; `is_current` where question, engine and prompt are among today's."""
    sums = [F.sum(name).alias(name) for name in ("tokens_in", "tokens_out", "usd")]
    counted = (
        completions.groupBy("question", "model", "engine", "prompt")
        .agg(F.count("*").alias("answers"), F.count("problem").alias("problems"), *sums)
        .orderBy("question", "model", "engine", "prompt")
    )
    return [{**row, "is_current": (row["question"], row["engine"], row["prompt"]) in today} for row in rows(counted)]


def ratings(frame: DataFrame) -> Rows:
    """Rows of rater, outcome (a rating, or a problem), rows."""
    return _outcomes(frame, "rater", F.coalesce(F.col("rating").cast("string"), "problem"))


def mentions(frame: DataFrame) -> Rows:
    """Rows of annotator, outcome (`found/<tier>` or `lost/<problem>`), rows."""
    lost = F.concat(F.lit("lost/"), "problem")
    outcome = F.when(F.col("problem").isNull(), F.concat(F.lit("found/"), "tier")).otherwise(lost)
    return _outcomes(frame, "annotator", outcome)


def _outcomes(frame: DataFrame, who: str, outcome: Column) -> Rows:
    return rows(frame.groupBy(who, outcome.alias("outcome")).agg(F.count("*").alias("rows")).orderBy(who, "outcome"))


def thresholds(selection: DataFrame) -> list[float]:
    """The threshold of all languages, or the lowest and the highest."""
    low, high = selection.agg(F.min("threshold"), F.max("threshold")).collect()[0]
    return [] if low is None else sorted({round(low, 4), round(high, 4)})


def histogram(selection: DataFrame) -> list[tuple[float, float, int]]:
    """Bins of equal width: lower and upper edge, and the passages whose score is between them."""
    low, high = selection.agg(F.min("score"), F.max("score")).collect()[0]
    if low is None:
        return []
    width = max(high - low, 1e-3) / BINS
    number = F.least(F.floor((F.col("score") - low) / width), F.lit(BINS - 1))
    counted = selection.filter("score is not null").groupBy(number.alias("bin")).agg(F.count("*")).orderBy("bin")
    return [(low + index * width, low + (index + 1) * width, count) for index, count in counted.collect()]


def kept(entities: DataFrame) -> Rows:
    """How many spans of each annotator were merged into entities, and how many gave way: annotator, kept, lost."""
    merged = entities.select(F.explode("sources.annotator").alias("annotator"), F.lit(1).alias("kept"))
    lost = entities.select(F.explode("lost.annotator").alias("annotator"), F.lit(0).alias("kept"))
    spans = merged.unionByName(lost).groupBy("annotator")
    return rows(spans.agg(F.sum("kept").alias("kept"), F.sum(1 - F.col("kept")).alias("lost")).orderBy("annotator"))


def labels(frame: DataFrame) -> Rows:
    """The most frequent labels: canonical, coarse, languages, mentions."""
    counted = frame.groupBy("canonical", "coarse").agg(
        F.countDistinct("language").alias("languages"), F.sum("mentions").alias("mentions")
    )
    return rows(counted.orderBy(F.desc("mentions"), "canonical").limit(TOP_LABELS))


def classes(frame: DataFrame) -> Rows:
    """The coarse classes of labels, the most frequent first: coarse, labels, mentions."""
    counted = frame.groupBy("coarse").agg(
        F.countDistinct("canonical").alias("labels"), F.sum("mentions").alias("mentions")
    )
    return rows(counted.orderBy(F.desc("mentions"), "coarse"))


def names(frame: DataFrame, chosen: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The names of some labels in each language; of several spellings of a label, the most frequent one's."""
    most = F.max_by(F.struct("name", "problem"), F.struct("mentions", "label"))
    counted = frame.filter(F.col("canonical").isin(list(chosen))).groupBy("language", "canonical")
    named: dict[str, dict[str, dict[str, Any]]] = {}
    for row in counted.agg(most.alias("named")).collect():
        named.setdefault(row["language"], {})[row["canonical"]] = row["named"].asDict()
    return named


def verdicts(frame: DataFrame, entities: DataFrame) -> Rows:
    """Each judge's verdicts on plain lists, in all."""
    entity_counts = entities.groupBy("passage_id").agg(F.count("*").alias("entities"))
    errors = [F.sum(F.size(name)).alias(name) for name in ("missing", "extra", "wrong")]
    judged = frame.filter("copy = 'plain'").join(entity_counts, on="passage_id", how="left").groupBy("judge")
    return rows(
        judged.agg(
            F.count("*").alias("verdicts"),
            F.count("problem").alias("problems"),
            F.avg("faithfulness").alias("faithfulness"),
            F.avg("completeness").alias("completeness"),
            F.sum(F.when(F.col("problem").isNull(), F.coalesce("entities", F.lit(0)))).alias("entities"),
            *errors,
        ).orderBy("judge")
    )


def evaluations(frame: DataFrame) -> Rows:
    """The newest figures of each tagger and benchmark, but for single labels, and those of experiments."""
    whole = evaluations_table.newest(frame).filter(f"label = '{EVERY}' and experiment is null")
    return rows(whole.orderBy("benchmark", "evaluated", "tagger", "measure", "other", "names", "language", "script"))


def jobs(others: DataFrame) -> Rows:
    """The newest run of each job, in the order in which they ran: job, started, seconds, rows."""
    newest = others.groupBy("job").agg(F.max_by(F.struct("started", "seconds", "rows"), "started").alias("run"))
    every = [{"job": row["job"], **row["run"].asDict()} for row in newest.collect()]
    # collect() gives the driver's local time without its zone.
    return sorted(({**row, "started": row["started"].astimezone(UTC)} for row in every), key=lambda row: row["started"])
