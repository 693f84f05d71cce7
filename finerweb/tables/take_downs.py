"""Documents that were taken down, and are never taken in again."""

import re
from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.table import Column, Table

TABLE = Table(
    name="take_downs",
    comment="A document that was taken down.",
    key=("document_id",),
    columns=(
        Column("document_id", "string", "the document", nullable=False),
        Column("url", "string", "where it was on the web"),
        Column(
            "is_page",
            "boolean",
            "was it asked for by its URL? then no document of that page is taken in again",
            nullable=False,
        ),
        Column("reason", "string", "why, in the words of whoever took it down", nullable=False),
        Column("taken", "timestamp", "when", nullable=False),
    ),
    constraints={"reason_given": "length(trim(reason)) > 0", "page_has_url": "not is_page or url is not null"},
    cluster=("document_id",),
)

# What does not count in a URL: http or https, www., the slash at the end.
LOOSE = "^https?://(www[.])?|/+$"


def page_of(url: str) -> str:
    """What tells the page of a URL."""
    return re.sub(LOOSE, "", url.strip())


def _page(url: str) -> Expression:
    return F.regexp_replace(F.trim(url), LOOSE, "")


def asked(documents: DataFrame, take_downs: DataFrame, *, urls: Collection[str], ids: Collection[str]) -> DataFrame:
    """The documents that are asked for, here or taken down before: document_id, url, is_page."""
    known = documents.select("document_id", "url").unionByName(take_downs.select("document_id", "url")).distinct()
    is_page = F.coalesce(_page("url").isin([page_of(url) for url in urls]), F.lit(False))
    return known.withColumn("is_page", is_page).filter(F.col("is_page") | F.col("document_id").isin(list(ids)))


def news(take_downs: DataFrame, asked: DataFrame, *, reason: str, taken: datetime) -> DataFrame:
    """The rows that are new or wider than before; the others keep their reason and time."""
    before = take_downs.select("document_id", F.col("is_page").alias("was_page"))
    wider = asked.join(before, on="document_id", how="left").filter("was_page IS NULL OR is_page AND NOT was_page")
    return wider.select("document_id", "url", "is_page", F.lit(reason).alias("reason"), F.lit(taken).alias("taken"))


def renew(take_downs: DataFrame, news: DataFrame) -> DataFrame:
    """Take-downs with news of them."""
    return take_downs.join(news, on="document_id", how="left_anti").unionByName(news)


def refuse(examined: DataFrame, take_downs: DataFrame) -> DataFrame:
    """Examined records, those of what was taken down with that problem: nothing of them stays but a hash."""
    ids = take_downs.select("document_id", F.lit(True).alias("is_known"))
    pages = take_downs.filter("is_page").select(_page("url").alias("page"), F.lit(True).alias("is_known_page"))
    marked = (
        examined.withColumn("page", _page("url"))
        .join(F.broadcast(ids), on="document_id", how="left")
        .join(F.broadcast(pages.distinct()), on="page", how="left")
    )
    is_taken = F.coalesce("is_known", "is_known_page", F.lit(False))
    instead = {
        "problem": F.lit("taken_down"),
        "found": F.lit(None),
        "wanted": F.lit("no record of the table take_downs"),
        "id": F.sha2(F.to_json(F.struct("raw", "text", "id")), 256),
        "raw": F.lit(None),
        "text": F.lit(None),
        "url": F.lit(None),
    }
    values = {name: F.when(is_taken, value).otherwise(F.col(name)) for name, value in instead.items()}
    return marked.withColumns(values)


def spare(gold: DataFrame, take_downs: DataFrame) -> DataFrame:
    """The rows of documents that were not taken down."""
    return gold.join(take_downs.select("document_id"), on="document_id", how="left_anti")
