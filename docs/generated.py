"""What docs/ and finerweb/report/dialects/ have from the code: `make docs` writes it, tests say where it is old."""

import re
from pathlib import Path

from finerweb import tables
from finerweb.report.views import VIEWS
from finerweb.table import Table

ROOT = Path(__file__).parents[1]
DICTIONARY = ROOT / "docs" / "dictionary.md"
DIALECTS = ROOT / "finerweb" / "report" / "dialects"


def dictionary() -> str:
    """The data dictionary: every table with its columns, key and constraints."""
    head = (
        "# Data dictionary\n\n"
        "Made from [finerweb/tables](../finerweb/tables) by `make docs`. The same comments stand in the tables "
        "themselves: `DESCRIBE TABLE EXTENDED entities`.\n\n"
        "Offsets are half-open code points, so that `text[start:end]` is the mention. A type in bold is never null. "
        "A *check* binds every writer, since Delta refuses a row that breaks it; an *invariant* binds finerweb's own "
        "writes.\n\n"
        "| table | a row is |\n|---|---|\n"
    )
    every = tables.every()
    list_of = "".join(f"| [`{table.name}`](#{table.name}) | {table.comment} |\n" for table in every)
    return head + list_of + "".join(map(_section, every))


def _section(table: Table) -> str:
    rows = "".join(
        f"| `{column.name}` | {_type(column.type, nullable=column.nullable)} | {_cell(column.comment)} |\n"
        for column in table.columns
    )
    rules = "".join(
        f"- {kind} `{name}`: `{' '.join(sql.split())}`\n"
        for kind, group in (("check", table.constraints), ("invariant", table.invariants))
        for name, sql in group.items()
    )
    key = ", ".join(f"`{name}`" for name in table.key)
    cluster = f" Clustered by {', '.join(f'`{name}`' for name in table.cluster)}." if table.cluster else ""
    return (
        f"\n## {table.name}\n\n{table.comment}\n\nKey: {key}.{cluster} Contract: `{table.version}`.\n\n"
        f"| column | type | what it is |\n|---|---|---|\n{rows}" + (f"\n{rules}" if rules else "")
    )


def _type(ddl: str, *, nullable: bool) -> str:
    words = f"`{ddl}`"
    return words if nullable else f"**{words}**"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def dialect(name: str) -> str:
    """The views as another engine's SQL, over tables with their short names."""
    return f"-- The views of finerweb/report/views.py in {name}'s SQL. Made by `make docs`.\n" + "".join(
        f"\nCREATE OR REPLACE VIEW {view} AS\n{_translated(query, name)};\n" for view, query in VIEWS.items()
    )


def _translated(query: str, name: str) -> str:
    import sqlglot
    from sqlglot import exp

    short = re.sub(r"\{(\w+)\}", r"\1", query)
    tree = sqlglot.parse_one(short, read="spark")
    if name != "trino":
        return tree.sql(dialect=name, pretty=True)
    # Trino makes columns of the fields of what is unnested.
    tree = sqlglot.parse_one(tree.sql(dialect=name), read=name)
    fields = {
        column.name: re.findall(r"[<, ](\w+):", column.type)
        for table in tables.every()
        for column in table.columns
        if column.type.startswith("array<struct")
    }
    for unnest in tree.find_all(exp.Unnest):
        names = fields.get(unnest.expressions[0].name)
        if names:
            item = unnest.args["alias"].columns[0]
            columns = [exp.to_identifier(field, quoted=field == "end") for field in names]
            unnest.set("alias", exp.TableAlias(this=item.copy(), columns=columns))
    return tree.sql(dialect=name, pretty=True)


def main() -> None:
    """Write them anew."""
    DICTIONARY.write_text(dictionary(), encoding="utf-8")
    for path in sorted(DIALECTS.glob("*.sql")):
        path.write_text(dialect(path.stem), encoding="utf-8")


if __name__ == "__main__":
    main()
