"""`finerweb take_down`: remove documents, and all that was made of them, from every table."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import tables
from finerweb.asking import conversation
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, lake_of, tell
from finerweb.errors import BadInput, NoSuchDocument
from finerweb.lake import Lake
from finerweb.table import Table
from finerweb.tables import documents, near_duplicates, take_downs

# The columns that name a document: by its id, or by that of a passage of it, of a copy of a passage (for judges), or of
# a sentence.
NAMES = ("document_id", "passage_id", "example_id", "duplicate_of", "subject_id")
PASSAGE = r"(?s)^(.*)#[0-9]+(~[a-z]+|-s[0-9]+)?$"

# A reject has no document_id: it names a document by what was found, or within its record's JSON. A record that only
# links to a page is read again by the next ingest_documents.
REJECT = f"""
    t.found = d.document_id
    OR (d.is_page AND contains(t.record, regexp_replace(d.url, '{take_downs.LOOSE}', '')))
    OR (t.source = split_part(d.document_id, '/', 1)
        AND contains(t.record, concat('"', substring(d.document_id, length(t.source) + 2), '"')))
"""

Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept beside the document's id.")]
Url = Annotated[list[str], typer.Option("--url", help="A page; may be repeated.")]
Document = Annotated[list[str], typer.Option("--document", help="A document_id; may be repeated.")]
File = Annotated[Path | None, typer.Option("--file", help="URLs and document_ids, one a line.")]
Vacuum = Annotated[bool, typer.Option("--vacuum", help="Remove older versions of all tables too.")]


class TakenDown(NamedTuple):
    """The documents that were asked for, the rows that were removed by table, and where nearly the same text stays."""

    documents: list[str]
    rows: dict[str, int]
    alike: list[str]


def main(
    *,
    reason: Reason,
    url: Url = NONE,
    document: Document = NONE,
    file: File = None,
    vacuum: Vacuum = False,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Remove documents and all that was made of them, and never take them in again."""
    with configured(conf, set) as settings:
        listed_urls, listed_ids = read(file) if file else ([], [])
        urls, ids = [*url, *listed_urls], [*document, *listed_ids]
        if not (urls or ids) or not reason.strip():
            raise typer.BadParameter("wanted a --reason, and a --url, --document or --file", param_hint="take_down")
        with lake_of(settings) as lake:
            removed = take_down(lake, urls=urls, ids=ids, reason=reason, spools=settings.ask.spool)
            purged = purge(lake, spools=settings.ask.spool) if vacuum else 0
    tell(*describe(removed, purged, settings.publish.path, settings.report.path))


def take_down(lake: Lake, *, urls: Collection[str], ids: Collection[str], reason: str, spools: str) -> TakenDown:
    """Remove these documents and refuse them from now on. Raises NoSuchDocument before anything is removed.

    The refusal is written first: what a crash leaves undone, the same command does.
    """
    lake.begin("take_down")
    earlier = lake.read(take_downs.TABLE, or_empty=True)
    named = take_downs.asked(lake.read(documents.TABLE, or_empty=True), earlier, urls=urls, ids=ids)
    rows = [tuple(row) for row in named.orderBy("document_id").collect()]
    gone = [document_id for document_id, _, _ in rows]
    _require({url for _, url, _ in rows if url}, urls, set(gone), ids)
    with conversation.paused(lake, spools):
        news = take_downs.news(
            earlier, lake.spark.createDataFrame(rows, named.schema), reason=reason, taken=datetime.now(UTC)
        )
        if not news.isEmpty():
            lake.replace(take_downs.TABLE, take_downs.renew(earlier, news))
        taken = lake.read(take_downs.TABLE)
        alike = _alike(lake, taken)
        conditions = {table.name: (table, condition(table)) for table in tables.every() if lake.exists(table)}
        removed = {name: lake.delete(table, taken, on) for name, (table, on) in conditions.items() if on}
    return TakenDown(gone, {name: count for name, count in removed.items() if count}, alike)


def condition(table: Table) -> str | None:
    """Which rows `t` of a table are about the document `d`, a row of take_downs; None for a table without such rows."""
    if table.name == take_downs.TABLE.name:
        return None
    if table.name == "rejects":
        return REJECT
    named = [column.name for column in table.columns if column.name in NAMES]
    # Where a row has the document's id, its other columns name no other document.
    named = ["document_id"] if "document_id" in named else named
    return " OR ".join(f"{_document_of(f't.{name}')} = d.document_id" for name in named) or None


def _document_of(column: str) -> str:
    return column if column == "t.document_id" else f"regexp_extract({column}, '{PASSAGE}', 1)"


def _alike(lake: Lake, taken: DataFrame) -> list[str]:
    """Other documents with a passage that is nearly the same as one of these."""
    pairs = lake.read(near_duplicates.TABLE, or_empty=True).select(
        F.regexp_extract("passage_id", PASSAGE, 1).alias("document"),
        F.regexp_extract("duplicate_of", PASSAGE, 1).alias("other"),
    )
    both = pairs.unionByName(pairs.select(F.col("other").alias("document"), F.col("document").alias("other")))
    gone = taken.select("document_id")
    beside = both.join(gone, on=F.col("document") == gone["document_id"], how="left_semi").select("other").distinct()
    rest = beside.join(gone, on=F.col("other") == gone["document_id"], how="left_anti")
    return sorted(row["other"] for row in rest.collect())


def _require(known_urls: set[str], urls: Collection[str], known_ids: set[str], ids: Collection[str]) -> None:
    pages = {take_downs.page_of(url) for url in known_urls}
    unknown = [url for url in urls if take_downs.page_of(url) not in pages]
    unknown += [document_id for document_id in ids if document_id not in known_ids]
    if unknown:
        raise NoSuchDocument(
            f"found no document {', '.join(unknown)}; nothing was removed. Wanted a document_id (source/id) or a url "
            "of the table documents, as it stands there: "
            "finerweb sql \"SELECT document_id, url FROM documents WHERE url LIKE '%example.org%'\""
        )


def purge(lake: Lake, *, spools: str) -> int:
    """Remove all older versions of all tables; returns of how many tables. Nobody may read or write them meanwhile."""
    existing = [table for table in tables.every() if lake.exists(table)]
    with conversation.paused(lake, spools):
        for table in existing:
            lake.vacuum(table)
    return len(existing)


def describe(removed: TakenDown, purged: int, dataset: str, report: str) -> list[str]:
    """What was done and what is left to do, line by line."""
    rows = ", ".join(f"{count:,} {name}" for name, count in removed.rows.items())
    lines = [f"taken down: {', '.join(removed.documents)}", f"removed rows: {rows or 'none, they were gone before'}"]
    if removed.alike:
        lines.append(
            f"nearly the same text stays in: {', '.join(removed.alike)}; take these down too if they are copies"
        )
    lines.append(f"{dataset} and {report} have the text until they are made anew: finerweb run")
    if purged:
        lines.append(
            f"older versions of {purged} tables were removed: there is no time travel to before now. Delta's log keeps "
            "the first 32 characters of the smallest and largest values of removed files until it is cleaned (30 days)"
        )
    else:
        lines.append("older versions of the tables have the text until: finerweb take_down ... --vacuum")
    lines.append("the sources, copies of the data set and exported audit sheets are not touched")
    return lines


def read(file: Path) -> tuple[list[str], list[str]]:
    """The URLs and the document ids of a file, one a line. Raises BadInput for a file without any."""
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise BadInput(f"{file}: found no line; wanted a URL (http...) or a document_id on each")
    urls = [line for line in lines if line.startswith(("http://", "https://"))]
    return urls, [line for line in lines if line not in urls]
