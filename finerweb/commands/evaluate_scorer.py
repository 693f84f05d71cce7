"""`finerweb evaluate_scorer`: the registered regression beside ratings that it never saw."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid

from finerweb.commands._terminal import LOCAL, NONE, Conf, Json, Set, configured, tell

if TYPE_CHECKING:
    import pandas as pd

File = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, plain or gzip.")]


def main(file: File, conf: Conf = LOCAL, set: Set = NONE, as_json: Json = False) -> None:
    """Compare the registered regression with ratings in a file of JSON lines: text, language, rating."""
    from finerweb.training import evaluating, tracking  # torch and mlflow take seconds to import

    with configured(conf, set) as settings:
        tracking.connect(settings.tracking.uri, settings.tracking.experiment)
        evaluation = evaluating.evaluate(
            file,
            model=settings.tracking.model,
            alias=settings.tracking.alias,
            threshold=settings.select.threshold,
            languages=settings.languages,
        )
    tell(*(f"{file}, {line}" for line in evaluation.refused))
    if as_json:
        table = json.loads(evaluation.table.to_json(orient="records"))
        typer.echo(json.dumps({"model": evaluation.model, "table": table}))
    else:
        _show(evaluation.table, f"{evaluation.model} beside {file}")
    raise SystemExit(1 if evaluation.refused else 0)


def _show(table: "pd.DataFrame", title: str) -> None:
    grid = Grid(title=title, title_justify="left")
    for name in table.columns:
        grid.add_column(name.replace("_", " "), justify="left" if name == "language" else "right")
    for row in table.itertuples(index=False):
        grid.add_row(*[f"{value:.3f}" if isinstance(value, float) else str(value) for value in row])
    Console(highlight=False).print(grid)
