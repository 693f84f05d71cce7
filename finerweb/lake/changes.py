"""In which languages a table has other rows than it had at an earlier version, by Delta's change data feed."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from finerweb.lake import history
from finerweb.lake.history import State
from finerweb.lake.store import Store
from finerweb.spark_errors import SPARK_ERRORS
from finerweb.table import Table

FORGIVING = "spark.sql.files.ignoreMissingFiles"  # a feed whose files are gone would be read as no change
ADDED = ("insert", "update_postimage")
SHOWN = 4  # languages in a job's line


class Seen(NamedTuple):
    """A table, or the part of it for which `where` holds, and the state in which a job saw or left it."""

    table: Table
    where: str | None
    state: State


class Since(NamedTuple):
    """The tables as a job's last run saw and left them, and what outside the lake is another now."""

    tables: Sequence[Seen]
    others: Sequence[str] = ()


class Change(NamedTuple):
    """The languages whose rows differ; None where it may be any row, and `why` nobody knows better."""

    languages: frozenset[str] | None
    why: str = ""

    def __str__(self) -> str:
        if self.languages is None:
            return f"all languages: {self.why}"
        if not self.languages:
            return "no language changed"
        names = sorted(self.languages)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return f"changed: {', '.join(names[:SHOWN])}{more}"


NOTHING = Change(frozenset())


def together(since: Since, change: Callable[[Seen], Change], tables: Collection[Table] = ()) -> Change:
    """What changed of all that a run saw and left, or of these tables, by `change`; `why` names the first unknown."""
    if since.others:
        return Change(None, f"{since.others[0]} is another")
    languages: frozenset[str] = frozenset()
    for seen in since.tables:  # a table may be among them more than once, in parts
        if tables and seen.table not in tables:
            continue
        changed = change(seen)
        if changed.languages is None:
            return Change(None, f"{seen.table.name} {changed.why}")
        languages |= changed.languages
    return Change(languages)


class Changes:
    """What changed of a lake's tables; each change is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: dict[tuple[str, str | None, State, State], Change] = {}

    def since(self, seen: Seen, now: State) -> Change:
        """What changed of a table, or of a part of it, which is in this state now.

        Rows that went and came back are no change: a table that was replaced by the same rows has none. Of a table
        without languages any change is one of all.
        """
        key = seen.table.name, seen.where, seen.state, now
        if key not in self._cache:
            self._cache[key] = _change(self._store, seen, now)
        return self._cache[key]


def _change(store: Store, seen: Seen, now: State) -> Change:
    table, where, before = seen
    if before.is_same(now):
        return NOTHING
    if before.version < 0 or now.version < 0:
        return Change(None, "is new, or gone")
    last = store.version(table)
    commits = store.history(table, last - before.version + 1).commits
    if why := _why_unknown(store, commits, before):
        return Change(None, why)
    later = [commit for commit in commits if commit["version"] > before.version and history.changes(commit)]
    try:
        feed = store.feed(table, before.version + 1, last)
        languages = _languages(feed.filter(where) if where else feed, table, all(map(history.is_append, later)))
    except SPARK_ERRORS:
        # It was off, or vacuumed away; the error's first lines differ by how far it is gone.
        return Change(None, f"has no change feed from version {before.version} on")
    is_of_none = languages and not has_languages(table)
    return Change(None, "changed, and has no languages") if is_of_none else Change(languages)


def _why_unknown(store: Store, commits: Sequence[Row], before: State) -> str:
    """Why no feed can be trusted; empty where one can."""
    first = next((commit for commit in commits if commit["version"] == before.version), None)
    if first is None or (before.mark and history.mark(first) != before.mark):
        return f"is another table than that of version {before.version}, or has forgotten it"
    return f"may have lost changes: the session has {FORGIVING}" if _is_forgiving(store) else ""


def _is_forgiving(store: Store) -> bool:
    try:
        return store.spark.conf.get(FORGIVING, "false") != "false"
    except SPARK_ERRORS:  # serverless shows few of its settings, and lets nobody turn this one on
        return False


def only(frame: DataFrame, languages: frozenset[str] | None) -> DataFrame:
    """The rows of these languages; all of them for None."""
    return frame if languages is None else frame.filter(F.col("language").isin(sorted(languages)))


def has_languages(table: Table) -> bool:
    """Has each of its rows a language?"""
    return any(column.name == "language" for column in table.columns)


def _languages(feed: DataFrame, table: Table, is_growth: bool) -> frozenset[str]:
    """The languages of the rows that came or went on balance; of a table that only grew, of all that came."""
    language = F.col("language") if has_languages(table) else F.lit("")
    rows = feed if is_growth else _on_balance(feed, table, language)
    return frozenset(row["language"] for row in rows.select(language.alias("language")).distinct().collect())


def _on_balance(feed: DataFrame, table: Table, language: Column) -> DataFrame:
    """The distinct rows, by two hashes, that are more or fewer than before."""
    names = [F.to_json(c.name) if c.type.startswith("map") else F.col(c.name) for c in table.columns]
    sign = F.when(F.col("_change_type").isin(*ADDED), 1).otherwise(-1)
    by_row = feed.groupBy(language.alias("language"), F.xxhash64(*names).alias("row"), F.hash(*names).alias("again"))
    return by_row.agg(F.sum(sign).alias("balance")).filter("balance <> 0")
