"""`finerweb take_down`: remove documents, and all that was made of them, from every table."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import tables
from finerweb.asking import conversation
from finerweb.commands import _withdrawal
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, configured, lake_of, tell
from finerweb.errors import BadInput, NoSuchDocument
from finerweb.lake import Lake
from finerweb.report import preview_page
from finerweb.table import Table
from finerweb.tables import documents, near_duplicates, rejects, take_downs
from finerweb.text.urls import page

# The columns that name a document: by its id, or by that of a passage of it, of a copy of a passage (for judges), or of
# a sentence.
NAMES = ("document_id", "passage_id", "example_id", "duplicate_of", "subject_id")
PASSAGE = r"(?s)^(.*)#[0-9]+(~[a-z]+|-s[0-9]+)?$"

# A reject has no document_id: it names a document by what was found, or within its record's JSON.
REJECT = """
    t.found = d.document_id
    OR startswith(t.found, concat(d.document_id, ': '))
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
            # bounded: what was ever taken down
            taken = [row["document_id"] for row in lake.read(take_downs.TABLE).select("document_id").collect()]
            current = _withdrawal.withdraw(lake, settings.publish.path, taken, tasks=settings.tasks)
            purged = purge(lake, spools=settings.ask.spool) if vacuum else 0
    published = _withdrawal.describe(settings.publish.path, current)
    tell(*describe(removed, purged, published, settings.report.path))
    if (shown := settings.work / preview_page.FILE).exists():
        tell(f"{shown} may have the text until it is made anew: finerweb preview")


def take_down(lake: Lake, *, urls: Collection[str], ids: Collection[str], reason: str, spools: str) -> TakenDown:
    """Remove these documents and refuse them from now on. Raises NoSuchDocument before anything is removed.

    The refusal is written first: what a crash leaves undone, the same command does.
    """
    lake.begin("take_down")
    before = lake.read(take_downs.TABLE, or_empty=True)
    frame = take_downs.matching(lake.read(documents.TABLE, or_empty=True), before, urls=urls, ids=ids)
    # bounded: a row for each document that the command names
    matches = [tuple(row) for row in frame.orderBy("document_id").collect()]
    names = [name for name, _, _ in matches]
    _require([url for _, url, _ in matches if url], urls, names, ids)
    with conversation.paused(lake, spools):
        news = take_downs.news(before, lake.spark.createDataFrame(matches, frame.schema), reason=reason, taken=_now())
        if not news.isEmpty():
            lake.replace(take_downs.TABLE, take_downs.renew(before, news))
        taken = lake.read(take_downs.TABLE)
        alike = _alike(lake, taken)
        rows = _delete(lake, taken)
    return TakenDown(names, rows, alike)


def _delete(lake: Lake, taken: DataFrame) -> dict[str, int]:
    """Remove what is about the documents taken down; returns rows by table, where there are any."""
    rows: Counter[str] = Counter()
    for table in tables.every():
        on = condition(table)
        if on and lake.exists(table):
            rows[table.name] += lake.delete(table, taken, on)
    if lake.exists(rejects.TABLE):
        # A record that only links to such a page is read again by the next ingest_documents.
        naming = rejects.naming(lake.read(rejects.TABLE), take_downs.pages(taken))
        # bounded: records that link to what was taken down
        names = lake.spark.createDataFrame([tuple(row) for row in naming.collect()], naming.schema)
        rows[rejects.TABLE.name] += lake.delete(rejects.TABLE, names, "t.reject_id = d.reject_id")
    return dict(+rows)


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
        F.regexp_extract("passage_id", PASSAGE, 1).alias("document_id"),
        F.regexp_extract("duplicate_of", PASSAGE, 1).alias("copy"),
    )
    both = pairs.unionByName(pairs.select(F.col("copy").alias("document_id"), F.col("document_id").alias("copy")))
    gone = taken.select("document_id")
    copies = both.join(gone, on="document_id", how="left_semi").select(F.col("copy").alias("document_id")).distinct()
    # bounded: near-duplicates of what was taken down
    return sorted(row["document_id"] for row in copies.join(gone, on="document_id", how="left_anti").collect())


def _now() -> datetime:
    return datetime.now(UTC)


def _require(
    known_urls: Collection[str], urls: Collection[str], known_ids: Collection[str], ids: Collection[str]
) -> None:
    pages = {page(url) for url in known_urls}
    unknown = [url for url in urls if page(url) not in pages] + [name for name in ids if name not in known_ids]
    if unknown:
        raise NoSuchDocument(
            f"found no document {', '.join(unknown)}; nothing was removed. Wanted a document_id (source/id) or a url "
            "of the table documents, in any spelling of its page: "
            "finerweb sql \"SELECT document_id, url FROM documents WHERE url LIKE '%example.org%'\""
        )


def purge(lake: Lake, *, spools: str) -> int:
    """Remove all older versions of all tables; returns of how many tables. Nobody may read or write them meanwhile."""
    existing = [table for table in tables.every() if lake.exists(table)]
    with conversation.paused(lake, spools):
        for table in existing:
            lake.vacuum(table)
    return len(existing)


def describe(removed: TakenDown, purged: int, published: Sequence[str], report: str) -> list[str]:
    """What was done and what is left to do, line by line."""
    rows = ", ".join(f"{count:,} {name}" for name, count in removed.rows.items())
    lines = [f"taken down: {', '.join(removed.documents)}", f"removed rows: {rows or 'none, they were gone before'}"]
    if removed.alike:
        lines.append(
            f"nearly the same text stays in: {', '.join(removed.alike)}; take these down too if they are copies"
        )
    lines += published
    lines.append(f"{report} has the text until it is made anew: finerweb run")
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
    urls = [line for line in lines if re.match("https?://", line, re.IGNORECASE)]
    return urls, [line for line in lines if line not in urls]
