"""Annotated passages to look at: the same ones each time, and nobody picked them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from finerweb.labels.classes import coarse
from finerweb.report.counts import Frames
from finerweb.report.highlighting import Mark


@dataclass(frozen=True)
class Passage:
    """An annotated passage as the report shows it."""

    passage_id: str
    text: str
    words: int
    score: float | None
    marks: Sequence[Mark]


def draw(frames: Frames, per_language: int) -> dict[str, list[Passage]]:
    """So many annotated passages of each language: the first by the hash of their id."""
    turns = Window.partitionBy("language").orderBy(F.xxhash64("passage_id"), "passage_id")
    chosen = frames["selection"].filter("is_selected").withColumn("turn", F.row_number().over(turns))
    chosen = chosen.filter(F.col("turn") <= per_language).select("passage_id", "language", "score", "turn")
    entities = (
        frames["entities"]
        .groupBy("passage_id")
        .agg(F.sort_array(F.collect_list(F.struct("start", "end", "label", "labels"))).alias("entities"))
    )
    rows = (
        chosen.join(frames["passages"].select("passage_id", "text", "words"), on="passage_id", how="inner")
        .join(entities, on="passage_id", how="left")
        .orderBy("language", "turn")
        .collect()
    )
    passages: dict[str, list[Passage]] = {}
    for row in rows:
        marks = [_mark(entity) for entity in row["entities"] or []]
        passage = Passage(row["passage_id"], row["text"], row["words"], row["score"], marks)
        passages.setdefault(row["language"], []).append(passage)
    return passages


def _mark(entity: Any) -> Mark:
    return Mark(entity["start"], entity["end"], entity["label"], coarse(entity["labels"][0]))
