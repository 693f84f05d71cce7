"""Documents in: JSON lines, Parquet, Delta, Hub data sets, and texts with their entities marked inline."""

import hashlib
import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import fsspec
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from finerweb.errors import BadMark, BadSource
from finerweb.formats import marked
from finerweb.project import resource
from finerweb.settings import Source
from finerweb.tables import gold
from finerweb.tables.documents import RECORD

SAMPLE = "sample"
LINES = "file string, block bigint, first_row bigint, lines_before bigint"

# A record's field -> the columns it may stand in, the first that is there.
COLUMNS = {
    "id": ["id", "document_id"],
    "text": ["text"],
    "language": ["language", "lang"],
    "script": ["language_script", "script"],
    "url": ["url"],
    "date": ["date"],
    "dump": ["dump"],
    "licence": ["licence", "license"],
    "language_score": ["language_score"],
}
JSON = "struct<" + ", ".join(f"{name}: string" for names in COLUMNS.values() for name in names) + ", _bad: string>"


def _schema() -> StructType:
    return cast(StructType, StructType.fromDDL(RECORD))  # needs a session: not at import


def read(spark: SparkSession, source: Source) -> tuple[DataFrame, DataFrame]:
    """A source's records, and where the blocks of its text files begin (empty for formats without lines)."""
    no_lines = spark.createDataFrame([], LINES)
    try:
        if source.format == "jsonl":
            return _jsonl(spark, source)
        if source.format == "annotated":
            files = [(file.name, 0, 1, 0) for file in _annotated_files(source)]  # their rows are line numbers
            return _annotated(spark, source), spark.createDataFrame(files, LINES)
        if source.format == "hub":
            from finerweb.sources import hub  # datasets takes seconds to import: only where it is used

            records = hub.read(
                spark,
                source.path,
                configs=source.configs,
                split=source.split,
                revision=source.revision,
                limit=source.limit,
            )
            return _records(records, source, file=F.lit(source.path)), no_lines
        frame = spark.read.format(source.format).load(source.path)
        file = F.col("_metadata.file_path") if source.format == "parquet" else F.lit(source.path)
        return _records(frame, source, file=file), no_lines
    except AnalysisException as error:
        raise BadSource(
            f"source {source.name}: cannot read {source.path} as {source.format}: {str(error).splitlines()[0]}. "
            "Is the path right? Other formats are annotated, jsonl, parquet, delta, hub"
        ) from error


def fingerprint(spark: SparkSession, source: Source) -> str:
    """What tells that a source has changed: names, sizes and times of its files, or the Hub's revision."""
    if source.format == "hub":
        return f"{source.revision or 'main'}"
    if source.format == "annotated":
        found = [(file.name, file.read_text(encoding="utf-8")) for file in _annotated_files(source)]
    else:
        files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(source.path)
        found = sorted(
            tuple(row) for row in files.select("path", "length", F.col("modificationTime").cast("string")).collect()
        )
    return hashlib.sha256(repr((source, found)).encode()).hexdigest()[:12]


def _jsonl(spark: SparkSession, source: Source) -> tuple[DataFrame, DataFrame]:
    """Spark keeps a line's bytes as they are, so that broken UTF-8 can be told and shown."""
    lines = spark.read.text(source.path).select(
        F.col("value").alias("raw"),
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("row"),
    )
    blocks = lines.groupBy("file", "block").agg(F.min("row").alias("first_row"), F.count("*").alias("n"))
    before = blocks.alias("b").join(
        blocks.select("file", F.col("block").alias("earlier"), F.col("n").alias("n_earlier")).alias("e"),
        on=F.expr("b.file = e.file and e.earlier < b.block"),
        how="left",
    )
    starts = before.groupBy("b.file", "b.block", "b.first_row").agg(
        F.coalesce(F.sum("n_earlier"), F.lit(0)).alias("lines_before")
    )
    parsed = lines.withColumn("json", F.from_json("raw", JSON, {"columnNameOfCorruptRecord": "_bad"}))
    is_utf8 = F.is_valid_utf8("raw")
    # Spark stops reading after the first object: a second one on the line would be lost without a word.
    is_one = F.col("raw").rlike(r"^\s*\{") & ~F.col("raw").rlike(r'\}\s*\{\s*"\w+"\s*:')
    is_json = F.col("json._bad").isNull() & is_one
    values = {field: F.coalesce(*[F.col(f"json.{name}") for name in names]) for field, names in COLUMNS.items()}
    readable = is_utf8 & is_json
    records = parsed.filter(F.trim("raw") != "").select(
        F.lit(source.name).alias("source"),
        "file",
        "block",
        "row",
        F.when(~readable, F.make_valid_utf8("raw")).alias("raw"),
        *[F.when(readable, value).alias(field) for field, value in values.items()],
        F.when(~is_utf8, "invalid_utf8").when(~is_json, "malformed_json").alias("problem"),
        F.when(~readable, F.substring(F.make_valid_utf8("raw"), 1, 120)).alias("found"),
        F.when(~is_utf8, "UTF-8").when(~is_json, "one JSON object a line").alias("wanted"),
    )
    empty = _empty_files(spark, source, lines)
    return _defaulted(records, source).unionByName(empty), starts


def _empty_files(spark: SparkSession, source: Source, lines: DataFrame) -> DataFrame:
    """A reject for each file without a line; Spark does not even list those of no bytes."""
    with_lines = {_plain(row["file"]) for row in lines.filter(F.trim("raw") != "").select("file").distinct().collect()}
    empty = [(file,) for file in _listed(source.path) if _plain(file) not in with_lines]
    return _record_frame(
        spark.createDataFrame(empty, "file string"),
        source=F.lit(source.name),
        problem=F.lit("empty_file"),
        found=F.lit("no line"),
        wanted=F.lit("JSON lines"),
    )


def _listed(path: str) -> list[str]:
    """The files of a path, folder or pattern; hidden ones are left out, as Spark leaves them out."""
    system, place = fsspec.core.url_to_fs(path)
    found = system.glob(place) if any(sign in place for sign in "*?[") else [place]
    files = [file for one in found for file in (system.ls(one, detail=False) if system.isdir(one) else [one])]
    return sorted(file for file in files if not file.rpartition("/")[2].startswith(("_", ".")) and system.isfile(file))


def _plain(file: str) -> str:
    """A file's path alone: Spark gives it as an escaped URL."""
    return unquote(re.sub(r"^\w+:/+", "/", file))


def _records(frame: DataFrame, source: Source, *, file: Column) -> DataFrame:
    """The columns of a table-like source, under the names of a record."""
    if "text" not in frame.columns:
        raise BadSource(f"source {source.name}: no column text in {source.path}; found: {', '.join(frame.columns)}")
    values = {}
    for field, names in COLUMNS.items():
        there = [F.col(name) for name in names if name in frame.columns]
        values[field] = F.coalesce(*there) if there else F.lit(None)
    rows = _record_frame(
        frame, source=F.lit(source.name), file=file, row=F.monotonically_increasing_id(), block=F.lit(0), **values
    )
    return _defaulted(rows, source)


def _record_frame(frame: DataFrame, **values: Column) -> DataFrame:
    columns = [
        values.get(field.name, F.col(field.name) if field.name in frame.columns else F.lit(None))
        .try_cast(field.dataType)
        .alias(field.name)
        for field in _schema()
    ]
    return frame.select(*columns)


def _defaulted(records: DataFrame, source: Source) -> DataFrame:
    """The source's own language where its records give none, or give it another name (`en` in FineWeb)."""
    if source.language is None:
        return _record_frame(records)
    return _record_frame(records, language=F.lit(source.language), script=F.lit(None))


def _annotated_files(source: Source) -> list[Traversable]:
    folder: Traversable = resource(SAMPLE) if source.path == SAMPLE else Path(source.path)
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise BadSource(f"source {source.name}: nothing at {source.path}; wanted a file or folder of marked texts")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)
    if not files:
        raise BadSource(f"source {source.name}: no .txt file in {source.path}")
    return files


def _annotated(spark: SparkSession, source: Source) -> DataFrame:
    schema = _schema()
    records = [
        _annotated_record(source, file, found) for file in _annotated_files(source) for found in _read_marked(file)
    ]
    return spark.createDataFrame([tuple(record.get(name) for name in schema.names) for record in records], schema)


def gold_entities(spark: SparkSession, source: Source) -> DataFrame:
    """The marked entities of an annotated source; none for the others."""
    files = _annotated_files(source) if source.format == "annotated" else []
    rows = [
        (
            f"{source.name}/{_identity(file, found)}",
            _language(source, file),
            *entity,
            found.text[entity.start : entity.end],
        )
        for file in files
        for found in _read_marked(file)
        if isinstance(found, marked.Document)
        for entity in found.entities
    ]
    return spark.createDataFrame(rows, gold.TABLE.ddl)


def _read_marked(file: Traversable) -> list[marked.Document | BadMark]:
    """A file's documents; a file that cannot be read is one error."""
    try:
        return list(marked.documents(file.read_text(encoding="utf-8")))
    except BadMark as error:
        return [error]
    except UnicodeDecodeError as error:
        return [BadMark(1, f"invalid UTF-8 at byte {error.start}")]


def _language(source: Source, file: Traversable) -> str:
    return source.language or file.name.split(".")[0]


def _identity(file: Traversable, document: marked.Document) -> str:
    return f"{file.name.split('.')[0]}/{document.name}"


def _annotated_record(source: Source, file: Traversable, found: marked.Document | BadMark) -> dict[str, Any]:
    record: dict[str, Any] = {
        "source": source.name,
        "file": file.name,
        "language": _language(source, file),
        "block": 0,
        "row": found.line,
    }
    if isinstance(found, marked.Document):
        return record | {
            "id": _identity(file, found),
            "text": found.text,
            "licence": "Apache-2.0" if source.path == SAMPLE else None,
        }
    return record | {"problem": "bad_mark", "found": str(found), "wanted": "=== name kind, and [mention](type)"}
