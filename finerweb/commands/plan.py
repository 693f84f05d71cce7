"""`finerweb plan`: what is left to ask, in requests, tokens, hours and money, before any of it is spent."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import typer
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph, plugins
from finerweb.asking import conversation
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
    if later := [name for name in graph.order() if name in conversation.JOBS.values() and name not in planned]:
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
    there = lake.exists(completions.TABLE)
    answers = lake.read(completions.TABLE) if there else lake.spark.createDataFrame([], schema=completions.TABLE.schema)
    for question, job in conversation.JOBS.items():
        try:
            of_job = getattr(graph.load(job), conversation.REQUESTS.get(question, "requests"))
            asked, basis = of_job(lake, settings), ""
        except WrongTable:
            guessed = _guess(lake, settings, question)
            if guessed is None:
                continue
            asked, basis = guessed, "before selection: as many passages of a language as are wanted, one a document"
        for name in asked.models:
            yield _line(job, asked, name, density=density, answers=answers, attempts=settings.ask.attempts, basis=basis)


def _guess(lake: Lake, settings: Settings, question: str) -> Requests | None:
    """What would be annotated if every passage were useful; None for what depends on the annotations."""
    if question != "ner":
        return None
    sample = passages.sample(lake.read(passages.TABLE), per_language=settings.select.per_language)
    about = completions.about(sample, languages=settings.languages)
    return conversation.requests(
        about, question=question, models=conversation.chosen(settings.models, settings.annotators)
    )


def _line(
    job: str, asked: Requests, name: str, *, density: DataFrame, answers: DataFrame, attempts: int, basis: str
) -> Line:
    annotator = plugins.load("finerweb.questions", asked.question)
    mine = asked.of(name).join(density, on="language", how="left")
    fixed = TEMPLATE + len(annotator.PROMPT) // CHARACTERS_A_TOKEN
    sized = mine.withColumn("tokens", fixed + F.length("payload") * F.coalesce("tokens_a_character", F.lit(0.25)))
    due = completions.due(sized, answers, attempts=attempts, again=[], run="")
    waiting = due.agg(F.count("*").alias("requests"), _total("tokens").alias("tokens")).collect()[0]
    known = (
        completions.answered(answers, sized)
        .join(sized.select("request_id", "tokens"), on="request_id", how="inner")
        .agg(
            F.count("*").alias("answers"),
            _total("tokens").alias("tokens"),
            _total("tokens_in").alias("tokens_in"),
            _total("tokens_out").alias("tokens_out"),
            _total("seconds").alias("seconds"),
        )
        .collect()[0]
    )
    requests, answered = int(waiting["requests"]), int(known["answers"])
    measured = known["tokens_in"] / known["tokens"] if known["tokens"] and known["tokens_in"] else 1.0
    tokens_in = waiting["tokens"] * measured
    tokens_out = requests * (known["tokens_out"] / answered if answered else annotator.TOKENS_OUT)
    seconds = requests * known["seconds"] / answered if answered else None
    price = asked.models[name].price
    usd = price.usd(tokens_in, tokens_out, seconds or 0.0) if price else None
    if price and price.hour and seconds is None and requests:
        usd = None
    said = f"as its {answered:,} answers so far" if answered else "no answer yet: lengths are guessed"
    return Line(
        job,
        name,
        requests,
        round(tokens_in),
        round(tokens_out),
        seconds / 3600 if seconds is not None else None,
        usd,
        "; ".join(filter(None, [basis, said])),
    )


def _total(column: str) -> Column:
    return F.coalesce(F.sum(column), F.lit(0.0))
