"""The commits of a Delta table: which of them changed its rows, and which only moved them about."""

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
RECENT = 8  # commits that are read at first: in one Spark job and 0.1 s, as one alone is


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
    def rows(self) -> int:
        """How many rows the last writer wrote."""
        writer = next((commit for commit in self.commits if commit["version"] == self.written), None)
        return int(writer["operationMetrics"].get("numOutputRows", 0)) if writer else 0

    def is_nth_append(self, every: int) -> bool:
        """Did the versions pass a multiple of `every` with the last append?"""
        appends = [int(commit["version"]) for commit in self.commits if commit["operation"] == "WRITE"]
        before = appends[1] if len(appends) > 1 else self._newest([])
        return bool(appends) and appends[0] // every > before // every

    def _newest(self, commits: list[Row]) -> int:
        # Delta forgets commits after 30 days: where all that is left is maintenance, the oldest stands for what was.
        return next((int(commit["version"]) for commit in (*commits, *self.commits[-1:])), -1)


def changes(commit: Row) -> bool:
    """May a table have other rows after this commit?"""
    if commit["operation"] in MAINTENANCE:
        return False
    is_append = commit["operation"] == "WRITE" and (commit["operationParameters"] or {}).get("mode") == "Append"
    return not (is_append and (commit["operationMetrics"] or {}).get("numOutputRows") == "0")


def read(spark: SparkSession, name: str) -> History:
    """The history of a table, by what SQL calls it: as far back as its last change."""
    recent = History(tuple(spark.sql(f"DESCRIBE HISTORY {name} LIMIT {RECENT}").collect()))
    if len(recent.commits) < RECENT or any(changes(commit) for commit in recent.commits):
        return recent
    return History(tuple(spark.sql(f"DESCRIBE HISTORY {name}").collect()))
