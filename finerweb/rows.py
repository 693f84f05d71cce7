"""Rows of one frame to rows of another, in Python on the workers; values looked up by a column; slices of a frame."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from finerweb.table import Column

# A row (its columns as attributes) to any number of tuples, in the order of the wanted columns.
Make = Callable[[Any], Iterable[tuple[Any, ...]]]

# pandas has no missing value in its own integers: a column with one would turn into floats.
NULLABLE = {"int": "Int32", "bigint": "Int64"}

HELD = 1_000_000  # rows that the driver keeps: labels, of some 200 bytes
LIMITED = 1000  # from each task Spark lets go no more of the first rows than asked for, where it is at most so many
PARTS = 256


def flat_map(frame: DataFrame, make: Make, columns: Iterable[Column]) -> DataFrame:
    """The rows that `make` (a module's function, or a partial of one) gives for each row, with these columns."""
    wanted = list(columns)
    types = {column.name: NULLABLE[column.type] for column in wanted if column.type in NULLABLE}
    schema = ", ".join(f"`{column.name}` {column.type}" for column in wanted)
    names = [column.name for column in wanted]
    return frame.mapInPandas(partial(_flat_map, make=make, names=names, types=types), schema)


def _flat_map(
    batches: Iterable[pd.DataFrame], *, make: Make, names: list[str], types: dict[str, str]
) -> Iterator[pd.DataFrame]:
    for batch in batches:
        values = [value for row in each(batch) for value in make(row)]
        yield pd.DataFrame(values, columns=names).astype(types)


def each(batch: pd.DataFrame) -> Iterator[Any]:
    """The rows of a batch, their columns as attributes."""
    yield from batch.itertuples(index=False)


def lookup(values: Mapping[str, Any], column: str) -> Expression:
    """The value for each row's `column`; null for one that `values`, which has at least one, does not have."""
    pairs = [F.lit(part) for pair in values.items() for part in pair]
    return F.element_at(F.create_map(*pairs), F.col(column))


def only(frame: DataFrame, column: str, values: Collection[str]) -> DataFrame:
    """The rows whose `column` is one of these values, many thousands of them too."""
    names = frame.sparkSession.createDataFrame([(value,) for value in sorted(values)], f"`{column}` string")
    return frame.join(names, on=column, how="left_semi")


def held(frame: DataFrame, *, most: int = HELD) -> DataFrame:
    """The same rows, which the driver has now: for rows that cost much to make, and are read again.

    Of a frame of more than `most` rows it keeps none, and each reader makes them anew. Not `persist`, which serverless
    refuses.
    """
    rows = frame.limit(most + 1).toArrow()  # bounded: `most`
    return frame.sparkSession.createDataFrame(rows, frame.schema) if rows.num_rows <= most else frame


def first(frame: DataFrame, rows: int, *, within: Sequence[str], key: str) -> DataFrame:
    """The first so many rows of each combination of `within` by the hash of `key`: the same ones each time."""
    order = (F.xxhash64(key), F.col(key))
    if rows > LIMITED:
        frame = _first(frame, rows, Window.partitionBy(*within, part_of(key)).orderBy(*order))
    return _first(frame, rows, Window.partitionBy(*within).orderBy(*order))


def _first(frame: DataFrame, rows: int, window: WindowSpec) -> DataFrame:
    return frame.withColumn("_turn", F.row_number().over(window)).filter(F.col("_turn") <= rows).drop("_turn")


def part_of(key: str) -> Expression:
    """One of `PARTS` parts of the rows, by a hash of `key`: what no task should sort as a whole is sorted in these."""
    return F.pmod(F.hash(key), F.lit(PARTS))


def slices(frame: DataFrame, *, key: str, rows: int, total: int) -> Iterator[DataFrame]:
    """Parts of about so many rows of a frame that has about `total`.

    A part is a hash bucket of `key`, so that it is the same part whenever it is computed.
    """
    parts = -(-total // rows)
    for part in range(parts):
        yield frame.filter(F.pmod(F.xxhash64(key), F.lit(parts)) == part)
