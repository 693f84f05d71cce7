"""What people say of the annotations: the measure of the judges, and of the data."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.table import Column, Table

TABLE = Table(
    name="audits",
    comment="A person's verdict on an entity, or on a passage as a whole.",
    key=("passage_id", "start", "end", "label", "auditor"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("start", "int", "of the entity in the passage's text; 0 for the passage as a whole", nullable=False),
        Column("end", "int", "one past its last code point; 0 for the passage as a whole", nullable=False),
        Column("label", "string", "the entity's label; empty for the passage as a whole", nullable=False),
        Column("mention", "string", "text[start:end]", nullable=False),
        Column("auditor", "string", "who says so", nullable=False),
        Column("verdict", "string", "of an entity: ok, wrong_span, wrong_type (the span is right) or not_entity"),
        Column("missing", "array<string>", "of a passage: mentions that should have been annotated; empty for none"),
    ),
    constraints={
        "mention_length": "length(mention) = end - start",
        "entity_or_passage": "(verdict is not null and missing is null and start < end and "
        "verdict in ('ok', 'wrong_span', 'wrong_type', 'not_entity')) or "
        "(verdict is null and missing is not null and start = 0 and end = 0)",
    },
)


def sheets(entities: DataFrame, passages: DataFrame) -> DataFrame:
    """What an auditor is shown: passage_id, language, text, entities (start, end, label) in reading order.

    A language's passages stand together, in the order of a hash.
    """
    # bounded: the entities of a passage
    listed = entities.groupBy("passage_id").agg(
        F.sort_array(F.collect_list(F.struct("start", "end", "label"))).alias("entities")
    )
    joined = passages.join(listed, on="passage_id", how="left").select("passage_id", "language", "text", "entities")
    return joined.orderBy("language", F.xxhash64("passage_id"), "passage_id")


def renew(audits: DataFrame, newer: DataFrame) -> DataFrame:
    """Audits with newer ones added; an auditor's newer opinion of the same entity replaces the older."""
    kept = audits.join(newer, on=list(TABLE.key), how="left_anti")
    return kept.unionByName(newer)
