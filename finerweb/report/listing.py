"""A table of the report: what stands above it, its columns, its rows, and how numbers are written there."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from finerweb.estimating import Range


class Column(NamedTuple):
    """A column: its title, and what it holds as the style sheet calls it."""

    title: str
    kind: str


@dataclass(frozen=True)
class Listing:
    """A table of the page; a row has a cell for each column."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    is_tall: bool = False  # scrolls inside the page


def words(*titles: str) -> list[Column]:
    """Columns of a word or two."""
    return [Column(title, "") for title in titles]


def sentences(*titles: str) -> list[Column]:
    """Columns of text that may be long, and wraps."""
    return [Column(title, "w") for title in titles]


def literals(*titles: str) -> list[Column]:
    """Columns of what is written in code."""
    return [Column(title, "c") for title in titles]


def numbers(*titles: str) -> list[Column]:
    """Columns of numbers, written to the right."""
    return [Column(title, "n") for title in titles]


def count(value: float | None) -> str:
    """A number of things: 12,345."""
    return "–" if value is None else f"{value:,.0f}"


def percent(share: float | None) -> str:
    """A share: 12.3 %."""
    return "–" if share is None else f"{100 * share:.1f}\u00a0%"


def decimals(value: float | None) -> str:
    """A figure with two decimals."""
    return "–" if value is None else f"{value:.2f}"


def money(usd: float | None) -> str:
    """Dollars; the price of some engines is not known."""
    return "not known" if usd is None else f"${usd:,.2f}"


def dollars(usd: float) -> str:
    """Dollars, of cents and less too: two figures that tell."""
    places = 2 if usd >= 1 or not usd else min(8, 1 - math.floor(math.log10(usd)))
    return f"${usd:,.{places}f}"


UNITS = {"days": 86_400, "h": 3600, "min": 60}  # seconds


def duration(seconds: float) -> str:
    """A time, in the largest unit of which there is more than one and a half."""
    for name, size in UNITS.items():
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.1f}\u00a0{name}"
    return f"{seconds:,.1f}\u00a0s"


def between(figure: Range | None, write: Callable[[float], str]) -> str:
    """A figure with its interval, where that can be seen: 1,200 (1,000–1,400)."""
    if figure is None:
        return "not known"
    value, ends = write(figure.value), [write(end) for end in figure[1:] if end is not None]
    return value if {*ends} <= {value} else f"{value} ({'–'.join(ends)})"
