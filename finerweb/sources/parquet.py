"""Parquet files of any schemas: only the columns that are needed are read, each file by its own types."""

import json
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import (
    DataType,
    DecimalType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
)

from finerweb import storage
from finerweb.errors import NotInstalled
from finerweb.sources.fields import NAMES
from finerweb.sources.files import File, only, reader

NO_TEXT = "no column text"
MERGED = "merged"  # in the place of a schema: Spark finds one for all
AT_ONCE = 16  # footers
OF_SPARK: dict[pa.DataType, DataType] = {
    pa.string_view(): StringType(),
    pa.uint8(): ShortType(),
    pa.uint16(): IntegerType(),
    pa.uint32(): LongType(),
    pa.uint64(): DecimalType(20, 0),
}


class Footers(NamedTuple):
    """The schemas of the columns that are needed, as JSON, with the files that have them; and files that have none."""

    schemas: dict[str, list[str]]
    broken: dict[str, str]


def footers(files: Sequence[File]) -> Footers:
    """What the files say of themselves; nothing where only Spark can reach them."""
    try:
        for file in files[:1]:
            storage.place(unquote(file.path))
    except NotInstalled:
        return Footers({MERGED: []}, {})
    schemas: dict[str, list[str]] = defaultdict(list)
    broken = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for file, schema in zip(files, pool.map(_schema, files), strict=True):
            if isinstance(schema, StructType):
                schemas[schema.json()].append(file.path)
            else:
                broken[file.path] = schema
    return Footers(dict(schemas), broken)


def _schema(file: File) -> StructType | str:
    """The needed columns of a file, or why it has none."""
    try:
        system, path = storage.place(unquote(file.path))
        with system.open(path) as opened:
            schema = parquet.read_schema(opened)
    except (pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0]
    fields = [_field(schema.field(name)) for name in NAMES if name in schema.names]
    unreadable = [field for field in fields if isinstance(field, str)]
    if unreadable:
        return f"{unreadable[0]}, which Spark cannot read"
    if "text" not in schema.names:
        return f"{NO_TEXT}; found: {', '.join(schema.names)}"
    return StructType([field for field in fields if isinstance(field, StructField)])


def _field(field: Any) -> StructField | str | None:
    """The type that Spark reads a column as; None for one without values, a text for one that it cannot read."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_null(kind):
        return None
    # Spark has no nanoseconds: it reads them as the numbers that they are.
    is_nano = pa.types.is_timestamp(kind) and kind.unit == "ns"
    try:
        of_spark: DataType = OF_SPARK.get(kind) or (LongType() if is_nano else from_arrow_type(kind))
    except Exception:  # PySpark's own kinds of error differ from version to version
        return f"column {field.name} is {kind}"
    return StructField(field.name, of_spark, metadata={"unit": "ns"} if is_nano else {})


def scans(spark: SparkSession, path: str, footers: Footers) -> list[DataFrame]:
    """The rows of the files, those of one schema in a frame."""
    return [
        reader(spark).option("mergeSchema", "true").parquet(path)
        if schema == MERGED
        else only(reader(spark).schema(StructType.fromJson(json.loads(schema))).parquet(path), paths)
        for schema, paths in footers.schemas.items()
    ]
