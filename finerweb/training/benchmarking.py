"""Benchmarks out of files and of our own tables, and what the training data has of their texts and labels."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession

from finerweb.encoders import pretrained
from finerweb.encoders.pretrained import Encoder
from finerweb.evaluation import familiarity, loading, texts
from finerweb.evaluation.benchmarks import OWN, Benchmark
from finerweb.evaluation.evaluating import Question
from finerweb.evaluation.familiarity import Similarity
from finerweb.evaluation.loading import Loaded
from finerweb.evaluation.texts import Text
from finerweb.labels.forms import canonical
from finerweb.languages import EVERY, Language
from finerweb.tables import contaminations
from finerweb.text.spans import Entity

WORDS, LEAST = 13, 5  # a run of words that counts as shared, and the shortest text that counts as a whole
SHOWN = 3  # refused lines that are told of a benchmark; all of them are counted


class Benchmarks(NamedTuple):
    """Those that have texts, and what is to be said of them and of the others."""

    loaded: list[Loaded]
    notes: list[str]


def read(
    benchmarks: Sequence[Benchmark], own: Mapping[str, DataFrame], languages: Mapping[str, Language], *, most: int
) -> Benchmarks:
    """The benchmarks; `own` are the texts (id, document_id, language, text, entities) of formats `test` and `gold`.

    Ours may be empty, which is a note. Of the many labels of our own, the `most` frequent of a language are asked for.
    Raises BadBenchmark.
    """
    whole: list[Loaded] = []
    notes: list[str] = []
    for benchmark in benchmarks:
        if benchmark.format not in OWN:
            whole.append(loading.load(benchmark, languages))
            notes += _notes_on(whole[-1])
            continue
        choice = texts.chosen(_rows(own[benchmark.format], benchmark), limit=benchmark.limit, seed=benchmark.seed)
        if any(choice.labels.values()):
            whole.append(loading.loaded(benchmark, choice, [], most=most))
        else:
            notes.append(f"benchmark {benchmark.name}: no entity in any text, nothing to measure")
    return Benchmarks(whole, notes)


def _notes_on(loaded: Loaded) -> Iterator[str]:
    for reason in loaded.refused[:SHOWN]:
        yield f"benchmark {loaded.benchmark.name}, {reason}"
    if len(loaded.refused) > SHOWN:
        yield f"benchmark {loaded.benchmark.name}: {len(loaded.refused) - SHOWN:,} more lines that are no text"


def _rows(frame: DataFrame, benchmark: Benchmark) -> Iterator[Text]:
    """Texts of our own tables, one at a time; people's labels in canonical form, as ours are."""
    for line, row in enumerate(frame.toLocalIterator(), start=1):
        entities = {
            Entity(span["start"], span["end"], canonical(label) if benchmark.format == "gold" else label)
            for span in row["entities"]
            for label in span["label"]
        }
        text = Text(line, row["id"], row["document_id"], row["language"], row["text"], tuple(sorted(entities)))
        yield loading.named(text, benchmark)


def contaminated(benchmarks: Sequence[Loaded], passages: DataFrame) -> dict[str, set[int]]:
    """Benchmark -> lines of its texts that share a run of words with training passages, as `finerweb contamination`."""
    rows = [(loaded.benchmark.name, text.line, text.id, text.text) for loaded in benchmarks for text in loaded.texts]
    if not rows:
        return {}
    spark: SparkSession = passages.sparkSession
    frame = spark.createDataFrame(rows, contaminations.TEXT)
    grams = contaminations.grams(frame, size=WORDS, least=LEAST)
    # bounded: a row for each length of run
    sizes = sorted({row["size"] for row in grams.select("size").distinct().collect()} - {0})
    shared = contaminations.find(passages, frame, grams, sizes=sizes) if sizes else None
    lines: dict[str, set[int]] = {}
    # bounded: a row for each text of the benchmarks
    for row in shared.select("benchmark", "line").distinct().collect() if shared is not None else ():
        lines.setdefault(row["benchmark"], set()).add(row["line"])
    return lines


def questions(
    benchmarks: Sequence[Loaded],
    training: Mapping[str, int],
    shared: Mapping[str, Collection[int]],
    *,
    similarity: Similarity | None,
    near: float,
) -> list[Question]:
    """The benchmarks with what is known of their labels and texts."""
    every = []
    for loaded in benchmarks:
        familiar = familiarity.familiarity(loaded.every_label, training, similarity=similarity, near=near)
        every.append(Question(loaded, familiar, shared.get(loaded.benchmark.name, set())))
    return every


def similarity_of(encoder: Encoder, work: Path) -> Similarity:
    """The cosine of names, by a sentence encoder; raises BadModel."""
    folder = pretrained.fetch(encoder, work)
    from finerweb.labels import similarity

    embedder = similarity.load(str(folder))
    return lambda names, others: embedder.embed(names) @ embedder.embed(others).T


def summary(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each tagger and benchmark: its F1 with the interval, and the difference to the first."""
    for row in rows:
        is_whole = (row["subset"], row["language"], row["script"], row["label"]) == ("all", EVERY, EVERY, EVERY)
        if not is_whole or row["names"] != "english" or row["f1"] is None or row["low"] is None:
            continue
        figures = f"95 % {row['low']:.2f} to {row['high']:.2f}"
        if row["measure"] == "tagger":
            yield f"{row['benchmark']}: {row['tagger']} has F1 {row['f1']:.2f} ({figures})"
        elif row["measure"] == "difference":
            yield f"{row['benchmark']}: {row['tagger']} {row['f1']:+.2f} beside {row['other']} ({figures})"
