"""The commits of a Delta table: which of them changed its rows, and which only moved them about."""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pyspark.sql import Row, SparkSession

# After these operations of Delta 4.4 every row is as it was; Databricks runs some of them by itself. Whatever is not
# named here, known or not (RESTORE, FSCK, a column that is added), counts as a change.
MAINTENANCE = frozenset(
    {
        "OPTIMIZE",  # by a person, by us, or by Databricks (`auto`)
        "REORG",
        "OPTIMIZE CHECKPOINT",
        "VACUUM START",
        "VACUUM END",
        "COMPUTE STATS",
        "CLUSTER BY",
        "SET TBLPROPERTIES",
        "UNSET TBLPROPERTIES",
        "UPGRADE PROTOCOL",
        "ROW TRACKING BACKFILL",
        "ROW TRACKING UNBACKFILL",
        "DOMAIN METADATA CLEANUP",
        "Deletion Vector Tombstones",
        "Empty Commit",
    }
)
MARK = "mark"  # of a commit of ours, in its userMetadata
RECENT = 8  # commits that are read at first: in one Spark job and 0.1 s, as one alone is


class State(NamedTuple):
    """What a table, or a part of it, is told by: the last version that changed it, and the mark of that commit.

    A table that was dropped and made again counts its versions anew: the mark tells them apart. `rows` of a part.
    """

    version: int
    mark: str = ""
    rows: int | None = None

    def __str__(self) -> str:
        name = f"{self.version} {self.mark}".rstrip()
        return name if self.rows is None else f"{self.rows} rows at {name}"

    @classmethod
    def parse(cls, text: str) -> "State":
        """The state that was written so, by this version of finerweb or an earlier one."""
        rows, _, name = text.rpartition(" rows at ") if " rows at " in text else ("", "", text)
        if name.endswith(" rows"):
            rows, name = name.removesuffix(" rows"), "-1"
        version, _, mark = name.partition(" ")
        return cls(int(version), mark, int(rows) if rows else None)

    def is_same(self, other: "State") -> bool:
        """Are the rows the same for certain? A part, which is one of an append-only table, is told by their number."""
        return self.rows == other.rows if self.rows is not None else self == other


class History(NamedTuple):
    """Commits as DESCRIBE HISTORY gives them, the newest first; none where there is no table."""

    commits: tuple[Row, ...] = ()

    @property
    def last(self) -> int:
        """The last version; -1 where there is no table."""
        return int(self.commits[0]["version"]) if self.commits else -1

    @property
    def written(self) -> int:
        """The last version that a writer made, even of no rows; it is never that of maintenance."""
        return self._newest([commit for commit in self.commits if commit["operation"] not in MAINTENANCE])

    @property
    def changed(self) -> int:
        """The last version with other rows than the one before: what the table is told by."""
        return self._newest([commit for commit in self.commits if changes(commit)])

    @property
    def state(self) -> State:
        """What the table is told by; version -1 where there is none."""
        version = self.changed
        commit = next((commit for commit in self.commits if commit["version"] == version), None)
        return State(version, mark(commit) if commit else "")

    @property
    def rows(self) -> int:
        """How many rows the last writer wrote."""
        writer = next((commit for commit in self.commits if commit["version"] == self.written), None)
        metrics = writer["operationMetrics"] if writer else {}
        # Where a part was replaced, the rest of its files was copied.
        return int(metrics.get("numOutputRows", 0)) - int(metrics.get("numCopiedRows", 0))

    def has(self, own: str) -> bool:
        """Is the commit with this mark among them?"""
        return any(mark(commit) == own for commit in self.commits)

    def is_nth_append(self, every: int) -> bool:
        """Did the versions pass a multiple of `every` with the last append?"""
        appends = [int(commit["version"]) for commit in self.commits if commit["operation"] == "WRITE"]
        before = appends[1] if len(appends) > 1 else self._newest([])
        return bool(appends) and appends[0] // every > before // every

    def _newest(self, commits: list[Row]) -> int:
        # Delta forgets commits after 30 days: where all that is left is maintenance, the oldest stands for what was.
        return next((int(commit["version"]) for commit in (*commits, *self.commits[-1:])), -1)


def mark(commit: Row) -> str:
    """What only this commit has: what we gave it, or its time (epoch, milliseconds) where somebody else made it."""
    try:
        own = json.loads(commit["userMetadata"] or "{}").get(MARK)
    except (ValueError, AttributeError):  # somebody else's
        own = None
    return own or str(int(commit["timestamp"].timestamp() * 1000))


def changes(commit: Row) -> bool:
    """May a table have other rows after this commit?"""
    if commit["operation"] in MAINTENANCE:
        return False
    return not (is_append(commit) and (commit["operationMetrics"] or {}).get("numOutputRows") == "0")


def is_append(commit: Row) -> bool:
    """Did it add rows, and nothing else?"""
    return commit["operation"] == "WRITE" and (commit["operationParameters"] or {}).get("mode") == "Append"


def read(spark: SparkSession, name: str, count: int | None = None) -> History:
    """The newest commits of a table, by what SQL calls it: so many, or as far back as its last change."""

    def commits(limit: int | None) -> list[Row]:
        return spark.sql(f"DESCRIBE HISTORY {name}{f' LIMIT {limit}' if limit else ''}").collect()

    return newest(commits, count)


def newest(commits: Callable[[int | None], Sequence[Row]], count: int | None) -> History:
    """The newest commits, `count` or as far back as the last change; `commits` gives so many of them, or all."""
    if count is not None:
        return History(tuple(commits(count)))
    recent = History(tuple(commits(RECENT)))
    if len(recent.commits) < RECENT or any(changes(commit) for commit in recent.commits):
        return recent
    return History(tuple(commits(None)))
