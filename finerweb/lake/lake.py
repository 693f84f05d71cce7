"""The tables in Delta: read, replace, append, what is missing; and what a job read and wrote of them."""

import copy
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from finerweb.lake import changes, sql, views
from finerweb.lake.changes import Change, Changes, Seen, Since
from finerweb.lake.compacting import LOOK_EVERY, Compaction
from finerweb.lake.history import MARK, History, State
from finerweb.lake.store import Store
from finerweb.progress import SILENT, Progress
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
        self._changes = Changes(self._store)
        self.languages: frozenset[str] | None = None  # of which rows are read and replaced; None: of all
        self.begin("")

    def begin(self, job: str, *, since: Since | None = None) -> RunLog:
        """Start the log of a run of a job; `since` is what its last run, of the same code and settings, saw and left.

        Without it the job does everything anew.
        """
        self.log, self._since = RunLog(job), since
        self._begins: dict[str, History] = {}  # of the tables that it writes
        self._appends: Counter[str] = Counter()
        self._replaced: dict[str, frozenset[str] | None] = {}  # of which languages
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
        state = history.state
        if where:
            frame = frame.filter(where)
            state = state._replace(rows=frame.count())
        self.log.inputs[f"{table.name} where {where}" if where else table.name] = str(state)
        return changes.only(frame, self.languages if changes.has_languages(table) else None)

    def peek(self, table: Table) -> DataFrame:
        """The table as of now, made where it is not there; no input of the job: for what is appended to."""
        self.create(table)
        return self._frame(table)

    def state(self, table: Table, where: str | None = None) -> State:
        """What tells that a table, or a part of one that is appended to alone, has changed."""
        state = self._store.history(table).state
        rows = self._frame(table).filter(where).count() if where and state.version >= 0 else None
        return state._replace(rows=rows)

    def change(self, seen: Seen) -> Change:
        """In which languages a table, or a part of it, has other rows than when it was seen."""
        return self._changes.since(seen, self.state(seen.table, seen.where))

    def unchanged(self, table: Table) -> bool:
        """Has a table the rows with which the job's last run, of this code and settings, saw or left it?"""
        seen = [seen for seen in self._since.tables if seen.table == table] if self._since else []
        return bool(seen) and all(self.change(state).languages == frozenset() for state in seen)

    def changed(self, *tables: Table) -> "Lake":
        """The lake as far as languages changed since the job last ran: their rows alone are read, and replaced.

        For tables whose rows of a language come of rows of that language, in all that the job reads and writes or in
        these. The whole lake where the job has to do everything, or something changed that is of no language.
        """
        if self._since is None:
            return self
        change = changes.together(self._since, self.change, tables)
        self.log.scope = str(change)
        part = copy.copy(self)  # one log
        part.languages = change.languages
        return part

    def _frame(self, table: Table, version: int | None = None) -> DataFrame:
        frame = self._store.frame(table, self.version(table) if version is None else version)
        return frame.select(*[column.name for column in table.columns])

    def replace(self, table: Table, frame: DataFrame) -> int:
        """Make the frame the table's content, or that of the languages that changed, if any; returns its rows."""
        self._replaced[table.name] = self.languages
        if self.languages is None:
            return self._write(table, frame, mode="overwrite")
        if not self.languages:
            self.log.outputs[table.name] = str(self.state(table))
            return 0
        within = f"language IN ({', '.join(map(sql.text, sorted(self.languages)))})"
        return self._write(table, frame, mode="overwrite", within=within)

    def append(
        self, table: Table, frame: DataFrame, *, transaction: tuple[str, int] | None = None, once: bool = True
    ) -> int:
        """Add the frame's rows; returns how many. The same append made twice by one job is made once.

        A `transaction` is a name and a number. Of all who append under a name a number is taken once, the highest until
        then: who comes later appends nothing, which gives 0, or fails. `once`, if false, spares Delta reading its log.
        """
        return self._write(table, frame, mode="append", transaction=transaction, once=once)

    def delete(self, table: Table, keys: DataFrame, on: str) -> int:
        """Remove the rows `t` for which `on` holds with a row `d` of `keys`, a small frame; returns how many.

        A table with no such row gets no new version. Older versions have the rows until `vacuum`.
        """
        self._store.require(table)
        count = self._frame(table).alias("t").join(F.broadcast(keys.alias("d")), F.expr(on), "left_semi").count()
        if count:
            self._store.delete(table, keys, on)
            self.log.outputs[table.name] = str(self.state(table))
        return count

    def vacuum(self, table: Table) -> None:
        """Remove every file that the table's last version does not need: nobody may read or write it meanwhile."""
        self._store.require(table)
        self._store.vacuum(table)

    def missing(self, table: Table, frame: DataFrame) -> DataFrame:
        """The rows of a frame whose key the table does not have."""
        keys = self.peek(table).select(*table.key)
        return frame.join(keys, on=list(table.key), how="left_anti")

    def append_parts(
        self,
        table: Table,
        parts: Iterable[DataFrame],
        make: Callable[[DataFrame], DataFrame],
        *,
        total: int,
        unit: str,
    ) -> None:
        """Append `make(part)` for every part, each committed before the next is begun.

        `total` is about how many rows the parts have: to count them would cost as much as to read them. `unit` is for
        the bar.
        """
        appended = 0
        for part in parts:
            self.progress.update(appended, max(appended, total), unit)
            appended += self.append(table, make(part))
        self.progress.update(appended, appended, unit)

    def written(self, table: Table) -> DataFrame:
        """The rows of a table that the job wrote."""
        frame = self._frame(table)
        if self.log.outputs[table.name]:
            return changes.only(frame, self._replaced.get(table.name))
        # Of the versions that had the rows of then, the last one: an earlier one may have been vacuumed.
        before = self._frame(table, self._begins[table.name].last)
        return frame.join(before.select(*table.key), on=list(table.key), how="left_anti")

    def define(self, queries: Mapping[str, str], tables: Iterable[Table]) -> None:
        """Make views of queries with {table} in them; in a folder for this session, with short names of the tables."""
        views.define(self._store, queries, tables)

    def _write(
        self,
        table: Table,
        frame: DataFrame,
        *,
        mode: str,
        within: str | None = None,
        transaction: tuple[str, int] | None = None,
        once: bool = True,
    ) -> int:
        self.create(table)
        # A transaction's name is the version it starts from, whatever maintenance came after: a second driver at the
        # same work, or a retry after a commit whose answer was lost, repeats the name, and Delta leaves it out.
        if table.name not in self._begins:
            self._begins[table.name] = self._store.history(table)
        begin = f"finerweb/{self.log.job}/{table.name}/{self._begins[table.name].written}"
        name, number = transaction or (begin, self._appends[table.name])
        own = uuid.uuid4().hex[:8]
        commit = {"job": self.log.job, "inputs": self.log.inputs, MARK: own}
        writer = table.guard(table.conform(frame)).write.format("delta").mode(mode)
        writer = writer.option("userMetadata", json.dumps(commit))
        if once:
            writer = writer.option("txnAppId", name).option("txnVersion", number)
        self._appends[table.name] += 1
        self._store.save(table, writer.option("replaceWhere", within) if within else writer)
        history = self._store.history(table)
        # Others may append to a table that this job appended to; nobody else replaces one that it replaced.
        self.log.outputs[table.name] = str(history.state) if mode == "overwrite" else ""
        self.log.rows[table.name] = self.log.rows.get(table.name, 0) + history.rows
        if (mode == "append" or within) and history.is_nth_append(LOOK_EVERY):
            self._store.tend(table)
        return history.rows if transaction is None or history.has(own) else 0
