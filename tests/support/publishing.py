"""A small data set published as the job `publish` does it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from finerweb.formats import releases
from finerweb.formats.release import Release
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
    sentences_per_file: int = 50_000,
) -> Release:
    """Write the data set as a release, and point to it."""
    built = spark.createDataFrame(
        [_row(sentence, variant) for sentence in sentences for variant in variants], examples.TABLE.schema
    )
    draft = releases.draft(path)
    written = files.write(built, path=draft.url, formats=formats, languages=languages, sentences=sentences_per_file)
    frames = {
        "files": written.cache(),
        "unaligned": unaligned.find(built, formats=formats),
        "examples": built,
        "labels": spark.createDataFrame(labelled, labels.TABLE.schema),
        "measures": spark.createDataFrame(measured, measures.TABLE.schema),
        "completions": spark.createDataFrame([], completions.TABLE.schema),
        "documents": spark.createDataFrame(read, documents.TABLE.schema),
    }
    described = facts.gather(frames, languages=languages, name=name, licence="CC0")
    return releases.complete(draft, described.files, card.render(described), earlier=1)


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
