"""Documents that were taken down, and are never taken in again."""

from collections.abc import Collection
from datetime import datetime

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.table import Column, Table
from finerweb.text.urls import page

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


def _page(url: str | None) -> str | None:
    return None if url is None else page(url)


def _page_of(column: str) -> Expression:
    return F.udf(_page, "string", useArrow=True)(column)  # needs a session: not at import


def matching(documents: DataFrame, take_downs: DataFrame, *, urls: Collection[str], ids: Collection[str]) -> DataFrame:
    """The documents of these pages and ids, here or taken down before: document_id, url, is_page."""
    every = documents.select("document_id", "url").unionByName(take_downs.select("document_id", "url")).distinct()
    pages = [page(url) for url in urls]
    is_page = F.coalesce(_page_of("url").isin(pages), F.lit(False)) if pages else F.lit(False)
    return every.withColumn("is_page", is_page).filter(F.col("is_page") | F.col("document_id").isin(list(ids)))


def pages(take_downs: DataFrame) -> DataFrame:
    """The pages that were taken down by their URL, as `finerweb.text.urls.page` has them: document_id, page."""
    return take_downs.filter("is_page").select("document_id", _page_of("url").alias("page"))


def news(take_downs: DataFrame, matches: DataFrame, *, reason: str, taken: datetime) -> DataFrame:
    """The rows that are new or wider than before; the others keep their reason and time."""
    before = take_downs.select("document_id", F.col("is_page").alias("was_page"))
    wider = matches.join(before, on="document_id", how="left").filter("was_page IS NULL OR is_page AND NOT was_page")
    return wider.select("document_id", "url", "is_page", F.lit(reason).alias("reason"), F.lit(taken).alias("taken"))


def renew(take_downs: DataFrame, news: DataFrame) -> DataFrame:
    """The take-downs, each as it is in `news` where it is there, and the new ones."""
    return take_downs.join(news, on="document_id", how="left_anti").unionByName(news)


def refuse(examined: DataFrame, take_downs: DataFrame) -> DataFrame:
    """Examined records, those of what was taken down with that problem: nothing of them stays but a hash."""
    ids = take_downs.select("document_id", F.lit(True).alias("is_known"))
    refused = pages(take_downs).select("page", F.lit(True).alias("is_known_page")).distinct()
    marked = (
        examined.withColumn("page", _page_of("url"))
        .join(F.broadcast(ids), on="document_id", how="left")  # bounded: what was ever taken down, 50 bytes each
        .join(F.broadcast(refused), on="page", how="left")  # bounded: what was ever taken down, 50 bytes each
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
