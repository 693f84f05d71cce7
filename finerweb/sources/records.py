"""Documents in: JSON lines, Parquet, Delta, tables, Hub data sets, and texts with their entities marked inline."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb.errors import BadSource
from finerweb.settings import Source
from finerweb.sources import delta_tables, files, json_lines, marked_texts, parquet, values
from finerweb.sources.fields import COLUMNS, NAMES, OF_FOLDERS, conform, defaulted, schema

NOTHING = {"jsonl": ("no line", "JSON lines"), "parquet": ("no row", "rows")}  # found and wanted of an empty file
LINES = "file string, block bigint, first_row bigint, lines_before bigint"


def read(spark: SparkSession, source: Source, *, paths: Collection[str] | None = None) -> tuple[DataFrame, DataFrame]:
    """A source's records, and where the blocks of its text files begin (empty for formats without lines).

    `paths` are those of `present` files that are read; None for all of the source.
    """
    with _reading(source):
        if source.format == "jsonl":
            return _jsonl(spark, source, paths)
        if source.format == "annotated":
            starts = [(file.path, 0, 1, 0) for file in marked_texts.files(source)]  # their rows are line numbers
            return _annotated(spark, source), spark.createDataFrame(starts, LINES)
        no_lines = spark.createDataFrame([], LINES)
        match source.format:
            case "hub":
                return _hub(spark, source), no_lines
            case "parquet":
                return _parquet(spark, source, paths), no_lines
            case "delta":
                rows = spark.read.format("delta").load(source.path)
            case "table":
                rows = spark.read.table(delta_tables.sql_name(source.path))
        return _records(rows, source, file=F.lit(source.path)), no_lines


@contextmanager
def _reading(source: Source) -> Iterator[None]:
    """What Spark cannot read is the source's fault."""
    try:
        yield
    except AnalysisException as error:
        raise BadSource(
            f"source {source.name}: cannot read {source.path} as {source.format}: {str(error).splitlines()[0]}. "
            "Is the path right? Other formats are annotated, jsonl, parquet, delta, table, hub"
        ) from error


def present(spark: SparkSession, source: Source) -> list[files.File]:
    """The files of a source whose format lets single ones be read; none of the others."""
    with _reading(source):
        return files.listed(spark, source.path) if source.format in NOTHING else []


def fingerprint(spark: SparkSession, source: Source) -> str:
    """What tells that a source has changed: its files' names, sizes and times, a table's version, a Hub's commit."""
    state: object
    with _reading(source):
        match source.format:
            case "hub":
                state = _hub_commit(source)
            case "annotated":
                state = marked_texts.contents(source)
            case "delta":
                state = delta_tables.version(spark, f"delta.`{source.path}`")
            case "table":
                state = delta_tables.version(spark, source.path)
            case _:
                state = files.listed(spark, source.path)
    return hashlib.sha256(repr((source, state)).encode()).hexdigest()[:12]


def gold_entities(spark: SparkSession, source: Source) -> DataFrame | None:
    """The marked entities of an annotated source; None of the others."""
    return marked_texts.entities(spark, source) if source.format == "annotated" else None


def _jsonl(spark: SparkSession, source: Source, paths: Collection[str] | None) -> tuple[DataFrame, DataFrame]:
    listed = files.listed(spark, source.path)
    lines = _chosen(files.reader(spark).text(source.path), paths)
    contents = files.contents(lines, [F.when(F.trim("value") != "", 1)], listed)
    numbered = json_lines.numbered(files.only(lines, contents.broken, others=True))
    records = json_lines.records(numbered, source=source.name, has_partitions=files.has_partitions(listed))
    lost = _lost(spark, source, _unread(listed, paths), contents.filled, contents.broken)
    return defaulted(records, source).unionByName(lost), json_lines.starts(numbered)


def _chosen(rows: DataFrame, paths: Collection[str] | None) -> DataFrame:
    return rows if paths is None else files.only(rows, paths)


def _unread(listed: Sequence[files.File], paths: Collection[str] | None) -> list[str]:
    return [] if paths is None else [file.path for file in listed if file.path not in paths]


def _parquet(spark: SparkSession, source: Source, paths: Collection[str] | None) -> DataFrame:
    listed = files.listed(spark, source.path)
    footers = parquet.footers([file for file in listed if paths is None or file.path in paths])
    reasons = set(footers.broken.values())
    if not footers.schemas and reasons and all(reason.startswith(parquet.NO_TEXT) for reason in reasons):
        raise BadSource(f"source {source.name}: {min(reasons).replace(';', f' in {source.path};', 1)}")
    filled, broken, frames = set(), dict(footers.broken), []
    for rows in (_chosen(scan, paths) for scan in parquet.scans(spark, source.path, footers)):
        contents = files.contents(
            rows, [F.lit(1), *(F.col(f"`{name}`") for name in NAMES if name in rows.columns)], listed
        )
        filled |= contents.filled
        broken |= contents.broken
        readable = files.only(rows, contents.broken, others=True)
        frames.append(_records(readable, source, file=F.col(files.PATH), has_partitions=files.has_partitions(listed)))
    lost = _lost(spark, source, _unread(listed, paths), filled, broken)
    return reduce(DataFrame.unionByName, frames, lost)


def _lost(
    spark: SparkSession,
    source: Source,
    unread: Sequence[str],
    filled: Collection[str],
    broken: Mapping[str, str],
) -> DataFrame:
    """A record for each file without rows, and for each that cannot be read; BadSource for no file at all."""
    empty = [(file,) for file in files.empty(source.path, [*unread, *filled, *broken])]
    if not filled and not broken and not empty:
        raise BadSource(f"source {source.name}: no file in {source.path}")
    nothing, something = NOTHING[source.format]
    without_rows = conform(
        spark.createDataFrame(empty, "file string"),
        source=F.lit(source.name),
        problem=F.lit("empty_file"),
        found=F.lit(nothing),
        wanted=F.lit(something),
    )
    unreadable = conform(
        spark.createDataFrame(list(broken.items()), "file string, reason string"),
        source=F.lit(source.name),
        problem=F.lit("unreadable_file"),
        found=F.col("reason"),
        wanted=F.lit("a file that can be read to its end; nothing of it was taken in: mend it or copy it once more"),
    )
    # Few rows, each of which would be a task with a Python worker.
    return without_rows.unionByName(unreadable).coalesce(1)


def _records(rows: DataFrame, source: Source, *, file: Column, has_partitions: bool = False) -> DataFrame:
    """The columns of a table-like source, under the names of a record."""
    if "text" not in rows.columns:
        raise BadSource(f"source {source.name}: no column text in {source.path}; found: {', '.join(rows.columns)}")
    columns = {name: rows.schema[name] for name in NAMES if name in rows.columns}
    fields = {
        field: values.first([values.of_column(field, columns[name]) for name in names if name in columns])
        for field, names in COLUMNS.items()
    }
    texts = {field: value.text for field, value in fields.items()}
    if has_partitions:
        texts |= {field: F.coalesce(texts[field], files.partition(COLUMNS[field], file)) for field in OF_FOLDERS}
    instead, wanted = values.first_instead(fields)
    records = conform(
        rows,
        **{"source": F.lit(source.name), "file": file, "block": F.lit(0), "row": F.monotonically_increasing_id()},
        **texts,
        raw=F.when(instead.isNotNull(), F.to_json(F.struct(*[F.col(f"`{name}`") for name in columns]))),
        problem=F.when(instead.isNotNull(), "not_text"),
        found=instead,
        wanted=wanted,
    )
    return defaulted(records, source)


def _hub_commit(source: Source) -> str:
    from finerweb.sources import hub

    return hub.commit(source.path, source.revision)


def _hub(spark: SparkSession, source: Source) -> DataFrame:
    from finerweb.sources import hub  # datasets takes seconds to import: only where it is used

    rows = hub.read(
        spark,
        source.path,
        configs=source.configs,
        split=source.split,
        revision=_hub_commit(source),
        limit=source.limit,
    )
    place = {"source": F.lit(source.name), "file": F.lit(source.path), "block": F.lit(0)}
    names = {"script": F.col("language_script"), "licence": F.col("license")}
    return defaulted(conform(rows, row=F.monotonically_increasing_id(), **place, **names), source)


def _annotated(spark: SparkSession, source: Source) -> DataFrame:
    names = schema().names
    rows = [tuple(record.get(name) for name in names) for record in marked_texts.records(source)]
    return spark.createDataFrame(rows, schema())
