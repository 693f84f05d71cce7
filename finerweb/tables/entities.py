"""Spans and labels after merging the annotators, with who said so."""

import json
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.mentions import merging
from finerweb.mentions.merging import Claim, read_claims
from finerweb.mentions.reliability import Beliefs, Reliability
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
        Column("confidence", "double", "that it is an entity of one of its classes; see reliabilities", nullable=False),
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
        "confidence_is_a_probability": "0 <= confidence and confidence <= 1",
    },
)


def merge_annotators(
    said: DataFrame,
    passages: DataFrame,
    similarities: DataFrame,
    reliabilities: DataFrame,
    *,
    overlap: float,
    similarity: float,
    rule: str = "paper",
) -> DataFrame:
    """Merge what the annotators `said` of each passage by a rule of `finerweb.mentions.merging`."""
    labels = said.select("passage_id", F.explode(F.array_distinct("said.label")).alias("label"))
    # The similarities that a passage can need: those of the pairs of its labels.
    needed = labels.join(labels.withColumnRenamed("label", "other"), on="passage_id", how="inner").filter(
        "label < other"
    )
    alike = (
        needed.join(similarities, on=["label", "other"], how="inner")
        .groupBy("passage_id")
        .agg(F.collect_list(F.struct("label", "other", "similarity")).alias("alike"))
    )
    # One string a language: the workers read each once.
    known = reliabilities.groupBy("language").agg(
        F.to_json(F.sort_array(F.collect_list(F.struct(*reliabilities.columns)))).alias("known")
    )
    together = (
        said.drop("language")
        .join(alike, on="passage_id", how="left")
        .join(passages.select("passage_id", "language", "text"), on="passage_id", how="inner")
        .join(F.broadcast(known), on="language", how="inner")
    )
    return flat_map(together, partial(_entities, overlap=overlap, similarity=similarity, rule=rule), TABLE.columns)


@lru_cache(maxsize=256)
def _beliefs(known: str) -> Beliefs:
    return Beliefs(Reliability(**one) for one in json.loads(known))


def _entities(passage: Any, *, overlap: float, similarity: float, rule: str) -> Iterator[tuple[Any, ...]]:
    claims, beliefs = read_claims(passage.said), _beliefs(passage.known)
    if rule == "weighted":
        entities = merging.weigh(claims, beliefs, overlap_at=overlap)
    else:
        alike = {
            (one["label"], one["other"]): one["similarity"] for one in ([] if passage.alike is None else passage.alike)
        }

        def similar(a: str, b: str) -> float:
            return 1.0 if a == b else float(alike.get((min(a, b), max(a, b)), 0.0))

        entities = merging.merge(claims, similar, overlap_at=overlap, similarity_at=similarity)
        merging.believe(entities, claims, beliefs, overlap_at=overlap)
    for entity in entities:
        yield TABLE.row(
            passage_id=passage.passage_id,
            language=passage.language,
            start=entity.start,
            end=entity.end,
            mention=passage.text[entity.start : entity.end],
            label=" / ".join(entity.labels),
            labels=entity.labels,
            agreement=entity.agreement,
            confidence=entity.confidence,
            sources=[_source(span) for span in entity.sources],
            lost=[{**_source(span), "problem": problem} for span, problem in entity.lost],
            text=passage.text,
        )


def _source(claim: Claim) -> dict[str, Any]:
    return {
        "annotator": claim.annotator,
        "start": claim.start,
        "end": claim.end,
        "label": claim.label,
        "tier": claim.tier,
    }
