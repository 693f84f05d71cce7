"""`finerweb contamination`: which benchmark texts the release has in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pyspark.sql import functions as F

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.errors import BadBenchmark, BadInput
from finerweb.formats import json_lines
from finerweb.lake import Lake
from finerweb.tables import contaminations, passages, selection

ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
WANTED = 'wanted JSON lines, {"text": ..., "id": ...}, plain or gzip'

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON lines with text, or folders of them.")]
Words = Annotated[int, typer.Option("--words", min=2, help="A run of so many words counts.")]
Least = Annotated[int, typer.Option("--least", min=1, help="A shorter text counts as a whole from here on.")]


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


def main(*, files: Files, words: Words = 13, least: Least = 5, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Find benchmark texts in the passages of the release; exit status 1 if there are any."""
    if least > words:
        raise typer.BadParameter(f"found {least}, wanted at most --words, {words}", param_hint="--least")
    with opened(conf, set) as (lake, _):
        checked = check(lake, files, size=words, least=least)
    tell(*describe(checked))
    raise SystemExit(1 if any(benchmark.hits or benchmark.refused for benchmark in checked) else 0)


def check(lake: Lake, paths: Sequence[Path], *, size: int, least: int) -> list[Checked]:
    """Look for the texts of benchmarks in the passages of the release; what is found becomes `contaminations`."""
    files = [file for path in paths for file in listed(path)]
    contents = {str(file): _read(file) for file in files}
    lake.begin("contamination")
    rows = [text for texts, _ in contents.values() for text in texts]
    texts = lake.spark.createDataFrame(rows, contaminations.TEXT)
    grams = contaminations.grams(texts, size=size, least=least)
    # bounded: a row for each benchmark and length of run
    counts = grams.groupBy("benchmark", "size").agg(F.countDistinct("line").alias("texts")).collect()
    released = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    sizes = sorted({row["size"] for row in counts} - {0})
    shared = contaminations.find(released, texts, grams, sizes=sizes)
    before = lake.read(contaminations.TABLE, or_empty=True)
    lake.replace(contaminations.TABLE, contaminations.renew(before, shared, benchmarks=list(contents)))
    hits = _hits(lake)
    short = {row["benchmark"]: row["texts"] for row in counts if row["size"] == 0}
    return [
        Checked(name, len(rows), short.get(name, 0), refused, hits.get(name, []))
        for name, (rows, refused) in contents.items()
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
    for row in counted.collect():  # bounded: a row for each benchmark and language
        hits.setdefault(row["benchmark"], []).append(Hits(*row[1:]))
    return hits


def listed(path: Path) -> list[Path]:
    """A file, or the files of a folder. Raises BadBenchmark."""
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.name.endswith(ENDINGS)) if path.is_dir() else []
    if not files:
        what = f"no {', '.join(ENDINGS)} in this folder" if path.is_dir() else "nothing there"
        raise BadBenchmark(f"benchmark {path}: {what}; {WANTED}, or a folder of such files")
    return files


def _read(file: Path) -> tuple[list[Text], list[str]]:
    """The texts of a file, and why other lines have none."""
    texts, refused = [], []
    try:
        for number, line in json_lines.lines(file):
            try:
                texts.append(Text(str(file), number, *_text(line)))
            except BadInput as error:
                refused.append(f"line {number}: {error}; {WANTED}")
    except BadInput as error:
        raise BadBenchmark(f"benchmark {error}; {WANTED}") from None
    return texts, refused


def _text(line: bytes) -> tuple[str | None, str]:
    record = json_lines.record(line)
    return None if record.get("id") is None else str(record["id"]), json_lines.text(record)


def describe(checked: Sequence[Checked]) -> list[str]:
    """A line for each file and language, and one for each line of a file that is no text."""
    lines = []
    for benchmark in checked:
        lines += [f"{benchmark.benchmark}, {refused}" for refused in benchmark.refused]
        short = f", {benchmark.short:,} of them too short to check" if benchmark.short else ""
        none = "" if benchmark.hits else "; none in the release"
        lines.append(f"{benchmark.benchmark}: {benchmark.texts:,} texts{short}{none}")
        for hit in benchmark.hits:
            share = f"{hit.texts / benchmark.texts:.1%}"
            lines.append(
                f"  {hit.language}  {hit.texts:,} texts ({share}) in {hit.passages:,} passages; "
                f"the longest run has {hit.longest:,} words"
            )
    return lines
