"""`finerweb plan`: what is left to ask, in requests, tokens, hours and money, before any of it is spent."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import typer
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph, questions
from finerweb.asking import subjects
from finerweb.asking.conversation import Requests
from finerweb.commands._terminal import LOCAL, NONE, Conf, Json, Set, opened
from finerweb.errors import WrongTable
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, passages

CHARACTERS_A_TOKEN = 4  # of the instructions, which are English
TEMPLATE = 30  # tokens that a chat template and the payload's headings add


class Line(NamedTuple):
    """What one model is to be asked of one question. `hours` and `usd` are None where nobody can know yet."""

    job: str
    model: str
    requests: int
    tokens_in: int
    tokens_out: int
    hours: float | None
    usd: float | None
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
    grid = Grid(title="To be asked", title_justify="left")
    for heading in ("job", "model", "requests", "tokens in", "tokens out", "engine hours", "USD", "lengths"):
        grid.add_column(heading, justify="left" if heading in ("job", "model", "lengths") else "right", overflow="fold")
    for line in lines:
        hours = "unknown" if line.hours is None else f"{line.hours:,.2f}"
        usd = "unknown" if line.usd is None else f"{line.usd:,.2f}"
        counts = [f"{count:,}" for count in (line.requests, line.tokens_in, line.tokens_out)]
        grid.add_row(line.job, line.model, *counts, hours, usd, line.basis)
    out = Console(highlight=False)
    out.print(grid)
    usd_in_all = sum(line.usd for line in lines if line.usd is not None)
    unpriced = sorted({line.model for line in lines if line.usd is None and line.requests})
    more = f", and what {', '.join(unpriced)} cost, whose price or speed is not known" if unpriced else ""
    planned = {line.job for line in lines}
    if later := [name for name in graph.order() if name in questions.jobs() - planned]:
        out.print(f"Not known before there are annotations: {', '.join(later)}", soft_wrap=True)
    out.print(f"In all: {sum(line.requests for line in lines):,} requests, ${usd_in_all:,.2f}{more}", soft_wrap=True)


def plan(lake: Lake, settings: Settings) -> Iterator[Line]:
    """A line for each model of each job that asks; nothing is asked and nothing is written.

    Tokens are counted on the real passages, by the scorer's tokenizer, and corrected by what the model's own answers to
    the question have had, where there are some. Raises WrongTable where there are no passages.
    """
    density = (
        lake.read(passages.TABLE)
        .groupBy("language")
        .agg((F.sum("subwords") / F.sum(F.length("text"))).alias("tokens_a_character"))
    )
    answers = lake.spark.createDataFrame([], schema=completions.TABLE.schema)
    if lake.exists(completions.TABLE):
        answers = lake.read(completions.TABLE)
    for requests, basis in _every(lake, settings):
        for model in requests.models:
            due, answered = _of_model(requests.to(model), answers, density, attempts=settings.ask.attempts)
            yield _line(requests, model, due, answered, basis=basis)


def _every(lake: Lake, settings: Settings) -> Iterator[tuple[Requests, str]]:
    """What each question asks, and what is guessed of it; nothing of those about what nobody can guess yet."""
    jobs = graph.order()
    for question in sorted(questions.every(), key=lambda question: jobs.index(questions.load(question).JOB)):
        kind = subjects.kind(question)
        try:
            yield subjects.requests(question, kind.subjects(lake, settings), settings), ""
        except WrongTable:
            if hasattr(kind, "guess"):
                yield subjects.requests(question, kind.guess(lake, settings), settings), kind.GUESS


def _of_model(requests: Requests, answers: DataFrame, density: DataFrame, *, attempts: int) -> tuple[Row, Row]:
    """Of one model: the requests that are due and their tokens; the answers so far, and what they took."""
    fixed = TEMPLATE + len(questions.load(requests.question).PROMPT) // CHARACTERS_A_TOKEN
    tokens = fixed + F.length("payload") * F.coalesce("tokens_a_character", F.lit(0.25))
    sized = requests.frame.join(density, on="language", how="left").withColumn("tokens", tokens)
    due = completions.due(sized, answers, attempts=attempts, again=[], run="")
    answered = completions.last(answers, sized).join(sized.select("request_id", "tokens"), on="request_id", how="inner")
    taken = [_total(column) for column in ("tokens", "tokens_in", "tokens_out", "seconds")]
    return (
        due.agg(F.count("*").alias("requests"), _total("tokens")).collect()[0],
        answered.agg(F.count("*").alias("answers"), *taken).collect()[0],
    )


def _line(requests: Requests, model: str, due: Row, answered: Row, *, basis: str) -> Line:
    question, price = questions.load(requests.question), requests.models[model].price
    waiting, answers = int(due["requests"]), int(answered["answers"])
    is_measured = answered["tokens"] and answered["tokens_in"]
    tokens_in = due["tokens"] * (answered["tokens_in"] / answered["tokens"] if is_measured else 1.0)
    tokens_out = waiting * (answered["tokens_out"] / answers if answers else question.TOKENS_OUT)
    seconds = waiting * answered["seconds"] / answers if answers else None
    is_priced = price is not None and not (price.hour and seconds is None and waiting)
    lengths = f"as its {answers:,} answers so far" if answers else "no answer yet: lengths are guessed"
    return Line(
        question.JOB,
        model,
        waiting,
        round(tokens_in),
        round(tokens_out),
        None if seconds is None else seconds / 3600,
        price.usd(tokens_in, tokens_out, seconds or 0.0) if price and is_priced else None,
        "; ".join(filter(None, [basis, lengths])),
    )


def _total(column: str) -> Column:
    return F.coalesce(F.sum(column), F.lit(0.0)).alias(column)
