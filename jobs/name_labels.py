"""Bring the labels into canonical form, and name them in the languages in which they occur."""

from pyspark.sql import DataFrame

from finerweb import job
from finerweb.asking import conversation, naming, subjects
from finerweb.asking.subjects import foreign_labels
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import labels


def main(lake: Lake, settings: Settings) -> None:
    """Bring the labels into canonical form, and name them in the languages in which they occur."""

    def answers(question: str, about: DataFrame) -> DataFrame:
        requests = subjects.requests(question, about, settings)
        conversation.answer_missing(lake, requests, how=settings.ask, tasks=settings.tasks)
        return conversation.answers(lake, requests)

    forms = foreign_labels.forms(lake, settings)
    back_translate = settings.name_labels.back_translate
    named = naming.named(forms, answers, languages=settings.languages, back_translate=back_translate)
    lake.replace(labels.TABLE, named)


if __name__ == "__main__":
    job.main(main)
