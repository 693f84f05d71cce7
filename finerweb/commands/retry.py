"""`finerweb retry`: answers with a problem are asked for once more."""

import json
from collections.abc import Collection
from typing import Annotated

import typer

from finerweb import graph, plugins, questions
from finerweb.commands import _jobs
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, tell
from finerweb.tables import completions

Problem = Annotated[list[str], typer.Option("--problem", help="Such as malformed; may be repeated.")]
Question = Annotated[
    list[str], typer.Option("--question", help="Such as ner; may be repeated. Without it, all of them.")
]


def main(problem: Problem, question: Question = NONE, conf: Conf = LOCAL, set: Set = NONE) -> None:
    """Ask once more for the answers that have a problem, and for nothing else."""
    _require("question", question, plugins.names("finerweb.questions"))
    _require("problem", problem, completions.PROBLEMS)
    asking = {questions.load(name).JOB for name in question} or questions.jobs()
    overrides = [*set, f"ask.again={json.dumps(problem)}"]
    with _jobs.started("retry", conf, overrides, verbose=False) as (lake, settings):
        _jobs.run([name for name in graph.order() if name in asking], lake, settings, force=True)
    tell("What depends on these answers is made anew by: finerweb run")


def _require(kind: str, names: list[str], choices: Collection[str]) -> None:
    for name in names:
        if name not in choices:
            raise typer.BadParameter(f"no {kind} {name}; there are: {', '.join(choices)}", param_hint=f"--{kind}")
