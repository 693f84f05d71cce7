"""Jobs on one lake: run, or left out where nothing has changed; each with its line for people."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from pyspark.sql import functions as F

from finerweb import plugins, tables
from finerweb.lake import Lake
from finerweb.lake.changes import Seen, Since
from finerweb.lake.history import State
from finerweb.run_log import ABSENT, Outside
from finerweb.running import code, watching
from finerweb.running import commit as commits
from finerweb.settings import Settings
from finerweb.tables import runs

Main = Callable[[Lake, Settings], None]

OUTSIDE = "finerweb.outside"
AT_ONCE = 8  # states that are looked at: each waits for a store, or for Delta's log
OUTSIDE_KEY = re.compile(r"(\w+):(.*)", flags=re.DOTALL)


class Outcome(NamedTuple):
    """What a job did: rows and losses (problem -> rows) by table; `is_current`: there was nothing to do."""

    job: str
    seconds: float
    rows: dict[str, int]
    lost: dict[str, dict[str, int]]
    is_current: bool = False
    notes: tuple[str, ...] = ()


class Runner:
    """Runs jobs on one lake, and leaves out those for which nothing has changed since their last run.

    `commit` is the git commit of the code, for the log of runs; None for that of this checkout, where it is one.
    """

    def __init__(self, lake: Lake, settings: Settings, *, force: bool = False, commit: str | None = None) -> None:
        self.lake, self.settings, self.force = lake, settings, force
        self.commit = commits.here() if commit is None else commit
        self._tables = {table.name: table for table in tables.every()}
        self._states: dict[str, str] = {}
        self._newest: dict[str, Mapping[str, Any]] | None = None  # the last run of each job, if they were read at once

    def look_ahead(self, names: Iterable[str]) -> None:
        """Look at the states that tell whether these jobs have something to do, at once and not one by one."""
        if self.force or not self.lake.exists(runs.TABLE):
            return
        newest = self.lake.read(runs.TABLE).groupBy("job").agg(F.max_by(F.struct("*"), "started").alias("last"))
        self._newest = {row["job"]: row["last"].asDict() for row in newest.collect()}
        lasts = [last for name in names if (last := self._newest.get(name)) and self._is_comparable(last)]
        keys = list(dict.fromkeys(key for last in lasts for key in (*last["inputs"], *last["outputs"])))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._try, keys))

    def _try(self, key: str) -> None:
        with suppress(Exception):  # it is looked at again in its job's turn, which is then the one that fails
            self._state(key)

    def run(self, name: str, main: Main) -> Outcome:
        """Run a job, or find that it has nothing to do."""
        began = time.monotonic()
        last = None if self.force else self._last(name)
        if last is not None and self._is_current(last):
            return Outcome(name, time.monotonic() - began, {}, {}, is_current=True)
        started, read = datetime.now(UTC), set[str]()
        since = self._since(last) if last is not None and self._is_comparable(last) else None
        log = self.lake.begin(name, since=since)
        with self.lake.progress.job(name, self.lake.spark):
            main(self.lake, cast(Settings, watching.Watched(self.settings, read)))
            lost = {table: self._lost(table) for table, rows in log.rows.items() if rows}
        seconds, rows = time.monotonic() - began, dict(log.rows)
        self._forget(log.outputs)
        record = {
            "run_id": log.run_id,
            "job": name,
            "started": started,
            "seconds": seconds,
            "settings": {path: watching.fingerprint(self.settings, path) for path in sorted(read)},
            "code": f"{code.fingerprint(name)} {self.commit}".strip(),
            "inputs": dict(log.inputs),
            "outputs": dict(log.outputs),
            "rows": rows,
        }
        row = runs.TABLE.row(**record)
        self.lake.append(runs.TABLE, self.lake.spark.createDataFrame([row], runs.TABLE.schema), once=False)
        if self._newest is not None:
            self._newest[name] = record
        lost = {table: problems for table, problems in lost.items() if problems}
        return Outcome(name, seconds, rows, lost, notes=tuple(filter(None, (*log.notes, log.scope))))

    def _is_current(self, last: Mapping[str, Any]) -> bool:
        """Did the last run of a job see the same code, settings and inputs, and are its outputs as it left them?"""
        left = {key: state for key, state in last["outputs"].items() if state}
        return (
            self._is_comparable(last)
            and all(self._state(key) not in ("-1", ABSENT) for key in last["outputs"])
            and all(self._is_same(key, state) for key, state in (*last["inputs"].items(), *left.items()))
        )

    def _is_comparable(self, last: Mapping[str, Any]) -> bool:
        """Would a run do with the same rows what the last one did?"""
        return bool(last["code"].partition(" ")[0] == code.fingerprint(last["job"])) and all(
            watching.fingerprint(self.settings, path) == value for path, value in last["settings"].items()
        )

    def _since(self, last: Mapping[str, Any]) -> Since | None:
        """What the last run saw and left; None where it knew a table that there is no more."""
        states = {**last["inputs"], **{key: state for key, state in last["outputs"].items() if state}}
        outside = {key: state for key, state in states.items() if OUTSIDE_KEY.match(key)}
        seen = [self._table_seen(key, state) for key, state in states.items() if key not in outside]
        others = [key for key, state in outside.items() if self._state(key) != state]
        return None if None in seen else Since([table for table in seen if table], others)

    def _table_seen(self, key: str, state: str) -> Seen | None:
        name, _, where = key.partition(" where ")
        return Seen(self._tables[name], where or None, State.parse(state)) if name in self._tables else None

    def _is_same(self, key: str, state: str) -> bool:
        """Is something as it was, or a table of the same rows?"""
        now = self._state(key)
        seen = None if OUTSIDE_KEY.match(key) else self._table_seen(key, state)
        if now == state or seen is None:
            return now == state
        return seen.state.is_same(State.parse(now)) or self.lake.change(seen).languages == frozenset()

    def _last(self, name: str) -> Mapping[str, Any] | None:
        if self._newest is not None:
            return self._newest.get(name)
        if not self.lake.exists(runs.TABLE):
            return None
        of_job = self.lake.read(runs.TABLE).filter(F.col("job") == name)
        return next((row.asDict() for row in of_job.orderBy(F.desc("started")).limit(1).collect()), None)

    def _forget(self, outputs: Mapping[str, str]) -> None:
        """The states that this job may have changed."""
        written = {key.split(" ")[0] for key in outputs}
        self._states = {key: state for key, state in self._states.items() if key.split(" ")[0] not in written}

    def _state(self, key: str) -> str:
        if key not in self._states:
            self._states[key] = self._look(key)
        return self._states[key]

    def _look(self, key: str) -> str:
        outside = OUTSIDE_KEY.match(key)
        if outside is None:
            table, _, where = key.partition(" where ")
            return str(self.lake.state(self._tables[table], where or None)) if table in self._tables else ABSENT
        kind, name = outside.groups()
        if kind not in plugins.names(OUTSIDE):
            return ABSENT  # an earlier version of finerweb knew it
        resource: Outside | None = plugins.load(OUTSIDE, kind).find(name, settings=self.settings, spark=self.lake.spark)
        return (resource and resource.state()) or ABSENT

    def _lost(self, name: str) -> dict[str, int]:
        """The problems in a table that was just written, and how many rows have each."""
        table = self._tables[name]
        if "problem" not in [column.name for column in table.columns]:
            return {}
        problems = self.lake.written(table).filter("problem is not null").groupBy("problem").count()
        return {row["problem"]: row["count"] for row in problems.orderBy(F.desc("count")).collect()}


def line(outcome: Outcome) -> str:
    """A job's line on the terminal: what it wrote, what was lost and why, how long it took."""
    if outcome.is_current:
        return f"  {outcome.job:<18} nothing to do"
    parts = [*outcome.notes, *(f"{rows:,} {table.replace('_', ' ')}" for table, rows in outcome.rows.items())]
    for table, problems in outcome.lost.items():
        shown = ", ".join(f"{count:,} {problem}" for problem, count in list(problems.items())[:4])
        more = ", …" if len(problems) > 4 else ""
        parts.append(f"{sum(problems.values()):,} {table.replace('_', ' ')} with a problem ({shown}{more})")
    return f"  {outcome.job:<18} {' · '.join(parts) or 'done'} · {outcome.seconds:.1f} s"
