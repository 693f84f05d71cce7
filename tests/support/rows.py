"""Literal rows for tables: what a test does not say has the value that the table takes for nothing."""

from typing import Any

from finerweb.lake import Lake
from finerweb.table import Table

NOTHING = {"string": "", "int": 0, "bigint": 0, "float": 0.0, "double": 0.0, "boolean": False}


def put(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    """Make the table of these rows alone."""
    empty = {column.name: None if column.nullable else NOTHING.get(column.type, []) for column in table.columns}
    filled = [table.row(**{**empty, **row}) for row in rows]
    lake.replace(table, lake.spark.createDataFrame(filled, table.schema))
