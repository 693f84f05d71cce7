"""`finerweb sql`: a query of the tables and views."""

from typing import Annotated

import typer

from finerweb import tables
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened
from finerweb.report.views import VIEWS

Query = Annotated[str, typer.Argument(help=f"Of the tables, and the views {', '.join(VIEWS)}.")]


def main(query: Query, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Run a query and print its rows as tab-separated values; docs/sql.md has examples."""
    with opened(conf, set) as (lake, _):
        lake.define(VIEWS, tables.every())
        rows = lake.spark.sql(query)
        typer.echo("\t".join(rows.columns))
        for row in rows.toLocalIterator():
            typer.echo("\t".join("" if value is None else str(value) for value in row))
