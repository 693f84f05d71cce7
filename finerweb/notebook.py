"""What the notebooks share: a lake's tables and views by their short names, and answers as styled HTML."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape
from pyspark.sql import DataFrame, SparkSession

from finerweb import settings, tables
from finerweb.errors import BadSettings
from finerweb.lake import Lake, sql
from finerweb.report.highlighting import Mark, colours, highlighted
from finerweb.report.views import VIEWS
from finerweb.running.session import session

ROWS, ENTITIES = 200, 2_000  # of a table, and of marked texts, that come to the driver

STYLE = """
.finerweb { font: 14px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1f2428; background: #fff;
  padding: .4rem .6rem; max-width: 1000px; overflow: auto; }
.finerweb table { border-collapse: collapse; font-size: 13px; margin: 0; }
.finerweb th, .finerweb td { padding: .25rem .7rem; border: 0; border-top: 1px solid #dfe3e7; background: #fff;
  color: #1f2428; text-align: left !important; vertical-align: top; max-width: 28rem; white-space: normal;
  overflow-wrap: break-word; }
.finerweb th { background: #f5f6f7; font-weight: 600; white-space: nowrap; }
.finerweb .n { text-align: right !important; font-variant-numeric: tabular-nums; white-space: nowrap; }
.finerweb caption, .finerweb .key { color: #59636e; text-align: left; padding: .2rem 0; font-size: 12.5px;
  caption-side: top; }
.finerweb .text { white-space: pre-wrap; line-height: 1.95; margin: 0 0 .8rem; }
.finerweb mark { color: inherit; padding: .1em .15em; border-radius: .25em;
  background: hsl(var(--hue) var(--sat, 62%) 88%); border-bottom: 2px solid hsl(var(--hue) var(--sat, 62%) 55%); }
.finerweb mark[data-label]::after { content: attr(data-label); font-size: .7em; margin-inline-start: .4em;
  opacity: .85; }
.finerweb svg { max-width: 100%; height: auto; }
"""


class Html(str):
    """HTML that Jupyter and Databricks show where it is the last value of a cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return self


def opened(catalog: str = "", schema: str = "", folder: str = "") -> SparkSession:
    """A session in which a lake's tables and views have their short names: a schema's, or a folder's.

    The session that there is is taken (Databricks, Spark Connect); elsewhere one is made. Nothing is written.
    """
    if not schema and not folder:
        raise BadSettings(
            "no lake: found neither a schema nor a folder", way_out="set SCHEMA, or LAKE, in the first cell"
        )
    spark, _ = session(settings.load("conf/local.yml"))
    if schema:
        spark.sql(f"USE {sql.quoted(*filter(None, (catalog, schema)))}")
    else:
        Lake(spark, folder).define(VIEWS, tables.every())
    return spark


def table(frame: DataFrame, caption: str = "") -> Html:
    """A frame's first rows as a table; the caption says where there are more."""
    rows = frame.limit(ROWS + 1).collect()
    more = f" The first {ROWS} rows." if len(rows) > ROWS else ""
    kinds = [
        "n" if re.search("int|double|float|decimal", kind) and "array" not in kind else "" for _, kind in frame.dtypes
    ]
    return framed(
        Markup("<table><caption>{}</caption><tr>{}</tr>{}</table>").format(
            caption + more,
            Markup("").join(
                Markup('<th class="{}">{}</th>').format(kind, name.replace("_", " "))
                for kind, name in zip(kinds, frame.columns, strict=True)
            ),
            Markup("").join(_row(row, kinds) for row in rows[:ROWS]),
        )
    )


def _row(values: Iterable[Any], kinds: Sequence[str]) -> Markup:
    cells = (
        Markup('<td class="{}" dir="auto">{}</td>').format(kind, _written(value))
        for kind, value in zip(kinds, values, strict=True)
    )
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _written(value: Any) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "–"
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1 else f"{value:,.3g}"
        case list():
            return ", ".join(map(_written, value))
        case _:
            return str(value)


def texts(frame: DataFrame) -> Html:
    """Passages with their entities: columns key, text, start, end, label, coarse; a row for each entity."""
    marked: dict[tuple[str, str], list[Mark]] = {}
    for row in frame.limit(ENTITIES).collect():
        mark = Mark(row["start"], row["end"], row["label"], row["coarse"] or "other")
        marked.setdefault((row["key"], row["text"]), []).append(mark)
    hues = colours([])["hues"]
    style = "".join(f".finerweb .c-{name} {{ --hue: {hue}; }}" for name, hue in hues.items())
    return framed(
        Markup("<style>{}</style>").format(Markup(style))
        + Markup("").join(
            Markup('<div class="key">{}</div><div class="text" dir="auto">{}</div>').format(
                key, highlighted(text, marks)
            )
            for (key, text), marks in marked.items()
        )
    )


def framed(content: Markup | str) -> Html:
    """A plot, or other HTML, in the notebooks' style; plain text is escaped."""
    return Html(Markup('<style>{}</style><div class="finerweb">{}</div>').format(Markup(STYLE), escape(content)))
