"""The tables in Delta: read, replace, append, what is missing; and what a job read and wrote of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb.lake import sql
from finerweb.lake.compacting import LOOK_EVERY, Compaction
from finerweb.lake.history import History
from finerweb.lake.store import Store
from finerweb.progress import SILENT, Progress
from finerweb.rows import slices
from finerweb.run_log import RunLog
from finerweb.table import Table


class Lake:
    """Tables in one place: a folder or URL, which has a slash or a scheme, or `schema` or `catalog.schema`.

    Its `log` has what was read and written since `begin`; a job adds what it reads and writes outside the lake. Its
    `progress` shows how far the job is.
    """

    def __init__(self, spark: SparkSession, location: str, *, progress: Progress = SILENT) -> None:
        self.spark, self.progress = spark, progress
        self._store = Store(spark, location)
        self.location = self._store.location
        self.begin("")

    def begin(self, job: str) -> RunLog:
        """Start the log of a run of a job."""
        self.log = RunLog(job)
        self._begins: dict[str, History] = {}  # of the tables that it writes
        self._appends: Counter[str] = Counter()
        return self.log

    def name(self, table: Table) -> str:
        """How SQL calls the table."""
        return self._store.name(table)

    def place(self, table: Table) -> str:
        """Where the table is: a name of the catalogue or a folder."""
        return self._store.place(table)

    def exists(self, table: Table) -> bool:
        """Is the table there?"""
        return self._store.exists(table)

    def version(self, table: Table) -> int:
        """The table's last Delta version; -1 where it is not there."""
        return self._store.version(table)

    def create(self, table: Table) -> None:
        """Make the table where it is not there yet; raises WrongTable where it is of another contract."""
        self._store.create(table)

    def migrate(self, table: Table) -> int | None:
        """Bring a table of an earlier contract to the present one; returns its rows, None where nothing was to do."""
        return self._store.migrate(table)

    def compact(self, table: Table) -> Compaction | None:
        """Make few files of many small ones, clustered; no row changes, so that no job has anything to do for it.

        None where somebody else's change came between: nothing was done. Whoever appends or reads meanwhile is not
        disturbed; whoever replaces the table or deletes from it may fail.
        """
        return self._store.compact(table)

    def settle(self, table: Table, settings: Mapping[str, int]) -> None:
        """Hold a table to the settings that its rows are made with; raises WrongTable where it has rows of others."""
        self.create(table)
        self._store.settle(table, settings)

    def read(
        self, table: Table, *, version: int | None = None, where: str | None = None, or_empty: bool = False
    ) -> DataFrame:
        """The table as of now, or of an earlier version, or the part of it for which `where` holds.

        The version is fixed here: a frame that is read while its table is appended to does not change. A table that is
        not there is an error, or made where `or_empty` allows it.
        """
        if or_empty:
            self.create(table)
        self._store.require(table)
        history = self._store.history(table)
        frame = self._frame(table, history.last if version is None else version)
        if where:
            frame = frame.filter(where)
        state = f"{frame.count()} rows" if where else str(history.changed)
        self.log.inputs[f"{table.name} where {where}" if where else table.name] = state
        return frame

    def peek(self, table: Table) -> DataFrame:
        """The table as of now, made where it is not there; no input of the job: for what is appended to."""
        self.create(table)
        return self._frame(table)

    def state(self, table: Table, where: str | None = None) -> str:
        """What tells that a table has changed: the last version that changed it; of a part of it, how many rows.

        A part is one of an append-only table. `read(table, version=...)` gives the rows of then.
        """
        if where is None or not self.exists(table):
            return str(self._store.history(table).changed)
        return f"{self._frame(table).filter(where).count()} rows"

    def _frame(self, table: Table, version: int | None = None) -> DataFrame:
        frame = self._store.frame(table, self.version(table) if version is None else version)
        return frame.select(*[column.name for column in table.columns])

    def replace(self, table: Table, frame: DataFrame) -> int:
        """Make the frame the table's whole content; returns its rows."""
        return self._write(table, frame, mode="overwrite")

    def append(self, table: Table, frame: DataFrame, *, transaction: tuple[str, int] | None = None) -> int:
        """Add the frame's rows; returns how many. The same append made twice by one job is made once.

        A `transaction` is a name and a number. Of all who append under a name a number is taken once, the highest until
        then: who comes later appends nothing, or fails. The rows tell who it was.
        """
        return self._write(table, frame, mode="append", transaction=transaction)

    def delete(self, table: Table, keys: DataFrame, on: str) -> int:
        """Remove the rows `t` for which `on` holds with a row `d` of `keys`, a small frame; returns how many.

        A table with no such row gets no new version. Older versions have the rows until `vacuum`.
        """
        self._store.require(table)
        rows = self._frame(table).alias("t")
        count = rows.join(F.broadcast(keys.alias("d")), on=F.expr(on), how="left_semi").count()
        if count:
            self._store.delete(table, keys, on)
            self.log.outputs[table.name] = self.state(table)
        return count

    def vacuum(self, table: Table) -> None:
        """Remove every file that the table's last version does not need: nobody may read or write it meanwhile."""
        self._store.require(table)
        self._store.vacuum(table)

    def missing(self, table: Table, frame: DataFrame) -> DataFrame:
        """The rows of a frame whose key the table does not have."""
        keys = self.peek(table).select(*table.key)
        return frame.join(keys, on=list(table.key), how="left_anti")

    def append_in_slices(
        self,
        table: Table,
        frame: DataFrame,
        make: Callable[[DataFrame], DataFrame],
        *,
        key: str,
        rows: int,
        total: int,
        unit: str,
    ) -> None:
        """Append `make(part)` for every slice of a frame, each committed before the next is begun.

        `total` is about how many rows the frame has: to count them would cost as much as to read them. `unit` is for
        the bar.
        """
        self.append_parts(table, slices(frame, key=key, rows=rows, total=total), make, total=total, unit=unit)

    def append_parts(
        self,
        table: Table,
        parts: Iterable[DataFrame],
        make: Callable[[DataFrame], DataFrame],
        *,
        total: int,
        unit: str,
    ) -> None:
        """Append `make(part)` for every part, each committed before the next is begun."""
        appended = 0
        for part in parts:
            self.progress.update(appended, max(appended, total), unit)
            appended += self.append(table, make(part))
        self.progress.update(appended, appended, unit)

    def written(self, table: Table) -> DataFrame:
        """The rows of a table that the job wrote."""
        frame = self._frame(table)
        if self.log.outputs[table.name]:
            return frame
        # Of the versions that had the rows of then, the last one: an earlier one may have been vacuumed.
        before = self._frame(table, self._begins[table.name].last)
        return frame.join(before.select(*table.key), on=list(table.key), how="left_anti")

    def define(self, views: Mapping[str, str], tables: Iterable[Table]) -> None:
        """Make views of queries with {table} in them: in a catalogue for everyone, in a folder for this session.

        In a folder the tables themselves get a short name for this session too.
        """
        names = {table.name: self.name(table) for table in tables if self.exists(table)}
        schema = self._store.schema
        for name, query in views.items():
            if set(re.findall(r"\{(\w+)\}", query)) <= set(names):
                where = f"VIEW {sql.quoted(*schema, name)}" if schema else f"TEMPORARY VIEW {name}"
                self.spark.sql(f"CREATE OR REPLACE {where} AS {query.format(**names)}")
        if not schema:
            for name, place in names.items():
                self.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM {place}")

    def _write(self, table: Table, frame: DataFrame, *, mode: str, transaction: tuple[str, int] | None = None) -> int:
        self.create(table)
        # A transaction's name is the version it starts from, whatever maintenance came after: a second driver at the
        # same work, or a retry after a commit whose answer was lost, repeats the name, and Delta leaves it out.
        if table.name not in self._begins:
            self._begins[table.name] = self._store.history(table)
        begin = f"finerweb/{self.log.job}/{table.name}/{self._begins[table.name].written}"
        name, number = transaction or (begin, self._appends[table.name])
        writer = (
            table.guard(table.conform(frame))
            .write.format("delta")
            .mode(mode)
            .option("txnAppId", name)
            .option("txnVersion", number)
            .option("userMetadata", json.dumps({"job": self.log.job, "inputs": self.log.inputs}))
        )
        self._appends[table.name] += 1
        self._store.save(table, writer)
        history = self._store.history(table)
        # Others may append to a table that this job appended to; nobody else replaces one that it replaced.
        self.log.outputs[table.name] = str(history.changed) if mode == "overwrite" else ""
        self.log.rows[table.name] = self.log.rows.get(table.name, 0) + history.rows
        if mode == "append" and history.is_nth_append(LOOK_EVERY):
            self._store.tend(table)
        return history.rows
