"""Have a sample of the merged annotations judged."""

from finerweb import asking, job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, entities, passages, selection, verdicts


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the merged annotations judged."""
    judges = asking.chosen(settings.model_specs, settings.judge.judges)
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    sample = passages.sample(chosen, per_language=settings.judge.per_language)
    copies = verdicts.subjects(
        lake.read(entities.TABLE),
        sample,
        languages=settings.languages,
        planted=settings.judge.planted,
        swapped=settings.judge.swapped,
    )
    about = completions.about(copies, languages=settings.languages, more=["entities"])
    requested = asking.requests(about, question="judge", models=judges)
    asking.answer_missing(
        lake,
        requested,
        question="judge",
        models=judges,
        how=settings.ask,
        budget=settings.judge.budget.budget,
        tasks=settings.tasks,
    )
    lake.replace(verdicts.TABLE, verdicts.collect(asking.answers(lake, requested, question="judge"), copies))


if __name__ == "__main__":
    job.main(main)
