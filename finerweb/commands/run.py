"""`finerweb run`: every job, and a summary of what came out."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph
from finerweb.commands import _jobs
from finerweb.commands._terminal import LOCAL, NONE, Conf, Force, Json, Set, Verbose, tell
from finerweb.report import summary


def main(
    conf: Conf = LOCAL, set: Set = NONE, force: Force = False, verbose: Verbose = False, as_json: Json = False
) -> None:
    """Run every job, in the order of databricks.yml."""
    with _jobs.started("run", conf, set, verbose=verbose) as (lake, settings):
        outcomes = _jobs.run(graph.order(), lake, settings, force=force)
        if all(outcome.is_current for outcome in outcomes):
            tell("Nothing to do: every job has seen these settings, inputs and code before.")
        figures = summary.summarise(
            lake,
            languages=settings.languages,
            seconds={outcome.job: outcome.seconds for outcome in outcomes},
            places={"lake": lake.location, "dataset": settings.publish.path, "report": settings.report.path},
            kept=settings.work / summary.FILE,
        )
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _show(figures)


def _show(figures: dict[str, Any]) -> None:
    grid = Grid(title="Languages", title_justify="left")
    for heading in ("language", "script", "passages", "annotated", "entities"):
        grid.add_column(heading, justify="left" if heading in ("language", "script") else "right")
    for row in figures["by_language"]:
        grid.add_row(row["name"], row["script"], *[f"{row[key]:,}" for key in ("passages", "annotated", "entities")])
    out, mentions, gold = Console(highlight=False), figures["mentions"], figures["gold"]
    out.print(grid)
    out.print("tables    " + ", ".join(f"{name} {rows:,}" for name, rows in figures["tables"].items()))
    lost = ", ".join(f"{count:,} {problem}" for problem, count in mentions["lost"].items())
    out.print(f"mentions  {mentions['found']:,} found; lost: {lost or 'none'}")
    if gold:
        out.print(f"gold      precision {gold['precision']:.2f}, recall {gold['recall']:.2f} (same span)")
    for key in ("lake", "dataset", "report"):
        out.print(f"{key:<9} {figures[key]}", soft_wrap=True)
