"""Spans and labels after merging the annotators, with who said so."""

import json
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.mentions import merging
from finerweb.mentions.merging import Claim, Entity, read_claims
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
    claims: DataFrame,
    passages: DataFrame,
    similarities: DataFrame,
    reliabilities: DataFrame,
    *,
    overlap: float,
    similarity: float,
    rule: str = "paper",
) -> DataFrame:
    """Merge the annotators' claims about each passage by a rule of `finerweb.mentions.merging`."""
    # One string a language: the workers read each once.
    rows = reliabilities.withColumnRenamed("said", "vote_rate")  # as the fields of Reliability
    # bounded: a row for each annotator and class of a language
    by_language = rows.groupBy("language").agg(
        F.to_json(F.sort_array(F.collect_list(F.struct(*rows.columns)))).alias("reliabilities")
    )
    together = (
        claims.drop("language")
        .join(_alike(claims, similarities), on="passage_id", how="left")
        .join(passages.select("passage_id", "language", "text"), on="passage_id", how="inner")
        .join(F.broadcast(by_language), on="language", how="inner")  # bounded: a row for each language
    )
    return flat_map(together, partial(_entities, overlap=overlap, similarity=similarity, rule=rule), TABLE.columns)


def _alike(claims: DataFrame, similarities: DataFrame) -> DataFrame:
    """The similarities that each passage can need: those of the pairs of its labels."""
    labels = claims.select("passage_id", F.explode(F.array_distinct("claims.label")).alias("label"))
    pairs = labels.join(labels.withColumnRenamed("label", "other"), on="passage_id", how="inner").filter(
        "label < other"
    )
    # bounded: similar labels of a label
    return (
        pairs.join(similarities, on=["label", "other"], how="inner")
        .groupBy("passage_id")
        .agg(F.collect_list(F.struct("label", "other", "similarity")).alias("alike"))
    )


@lru_cache(maxsize=256)
def _beliefs(reliabilities: str) -> Beliefs:
    return Beliefs(Reliability(**row) for row in json.loads(reliabilities))


def _entities(passage: Any, *, overlap: float, similarity: float, rule: str) -> Iterator[tuple[Any, ...]]:
    for entity in _merged(passage, overlap=overlap, similarity=similarity, rule=rule):
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


def _merged(passage: Any, *, overlap: float, similarity: float, rule: str) -> list[Entity]:
    claims, beliefs = read_claims(passage.claims), _beliefs(passage.reliabilities)
    if rule == "weighted":
        return merging.weigh(claims, beliefs, overlap_at=overlap)
    pairs = [] if passage.alike is None else passage.alike
    alike = {(pair["label"], pair["other"]): pair["similarity"] for pair in pairs}

    def similar(a: str, b: str) -> float:
        return 1.0 if a == b else float(alike.get((min(a, b), max(a, b)), 0.0))

    entities = merging.merge(claims, similar, overlap_at=overlap, similarity_at=similarity)
    merging.believe(entities, claims, beliefs, overlap_at=overlap)
    return entities


def _source(claim: Claim) -> dict[str, Any]:
    return {
        "annotator": claim.annotator,
        "start": claim.start,
        "end": claim.end,
        "label": claim.label,
        "tier": claim.tier,
    }
