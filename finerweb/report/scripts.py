"""Tables and views as a script for another engine: DuckDB, Spark, Trino."""

import re
from collections.abc import Callable, Iterator
from importlib.resources import files

from finerweb import storage, tables
from finerweb.errors import UnknownName
from finerweb.lake import Lake, sql
from finerweb.plugins import suggestion
from finerweb.report.views import VIEWS

# How each engine calls the table of a folder. What is in a catalogue has its short name there already.
DIALECTS: dict[str, Callable[[str, str], str]] = {
    "duckdb": lambda name, place: f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM delta_scan('{place}');",
    "spark": lambda name, place: f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM delta.{sql.quoted(place)};",
    "trino": lambda name, place: (
        f"CALL system.register_table(schema_name => 'finerweb', table_name => '{name}', table_location => '{place}');"
    ),
}
BEGIN = {
    "duckdb": "INSTALL delta;\nLOAD delta;\n\n",
    "trino": "-- In a session with the catalog of a Delta Lake connector and this schema: USE delta.finerweb;\n\n",
}

SHORT = {table.name: table.name for table in tables.every()}


def script(lake: Lake, dialect: str) -> str:
    """Statements that give a lake's tables their short names, where they are folders, and define the views.

    Views whose tables are not there are left out. Raises UnknownName for another dialect.
    """
    if dialect not in DIALECTS:
        choices = list(DIALECTS)
        raise UnknownName(f"no dialect {dialect}; there are: {', '.join(choices)}.{suggestion(dialect, choices)}")
    places = {table.name: lake.place(table) for table in tables.every() if lake.exists(table)}
    named = [DIALECTS[dialect](name, outside(place)) for name, place in places.items() if "/" in place]
    head = "\n".join([*named, ""]) + "\n" if named else ""
    return BEGIN.get(dialect, "") + head + "\n".join(views(dialect, set(places)))


def views(dialect: str, names: set[str]) -> Iterator[str]:
    """The statements that define the views over these tables, which have their short names."""
    statements = _spark() if dialect == "spark" else _translated(dialect)
    for name, statement in statements.items():
        if set(re.findall(r"\{(\w+)\}", VIEWS[name])) <= names:
            yield statement


def outside(place: str) -> str:
    """A folder or URL as engines without Hadoop call it."""
    if "://" not in place or place.startswith("file:"):
        return storage.place(place).path
    return re.sub(r"^s3[an]://", "s3://", place)


def _spark() -> dict[str, str]:
    return {
        name: f"CREATE OR REPLACE TEMPORARY VIEW {name} AS{query.format_map(SHORT).rstrip()};\n"
        for name, query in VIEWS.items()
    }


def _translated(dialect: str) -> dict[str, str]:
    """A dialect's file, made from the views by sqlglot when they were last changed (docs/generated.py)."""
    text = files("finerweb.report").joinpath("dialects", f"{dialect}.sql").read_text(encoding="utf-8")
    statements = re.split(r"^(?=CREATE OR REPLACE VIEW )", text, flags=re.MULTILINE)[1:]
    return {statement.split()[4]: statement.rstrip() + "\n" for statement in statements}
