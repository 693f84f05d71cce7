"""Bring the labels into canonical form, and name them in the languages in which they occur."""

from pyspark.sql import DataFrame

from finerweb import asking, job, vocabularies
from finerweb.asking import Requests
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import completions, labels, mentions


def english_requests(lake: Lake, settings: Settings) -> Requests:
    """Every label that is not English, to the namer."""
    return _ask("label_english", labels.foreign(_forms(lake, settings)), settings)


def requests(lake: Lake, settings: Settings) -> Requests:
    """Every canonical label in every language that is not English, to the namer."""
    return _ask("label_name", labels.unnamed(_settled(lake, settings)), settings)


def _ask(question: str, about: DataFrame, settings: Settings) -> Requests:
    subjects = completions.about_labels(about, languages=settings.languages)
    namer = asking.chosen(settings.model_specs, [settings.name_labels.namer])
    return asking.requests(subjects, question=question, models=namer)


def _forms(lake: Lake, settings: Settings) -> DataFrame:
    forms = labels.forms(labels.inventory(lake.read(mentions.TABLE)), languages=settings.languages)
    vocabulary = vocabularies.frozen(lake, settings.name_labels.vocabulary, languages=settings.languages)
    return labels.freeze(forms, vocabulary)


def _settled(lake: Lake, settings: Settings) -> DataFrame:
    english = asking.answers(lake, english_requests(lake, settings))
    return labels.settle(_forms(lake, settings), english)


def main(lake: Lake, settings: Settings) -> None:
    """Bring the labels into canonical form, and name them in the languages in which they occur."""
    budget = settings.name_labels.budget.budget
    for wanted in (english_requests, requests):
        asked = wanted(lake, settings)
        asking.answer_missing(lake, asked, how=settings.ask, budget=budget, tasks=settings.tasks)
    names = asking.answers(lake, asked)
    lake.replace(labels.TABLE, labels.name(_settled(lake, settings), names, languages=settings.languages))


if __name__ == "__main__":
    job.main(main)
