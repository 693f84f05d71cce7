"""What each label is a variant of: of few labels in one task, of any number in frames of which a task holds a part.

The rule: of labels with the same letters the most frequent one is meant (`joined`); then a rare label means the nearest
frequent one that is near (`typo`), of these the most frequent, and what that means in turn.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.labels import variants
from finerweb.labels.classes import words
from finerweb.rows import flat_map
from finerweb.table import Column

LETTERS = (Column("canonical", "string", ""), Column("mentions", "bigint", ""), Column("letters", "string", ""))
KEYS = (Column("label", "string", ""), Column("mentions", "bigint", ""), Column("keys", "array<bigint>", ""))
NEAR = (
    Column("label", "string", ""),
    Column("other", "string", ""),
    Column("other_mentions", "bigint", ""),
    Column("wrong", "int", ""),
    Column("differing", "array<string>", ""),
)
WORDS = (Column("word", "string", ""),)
MEANT = "label string, meant string"
FEW = 100_000  # labels that one task holds, in 200 MB; fewer are done before Spark has dealt them to tasks


def meanings(counted: DataFrame, *, few: bool) -> DataFrame:
    """The labels that are variants, of labels in canonical form (canonical, mentions): canonical, meant, why.

    Bounded: `FEW` labels in one task where they are `few`, and else the typos that begin with one letter.
    """
    if few:
        return counted.groupBy().applyInPandas(_together, "canonical string, meant string, why array<string>")
    spelt = flat_map(counted, _letters, LETTERS)
    most = F.min(F.struct(-F.col("mentions"), F.col("canonical").alias("label")))["label"]
    wholes = spelt.groupBy("letters").agg(most.alias("label"), F.sum("mentions").alias("mentions"))
    meant = spelt.select("canonical", "letters").join(wholes, on="letters", how="inner")
    meant = meant.join(_typos(wholes), on="label", how="left")
    steps = F.array(F.when(F.expr("label != canonical"), "joined"), F.when(F.expr("meant is not null"), "typo"))
    meant = meant.select("canonical", F.coalesce("meant", "label").alias("meant"), F.array_compact(steps).alias("why"))
    return meant.filter("meant != canonical")


def _typos(wholes: DataFrame) -> DataFrame:
    """The typos among labels (label, count), with what each means in the end: label, meant."""
    near = flat_map(_candidates(wholes), _near, NEAR)
    standing = flat_map(wholes, _words, WORDS).groupBy("word").count().filter(F.col("count") >= variants.SEEN)
    own = near.withColumn("word", F.explode("differing")).join(standing, on="word", how="left_semi")
    typos = near.join(own.select("label", "other").distinct(), on=["label", "other"], how="left_anti")
    nearest = F.min(F.struct("wrong", -F.col("other_mentions"), "other"))["other"]
    # What a typo means, and what that means, begins alike: a group has the typos of one letter, not all.
    first = F.substring("label", 1, 1).alias("first")
    # bounded: the typos that begin with one letter
    return typos.groupBy("label").agg(nearest.alias("meant")).groupBy(first).applyInPandas(_ends, MEANT)


def _candidates(wholes: DataFrame) -> DataFrame:
    """Pairs of a label and one at least ten times as frequent, of which some are near."""
    rare = flat_map(wholes, _typo_keys, KEYS).select("label", "mentions", F.explode("keys").alias("key"))
    frequent = flat_map(wholes.filter(F.col("mentions") >= variants.TIMES), _meant_keys, KEYS).select(
        F.col("label").alias("other"), F.col("mentions").alias("other_mentions"), F.explode("keys").alias("key")
    )
    pairs = rare.join(frequent, on="key", how="inner").filter(
        F.col("other_mentions") >= variants.TIMES * F.col("mentions")
    )
    return pairs.select("label", "other", "other_mentions").distinct()


def _together(counted: pd.DataFrame) -> pd.DataFrame:
    meant = variants.variants(dict(zip(counted["canonical"], counted["mentions"], strict=True)))
    rows = [(label, variant.label, list(variant.changes)) for label, variant in sorted(meant.items())]
    return pd.DataFrame(rows, columns=["canonical", "meant", "why"])


def _letters(row: Any) -> Iterator[tuple[Any, ...]]:
    yield row.canonical, row.mentions, variants.letters(row.canonical)


def _typo_keys(row: Any) -> Iterator[tuple[Any, ...]]:
    if variants.may_be_typo(row.label):
        yield row.label, row.mentions, variants.typo_keys(row.label)


def _meant_keys(row: Any) -> Iterator[tuple[Any, ...]]:
    yield row.label, row.mentions, variants.meant_keys(row.label)


def _near(row: Any) -> Iterator[tuple[Any, ...]]:
    wrong = variants.distance(row.label, row.other)
    if wrong is not None:
        yield row.label, row.other, row.other_mentions, wrong, variants.differing(row.label, row.other)


def _words(row: Any) -> Iterator[tuple[Any, ...]]:
    yield from ((word,) for word in set(words(row.label)))


def _ends(typos: pd.DataFrame) -> pd.DataFrame:
    meant = dict(zip(typos["label"], typos["meant"], strict=True))
    return pd.DataFrame(list(variants.ends(meant)), columns=["label", "meant"])
