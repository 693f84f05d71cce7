"""`finerweb preview`: what the models say about a few passages, and what the rest would cost, before it is spent."""

from collections.abc import Sequence
from typing import Annotated

import typer
from pyspark.sql import DataFrame

from finerweb import questions
from finerweb.asking import conversation, forecasting, subjects
from finerweb.commands import _jobs
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, Verbose, tell
from finerweb.errors import BadInput
from finerweb.lake import Lake
from finerweb.report import page, preview_page, previews
from finerweb.report.previews import Preview
from finerweb.rows import first
from finerweb.settings import Settings
from finerweb.tables import passages

PerLanguage = Annotated[int, typer.Option("--per-language", min=1, help="Passages of each language.")]
Question = Annotated[str, typer.Option("--question", help="Such as usefulness or judge: a file of finerweb/questions.")]
Model = Annotated[
    list[str], typer.Option("--model", help="Instead of those that the question is put to; may be repeated.")
]


def main(
    *,
    per_language: PerLanguage = 3,
    question: Question = "ner",
    model: Model = NONE,
    conf: Conf = LOCAL,
    set: Set = NONE,
    verbose: Verbose = False,
) -> None:
    """Ask the models about a few passages of each language, show what they say, and what the rest would cost."""
    with _jobs.started("preview", conf, set, verbose=verbose) as (lake, settings):
        shown = preview(lake, settings, question, per_language=per_language, models=model)
        path = page.write(preview_page.render(shown), str(settings.work / preview_page.FILE))
    tell(*preview_page.summary(shown), preview_page.budget(shown), f"The answers, side by side: {path}")


def preview(lake: Lake, settings: Settings, question: str, *, per_language: int, models: Sequence[str] = ()) -> Preview:
    """Have so many subjects of each language answered, those that were not yet, and forecast what all others take.

    Raises UnknownName for a question or model that there is not, BadInput where there is nothing to ask about.
    """
    module = questions.load(question)
    about, guess = _about(lake, settings, question)
    few = first(about, per_language, within=["language"], key=module.SUBJECT_ID)
    every, chosen = (subjects.requests(question, frame, settings, models=models) for frame in (about, few))
    if chosen.frame.isEmpty():
        raise BadInput(
            f"preview of {question}",
            found=f"none of its {module.SUBJECTS.replace('_', ' ')}",
            wanted="some to ask about",
            way_out=f"see what the jobs before {module.JOB} say was lost",
        )
    lake.begin("preview")
    with lake.progress.job("preview", lake.spark):
        conversation.answer_missing(lake, chosen, how=settings.ask, tasks=settings.tasks)
    answered, specs = forecasting.answers_to(lake, chosen), every.models
    return Preview(
        question=question,
        languages=settings.languages,
        subjects=previews.gather(
            answered,
            few,
            question=question,
            models=list(specs),
            languages=settings.languages,
            policy=settings.ground.policy,
        ),
        prices={name: spec.price for name, spec in specs.items()},
        engines={name: forecasting.engines(lake.spark, spec, tasks=settings.tasks) for name, spec in specs.items()},
        forecasts=forecasting.forecast(lake, every, attempts=settings.ask.attempts),
        guess=guess,
        setting=module.BUDGET,
        budget=every.budget,
        left=forecasting.left(lake, every),
        place=lake.location,
    )


def _about(lake: Lake, settings: Settings, question: str) -> tuple[DataFrame, str]:
    """The subjects of a question, or a guess of them; raises BadInput where there are no passages."""
    if not lake.exists(passages.TABLE):
        raise BadInput(
            f"preview of {question}",
            found=f"no passages in {lake.location}",
            wanted="some to ask about",
            way_out="make them, which asks no model: finerweb ingest_documents, then finerweb split_passages",
        )
    return subjects.expected(question, lake, settings)
