"""How useful language models found passages for named entity recognition."""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.annotators import usefulness
from finerweb.answers import Unreadable
from finerweb.table import Column, Table

TABLE = Table(
    name="ratings",
    comment="A model's rating of a passage.",
    key=("passage_id", "rater"),
    columns=(
        Column("passage_id", "string", "the passage", nullable=False),
        Column("rater", "string", "who rated: a key of the setting models", nullable=False),
        Column("language", "string", "the passage's language", nullable=False),
        Column("rating", "int", "1 (nothing to learn) to 4 (rich and clean); null where there is a problem"),
        Column("justification", "string", "in the rater's words"),
        Column("split", "string", "train, validation or test: 80, 10 and 10 % of a language's documents", nullable=False),
        Column("problem", "string", "why there is no rating"),
    ),
    constraints={
        "rating_range": "rating is null or rating between 1 and 4",
        "rated_or_problem": "(rating is null) <> (problem is null)",
        "split_name": "split in ('train', 'validation', 'test')",
    },
)


def collect(completions: DataFrame, passages: DataFrame) -> DataFrame:
    """Read the usefulness answers. A document's passages are all in one split, each language is cut in proportion."""
    read = completions.select("subject_id", "annotator", "language", "answer", "problem").mapInPandas(
        _read, "passage_id string, rater string, language string, rating int, justification string, problem string"
    )
    documents = passages.select("passage_id", "document_id")
    # Documents in a fixed shuffled order; those of a language take turns in the order of a hash.
    turns = Window.partitionBy("language").orderBy(F.xxhash64("document_id"), "document_id")
    share = F.percent_rank().over(turns)
    split = F.when(share < 0.8, "train").when(share < 0.9, "validation").otherwise("test")
    return (
        read.join(documents, on="passage_id", how="inner")
        .withColumn("split", split)
        .select("passage_id", "rater", "language", "rating", "justification", "split", "problem")
    )


def of_rater(ratings: DataFrame, passages: DataFrame, *, rater: str) -> DataFrame:
    """What the regression learns from: passage_id, language, text, rating, split; in the order of passage_id."""
    mine = ratings.filter((F.col("rater") == rater) & F.col("problem").isNull())
    texts = passages.select("passage_id", "text")
    return (
        mine.join(texts, on="passage_id", how="inner")
        .select("passage_id", "language", "text", "rating", "split")
        .orderBy("passage_id")
    )


def _read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    names = ["passage_id", "rater", "language", "rating", "justification", "problem"]
    for batch in batches:
        rows = []
        for row in batch.itertuples(index=False):
            rating, problem = None, row.problem
            try:
                rating = usefulness.parse(row.answer)
                problem = None  # a better parser may read today what it could not when the answer came
            except Unreadable:
                problem = problem or "malformed"
            rows.append(
                (
                    row.subject_id,
                    row.annotator,
                    row.language,
                    rating.score if rating else None,
                    rating.justification if rating else None,
                    problem,
                )
            )
        yield pd.DataFrame(rows, columns=names).astype({"rating": "Int32"})
