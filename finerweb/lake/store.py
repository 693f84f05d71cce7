"""Where Delta's tables are, and the contracts that they were made to. The only module that knows either."""

import json
import logging
import re
from collections.abc import Mapping

from delta.tables import DeltaTable, DeltaTableBuilder
from py4j.protocol import Py4JError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, DataFrameWriter, Row, SparkSession

from finerweb.errors import WrongTable
from finerweb.lake import history
from finerweb.lake.compacting import Compaction, Size, is_conflict
from finerweb.lake.history import History
from finerweb.table import Table

VERSION_PROPERTY = "finerweb.table.version"
SETTINGS_PROPERTY = "finerweb.table.settings"
LOGGER = logging.getLogger(__name__)


class Store:
    """Tables in one place: a folder or URL, or `catalog.schema`."""

    def __init__(self, spark: SparkSession, location: str) -> None:
        self.spark = spark
        self.location = location.rstrip("/")
        self.is_schema = bool(re.fullmatch(r"\w+(\.\w+)?", location))
        self._checked: set[str] = set()  # tables whose contract was compared

    def name(self, table: Table) -> str:
        """How SQL calls the table."""
        return self.place(table) if self.is_schema else f"delta.`{self.place(table)}`"

    def place(self, table: Table) -> str:
        """Where the table is: a name of the catalogue or a folder."""
        return f"{self.location}.{table.name}" if self.is_schema else f"{self.location}/{table.name}"

    def exists(self, table: Table) -> bool:
        """Is the table there?"""
        if self.is_schema:
            return self.spark.catalog.tableExists(self.place(table))
        return DeltaTable.isDeltaTable(self.spark, self.place(table))

    def delta(self, table: Table) -> DeltaTable:
        """Delta's own handle on a table that exists."""
        if self.is_schema:
            return DeltaTable.forName(self.spark, self.place(table))
        return DeltaTable.forPath(self.spark, self.place(table))

    def history(self, table: Table) -> History:
        """The table's commits, back to its last change; none where it is not there."""
        if table.name not in self._checked and not self.exists(table):
            return History()
        return history.read(self.spark, self.name(table))

    def version(self, table: Table) -> int:
        """The table's last Delta version; -1 where it is not there."""
        return self.history(table).last

    def frame(self, table: Table, version: int) -> DataFrame:
        """A version of the table with the columns that it had then."""
        reader = self.spark.read.format("delta").option("versionAsOf", version)
        return reader.table(self.place(table)) if self.is_schema else reader.load(self.place(table))

    def save(self, table: Table, writer: DataFrameWriter) -> None:
        """Let a writer write to the table."""
        if self.is_schema:
            writer.saveAsTable(self.place(table))
        else:
            writer.save(self.place(table))

    def create(self, table: Table) -> None:
        """Make the table where it is not there yet; check its version where it is."""
        if table.name in self._checked or self.exists(table):
            self.require(table)
            return
        self.define(DeltaTable.createIfNotExists(self.spark), table, version=table.version)

    def define(self, builder: DeltaTableBuilder, table: Table, *, version: str) -> None:
        """Have Delta make the table to its contract, called by this version."""
        builder = builder.comment(table.comment)
        builder = builder.tableName(self.place(table)) if self.is_schema else builder.location(self.place(table))
        for column in table.columns:
            builder = builder.addColumn(column.name, column.type, nullable=column.nullable, comment=column.comment)
        for name, sql in table.constraints.items():
            # As a property rather than ALTER TABLE ... ADD CONSTRAINT: one commit for all of them.
            builder = builder.property(f"delta.constraints.{name}", sql)
        builder.property(VERSION_PROPERTY, version).clusterBy(*table.cluster).execute()

    def migrate(self, table: Table) -> int | None:
        """Bring a table of an earlier contract to the present one, with all its rows; None where it is there already.

        Whatever is done half has no valid version: nothing reads it, and the same call goes on where it was. The table
        is written anew, since other readers of Delta give null for a column that was renamed in place.
        """
        contract, _, start = self._contract(table).partition("@")
        if contract == table.version:
            return None
        if contract not in table.earlier:
            raise self._wrong(table, contract)
        if not start:
            start = str(self.version(table))
            self.define(DeltaTable.replace(self.spark), table, version=f"{contract}@{start}")
        rows = self.frame(table, int(start)).withColumnsRenamed(dict(table.earlier[contract]))
        writer = (
            table.conform(rows)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", f"finerweb/migrate/{table.name}/{start}")
            .option("txnVersion", 0)
            .option("userMetadata", json.dumps({"job": "migrate"}))
        )
        self.save(table, writer)
        self.spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ('{VERSION_PROPERTY}' = '{table.version}')")
        return self.frame(table, self.version(table)).count()

    def settle(self, table: Table, settings: Mapping[str, int]) -> None:
        """Write down the settings that all rows of a table are made with; raises WrongTable where rows have others."""
        properties = self._detail(table)["properties"]
        before: dict[str, int] = json.loads(properties.get(SETTINGS_PROPERTY, "{}"))
        if before == settings:
            return
        changed = [name for name, value in settings.items() if before.get(name, value) != value]
        if changed and not self.frame(table, self.version(table)).isEmpty():
            raise WrongTable(
                f"table {table.name} at {self.place(table)}",
                found=", ".join(f"rows made with {name}={before[name]}" for name in changed),
                wanted=", ".join(f"{name}={settings[name]}" for name in changed),
                way_out="rows that are there stay, and the answers that were paid for them: set it back, or give the "
                "other setting a lake of its own (--set work=FOLDER, or --set lake.location=...)",
            )
        text = json.dumps(settings, sort_keys=True)
        self.spark.sql(f"ALTER TABLE {self.name(table)} SET TBLPROPERTIES ('{SETTINGS_PROPERTY}' = '{text}')")

    def size(self, table: Table) -> Size:
        """The table's files and bytes, of any contract; raises WrongTable where it is not there."""
        detail = self._detail(table)
        return Size(detail["numFiles"], detail["sizeInBytes"])

    def compact(self, table: Table) -> Compaction | None:
        """Put small files together, clustered; None where somebody else's change came between, and nothing was done."""
        before = self.size(table)
        try:
            self.spark.sql(f"OPTIMIZE {self.name(table)}").collect()
        except (PySparkException, Py4JError) as error:
            if is_conflict(error):
                return None
            raise
        return Compaction(before, self.size(table))

    def tend(self, table: Table) -> None:
        """Compact a table whose files have become many. What goes wrong is logged, and waits for the next time."""
        try:
            if self.size(table).is_scattered and self.compact(table) is None:
                LOGGER.warning("table %s: not compacted, somebody else changed it; a later append will", table.name)
        except (PySparkException, Py4JError):
            LOGGER.warning("table %s: not compacted; a later append will try again", table.name, exc_info=True)

    def require(self, table: Table) -> None:
        """Raise WrongTable where the table is not there, or of another contract."""
        if table.name in self._checked:
            return
        contract = self._contract(table)
        if contract != table.version:
            raise self._wrong(table, contract)
        self._checked.add(table.name)

    def _contract(self, table: Table) -> str:
        """The version of the contract that a table was made to; raises WrongTable where there is no table."""
        return str(self._detail(table)["properties"].get(VERSION_PROPERTY, "none"))

    def _detail(self, table: Table) -> Row:
        """What Delta says of a table as it is; raises WrongTable where there is none."""
        try:
            return self.delta(table).detail().collect()[0]
        except AnalysisException as error:
            raise WrongTable(
                f"table {table.name}: nothing at {self.place(table)}; run the job that writes it first (finerweb run)"
            ) from error

    def _wrong(self, table: Table, contract: str) -> WrongTable:
        if contract.partition("@")[0] in table.earlier:
            way_out = "run finerweb migrate, which keeps every row"
        else:
            way_out = (
                "name another place (--set lake.location=...), or drop the table and run its job again; completions "
                "hold paid answers: copy them first"
            )
        return WrongTable(
            f"table {table.name} at {self.place(table)}",
            found=f"schema version {contract}",
            wanted=table.version,
            way_out=way_out,
        )
