"""Have every annotator name the entities of the selected passages."""

from finerweb import asking, job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, passages, selection


def main(lake: Lake, settings: Settings) -> None:
    """Have every annotator name the entities of the selected passages."""
    annotators = asking.chosen(settings.model_specs, settings.annotators)
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    requested = asking.requests(
        completions.about(chosen, languages=settings.languages), question="ner", models=annotators
    )
    asking.answer_missing(
        lake,
        requested,
        question="ner",
        models=annotators,
        how=settings.ask,
        budget=settings.annotate.budget.budget,
        tasks=settings.tasks,
    )


if __name__ == "__main__":
    job.main(main)
