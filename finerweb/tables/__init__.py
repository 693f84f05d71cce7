"""The tables, one per file: what a row is, and the pure functions that make it from other tables."""

from finerweb import plugins
from finerweb.table import Table


def every() -> list[Table]:
    """All tables, by name."""
    return [plugins.load("finerweb.tables", name).TABLE for name in plugins.names("finerweb.tables")]
