"""`finerweb run`, `finerweb <job>`: the jobs of databricks.yml, on this machine."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Grid

from finerweb import graph, job, plugins, progress, questions, tables
from finerweb.commands import audit, contamination, planning, taking_down
from finerweb.lake import Lake
from finerweb.report import summary
from finerweb.report.views import VIEWS
from finerweb.sources import vocabularies
from finerweb.tables import completions

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")

Conf = Annotated[str, typer.Option("--conf", help="Settings that differ from conf/default.yml.")]
Set = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be repeated.")]
Force = Annotated[
    bool, typer.Option("--force", help="Run even where nothing has changed; no answer is paid for twice.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Spark's own log on the terminal.")]
Sheet = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file, for a spreadsheet.")]
Vocabulary = Annotated[Path, typer.Argument(metavar="FILE", help="To be written: .csv or .jsonl.")]
Rated = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, plain or gzip.")]
PerLanguage = Annotated[int, typer.Option("--per-language", min=1, help="Passages of each language.")]
Problem = Annotated[list[str], typer.Option("--problem", help="Such as malformed; may be repeated.")]
Question = Annotated[
    list[str], typer.Option("--question", help="Such as ner; may be repeated. All of them if not said.")
]
Json = Annotated[bool, typer.Option("--json", help="The summary as one JSON object, on the last line.")]

LOCAL = "conf/local.yml"
NONE: list[str] = []


@app.callback()
def _describe() -> None:
    """Turn the multilingual web into named-entity-recognition data sets, on Spark and Delta."""


@contextmanager
def _opened(conf: str, overrides: list[str]) -> Iterator[Lake]:
    """The lake of these settings; a failure is its message alone, and exit status 1."""
    chosen = job.load_settings(conf, overrides)
    with job.failures(chosen.work / "finerweb.log"), job.opened(chosen) as lake:
        yield lake


@app.command("run")
def run(
    conf: Conf = LOCAL, set: Set = NONE, force: Force = False, verbose: Verbose = False, as_json: Json = False
) -> None:
    """Run every job, in the order of databricks.yml."""
    _execute(graph.order(), conf, set, force, verbose, as_json=as_json, title="run")


def _execute(
    names: list[str], conf: str, overrides: list[str], force: bool, verbose: bool, *, as_json: bool, title: str
) -> None:
    chosen = job.load_settings(conf, overrides)
    progress.console.print(f"finerweb {title} · {conf} · {chosen.work}", soft_wrap=True)
    with job.failures(chosen.work / "finerweb.log"), job.opened(chosen, verbose=verbose) as lake:
        runner = job.Runner(lake, chosen, force=force)
        outcomes = []
        for name in names:
            outcomes.append(runner.run(name, graph.load(name).main))
            progress.console.print(job.line(outcomes[-1]), markup=False, soft_wrap=True)
        if title != "run":
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
        _execute([name], conf, set, force, verbose, as_json=False, title=name)

    app.command(name, help=graph.describe(name))(one)


@app.command("plan")
def plan(conf: Conf = LOCAL, set: Set = NONE, as_json: Json = False) -> None:
    """Estimate what is left to ask: requests, tokens, hours and money. Nothing is asked."""
    chosen = job.load_settings(conf, set)
    with job.failures(chosen.work / "finerweb.log"), job.opened(chosen) as lake:
        lines = list(planning.plan(lake, chosen))
    if as_json:
        typer.echo(json.dumps([line._asdict() for line in lines], ensure_ascii=False))
    else:
        _show_plan(lines)


def _show_plan(lines: list[planning.Line]) -> None:
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
    known = sum(line.usd for line in lines if line.usd is not None)
    unknown = sorted({line.model for line in lines if line.usd is None and line.requests})
    more = f", and what {', '.join(unknown)} cost, whose price or speed is not known" if unknown else ""
    planned = {line.job for line in lines}
    if later := [name for name in graph.order() if name in questions.jobs() - planned]:
        out.print(f"Not known before there are annotations: {', '.join(later)}", soft_wrap=True)
    out.print(f"In all: {sum(line.requests for line in lines):,} requests, ${known:,.2f}{more}", soft_wrap=True)


@app.command("retry")
def retry(problem: Problem, question: Question = NONE, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Ask once more for the answers that have a problem, and for nothing else."""
    names = plugins.names("finerweb.questions")
    for name in question:
        if name not in names:
            raise typer.BadParameter(f"no question {name}; there are: {', '.join(names)}", param_hint="--question")
    for name in problem:
        if name not in completions.PROBLEMS:
            told = f"no problem {name}; there are: {', '.join(completions.PROBLEMS)}"
            raise typer.BadParameter(told, param_hint="--problem")
    jobs = [module.JOB for name, module in questions.every().items() if name in (question or [name])]
    again = f"ask.again={json.dumps(problem)}"
    _execute(
        [name for name in graph.order() if name in jobs],
        conf,
        [*set, again],
        force=True,
        verbose=False,
        as_json=False,
        title="retry",
    )
    progress.console.print("What depends on these answers is made anew by: finerweb run", markup=False)


@app.command("sql")
def sql(
    query: Annotated[str, typer.Argument(help=f"Of the tables, and the views {', '.join(VIEWS)}.")],
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Run a query and print its rows as tab-separated values; docs/sql.md has examples."""
    with _opened(conf, set) as lake:
        lake.define(VIEWS, tables.every())
        rows = lake.spark.sql(query)
        typer.echo("\t".join(rows.columns))
        for row in rows.toLocalIterator():
            typer.echo("\t".join("" if value is None else str(value) for value in row))


@app.command("audit_export")
def audit_export(file: Sheet, per_language: PerLanguage = 5, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Write a sample of the annotated passages to a sheet, for people to say what is right."""
    with _opened(conf, set) as lake:
        lines, passages, languages = audit.export(lake, file, per_language=per_language)
    progress.console.print(
        f"{file}: {lines:,} lines about {passages:,} passages in {languages:,} languages. "
        f"Fill in verdict, missing and auditor, then: finerweb audit_import {file}",
        markup=False,
        soft_wrap=True,
    )


@app.command("audit_import")
def audit_import(file: Sheet, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Read a sheet that people filled in; what they say again of the same thing replaces what they said before."""
    with _opened(conf, set) as lake:
        done = audit.import_(lake, file)
    said = [f"{file}, {refused}" for refused in done.refused]
    said.append(
        f"{file}: {done.taken:,} audits, {done.renewed:,} of them new or changed; "
        f"{done.unfilled:,} lines not filled in; {len(done.refused):,} refused"
    )
    progress.console.print("\n".join(said), markup=False, soft_wrap=True)
    raise SystemExit(1 if done.refused else 0)


@app.command("vocabulary")
def vocabulary(file: Vocabulary, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Write the labels of this run, their classes and names to a file that freezes them: name_labels.vocabulary."""
    with _opened(conf, set) as lake:
        lines = vocabularies.export(lake, file)
    progress.console.print(
        f"{file}: {lines:,} labels. To use them as they are: --set name_labels.vocabulary={file}",
        markup=False,
        soft_wrap=True,
    )


@app.command("take_down")
def take_down(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept beside the document's id.")],
    url: Annotated[list[str], typer.Option("--url", help="A page; may be repeated.")] = NONE,
    document: Annotated[list[str], typer.Option("--document", help="A document_id; may be repeated.")] = NONE,
    file: Annotated[Path | None, typer.Option("--file", help="URLs and document_ids, one a line.")] = None,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="Remove older versions of all tables too.")] = False,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Remove documents and all that was made of them, and never take them in again."""
    chosen = job.load_settings(conf, set)
    with job.failures(chosen.work / "finerweb.log"):
        more_urls, more_ids = taking_down.read(file) if file else ([], [])
        urls, ids = [*url, *more_urls], [*document, *more_ids]
        if not (urls or ids) or not reason.strip():
            raise typer.BadParameter("wanted a --reason, and a --url, --document or --file", param_hint="take_down")
        with job.opened(chosen) as lake:
            done = taking_down.take_down(lake, urls=urls, ids=ids, reason=reason, spools=chosen.ask.spool)
            purged = taking_down.purge(lake, spools=chosen.ask.spool) if vacuum else 0
    said = taking_down.describe(done, purged, chosen.publish.path, chosen.report.path)
    progress.console.print("\n".join(said), markup=False, soft_wrap=True)


@app.command("contamination")
def check_contamination(
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON lines with text, or folders of them.")],
    words: Annotated[int, typer.Option("--words", min=2, help="A run of so many words counts.")] = 13,
    least: Annotated[int, typer.Option("--least", min=1, help="A shorter text counts as a whole from here on.")] = 5,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Find benchmark texts in the passages of the release; exit status 1 if there are any."""
    if least > words:
        raise typer.BadParameter(f"found {least}, wanted at most --words, {words}", param_hint="--least")
    with _opened(conf, set) as lake:
        checked = contamination.check(lake, files, size=words, least=least)
    progress.console.print("\n".join(contamination.describe(checked)), markup=False, soft_wrap=True)
    raise SystemExit(1 if any(one.hits or one.refused for one in checked) else 0)


@app.command("evaluate_scorer")
def evaluate_scorer(file: Rated, conf: Conf = LOCAL, set: Set = NONE, as_json: Json = False) -> None:
    """Compare the registered regression with ratings in a file of JSON lines: text, language, rating."""
    from finerweb.training import evaluating  # torch and mlflow take seconds to import

    chosen = job.load_settings(conf, set)
    with job.failures(chosen.work / "finerweb.log"):
        found = evaluating.evaluate(
            file, at=chosen.tracking, threshold=chosen.select.threshold, languages=chosen.languages
        )
    progress.console.print("\n".join(f"{file}, {refused}" for refused in found.refused), markup=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps({"model": found.model, "table": json.loads(found.table.to_json(orient="records"))}))
    else:
        _show_quality(found.table, f"{found.model} beside {file}")
    raise SystemExit(1 if found.refused else 0)


def _show_quality(table: "pd.DataFrame", title: str) -> None:
    grid = Grid(title=title, title_justify="left")
    for name in table.columns:
        grid.add_column(name.replace("_", " "), justify="left" if name == "language" else "right")
    for row in table.itertuples(index=False):
        grid.add_row(*[f"{value:.3f}" if isinstance(value, float) else str(value) for value in row])
    Console(highlight=False).print(grid)


@app.command("push")
def push(
    repo: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="A data set of the hub; made where it is not.")],
    *,
    private: Annotated[bool, typer.Option("--private", help="For its owner alone.")] = False,
    revision: Annotated[str | None, typer.Option("--revision", help="A branch, instead of main.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be sent; no hub is asked.")] = False,
    conf: Conf = LOCAL,
    set: Set = NONE,
) -> None:
    """Send the published data set to the Hugging Face Hub, with the token in HF_TOKEN."""
    from finerweb.sources import hub  # datasets takes seconds to import

    chosen = job.load_settings(conf, set)
    with job.failures(chosen.work / "finerweb.log"):
        folder, files = hub.to_send(chosen.publish.path)
        size = f"{len(files):,} files, {sum(file.bytes for file in files):,} bytes"
        if dry_run:
            typer.echo("\n".join(f"{file.bytes:>14,}  {file.path}" for file in files))
            typer.echo(f"{size} of {folder} would be sent to {repo}")
            return
        token = os.environ.get("HF_TOKEN", "").strip()
        url = hub.push(folder, repo, token=token, private=private, revision=revision)
    progress.console.print(f"{size} sent: {url}", markup=False, soft_wrap=True)


for _name in graph.order():
    _add(_name)
