"""A table: what one row is, its key, columns, constraints and comments."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, cast

from pyspark.sql import DataFrame
from pyspark.sql.types import StructField, StructType

DDL = str


@dataclass(frozen=True)
class Column:
    """A column: its type as Spark's DDL writes it, and what its values are."""

    name: str
    type: DDL
    comment: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """A table's contract.

    `constraints` (name -> SQL) are Delta CHECK constraints: they bind every writer, ours or not. Delta refuses a row
    for which one is null, unlike SQL.
    `invariants` say what Delta's CHECK grammar cannot (lambdas); the lake checks them in the write itself.
    `earlier` is for a table that cannot be made anew: version of an earlier contract -> column -> its name since then;
    `finerweb migrate` renames them.
    """

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    constraints: Mapping[str, str] = field(default_factory=dict)
    invariants: Mapping[str, str] = field(default_factory=dict)
    cluster: tuple[str, ...] = ("language",)
    earlier: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Eight hex digits of columns and constraints: a table that was made to another contract is refused."""
        contract = [[c.name, c.type, c.nullable] for c in self.columns], dict(self.constraints), self.key
        return hashlib.sha256(json.dumps(contract, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def schema(self) -> StructType:
        """Spark's schema of the table, comments included."""
        types = cast(StructType, StructType.fromDDL(self.ddl))
        return StructType(
            [StructField(c.name, types[c.name].dataType, c.nullable, {"comment": c.comment}) for c in self.columns]
        )

    @property
    def ddl(self) -> str:
        """The columns as one DDL string, for UDFs that return rows of this table."""
        return ", ".join(f"`{column.name}` {column.type}" for column in self.columns)

    def row(self, **values: Any) -> tuple[Any, ...]:
        """A row of these values, in the order of the columns; raises ValueError where one is missing or unknown."""
        try:
            row = self._values(values)
        except KeyError:
            raise ValueError(self._mismatch(values)) from None
        if len(row) != len(values):
            raise ValueError(self._mismatch(values))
        return row

    @cached_property
    def _values(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        names = [column.name for column in self.columns]
        return itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)

    def _mismatch(self, given: Collection[str]) -> str:
        wanted = [column.name for column in self.columns]
        missing = [name for name in wanted if name not in given]
        unknown = [name for name in given if name not in wanted]
        return f"table {self.name}: columns missing {missing or 'none'}, unknown {unknown or 'none'}; wanted {wanted}"

    def conform(self, frame: DataFrame) -> DataFrame:
        """The frame with exactly this table's columns, in order and of its types.

        Raises ValueError that names what is missing or unknown.
        """
        types = self.schema
        if set(frame.columns) != set(types.names):
            raise ValueError(self._mismatch(frame.columns))
        return frame.select(*[frame[name].cast(types[name].dataType).alias(name) for name in types.names])
