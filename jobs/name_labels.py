"""Name the labels in the languages in which they occur."""

from finerweb import asking, job
from finerweb.asking import Requests
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, labels, mentions


def requests(lake: Lake, settings: Settings) -> Requests:
    """Every label in every language that is not English, to the namer."""
    foreign = labels.foreign(labels.inventory(lake.read(mentions.TABLE)))
    about = completions.about_labels(foreign, languages=settings.languages)
    namer = asking.chosen(settings.model_specs, [settings.name_labels.namer])
    return asking.requests(about, question="label_name", models=namer)


def main(lake: Lake, settings: Settings) -> None:
    """Name the labels in the languages in which they occur."""
    asked = requests(lake, settings)
    asking.answer_missing(
        lake, asked, how=settings.ask, budget=settings.name_labels.budget.budget, tasks=settings.tasks
    )
    inventory = labels.inventory(lake.read(mentions.TABLE))
    lake.replace(labels.TABLE, labels.name(inventory, asking.answers(lake, asked)))


if __name__ == "__main__":
    job.main(main)
