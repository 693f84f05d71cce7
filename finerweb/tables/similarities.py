"""How alike two labels are, computed once for each pair that ever met on a span."""

from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import shipping
from finerweb.table import Column, Table

TABLE = Table(
    name="similarities",
    comment="The similarity of two label names.",
    key=("label", "other"),
    columns=(
        Column("label", "string", "a label; the smaller of the two", nullable=False),
        Column("other", "string", "another label", nullable=False),
        Column("similarity", "float", "cosine of their embeddings, -1 to 1", nullable=False),
    ),
    constraints={"ordered": "label < other"},
    cluster=("label",),
)


def pairs(mentions: DataFrame) -> DataFrame:
    """The pairs of labels that different annotators gave to overlapping spans."""
    spans = mentions.filter("problem is null").select("passage_id", "annotator", "start", "end", "label")
    left, right = spans.alias("l"), spans.alias("r")
    met = left.join(
        right,
        on=F.expr(
            "l.passage_id = r.passage_id and l.annotator < r.annotator "
            "and l.start < r.end and r.start < l.end and l.label <> r.label"
        ),
        how="inner",
    )
    return met.select(
        F.least("l.label", "r.label").alias("label"), F.greatest("l.label", "r.label").alias("other")
    ).distinct()


def compare(pairs: DataFrame, *, folder: str) -> DataFrame:
    """Compute similarities with the sentence encoder in the shipped `folder`."""
    return pairs.select("label", "other").mapInPandas(partial(_compare, folder=folder), TABLE.ddl)


def _compare(batches: Iterable[pd.DataFrame], *, folder: str) -> Iterator[pd.DataFrame]:
    from finerweb.labels import similarity  # torch, on workers only

    embedder = similarity.load(str(shipping.shipped(folder)))
    for batch in batches:
        both = list(zip(batch["label"], batch["other"], strict=True))
        yield batch.assign(similarity=embedder.cosines(both))
