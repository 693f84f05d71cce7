"""A small data set published as the job `publish` does it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from finerweb.formats import release
from finerweb.languages import Language
from finerweb.report import card, facts
from finerweb.tables import completions, documents, examples, files, labels, measures, unaligned


class Example(NamedTuple):
    """A sentence of a document; its labels are joined where a variant takes one a span."""

    document: str
    language: str
    split: str
    text: str
    spans: Sequence[tuple[int, int, Sequence[str]]]


def published(
    spark: SparkSession,
    path: str,
    sentences: Iterable[Example],
    *,
    formats: Sequence[str],
    languages: Mapping[str, Language],
    variants: Sequence[str],
    measured: Iterable[tuple[Any, ...]] = (),
    labelled: Iterable[tuple[Any, ...]] = (),
    read: Iterable[tuple[Any, ...]] = (),
    name: str = "small",
) -> str:
    """Write the data set; returns its card."""
    built = spark.createDataFrame(
        [_row(sentence, variant) for sentence in sentences for variant in variants], examples.TABLE.schema
    )
    frames = {
        "files": files.write(built, path=path, formats=formats, languages=languages).cache(),
        "unaligned": unaligned.find(built, formats=formats),
        "examples": built,
        "labels": spark.createDataFrame(labelled, labels.TABLE.schema),
        "measures": spark.createDataFrame(measured, measures.TABLE.schema),
        "completions": spark.createDataFrame([], completions.TABLE.schema),
        "documents": spark.createDataFrame(read, documents.TABLE.schema),
    }
    text = card.render(facts.gather(frames, languages=languages, name=name, licence="CC0"))
    release.write_card(text, path)
    return text


def _row(sentence: Example, variant: str) -> tuple[Any, ...]:
    spans = [
        (start, end, list(names) if variant.endswith("-multi") else [" / ".join(names)])
        for start, end, names in sentence.spans
    ]
    passage = f"{sentence.document}#0"
    quartile = 1 if spans else None
    return (
        *(f"{passage}-s0", variant, sentence.language, passage, sentence.document, sentence.split),
        *(0, sentence.text, spans, quartile, bool(spans)),
    )
