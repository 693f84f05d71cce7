"""`finerweb migrate`: tables of an earlier version of finerweb that cannot be made anew."""

from finerweb import tables
from finerweb.asking import conversation
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened, tell
from finerweb.lake import Lake


def main(conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Bring the tables of an earlier finerweb that hold paid answers to this version; every row stays."""
    with opened(conf, set) as (lake, settings):
        rows = migrate(lake, spools=settings.ask.spool)
    tell(*[f"table {name}: its {count:,} rows are in the columns of this version now" for name, count in rows.items()])
    if not rows:
        tell("Nothing to do: no table is of an earlier version that this one can bring forward")


def migrate(lake: Lake, *, spools: str) -> dict[str, int]:
    """Table -> its rows, of those that were of an earlier version. Nobody may ask meanwhile: raises SpoolFailed."""
    with conversation.paused(lake, spools, adopting=False):
        stored = [table for table in tables.every() if table.earlier and lake.exists(table)]
        counts = {table.name: lake.migrate(table) for table in stored}
    return {name: rows for name, rows in counts.items() if rows is not None}
