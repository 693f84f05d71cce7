"""Spans and labels after merging the annotators, with who said so."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.merging import Said, merge
from finerweb.rows import flat_map
from finerweb.table import Column, Table

_SOURCE = "annotator: string, start: int, end: int, label: string, tier: string"

TABLE = Table(
    name="entities",
    comment="An entity of a passage; `text` stands beside it so that Delta itself can check the span.",
    key=("passage_id", "start", "end", "label"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("start", "int", "first code point of the mention in the passage's text", nullable=False),
        Column("end", "int", "one past its last", nullable=False),
        Column("mention", "string", "text[start:end]", nullable=False),
        Column("label", "string", "the labels joined by ' / ', as in the paper", nullable=False),
        Column("labels", "array<string>", "the distinct labels, in the order of the annotators", nullable=False),
        Column("agreement", "string", "exact, overlap or alone: how the annotators agree on the span", nullable=False),
        Column("sources", f"array<struct<{_SOURCE}>>", "who said so, and where", nullable=False),
        Column(
            "lost",
            f"array<struct<{_SOURCE}, problem: string>>",
            "spans that gave way to this one, and why",
            nullable=False,
        ),
        Column("text", "string", "the passage's text", nullable=False),
    ),
    constraints={
        "span": "0 <= start and start < end",
        "span_is_mention": "substring(text, start + 1, end - start) = mention",
        "agreement_name": "agreement in ('exact', 'overlap', 'alone')",
    },
)


def merge_annotators(
    mentions: DataFrame, passages: DataFrame, similarities: DataFrame, *, overlap: float, similarity: float
) -> DataFrame:
    """Merge the annotators' spans of each passage by the rule of `finerweb.merging`."""
    found = mentions.filter("problem is null").select("passage_id", "annotator", "start", "end", "label", "tier")
    said = found.groupBy("passage_id").agg(
        F.collect_list(F.struct("annotator", "start", "end", "label", "tier")).alias("said"),
        F.array_distinct(F.collect_list("label")).alias("vocabulary"),
    )
    # The similarities that a passage can need: those of the pairs of its labels.
    left = said.select("passage_id", F.explode("vocabulary").alias("label"))
    right = left.withColumnRenamed("label", "other")
    needed = left.join(right, on="passage_id", how="inner").filter("label < other")
    alike = (
        needed.join(similarities, on=["label", "other"], how="inner")
        .groupBy("passage_id")
        .agg(F.collect_list(F.struct("label", "other", "similarity")).alias("alike"))
    )
    together = (
        said.drop("vocabulary")
        .join(alike, on="passage_id", how="left")
        .join(passages.select("passage_id", "language", "text"), on="passage_id", how="inner")
    )
    return flat_map(together, partial(_entities, overlap=overlap, similarity=similarity), TABLE.columns)


def _entities(passage: Any, *, overlap: float, similarity: float) -> Iterator[tuple[Any, ...]]:
    alike = {
        (one["label"], one["other"]): one["similarity"] for one in ([] if passage.alike is None else passage.alike)
    }

    def similar(a: str, b: str) -> float:
        return 1.0 if a == b else float(alike.get((min(a, b), max(a, b)), 0.0))

    said = [Said(one["start"], one["end"], one["label"], one["annotator"], one["tier"]) for one in passage.said]
    for entity in merge(said, similar, overlap_at=overlap, similarity_at=similarity):
        yield (
            passage.passage_id,
            passage.language,
            entity.start,
            entity.end,
            passage.text[entity.start : entity.end],
            " / ".join(entity.labels),
            entity.labels,
            entity.agreement,
            [_source(one) for one in entity.sources],
            [{**_source(one), "problem": problem} for one, problem in entity.lost],
            passage.text,
        )


def _source(said: Said) -> dict[str, Any]:
    return {
        "annotator": said.annotator,
        "start": said.start,
        "end": said.end,
        "label": said.label,
        "tier": said.tier,
    }
