"""What each stage left behind, by whom and why."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.report.counts import Frames, Rows, rows

# The table that has the problems of a stage -> what went into the stage.
STAGES = {
    "rejects": "records read from a source",
    "ratings": "passages to be rated",
    "scores": "passages to be scored",
    "selection": "passages to choose from",
    "completions": "answers",
    "mentions": "mentions that an annotator named",
    "entities": "spans to be merged",
    "labels": "labels to be named in a language",
    "verdicts": "passages to be judged",
}


def count(frames: Frames) -> Rows:
    """Rows of table, who, problem, rows, of; whoever lost nothing has one row without a problem."""
    counted = [
        frame.groupBy(F.lit(table).alias("table"), "who", "problem").agg(F.count("*").alias("rows"))
        for table, frame in _outcomes(frames).items()
    ]
    every = rows(reduce(DataFrame.unionByName, counted))
    return [loss for table in STAGES for loss in _of_stage([row for row in every if row["table"] == table])]


def _outcomes(frames: Frames) -> dict[str, DataFrame]:
    """What went into each stage: who, and the problem of what did not come out."""
    none = F.lit(None).cast("string").alias("problem")
    entities = frames["entities"]
    who = {
        "ratings": F.col("rater"),
        "scores": F.col("scorer"),
        "selection": F.lit(""),
        "completions": F.concat_ws(" / ", "question", "model"),
        "mentions": F.col("annotator"),
        "labels": F.lit(""),
        "verdicts": F.concat_ws(" / ", "judge", "copy"),
    }
    return {
        "rejects": frames["documents"]
        .select(F.col("source").alias("who"), none)
        .unionByName(frames["rejects"].select(F.col("source").alias("who"), "problem")),
        "entities": entities.select(F.explode("sources.annotator").alias("who"), none).unionByName(
            entities.select(F.inline("lost")).select(F.col("annotator").alias("who"), "problem")
        ),
        **{table: frames[table].select(column.alias("who"), "problem") for table, column in who.items()},
    }


def _of_stage(counted: Rows) -> Rows:
    """The losses of a stage, by who and how many, with what went in."""
    losses: Rows = []
    for who in sorted({row["who"] for row in counted}):
        outcomes = [row for row in counted if row["who"] == who]
        lost = sorted((row for row in outcomes if row["problem"]), key=lambda row: (-row["rows"], row["problem"]))
        nothing = [{**outcomes[0], "problem": None, "rows": 0}]
        losses += [{**row, "of": sum(outcome["rows"] for outcome in outcomes)} for row in lost or nothing]
    return losses
