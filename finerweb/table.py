"""A table: what one row is, its key, columns, constraints and comments."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

DDL = str
Make = Callable[..., tuple[Any, ...]]


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

    @cached_property
    def row(self) -> Make:
        """Makes a row of values by column name; raises TypeError where one is missing or unknown."""
        return row_of(self.columns, self.name)

    def conform(self, frame: DataFrame) -> DataFrame:
        """The frame with exactly this table's columns, in order and of its types.

        Raises ValueError that names what is missing or unknown.
        """
        names = [column.name for column in self.columns]
        if set(frame.columns) != set(names):
            raise ValueError(f"table {self.name}: {_mismatch(names, frame.columns)}")
        # One call to Java, where a column at a time takes dozens.
        return frame.selectExpr(*[f"CAST(`{c.name}` AS {c.type}) AS `{c.name}`" for c in self.columns])

    def guard(self, frame: DataFrame) -> DataFrame:
        """The frame, which fails to be written where a row breaks an invariant that Delta's CHECK cannot hold."""
        if not self.invariants:
            return frame
        row = F.to_json(F.struct(*self.key))
        broken = [
            F.when(~F.expr(sql), F.raise_error(F.concat(F.lit(f"table {self.name}: invariant {name} broken by "), row)))
            for name, sql in self.invariants.items()
        ]
        first, *rest = [column.name for column in self.columns]
        guarded = F.coalesce(*broken, F.col(first)).cast(self.schema[first].dataType).alias(first)
        return frame.select(guarded, *rest)


def row_of(columns: Iterable[Column], what: str) -> Make:
    """A function that makes a row of these columns of values by name, whatever their order.

    It raises TypeError for a column that is missing or unknown; `what` says there what it is a row of. It is written
    out, as dataclasses do: Python compares the names itself, and a row costs a tenth of what a dictionary would.
    """
    names = ", ".join(column.name for column in columns)
    scope: dict[str, Make] = {}
    exec(f"def row(*, {names}): return ({names},)", scope)
    scope["row"].__qualname__ = f"row of {what}"
    return scope["row"]


def _mismatch(wanted: Sequence[str], given: Collection[str]) -> str:
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    return f"columns missing {missing or 'none'}, unknown {unknown or 'none'}; wanted {list(wanted)}"
