"""Texts with their entities marked inline, as records and as gold."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, SparkSession

from finerweb.errors import BadMark, BadSource
from finerweb.formats import marked
from finerweb.project import resource
from finerweb.settings import Source
from finerweb.tables import gold

SAMPLE = "sample"


class File(NamedTuple):
    """A file of marked texts: its path below the source's, and where it is."""

    path: str
    place: Traversable

    @property
    def name(self) -> str:
        """What its documents' ids begin with: the path without its endings."""
        folder, slash, file = self.path.rpartition("/")
        return f"{folder}{slash}{file.split('.')[0]}"


def files(source: Source) -> list[File]:
    """The .txt files of a source, in folders below folders, without hidden ones; raises BadSource for none."""
    root: Traversable = resource(SAMPLE) if source.path == SAMPLE else Path(source.path)
    if root.is_file():
        return [File(root.name, root)]
    if not root.is_dir():
        raise BadSource(f"source {source.name}: nothing at {source.path}; wanted a file or folder of marked texts")
    below = sorted(_below(root, ""))
    if not below:
        raise BadSource(f"source {source.name}: no .txt file in {source.path}")
    return below


def _below(folder: Traversable, path: str) -> Iterator[File]:
    for entry in folder.iterdir():
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            yield from _below(entry, f"{path}{entry.name}/")
        elif entry.name.endswith(".txt"):
            yield File(f"{path}{entry.name}", entry)


def contents(source: Source) -> list[tuple[str, bytes]]:
    """Every file and what is in it, to tell whether the source has changed."""
    return [(file.path, file.place.read_bytes()) for file in files(source)]


def records(source: Source) -> list[dict[str, Any]]:
    """A record a document; a file that cannot be read is one record with its problem."""
    return [_record(source, file, document) for file in files(source) for document in _read(file)]


def entities(spark: SparkSession, source: Source) -> DataFrame:
    """The marked entities as rows of `gold`."""
    rows = [
        (f"{source.name}/{file.name}/{document.name}", _language(source, file), *entity, mention)
        for file in files(source)
        for document in _read(file)
        if isinstance(document, marked.Document)
        for entity in document.entities
        for mention in [document.text[entity.start : entity.end]]
    ]
    return spark.createDataFrame(rows, gold.TABLE.ddl)


def _read(file: File) -> list[marked.Document | BadMark]:
    try:
        return list(marked.documents(file.place.read_text(encoding="utf-8-sig")))
    except BadMark as error:
        return [error]
    except UnicodeDecodeError as error:
        return [BadMark(1, f"invalid UTF-8 at byte {error.start}")]


def _language(source: Source, file: File) -> str:
    return source.language or file.name.rpartition("/")[2]


def _record(source: Source, file: File, document: marked.Document | BadMark) -> dict[str, Any]:
    record: dict[str, Any] = {
        "source": source.name,
        "file": file.path,
        "language": _language(source, file),
        "block": 0,
        "row": document.line,
    }
    if isinstance(document, BadMark):
        return record | {"problem": "bad_mark", "found": str(document), "wanted": "=== name kind, and [mention](type)"}
    return record | {
        "id": f"{file.name}/{document.name}",
        "text": document.text,
        "licence": "Apache-2.0" if source.path == SAMPLE else None,
    }
