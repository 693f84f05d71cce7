"""`finerweb compact`: few large files instead of many small ones."""

from typing import Annotated

import typer

from finerweb import plugins, tables
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, lake_of, tell
from finerweb.lake import Lake
from finerweb.table import Table

Names = Annotated[list[str], typer.Argument(metavar="[TABLE]...", help="Such as completions; all tables without one.")]

STAY = (
    "The files from before stay, for older versions and whoever reads them now, until the tables are vacuumed: by "
    "VACUUM, or finerweb take_down --vacuum"
)


def main(names: Names = NONE, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Put the small files of tables together; no row changes, and no job has anything to do for it."""
    with configured(conf, set) as settings:
        chosen = [plugins.load("finerweb.tables", name).TABLE for name in names]
        with lake_of(settings) as lake:
            chosen = chosen or [table for table in tables.every() if lake.exists(table)]
            lines = [compact(lake, table) for table in chosen]
    tell(*lines)
    if any("->" in line for line in lines):
        tell(STAY)


def compact(lake: Lake, table: Table) -> str:
    """Compact a table, and tell what became of its files. Raises WrongTable where it is not there."""
    compaction = lake.compact(table)
    if compaction is None:
        return f"  {table.name:<18} left as it is: somebody else changed it meanwhile. Run this again"
    before, after = compaction.before, compaction.after
    if before == after:
        return f"  {table.name:<18} nothing to do"
    sizes = f"{before.bytes / 1e6:,.1f} -> {after.bytes / 1e6:,.1f} MB"
    return f"  {table.name:<18} {before.files:,} -> {after.files:,} files · {sizes}"
