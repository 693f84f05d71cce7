"""How useful language models found passages for named entity recognition."""

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.errors import Unreadable
from finerweb.questions import usefulness
from finerweb.rows import flat_map
from finerweb.table import Column, Table, row_of

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
        Column(
            "split", "string", "train, validation or test: 80, 10 and 10 % of a language's documents", nullable=False
        ),
        Column("problem", "string", "why there is no rating: the problem of the answer"),
    ),
    constraints={
        "rating_range": "rating is null or rating between 1 and 4",
        "rated_or_problem": "(rating is null) <> (problem is null)",
        "split_name": "split in ('train', 'validation', 'test')",
    },
)

_READ = tuple(column for column in TABLE.columns if column.name != "split")
_rating = row_of(_READ, "a rating without its split")


def collect(completions: DataFrame, passages: DataFrame) -> DataFrame:
    """Read the usefulness answers. A document's passages are all in one split, each language is cut in proportion."""
    answers = completions.select("subject_id", "model", "language", "answer", "problem")
    read = flat_map(answers, _read, _READ)
    documents = passages.select("passage_id", "document_id")
    # Documents in a fixed shuffled order; those of a language take turns in the order of a hash.
    # bounded: the ratings of `rate.per_language` passages
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


def _read(row: Any) -> Iterator[tuple[Any, ...]]:
    # Read anew: a better parser reads today what could not be read when the answer came.
    try:
        rating = usefulness.parse(row.answer)
        score, justification, problem = rating.score, rating.justification, None
    except Unreadable:
        score, justification, problem = None, None, row.problem or "malformed"
    yield _rating(
        passage_id=row.subject_id,
        rater=row.model,
        language=row.language,
        rating=score,
        justification=justification,
        problem=problem,
    )
