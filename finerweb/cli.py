"""`finerweb run`, `finerweb <job>`: the jobs of databricks.yml, on this machine."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph, job, progress, summary

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")

Conf = Annotated[str, typer.Option("--conf", help="Settings that differ from conf/default.yml.")]
Set = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be repeated.")]
Force = Annotated[
    bool, typer.Option("--force", help="Run even where nothing has changed; no answer is paid for twice.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Spark's own log on the terminal.")]
Json = Annotated[bool, typer.Option("--json", help="The summary as one JSON object, on the last line.")]

LOCAL = "conf/local.yml"
NONE: list[str] = []


@app.callback()
def _describe() -> None:
    """Turn the multilingual web into named-entity-recognition data sets, on Spark and Delta."""


@app.command("run")
def run(
    conf: Conf = LOCAL, set: Set = NONE, force: Force = False, verbose: Verbose = False, as_json: Json = False
) -> None:
    """Run every job, in the order of databricks.yml."""
    _execute(graph.order(), conf, set, force, verbose, as_json=as_json, is_whole=True)


def _execute(
    names: list[str], conf: str, overrides: list[str], force: bool, verbose: bool, *, as_json: bool, is_whole: bool
) -> None:
    chosen = job.load_settings(conf, overrides)
    progress.console.print(f"finerweb {'run' if is_whole else names[0]} · {conf} · {chosen.work}", soft_wrap=True)
    with job.failures(chosen.work / "finerweb.log"), job.opened(chosen, verbose=verbose) as lake:
        runner = job.Runner(lake, chosen, force=force)
        outcomes = []
        for name in names:
            outcomes.append(runner.run(name, graph.load(name).main))
            progress.console.print(job.line(outcomes[-1]), markup=False, soft_wrap=True)
        if not is_whole:
            return
        if all(outcome.is_current for outcome in outcomes):
            progress.console.print("Nothing to do: every job has seen these settings, inputs and code before.")
        found = summary.of(lake, chosen, {outcome.job: outcome.seconds for outcome in outcomes})
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    out = Console(highlight=False)
    grid = Grid(title="Languages", title_justify="left")
    for heading in ("language", "script", "passages", "annotated", "entities"):
        grid.add_column(heading, justify="left" if heading in ("language", "script") else "right")
    for row in found["by_language"]:
        grid.add_row(row["name"], row["script"], *[f"{row[key]:,}" for key in ("passages", "annotated", "entities")])
    out.print(grid)
    out.print("tables    " + ", ".join(f"{name} {rows:,}" for name, rows in found["tables"].items()))
    lost = ", ".join(f"{count:,} {problem}" for problem, count in found["mentions"]["lost"].items())
    out.print(f"mentions  {found['mentions']['found']:,} found; lost: {lost or 'none'}")
    if found["gold"]:
        out.print(
            f"gold      precision {found['gold']['precision']:.2f}, recall {found['gold']['recall']:.2f} (same span)"
        )
    for key in ("lake", "dataset", "report"):
        out.print(f"{key:<9} {found[key]}", soft_wrap=True)


def _add(name: str) -> None:
    def one(conf: Conf = LOCAL, set: Set = NONE, force: Force = False, verbose: Verbose = False) -> None:
        _execute([name], conf, set, force, verbose, as_json=False, is_whole=False)

    app.command(name, help=graph.describe(name))(one)


for _name in graph.order():
    _add(_name)
