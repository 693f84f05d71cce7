"""Views over the tables of a lake."""

import re
from collections.abc import Iterable, Mapping

from finerweb.lake import sql
from finerweb.lake.store import Store
from finerweb.table import Table


def define(store: Store, views: Mapping[str, str], tables: Iterable[Table]) -> None:
    """Make views of queries with {table} in them, as far as the tables are there; see `Lake.define`."""
    names = {table.name: store.name(table) for table in tables if store.exists(table)}
    for name, query in views.items():
        if set(re.findall(r"\{(\w+)\}", query)) <= set(names):
            where = f"VIEW {sql.quoted(*store.schema, name)}" if store.schema else f"TEMPORARY VIEW {name}"
            store.spark.sql(f"CREATE OR REPLACE {where} AS {query.format(**names)}")
    if not store.schema:
        for name, place in names.items():
            store.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM {place}")
