"""Literal rows for tables: what a test does not say has the value that the table takes for nothing."""

from typing import Any

from finerweb.lake import Lake
from finerweb.table import Table

NOTHING = {"string": "", "int": 0, "bigint": 0, "float": 0.0, "double": 0.0, "boolean": False}


def put(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    """Make the table of these rows alone."""
    unknown = {name for row in rows for name in row} - {column.name for column in table.columns}
    assert not unknown, f"table {table.name} has no {unknown}"
    empty = {one.name: None if one.nullable else NOTHING.get(one.type, []) for one in table.columns}
    made = [tuple({**empty, **row}.values()) for row in rows]
    lake.replace(table, lake.spark.createDataFrame(made, table.schema))
