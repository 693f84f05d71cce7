"""The tables in Delta: read, replace, append, what is missing. The only module that knows where tables live."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb import progress
from finerweb.errors import WrongTable
from finerweb.table import Table

VERSION_PROPERTY = "finerweb.table.version"
SETTINGS_PROPERTY = "finerweb.table.settings"


class Lake:
    """Tables in one place: a folder or URL, or `catalog.schema`.

    It remembers, since `begin`, its `run` (a unique name), and what was read (`inputs`: name -> version) and written
    (`outputs`: name -> version, "" for a table that was appended to; `rows`). A job adds what it reads and writes
    elsewhere: `source:`, `model:`, `file:`; and what else is worth a word in its line (`said`).
    """

    def __init__(self, spark: SparkSession, location: str) -> None:
        self.spark = spark
        self.location = location.rstrip("/")
        self._checked: set[str] = set()  # tables whose contract was compared
        self._is_schema = bool(re.fullmatch(r"\w+(\.\w+)?", location))
        self.begin("")

    def begin(self, job: str) -> None:
        """Start the account of a run of a job."""
        self._job = job
        self.run = uuid.uuid4().hex
        self.inputs: dict[str, str] = {}
        self.outputs: dict[str, str] = {}
        self.rows: dict[str, int] = {}
        self.said: list[str] = []
        self._transactions: dict[str, tuple[str, int]] = {}

    def name(self, table: Table) -> str:
        """How SQL calls the table."""
        return f"{self.location}.{table.name}" if self._is_schema else f"delta.`{self.location}/{table.name}`"

    def place(self, table: Table) -> str:
        """Where the table is: a name of the catalogue or a folder."""
        return f"{self.location}.{table.name}" if self._is_schema else f"{self.location}/{table.name}"

    def exists(self, table: Table) -> bool:
        """Is the table there?"""
        if self._is_schema:
            return self.spark.catalog.tableExists(self.place(table))
        return DeltaTable.isDeltaTable(self.spark, self.place(table))

    def version(self, table: Table) -> int:
        """The table's last Delta version; -1 where it is not there."""
        if table.name not in self._checked and not self.exists(table):
            return -1
        return int(self._delta(table).history(1).select("version").collect()[0][0])

    def read(
        self, table: Table, *, version: int | None = None, where: str | None = None, or_empty: bool = False
    ) -> DataFrame:
        """The table as of now, or of an earlier version, or the part of it for which `where` holds.

        The version is fixed here: a frame that is read while its table is appended to does not change. A table that is
        not there is an error, or made where `or_empty` allows it.
        """
        if or_empty:
            self.create(table)
        self._require(table)
        if version is None:
            version = self.version(table)
        frame = self._frame(table, version)
        if where:
            frame = frame.filter(where)
        self.inputs[f"{table.name} where {where}" if where else table.name] = self.state(table, where)
        return frame

    def peek(self, table: Table) -> DataFrame:
        """The table as of now, made where it is not there; no input of the job: for what is appended to."""
        self.create(table)
        return self._frame(table, self.version(table))

    def state(self, table: Table, where: str | None = None) -> str:
        """What tells that a table has changed: its version; or, for a part of an append-only table, its rows."""
        if where is None or not self.exists(table):
            return str(self.version(table))
        return f"{self._frame(table, self.version(table)).filter(where).count()} rows"

    def _frame(self, table: Table, version: int) -> DataFrame:
        reader = self.spark.read.format("delta").option("versionAsOf", version)
        frame = reader.table(self.place(table)) if self._is_schema else reader.load(self.place(table))
        return frame.select(*[column.name for column in table.columns])

    def replace(self, table: Table, frame: DataFrame) -> int:
        """Make the frame the table's whole content; returns its rows."""
        return self._write(table, frame, mode="overwrite")

    def append(self, table: Table, frame: DataFrame) -> int:
        """Add the frame's rows; returns how many. The same append made twice by one job is made once."""
        return self._write(table, frame, mode="append")

    def delete(self, table: Table, of: DataFrame, on: str) -> int:
        """Remove the rows `t` for which `on` holds with a row `d` of a small frame; returns how many.

        A table with no such row gets no new version. Older versions have the rows until `vacuum`.
        """
        self._require(table)
        rows = self._frame(table, self.version(table)).alias("t")
        found = rows.join(F.broadcast(of.alias("d")), on=F.expr(on), how="left_semi").count()
        if found:
            with self._configured("spark.databricks.delta.commitInfo.userMetadata", json.dumps({"job": self._job})):
                self._delta(table).alias("t").merge(of.alias("d"), on).whenMatchedDelete().execute()
            self.outputs[table.name] = str(self.version(table))
        return found

    def settle(self, table: Table, settings: Mapping[str, int]) -> None:
        """Write down the settings that all rows of a table are made with; raises WrongTable where rows have others."""
        self.create(table)
        properties = self._delta(table).detail().select("properties").collect()[0][0]
        before: dict[str, int] = json.loads(properties.get(SETTINGS_PROPERTY, "{}"))
        if before == settings:
            return
        other = [name for name, value in settings.items() if before.get(name, value) != value]
        if other and not self._frame(table, self.version(table)).isEmpty():
            raise WrongTable(
                f"table {table.name} at {self.place(table)}",
                found=", ".join(f"rows made with {name}={before[name]}" for name in other),
                wanted=", ".join(f"{name}={settings[name]}" for name in other),
                way_out="rows that are there stay, and the answers that were paid for them: set it back, or give the "
                "other setting a lake of its own (--set work=FOLDER, or --set lake.location=...)",
            )
        text = json.dumps(settings, sort_keys=True)
        self.spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ('{SETTINGS_PROPERTY}' = '{text}')")

    def vacuum(self, table: Table) -> None:
        """Remove every file that the table's last version does not need: nobody may read or write it meanwhile."""
        self._require(table)
        if any("deletionVectors" in row[0] for row in self._delta(table).detail().select("tableFeatures").collect()):
            self.spark.sql(f"REORG TABLE {self.name(table)} APPLY (PURGE)")  # rows that are only marked as deleted
        with (
            self._configured("spark.databricks.delta.retentionDurationCheck.enabled", "false"),
            # Folders are listed by 10,000 tasks otherwise; a table without partitions has one or two.
            self._configured("spark.sql.sources.parallelPartitionDiscovery.parallelism", "8"),
        ):
            self._delta(table).vacuum(0)

    @contextmanager
    def _configured(self, key: str, value: str) -> Iterator[None]:
        before = self.spark.conf.get(key, None)
        self.spark.conf.set(key, value)
        try:
            yield
        finally:
            self.spark.conf.unset(key) if before is None else self.spark.conf.set(key, before)

    def missing(self, table: Table, frame: DataFrame) -> DataFrame:
        """The rows of a frame whose key the table does not have."""
        there = self.peek(table).select(*table.key)
        return frame.join(there, on=list(table.key), how="left_anti")

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
        done = 0
        for part in slices(frame, key=key, rows=rows, total=total):
            progress.update(done, max(done, total), unit)
            done += self.append(table, make(part))
        progress.update(done, done, unit)

    def written(self, table: Table) -> DataFrame:
        """The rows of a table that the job wrote."""
        frame = self._frame(table, self.version(table))
        start = int(self._transactions[table.name][0])
        if self.outputs[table.name] or start < 0:
            return frame
        return frame.join(self._frame(table, start).select(*table.key), on=list(table.key), how="left_anti")

    def create(self, table: Table) -> None:
        """Make the table where it is not there yet; check its version where it is."""
        if table.name in self._checked or self.exists(table):
            self._require(table)
            return
        builder = DeltaTable.createIfNotExists(self.spark).comment(table.comment)
        builder = builder.tableName(self.place(table)) if self._is_schema else builder.location(self.place(table))
        for column in table.columns:
            builder = builder.addColumn(column.name, column.type, nullable=column.nullable, comment=column.comment)
        for name, sql in table.constraints.items():
            # As a property rather than ALTER TABLE ... ADD CONSTRAINT: one commit for all of them.
            builder = builder.property(f"delta.constraints.{name}", sql)
        builder.property(VERSION_PROPERTY, table.version).clusterBy(*table.cluster).execute()

    def define(self, views: Mapping[str, str], tables: Iterable[Table]) -> None:
        """Make views of queries with {table} in them: in a catalogue for everyone, in a folder for this session.

        In a folder the tables themselves get a short name for this session too.
        """
        there = [table for table in tables if self.exists(table)]
        names = {table.name: self.name(table) for table in there}
        for name, query in views.items():
            if set(re.findall(r"\{(\w+)\}", query)) <= set(names):
                where = f"VIEW {self.location}.{name}" if self._is_schema else f"TEMPORARY VIEW {name}"
                self.spark.sql(f"CREATE OR REPLACE {where} AS {query.format(**names)}")
        if not self._is_schema:
            for name, place in names.items():
                self.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM {place}")

    def history(self, table: Table) -> list[dict[str, Any]]:
        """The table's commits, the newest first: version, operation, and the job that made it."""
        rows = self._delta(table).history().select("version", "timestamp", "operation", "userMetadata").collect()
        return [row.asDict() for row in rows]

    def _write(self, table: Table, frame: DataFrame, *, mode: str) -> int:
        self.create(table)
        # A transaction's name is the version it starts from: a second driver at the same work, or a retry after a
        # commit whose answer was lost, repeats the name, and Delta leaves it out.
        start, count = self._transactions.get(table.name, (str(self.version(table)), 0))
        self._transactions[table.name] = (start, count + 1)
        writer = (
            _checked(table, table.conform(frame))
            .write.format("delta")
            .mode(mode)
            .option("txnAppId", f"finerweb/{self._job}/{table.name}/{start}")
            .option("txnVersion", count)
            .option("userMetadata", json.dumps({"job": self._job, "inputs": self.inputs}))
        )
        if self._is_schema:
            writer.saveAsTable(self.place(table))
        else:
            writer.save(self.place(table))
        last = self._delta(table).history(1).select("version", "operationMetrics").collect()[0]
        rows = int(last["operationMetrics"].get("numOutputRows", 0))
        # Others may append to a table that this job appended to; nobody else replaces one that it replaced.
        self.outputs[table.name] = str(last["version"]) if mode == "overwrite" else ""
        self.rows[table.name] = self.rows.get(table.name, 0) + rows
        return rows

    def _delta(self, table: Table) -> DeltaTable:
        if self._is_schema:
            return DeltaTable.forName(self.spark, self.place(table))
        return DeltaTable.forPath(self.spark, self.place(table))

    def _require(self, table: Table) -> None:
        if table.name in self._checked:
            return
        try:
            properties = self._delta(table).detail().select("properties").collect()[0][0]
        except AnalysisException as error:
            raise WrongTable(
                f"table {table.name}: nothing at {self.place(table)}; run the job that writes it first (finerweb run)"
            ) from error
        found = properties.get(VERSION_PROPERTY, "none")
        if found != table.version:
            raise WrongTable(
                f"table {table.name} at {self.place(table)}: found schema version {found}, wanted {table.version}. "
                "Name another place (--set lake.location=...), or drop the table and run its job again; completions "
                "hold paid answers: copy them first"
            )
        self._checked.add(table.name)


def slices(frame: DataFrame, *, key: str, rows: int, total: int) -> Iterator[DataFrame]:
    """Parts of about so many rows of a frame that has about `total`.

    A part is a hash bucket of `key`, so that it is the same part whenever it is computed.
    """
    parts = -(-total // rows)
    for part in range(parts):
        yield frame.filter(F.pmod(F.xxhash64(key), F.lit(parts)) == part)


def _checked(table: Table, frame: DataFrame) -> DataFrame:
    """The frame, which fails to be written where a row breaks an invariant that Delta's CHECK cannot hold."""
    if not table.invariants:
        return frame
    broken = [
        F.when(
            ~F.expr(sql),
            F.raise_error(
                F.concat(F.lit(f"table {table.name}: invariant {name} broken by "), F.to_json(F.struct(*table.key)))
            ),
        )
        for name, sql in table.invariants.items()
    ]
    first, *rest = table.columns
    guarded = F.coalesce(*broken, F.col(first.name)).cast(table.schema[first.name].dataType).alias(first.name)
    return frame.select(guarded, *[column.name for column in rest])
