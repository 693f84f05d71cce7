"""`finerweb contamination`: which benchmark texts the release has in it."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import functions as F

from finerweb.errors import BadBenchmark
from finerweb.lake import Lake
from finerweb.tables import contaminations, passages, selection

ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
WANTED = 'wanted JSON lines, {"text": ..., "id": ...}, plain or gzip'


class Text(NamedTuple):
    """A text of a benchmark, as `contaminations.TEXT` has it."""

    benchmark: str
    line: int
    item: str | None
    text: str


class Hits(NamedTuple):
    """The texts of a file that passages of a language share a run of words with."""

    language: str
    texts: int
    passages: int
    longest: int


class Checked(NamedTuple):
    """A benchmark's file: its texts, those too short to check, lines that are none, and the hits by language."""

    benchmark: str
    texts: int
    short: int
    refused: list[str]
    hits: list[Hits]


def check(lake: Lake, paths: Sequence[Path], *, size: int, least: int) -> list[Checked]:
    """Look for the texts of benchmarks in the passages of the release; what is found becomes `contaminations`."""
    files = [file for path in paths for file in listed(path)]
    read = {str(file): _read(file) for file in files}
    lake.begin("contamination")
    texts = lake.spark.createDataFrame([text for some, _ in read.values() for text in some], contaminations.TEXT)
    grams = contaminations.grams(texts, size=size, least=least)
    counts = grams.groupBy("benchmark", "size").agg(F.countDistinct("line").alias("texts")).collect()
    released = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    sizes = sorted({row["size"] for row in counts} - {0})
    found = contaminations.find(released, texts, grams, sizes=sizes)
    before = lake.read(contaminations.TABLE, or_empty=True)
    lake.replace(contaminations.TABLE, contaminations.renew(before, found, benchmarks=list(read)))
    hits = _hits(lake)
    short = {row["benchmark"]: row["texts"] for row in counts if row["size"] == 0}
    return [
        Checked(name, len(some), short.get(name, 0), refused, hits.get(name, []))
        for name, (some, refused) in read.items()
    ]


def _hits(lake: Lake) -> dict[str, list[Hits]]:
    counted = (
        lake.read(contaminations.TABLE)
        .groupBy("benchmark", "language")
        .agg(
            F.countDistinct("line").alias("texts"),
            F.countDistinct("passage_id").alias("passages"),
            F.max("words").alias("longest"),
        )
        .orderBy("benchmark", "language")
    )
    hits: dict[str, list[Hits]] = {}
    for row in counted.collect():
        hits.setdefault(row["benchmark"], []).append(Hits(*row[1:]))
    return hits


def listed(path: Path) -> list[Path]:
    """A file, or the files of a folder. Raises BadBenchmark."""
    if path.is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.name.endswith(ENDINGS)) if path.is_dir() else []
    if not found:
        what = f"no {', '.join(ENDINGS)} in this folder" if path.is_dir() else "nothing there"
        raise BadBenchmark(f"benchmark {path}: {what}; {WANTED}, or a folder of such files")
    return found


def _read(file: Path) -> tuple[list[Text], list[str]]:
    """The texts of a file, and why other lines have none."""
    texts, refused = [], []
    try:
        for number, line in _lines(file):
            try:
                texts.append(Text(str(file), number, *_text(line)))
            except (ValueError, BadBenchmark) as error:
                refused.append(f"line {number}: {error}; {WANTED}")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadBenchmark(f"benchmark {file}: cannot be unpacked ({error}); {WANTED}") from None
    return texts, refused


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        yield from ((number, line) for number, line in enumerate(opened, start=1) if line.strip())


def _text(line: bytes) -> tuple[str | None, str]:
    record: Any = json.loads(line)
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise BadBenchmark("found no text")
    return None if record.get("id") is None else str(record["id"]), text


def describe(checked: Sequence[Checked]) -> list[str]:
    """A line for each file and language, and one for each line of a file that is no text."""
    said = []
    for one in checked:
        said += [f"{one.benchmark}, {refused}" for refused in one.refused]
        short = f", {one.short:,} of them too short to check" if one.short else ""
        said.append(f"{one.benchmark}: {one.texts:,} texts{short}{'' if one.hits else '; none in the release'}")
        for hit in one.hits:
            share = f"{hit.texts / one.texts:.1%}"
            said.append(
                f"  {hit.language}  {hit.texts:,} texts ({share}) in {hit.passages:,} passages; "
                f"the longest run has {hit.longest:,} words"
            )
    return said
