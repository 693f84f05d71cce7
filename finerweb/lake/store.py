"""Where Delta's tables are, and the contracts that they were made to. The only module that knows either."""

import json
import logging
import uuid
from collections.abc import Mapping

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, DataFrameWriter, Row, SparkSession

from finerweb.errors import NotMade, WrongTable
from finerweb.lake import history, local_log, sql
from finerweb.lake.compacting import Compaction, Size, is_conflict
from finerweb.lake.history import History
from finerweb.spark_errors import SPARK_ERRORS
from finerweb.table import Table

VERSION_PROPERTY = "finerweb.table.version"
SETTINGS_PROPERTY = "finerweb.table.settings"
RETENTION, NONE = "delta.deletedFileRetentionDuration", "interval 0 hours"
ABSENT = {"PATH_NOT_FOUND", "DELTA_TABLE_NOT_FOUND", "DELTA_MISSING_DELTA_TABLE", "TABLE_OR_VIEW_NOT_FOUND"}
LOGGER = logging.getLogger(__name__)


class Store:
    """Tables in one place: a folder or URL, or `schema` or `catalog.schema`. All in SQL, as Spark Connect takes it."""

    def __init__(self, spark: SparkSession, location: str) -> None:
        self.spark = spark
        self.location = location.rstrip("/")
        self.schema = sql.schema_of(location)
        self._folder = None if self.schema else local_log.folder(spark, self.location)
        self._checked: set[str] = set()  # tables whose contract was compared
        self._fed: set[str] = set()  # those of them with a change feed

    def name(self, table: Table) -> str:
        """How SQL calls the table."""
        return sql.quoted(*self.schema, table.name) if self.schema else f"delta.{sql.quoted(self.place(table))}"

    def place(self, table: Table) -> str:
        """Where the table is: a name of the catalogue or a folder."""
        return f"{self.location}.{table.name}" if self.schema else f"{self.location}/{table.name}"

    def exists(self, table: Table) -> bool:
        """Is the table there?"""
        if self.schema:
            return self.spark.catalog.tableExists(self.name(table))
        try:
            _ = local_log.read(self._folder, table.name) or self._load(table).schema
        except AnalysisException as error:
            if error.getCondition() in ABSENT:
                return False
            raise
        return True

    def history(self, table: Table, count: int | None = None) -> History:
        """The table's newest commits, so many or back to its last change; none where it is not there."""
        own = local_log.read(self._folder, table.name, count)
        if own is None and table.name not in self._checked and not self.exists(table):
            return History()
        return own or history.read(self.spark, self.name(table), count)

    def version(self, table: Table) -> int:
        """The table's last Delta version; -1 where it is not there."""
        return self.history(table).last

    def frame(self, table: Table, version: int) -> DataFrame:
        """A version of the table with the columns that it had then."""
        return self._load(table, versionAsOf=version)

    def feed(self, table: Table, first: int, last: int) -> DataFrame:
        """The rows that came and went from one version to another, both included, with Delta's `_change_type`."""
        return self._load(table, readChangeFeed=True, startingVersion=first, endingVersion=last)

    def _load(self, table: Table, **options: int) -> DataFrame:
        reader = self.spark.read.format("delta").options(**options)
        return reader.table(self.name(table)) if self.schema else reader.load(self.place(table))

    def save(self, table: Table, writer: DataFrameWriter) -> None:
        """Let a writer write to the table."""
        if self.schema:
            writer.saveAsTable(self.name(table))
        else:
            writer.save(self.place(table))

    def create(self, table: Table) -> None:
        """Make the table where it is not there yet; check its version where it is, and let it keep its changes."""
        if table.name in self._checked or self.exists(table):
            self.require(table)
            if table.name not in self._fed:  # an earlier finerweb made it
                self._set(table, sql.FEED, "true")
                self._fed.add(table.name)
            return
        self._make_schema()
        self.define(table, version=table.version)

    def define(self, table: Table, *, version: str, anew: bool = False) -> None:
        """Make the table to its contract, called by this version; `anew` in the place of another."""
        self.spark.sql(sql.table(self.name(table), table, {VERSION_PROPERTY: version}, anew=anew))

    def _make_schema(self) -> None:
        """Make the schema where it is not there; who may use one that is there need not be allowed to make any."""
        if not self.schema or self.spark.catalog.databaseExists(name := sql.quoted(*self.schema)):
            return
        statement = f"CREATE SCHEMA IF NOT EXISTS {name}"
        try:
            self.spark.sql(statement)
        except SPARK_ERRORS as error:
            raise NotMade(
                f"schema {self.location}",
                found=f"none, and it cannot be made: {str(error).splitlines()[0]}",
                way_out=f"have it made by someone who may ({statement}), or name another (--set lake.location=...)",
            ) from error

    def migrate(self, table: Table) -> int | None:
        """Bring a table of an earlier contract to the present one, with all its rows; None where it is there already.

        Whatever is done half has no valid version: nothing reads it, and the same call goes on where it was. The table
        is written anew, since other readers of Delta give null for a column that was renamed in place.
        """
        contract, _, start = self._properties(table).get(VERSION_PROPERTY, "none").partition("@")
        if contract == table.version:
            return None
        if contract not in table.earlier:
            raise self._wrong(table, contract)
        if not start:
            start = str(self.version(table))
            self.define(table, version=f"{contract}@{start}", anew=True)
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
        self._set(table, VERSION_PROPERTY, table.version)
        return self.frame(table, self.version(table)).count()

    def settle(self, table: Table, settings: Mapping[str, int]) -> None:
        """Write down the settings that all rows of a table are made with; raises WrongTable where rows have others."""
        properties = self._properties(table)
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
        self._set(table, SETTINGS_PROPERTY, json.dumps(settings, sort_keys=True))

    def _set(self, table: Table, key: str, value: str | None) -> None:
        """Set a property of the table, or take it away."""
        change = f"UNSET TBLPROPERTIES ({sql.text(key)})" if value is None else f"SET {sql.properties({key: value})}"
        self.spark.sql(f"ALTER TABLE {self.name(table)} {change}")

    def delete(self, table: Table, keys: DataFrame, on: str) -> None:
        """Remove the rows `t` for which `on` holds with a row `d` of `keys`."""
        view = f"finerweb_{uuid.uuid4().hex}"
        keys.createOrReplaceTempView(view)
        try:
            self.spark.sql(sql.deletion(self.name(table), view, on)).collect()
        finally:
            self.spark.catalog.dropTempView(view)

    def vacuum(self, table: Table) -> None:
        """Remove every file that the table's last version does not need."""
        detail, name = self._detail(table), self.name(table)
        if "deletionVectors" in (detail["tableFeatures"] or []):
            self.spark.sql(f"REORG TABLE {name} APPLY (PURGE)").collect()  # rows that are only marked as deleted
        # RETAIN 0 HOURS would want a setting of the session that serverless refuses.
        before = detail["properties"].get(RETENTION)
        self._set(table, RETENTION, NONE)
        try:
            self.spark.sql(f"VACUUM {name}").collect()
        finally:
            self._set(table, RETENTION, None if before == NONE else before)

    def size(self, table: Table) -> Size:
        """The table's files and bytes, of any contract; raises WrongTable where it is not there."""
        detail = self._detail(table)
        return Size(detail["numFiles"], detail["sizeInBytes"])

    def compact(self, table: Table) -> Compaction | None:
        """Put small files together, clustered; None where somebody else's change came between, and nothing was done."""
        before = self.size(table)
        try:
            self.spark.sql(f"OPTIMIZE {self.name(table)}").collect()
        except SPARK_ERRORS as error:
            if is_conflict(error):
                return None
            raise
        return Compaction(before, self.size(table))

    def tend(self, table: Table) -> None:
        """Compact a table whose files have become many. What goes wrong is logged, and waits for the next time."""
        try:
            if self.size(table).is_scattered and self.compact(table) is None:
                LOGGER.warning("table %s: not compacted, somebody else changed it; a later append will", table.name)
        except SPARK_ERRORS:
            LOGGER.warning("table %s: not compacted; a later append will try again", table.name, exc_info=True)

    def require(self, table: Table) -> None:
        """Raise WrongTable where the table is not there, or of another contract."""
        if table.name in self._checked:
            return
        properties = self._properties(table)
        if (contract := properties.get(VERSION_PROPERTY, "none")) != table.version:
            raise self._wrong(table, contract)
        self._checked.add(table.name)
        if properties.get(sql.FEED) == "true":
            self._fed.add(table.name)

    def _properties(self, table: Table) -> Mapping[str, str]:
        own = local_log.properties(self._folder, table.name)
        properties: Mapping[str, str] = self._detail(table)["properties"] if own is None else own
        return properties

    def _detail(self, table: Table) -> Row:
        """What Delta says of a table as it is; raises WrongTable where there is none."""
        try:
            return self.spark.sql(f"DESCRIBE DETAIL {self.name(table)}").collect()[0]
        except AnalysisException as error:
            if error.getCondition() not in ABSENT:
                raise
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
