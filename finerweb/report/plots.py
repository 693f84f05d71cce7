"""The report's plots, as SVG that stands inside an HTML page; the text in them stays text."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

BLUE, GREY, INK = "#2f6f9f", "#c3cbd2", "#24292f"
GOOD = ("#17664c", "#4fa383", "#a9d8c4")  # found, exact: the darker the better
BAD = ("#a63d2a", "#d8744c", "#eba873", "#f3d3a4", "#7d5a86", "#b08fb8", "#6b747d", "#3f474f")
STEPS = ("#d5e3ee", "#94bcd8", "#4a8fbd", "#1d5480")  # a scale of four

_WIDTH, _ROW, _MARGIN = 10.0, 0.27, 1.15  # inches: of a figure, of a bar, of a figure's axis and legend
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name with two dollar signs is no formula
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.right": False,
    "axes.spines.bottom": False,
}


class Part(NamedTuple):
    """One colour of stacked bars: what it is, and its length in each bar."""

    name: str
    values: Sequence[float]
    colour: str


class Interval(NamedTuple):
    """A figure, and the ends of its interval."""

    value: float
    low: float
    high: float


class Panel(NamedTuple):
    """Bars side by side with those of other panels; `is_share` for parts that add up to 1."""

    label: str
    parts: Sequence[Part]
    is_share: bool = False


def bars(rows: Sequence[str], panels: Sequence[Panel], *, name: str, alt: str) -> Markup:
    """Horizontal stacked bars, the first row on top; nothing without rows. `name` keeps ids apart on a page."""
    if not rows:
        return Markup("")
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, _MARGIN + _ROW * len(rows)), layout="constrained")
        every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, panel in zip(every, panels, strict=True):
            _fill(axes, rows, panel)
        handles = [bar for axes in every for bar in axes.containers if not bar.get_label().startswith("_")]
        _legend(figure, handles)
        return _svg(figure, name, alt)


def _fill(axes: Axes, rows: Sequence[str], panel: Panel) -> None:
    left = [0.0] * len(rows)
    for part in panel.parts:
        # A label that begins with an underscore is not in the legend: one part needs none.
        label = part.name if len(panel.parts) > 1 else "_"
        drawn = axes.barh(range(len(rows)), part.values, left=left, color=part.colour, height=0.72, label=label)
        if panel.is_share:
            texts = [f"{100 * value:.0f} %" if value >= 0.06 else "" for value in part.values]
            axes.bar_label(drawn, texts, label_type="center", fontsize=8, color=_on(part.colour))
        elif len(panel.parts) == 1:
            axes.bar_label(drawn, [f"{value:,.0f}" for value in part.values], padding=3, fontsize=8)
        left = [before + value for before, value in zip(left, part.values, strict=True)]
    _rows_axis(axes, rows)
    if panel.is_share:
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    else:
        axes.set_xlim(0, 1.12 * max([*left, 1]))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel(panel.label)


def _rows_axis(axes: Axes, rows: Sequence[str]) -> None:
    """Names on the left, the scale on top: it is in sight where a long plot begins."""
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.grid(axis="x", color="#e6eaee", linewidth=0.8)
    axes.set_axisbelow(True)


def points(rows: Sequence[str], series: Sequence[Part], *, name: str, alt: str, label: str) -> Markup:
    """Shares as points on a line for each row. Nothing where there are no rows."""
    if not rows:
        return Markup("")
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, _MARGIN + _ROW * len(rows)), layout="constrained")
        axes = figure.subplots()
        values = list(zip(*[part.values for part in series], strict=True))
        axes.hlines(range(len(rows)), list(map(min, values)), list(map(max, values)), color=GREY, linewidth=2)
        handles = [
            axes.scatter(part.values, range(len(rows)), c=part.colour, label=part.name, s=42, marker=sign, zorder=3)
            for part, sign in zip(series, "oDs^", strict=False)
        ]
        _rows_axis(axes, rows)
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
        axes.set_xlabel(label)
        _legend(figure, handles)
        return _svg(figure, name, alt)


def intervals(
    rows: Sequence[str], figures: Sequence[Interval], others: Sequence[Part], *, name: str, alt: str, label: str
) -> Markup:
    """A share with its interval for each row, and other shares, of which nan is left out. Nothing without rows."""
    if not rows:
        return Markup("")
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, _MARGIN + _ROW * len(rows)), layout="constrained")
        axes = figure.subplots()
        places = range(len(rows))
        handles = [
            axes.scatter(part.values, places, c=part.colour, label=part.name, s=64, marker=sign, zorder=2)
            for part, sign in zip(others, "|s^", strict=False)
        ]
        axes.hlines(places, [part.low for part in figures], [part.high for part in figures], color=BLUE, linewidth=2)
        values = [part.value for part in figures]
        handles.insert(0, axes.scatter(values, places, c=BLUE, label="F1", s=42, marker="o", zorder=3))
        _rows_axis(axes, rows)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(label)
        _legend(figure, handles)
        return _svg(figure, name, alt)


def histogram(bins: Sequence[tuple[float, float, int]], *, thresholds: Sequence[float], name: str, alt: str) -> Markup:
    """Counts by score; `bins` are edges and counts. Nothing where there are no bins.

    One threshold is a line; the lowest and the highest of several are a band.
    """
    if not bins:
        return Markup("")
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name, "axes.spines.bottom": True, "axes.spines.top": False}):
        figure = Figure(figsize=(_WIDTH, 3.2), layout="constrained")
        axes = figure.subplots()
        width = bins[0][1] - bins[0][0]
        counts = [count for _, _, count in bins]
        axes.bar([low for low, _, _ in bins], counts, width=width * 0.92, align="edge", color=BLUE)
        for threshold in thresholds:
            axes.axvline(threshold, color=BAD[0], linewidth=1.6, linestyle="--")
        if thresholds:
            axes.axvspan(thresholds[0], thresholds[-1], color=BAD[3], alpha=0.4, linewidth=0)
            noun = "threshold" if len(thresholds) == 1 else "thresholds"
            words = f"{noun} {' to '.join(f'{threshold:g}' for threshold in thresholds)}"
            place = (thresholds[-1], axes.get_ylim()[1])
            axes.annotate(words, place, (4, -2), textcoords="offset points", va="top", color=BAD[0])
        ends = [bins[0][0], bins[-1][1], *thresholds]
        axes.set_xlim(min(ends) - width, max(ends) + width)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(length=0, pad=6)
        axes.grid(axis="y", color="#e6eaee", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xlabel("score of the regression")
        axes.set_ylabel("passages")
        return _svg(figure, name, alt)


def _legend(figure: Figure, handles: Iterable[Any]) -> None:
    drawn = list(handles)
    if drawn:
        labels = [handle.get_label() for handle in drawn]
        figure.legend(drawn, labels, loc="outside upper left", ncols=5, frameon=False, handlelength=1.0, fontsize=9)


def _on(colour: str) -> str:
    """Black or white, whichever is read more easily on a colour."""
    red, green, blue = to_rgb(colour)
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def _svg(figure: Figure, name: str, alt: str) -> Markup:
    """The figure as an element of a page: no prolog, no metadata, ids that no other plot has."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    written = buffer.getvalue()
    body = re.sub(r"<metadata>.*?</metadata>", "", written[written.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', body)
    body = re.sub(r'(url\(#|xlink:href="#)', rf"\g<1>{name}-", body)
    return Markup(body.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1))
