"""The lake in SQL: what statements call places, texts and tables, and the statements that make them.

A location is a schema of the catalogue (`schema` or `catalog.schema`) or a folder (it has a slash or a scheme).
"""

import os
import re
from collections.abc import Mapping

from finerweb.errors import BadSettings
from finerweb.table import Table

PART = r"`(?:[^`]|``)+`|[\w-]+"
# Off, whatever a workspace turns on for new tables: with any of these some reader outside Spark refuses the table.
OUTSIDERS = {
    "delta.enableDeletionVectors": "false",
    "delta.enableRowTracking": "false",
    "delta.enableTypeWidening": "false",
    "delta.checkpointPolicy": "classic",
    "delta.columnMapping.mode": "none",
}

FEED = "delta.enableChangeDataFeed"  # a job does again what changed; readers need not know of it


def quoted(*parts: str) -> str:
    """A name as SQL reads it, whatever signs its parts have."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def text(value: str) -> str:
    """A string as SQL reads it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def schema_of(location: str) -> tuple[str, ...] | None:
    """The parts of `schema` or `catalog.schema`, of letters, digits, _ and -, or in backticks; None of a folder.

    Raises BadSettings for what may be either, or is neither.
    """
    if re.fullmatch(rf"(?:{PART})(?:\.(?:{PART}))?", location):
        if not re.fullmatch(r"\w+(\.\w+)?", location) and "`" not in location and os.path.isdir(location):
            raise BadSettings(
                f"lake.location {location}",
                found="the name of a schema, and a folder of that name",
                way_out=f"write ./{location} for the folder, or put each part of the schema's name in backticks",
            )
        return tuple(_bare(part) for part in re.findall(PART, location))
    if "/" in location or re.match(r"[A-Za-z][\w+.-]*:", location):
        return None
    raise BadSettings(
        f"lake.location {location or 'of no sign'}",
        wanted="a folder, with a slash or a scheme in it, or schema or catalog.schema",
        way_out=f"write ./{location} for a folder; a part of a name with other signs than letters, digits, _ and - "
        "stands in backticks",
    )


def _bare(part: str) -> str:
    return part[1:-1].replace("``", "`") if part.startswith("`") else part


def properties(values: Mapping[str, str]) -> str:
    """TBLPROPERTIES with these values."""
    return f"TBLPROPERTIES ({', '.join(f'{text(key)} = {text(value)}' for key, value in values.items())})"


def table(name: str, contract: Table, own: Mapping[str, str], *, anew: bool = False) -> str:
    """Make a table to its contract, with these properties of its own; `anew` in the place of one that is there.

    CREATE OR REPLACE would refuse other columns where the table is a folder.
    """
    columns = ", ".join(
        f"{quoted(column.name)} {column.type}{'' if column.nullable else ' NOT NULL'} COMMENT {text(column.comment)}"
        for column in contract.columns
    )
    # As properties rather than ALTER TABLE ... ADD CONSTRAINT: one commit for all of them.
    constraints = {f"delta.constraints.{constraint}": rule for constraint, rule in contract.constraints.items()}
    return (
        f"{'REPLACE TABLE' if anew else 'CREATE TABLE IF NOT EXISTS'} {name} ({columns}) USING delta "
        f"COMMENT {text(contract.comment)} {properties({**OUTSIDERS, FEED: 'true', **constraints, **own})} "
        f"CLUSTER BY ({', '.join(map(quoted, contract.cluster))})"
    )


def deletion(name: str, view: str, on: str) -> str:
    """Delete the rows `t` of a table for which `on` holds with a row `d` of a view."""
    return f"MERGE INTO {name} AS t USING {view} AS d ON {on} WHEN MATCHED THEN DELETE"
