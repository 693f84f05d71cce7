"""The report: one HTML page on what went in, what came out and how good it is."""

from finerweb.formats.release import put
from finerweb.report import charts, listing, listings, quality, students
from finerweb.report.counts import Rows
from finerweb.report.findings import Findings
from finerweb.report.highlighting import colours, highlighted
from finerweb.report.rendering import Filter, filled


def render(findings: Findings) -> str:
    """The page: complete in itself, without scripts and without a link to anything outside."""
    filters: dict[str, Filter] = {
        "count": listing.count,
        "percent": listing.percent,
        "decimals": listing.decimals,
        "highlighted": highlighted,
    }
    marks = [mark for passages in findings.sample.values() for passage in passages for mark in passage.marks]
    values = {
        "findings": findings,
        "listings": {**listings.every(findings), **quality.listings(findings), **students.listings(findings)},
        "plots": charts.every(findings),
        "lexicon": [row for row in findings.makers if row["engine"].startswith("lexicon-")],
        "total": lambda rows, key: sum(row[key] for row in rows),
        "retention": _retention(findings.mentions),
        "gold": quality.gold(findings),
        "has_planted": quality.has_planted(findings),
        **colours(marks),
    }
    return filled("report.html.j2", values, filters)


def write(page: str, path: str) -> str:
    """Write the page; returns where."""
    put(path, page.encode())
    return path


def _retention(mentions: Rows) -> Rows:
    """How many of the mentions each annotator keeps: annotator, named, kept."""
    kept = [row for row in mentions if row["outcome"].startswith("found/")]
    return [
        {
            "annotator": annotator,
            "named": sum(row["rows"] for row in mentions if row["annotator"] == annotator),
            "kept": sum(row["rows"] for row in kept if row["annotator"] == annotator),
        }
        for annotator in sorted({row["annotator"] for row in mentions})
    ]
