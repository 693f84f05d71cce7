"""Name the labels in the languages in which they occur."""

from finerweb import asking, job
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, labels, mentions


def main(lake: Lake, settings: Settings) -> None:
    """Name the labels in the languages in which they occur."""
    namer = asking.chosen(settings.model_specs, [settings.name_labels.namer])
    inventory = labels.inventory(lake.read(mentions.TABLE))
    requested = asking.requests(
        completions.about_labels(labels.foreign(inventory), languages=settings.languages),
        question="label_name",
        models=namer,
    )
    asking.answer_missing(
        lake,
        requested,
        question="label_name",
        models=namer,
        how=settings.ask,
        budget=settings.name_labels.budget.budget,
        tasks=settings.tasks,
    )
    lake.replace(labels.TABLE, labels.name(inventory, asking.answers(lake, requested, question="label_name")))


if __name__ == "__main__":
    job.main(main)
