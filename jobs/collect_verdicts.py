"""Have a sample of the merged annotations judged."""

from pyspark.sql import DataFrame

from finerweb import job
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, entities, passages, selection, verdicts


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """A sample of the annotated passages, and copies of some of them with a planted error or in reverse order."""
    chosen = selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))
    return verdicts.subjects(
        lake.read(entities.TABLE),
        passages.sample(chosen, per_language=settings.judge.per_language),
        languages=settings.languages,
        planted=settings.judge.planted,
        swapped=settings.judge.swapped,
    )


def requests(lake: Lake, settings: Settings) -> Requests:
    """These subjects, to every judge."""
    about = completions.about(subjects(lake, settings), languages=settings.languages, more=["entities"])
    return conversation.requests(
        about, question="judge", models=conversation.chosen(settings.models, settings.judge.judges)
    )


def main(lake: Lake, settings: Settings) -> None:
    """Have a sample of the merged annotations judged."""
    asked = requests(lake, settings)
    conversation.answer_missing(lake, asked, how=settings.ask, budget=settings.judge.budget, tasks=settings.tasks)
    lake.replace(verdicts.TABLE, verdicts.collect(conversation.answers(lake, asked), subjects(lake, settings)))


if __name__ == "__main__":
    job.main(main)
