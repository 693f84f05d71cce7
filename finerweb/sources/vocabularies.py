"""A vocabulary in a file: labels, what they are in canonical form, their class and their name in a language.

CSV, or JSON lines, by the file's ending. The file of one run freezes the labels of another.
"""

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from finerweb.errors import BadInput, BadVocabulary
from finerweb.formats import json_lines
from finerweb.labels.classes import CLASSES, OTHER
from finerweb.lake import Lake
from finerweb.tables import labels


class Entry(NamedTuple):
    """A label of a language, in canonical form or as an annotator wrote it, and what it is called."""

    label: str
    language: str
    canonical: str
    coarse: str
    name: str


def frozen(spark: SparkSession, path: str | None, *, languages: Collection[str]) -> DataFrame | None:
    """The vocabulary of a file; None where there is no path."""
    if path is None:
        return None
    entries = read(Path(path), languages=languages)
    return spark.createDataFrame(entries, ", ".join(f"{field} string" for field in Entry._fields))


def export(lake: Lake, path: Path) -> int:
    """Write what the table `labels` says without a problem; returns the lines."""
    settled = lake.read(labels.TABLE).filter("problem is null").select(*Entry._fields).orderBy("language", "label")
    return write(path, (Entry(*row) for row in settled.toLocalIterator()))


def write(path: Path, entries: Iterable[Entry]) -> int:
    """Write a vocabulary; returns its lines. A file that is there is left alone: it may be in use."""
    _ending(path)
    try:
        opened = path.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise BadVocabulary(f"{path}: found a file, wanted none: it may be in use; name another") from None
    with opened as file:
        if path.suffix == ".csv":
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(Entry._fields)
            return len([rows.writerow(entry) for entry in entries])
        return len([file.write(json.dumps(entry._asdict(), ensure_ascii=False) + "\n") for entry in entries])


def read(path: Path, *, languages: Collection[str]) -> list[Entry]:
    """The entries of a file, and one for each canonical label that has none of its own; raises BadVocabulary."""
    _ending(path)
    try:
        numbered = list(_of_csv(path) if path.suffix == ".csv" else _of_json(path))
    except FileNotFoundError:
        raise BadVocabulary(
            f"{path}: found no such file, wanted a vocabulary; `finerweb vocabulary FILE` writes one"
        ) from None
    except UnicodeDecodeError as error:
        raise BadVocabulary(f"{path}: found bytes that are not UTF-8, at {error.start}; save it as UTF-8") from None
    if not numbered:
        raise BadVocabulary(f"{path}: found no entry, wanted one on each line; or set name_labels.vocabulary=null")
    return _checked(path, numbered, languages)


def _ending(path: Path) -> None:
    if path.suffix not in (".csv", ".jsonl"):
        raise BadVocabulary(f"{path}: found the ending {path.suffix or 'of nothing'!r}, wanted .csv or .jsonl")


def _of_csv(path: Path) -> Iterator[tuple[int, Entry]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        absent = [name for name in Entry._fields if name not in (rows.fieldnames or [])]
        if absent:
            raise _bad(path, 1, f"no column {', '.join(absent)}", f"the columns {', '.join(Entry._fields)}")
        for row in rows:
            yield rows.line_num, _entry(path, rows.line_num, row)


def _of_json(path: Path) -> Iterator[tuple[int, Entry]]:
    for number, line in json_lines.lines(path):
        try:
            record = json_lines.record(line)
        except BadInput:
            raise _bad(path, number, repr(line.decode(errors="replace")[:60]), "a JSON object") from None
        yield number, _entry(path, number, record)


def _entry(path: Path, number: int, row: dict[str, object]) -> Entry:
    cells = {name: row.get(name) for name in Entry._fields}
    for name, cell in cells.items():
        if not isinstance(cell, str) or not cell.strip():
            raise _bad(path, number, f"{name} {cell!r}", "text")
    return Entry(**{name: str(cell) for name, cell in cells.items()})


def _checked(path: Path, numbered: list[tuple[int, Entry]], languages: Collection[str]) -> list[Entry]:
    """A label says one thing in a language, and so does a canonical label."""
    by_label: dict[tuple[str, str], tuple[int, Entry]] = {}
    by_form: dict[tuple[str, str], tuple[int, Entry]] = {}
    for number, entry in numbered:
        if entry.language not in languages:
            raise _bad(path, number, f"language {entry.language!r}", "a code of languages.yml")
        if entry.coarse not in (*CLASSES, OTHER):
            raise _bad(path, number, f"coarse {entry.coarse!r}", f"one of {', '.join((*CLASSES, OTHER))}")
        line, same = by_label.setdefault((entry.label, entry.language), (number, entry))
        if same != entry:
            raise _bad(path, number, f"{entry.label!r} of {entry.language} again", f"what line {line} says of it")
        of_form = entry._replace(label=entry.canonical)
        line, same = by_form.setdefault((entry.canonical, entry.language), (number, of_form))
        if same != of_form:
            raise _bad(
                path,
                number,
                f"the class {entry.coarse!r} and the name {entry.name!r} of {entry.canonical!r}",
                f"{same.coarse!r} and {same.name!r}, as in line {line}",
            )
    return [entry for _, entry in {**by_form, **by_label}.values()]


def _bad(path: Path, number: int, content: str, wanted: str) -> BadVocabulary:
    return BadVocabulary(f"{path}:{number}: found {content}, wanted {wanted}; mend the line, or write the file anew")
