"""`finerweb plan`: what is left to ask, in requests, tokens, hours and money, before any of it is spent."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph, questions
from finerweb.asking import forecasting, subjects
from finerweb.asking.conversation import Requests
from finerweb.commands._terminal import LOCAL, NONE, Conf, Json, Set, opened
from finerweb.errors import WrongTable
from finerweb.estimating import Estimate, Range
from finerweb.lake import Lake
from finerweb.report.listing import between, dollars
from finerweb.settings import Settings
from finerweb.tables import passages


class Line(NamedTuple):
    """What one model is to be asked of one question; a figure is None where nobody can know it yet.

    `usd_low` and `usd_high` are the ends of the 95 % interval of `usd`; `lost` are requests that will have no usable
    answer, if it goes on as it did.
    """

    job: str
    model: str
    requests: int
    tokens_in: int
    tokens_out: int
    hours: float | None
    usd: float | None
    usd_low: float | None
    usd_high: float | None
    lost: int | None
    basis: str


def main(conf: Conf = LOCAL, set: Set = NONE, as_json: Json = False) -> None:
    """Estimate what is left to ask: requests, tokens, hours and money. Nothing is asked."""
    with opened(conf, set) as (lake, settings):
        lines = list(plan(lake, settings))
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in lines], ensure_ascii=False))
    else:
        _show(lines)


def _show(lines: list[Line]) -> None:
    grid = Grid(title="To be asked", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("job", "model", "requests", "tokens in", "tokens out", "engine hours", "cost", "lost"):
        is_name = heading in ("job", "model")
        grid.add_column(heading, justify="left" if is_name else "right", no_wrap=is_name, overflow="fold")
    for line in lines:
        hours = "unknown" if line.hours is None else f"{line.hours:,.2f}"
        lost = "unknown" if line.lost is None else f"{line.lost:,}"
        counts = [f"{count:,}" for count in (line.requests, line.tokens_in, line.tokens_out)]
        grid.add_row(line.job, line.model, *counts, hours, _cost(line), lost)
    out = Console(highlight=False)
    out.print(grid)
    for basis in dict.fromkeys(line.basis for line in lines):
        who = ", ".join(f"{line.job} {line.model}" for line in lines if line.basis == basis)
        out.print(f"{who}: {basis}", soft_wrap=True)
    usd_in_all = sum(line.usd for line in lines if line.usd is not None)
    unpriced = sorted({line.model for line in lines if line.usd is None and line.requests})
    more = f", and what {', '.join(unpriced)} cost, whose price or speed is not known" if unpriced else ""
    planned = {line.job for line in lines}
    if later := [name for name in graph.order() if name in questions.jobs() - planned]:
        out.print(f"Not known before there are annotations: {', '.join(later)}", soft_wrap=True)
    out.print(f"In all: {sum(line.requests for line in lines):,} requests, ${usd_in_all:,.2f}{more}", soft_wrap=True)


def _cost(line: Line) -> str:
    return "unknown" if line.usd is None else between(Range(line.usd, line.usd_low, line.usd_high), dollars)


def plan(lake: Lake, settings: Settings) -> Iterator[Line]:
    """A line for each model of each job that asks; nothing is asked and nothing is written.

    Raises WrongTable where there are no passages.
    """
    lake.read(passages.TABLE)
    for requests, guess in _every(lake, settings):
        for model, estimate in forecasting.forecast(lake, requests, attempts=settings.ask.attempts).items():
            yield _line(questions.load(requests.question).JOB, model, estimate, guess=guess)


def _every(lake: Lake, settings: Settings) -> Iterator[tuple[Requests, str]]:
    """What each question asks, and what is guessed of it; nothing of those about what nobody can guess yet."""
    jobs = graph.order()
    for question in sorted(questions.every(), key=lambda question: jobs.index(questions.load(question).JOB)):
        try:
            about, guess = subjects.expected(question, lake, settings)
        except WrongTable:
            continue
        yield subjects.requests(question, about, settings), guess


def _line(job: str, model: str, estimate: Estimate, *, guess: str) -> Line:
    usd, seconds, lost = estimate.usd, estimate.seconds, estimate.lost
    return Line(
        job,
        model,
        estimate.requests,
        round(estimate.tokens_in.value),
        round(estimate.tokens_out.value),
        None if seconds is None else seconds.value / 3600,
        None if usd is None else usd.value,
        None if usd is None else usd.low,
        None if usd is None else usd.high,
        None if lost is None else round(lost.value),
        "; ".join(filter(None, [guess, estimate.basis])),
    )
