"""`finerweb views`: the views as a file for another engine."""

from typing import Annotated

import typer

from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened
from finerweb.report import scripts

Dialect = Annotated[str, typer.Argument(help=f"{', '.join(scripts.DIALECTS)}.")]


def main(dialect: Dialect = "duckdb", conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Print tables and views as SQL for DuckDB, Spark or Trino; docs/sql.md has questions for them."""
    with opened(conf, set) as (lake, _):
        typer.echo(scripts.script(lake, dialect), nl=False)
