"""The files of a source, as Spark lists them: in folders below folders, without hidden ones, by patterns."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from finerweb import storage
from finerweb.errors import NotInstalled
from finerweb.spark_errors import SPARK_ERRORS

PATH = "_metadata.file_path"
FAILED = re.compile(r"\[FAILED_READ_FILE\.?\w*\] Encountered error while reading file (.+?)\. +(.*)")


class File(NamedTuple):
    """A file that has bytes: its path as Spark writes it in `_metadata`."""

    path: str
    length: int
    modified: str


class Contents(NamedTuple):
    """The files that have rows, and why others cannot be read to their end."""

    filled: set[str]
    broken: dict[str, str]


def reader(spark: SparkSession) -> DataFrameReader:
    """Folders below folders are read too; those like `lang=xx` are no columns (see `partition`)."""
    return spark.read.option("recursiveFileLookup", "true")


def listed(spark: SparkSession, path: str) -> list[File]:
    """The files of a path, folder or pattern that have bytes."""
    files = reader(spark).format("binaryFile").load(path)
    # bounded: a row for each file, of some 200 bytes
    rows = files.select(PATH, "length", F.col("modificationTime").cast("string")).collect()
    return sorted(File(*row) for row in rows)


def empty(path: str, others: Collection[str]) -> list[str]:
    """The files of a path that are not among others: those of no bytes, which Spark does not list."""
    try:
        system, root = storage.place(path)
    except NotInstalled:  # only Spark reaches it: files of no bytes are not missed
        return []
    roots = system.glob(root) if any(sign in root for sign in "*?[") else [root]
    below = {file: file[len(root) :] for root in roots for file in system.find(root)}
    other_paths = {storage.place(unquote(file)).path for file in others}
    return sorted(
        file
        for file, path in below.items()
        if not _is_hidden(path or file.rpartition("/")[2]) and file not in other_paths
    )


def _is_hidden(path: str) -> bool:
    """Spark's rule for each part of a path: _SUCCESS and .crc are, _lang=xx is not."""
    parts = path.split("/")
    return any(part.startswith(".") or (part.startswith("_") and "=" not in part) for part in parts if part)


def plain(path: str) -> str:
    """A path alone, to compare paths by: Spark gives an escaped URL."""
    return unquote(re.sub(r"^\w+:/*", "", path)).lstrip("/")


def only(rows: DataFrame, paths: Collection[str], *, others: bool = False) -> DataFrame:
    """The rows of some files, or of all but these; the others are not opened."""
    is_one = F.col(PATH).isin(list(paths))
    return rows.filter(~is_one if others else is_one)


def contents(rows: DataFrame, columns: Sequence[Column], files: Sequence[File]) -> Contents:
    """Which files have a row with one of these columns, after reading all of them to their end."""
    names = {plain(file.path): file.path for file in files}
    broken: dict[str, str] = {}
    while True:
        counts = [F.count(column).alias(f"n{index}") for index, column in enumerate(columns)]
        counted = only(rows, broken, others=True).groupBy(F.col(PATH).alias("path")).agg(*counts)
        try:
            filled = {row["path"] for row in counted.collect() if any(row[1:])}  # bounded: a row for each file
        except SPARK_ERRORS as error:
            path, reason = _failed(error)
            file = names.get(plain(path))
            if file is None or file in broken:
                raise
            broken[file] = reason
            continue
        return Contents(filled, broken)


def _failed(error: Exception) -> tuple[str, str]:
    """The file at which Spark failed, and the cause that it names; empty for another failure."""
    text = str(error)
    match = FAILED.search(text)
    if match is None:
        return "", ""
    causes = re.findall(r"^Caused by: (?:[\w.$]+\.)?(\w+(?:: .*)?)$", text, re.MULTILINE)
    return match[1], (causes[-1] if causes else match[2])[:500]


def has_partitions(files: Sequence[File]) -> bool:
    """May their folders say something, as `lang=xx` does?"""
    return any("=" in file.path for file in files)


def partition(names: Sequence[str], path: Column) -> Column:
    """The value that a file's folders give a column: `.../lang=xx/...`; null where they do not."""
    value = F.regexp_extract(path, f"/(?:{'|'.join(names)})=([^/]+)/", 1)
    # Escaped by whoever wrote the folder, and once more in the path as a URL.
    return F.when(~value.isin("", "__HIVE_DEFAULT_PARTITION__"), _decoded(_decoded(value)))


def _decoded(value: Column) -> Column:
    return F.coalesce(F.try_url_decode(F.replace(value, F.lit("+"), F.lit("%2B"))), value)
