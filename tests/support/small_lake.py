"""A lake with examples that a student can learn in seconds: `rich` is an x and `poor` a y."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import documents, examples, gold, labels, passages

VARIANT = "merged-english-multi"
TEXTS = ("rich x y", "x poor y rich", "y x", "poor x", "x rich", "rich poor x x")
KINDS = {"rich": "x", "poor": "y"}


def spans(text: str) -> list[dict[str, Any]]:
    """The spans of a text, as the column char_spans has them."""
    places = [(text.find(word), word) for word in KINDS if word in text]
    return [{"start": start, "end": start + len(word), "label": [KINDS[word]]} for start, word in places]


def row(number: int, text: str, split: str, *, variant: str = VARIANT, **others: Any) -> tuple[Any, ...]:
    """A row of `examples`: odd numbers are English, even ones German."""
    char_spans = others.pop("char_spans", spans(text))
    return examples.TABLE.row(
        **{
            "example_id": f"s/{number}#0-s0",
            "variant": variant,
            "language": "eng" if number % 2 else "deu",
            "passage_id": f"s/{number}#0",
            "document_id": f"s/{number}",
            "split": split,
            "start": 0,
            "text": text,
            "char_spans": char_spans,
            "quartile": 1 if char_spans else None,
            "has_entities": bool(char_spans),
            **others,
        }
    )


def paper(number: int) -> tuple[Any, ...]:
    """A row of `documents`."""
    unstated = dict.fromkeys(column.name for column in documents.TABLE.columns)
    stated = {"document_id": f"s/{number}", "language": "eng", "script": "Latn", "text": "x", "source": "s"}
    return documents.TABLE.row(**{**unstated, **stated})


def settings_of(folder: Path, encoder: Path, *more: str) -> Settings:
    """Settings that train a student on a tiny encoder."""
    return settings.load(
        "conf/test.yml",
        [
            f"work={folder}",
            f"student.encoder={{source: folder, name: {encoder}}}",
            "student.label_prompt='{}'",
            "student.near=null",
            "student.freeze_embeddings=false",
            "student.learning_rate=0.003",
            "student.head_learning_rate=0.01",
            "student.steps=150",
            "student.inventory=source",
            *more,
        ],
    )


def fill(lake: Lake, spark: SparkSession, variants: Sequence[str] = (VARIANT,)) -> None:
    """Give a lake training and validation examples, their documents, and the other tables that are read, empty."""
    rows = [
        row(number, text, split, variant=variant)
        for variant in variants
        for start, times, split in ((0, 4, "train"), (100, 1, "validation"))
        for number, text in enumerate(TEXTS * times, start=start)
    ]
    if rows:
        lake.append(examples.TABLE, spark.createDataFrame(rows, examples.TABLE.schema))
    papers = [paper(number) for number in range(300)]
    lake.append(documents.TABLE, spark.createDataFrame(papers, documents.TABLE.schema))
    for table in (labels.TABLE, gold.TABLE, passages.TABLE):
        lake.create(table)
