"""Bring the labels into canonical form, and name them in the languages in which they occur."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pyspark.sql import DataFrame

from finerweb import job
from finerweb.asking import conversation
from finerweb.asking.conversation import Requests
from finerweb.lake import Lake
from finerweb.outside import vocabulary
from finerweb.settings import Settings
from finerweb.sources import vocabularies
from finerweb.tables import completions, labels, mentions


def english_requests(lake: Lake, settings: Settings) -> Requests:
    """Every label that is not English, to the namer."""
    return _ask("label_english", labels.foreign(_forms(lake, settings)), settings)


def requests(lake: Lake, settings: Settings) -> Requests:
    """Every canonical label in every language that is not English, to the namer."""
    english = conversation.answers(lake, english_requests(lake, settings))
    return _ask("label_name", labels.unnamed(labels.settle(_forms(lake, settings), english)), settings)


def _forms(lake: Lake, settings: Settings) -> DataFrame:
    forms = labels.forms(labels.inventory(lake.read(mentions.TABLE)), languages=settings.languages)
    lake.log.read(*vocabulary.chosen(settings.name_labels.vocabulary))
    entries = vocabularies.frozen(lake.spark, settings.name_labels.vocabulary, languages=settings.languages)
    return labels.freeze(forms, entries)


def _ask(question: str, about: DataFrame, settings: Settings) -> Requests:
    subjects = completions.about_labels(about, languages=settings.languages)
    namer = conversation.chosen(settings.models, [settings.name_labels.namer])
    return conversation.requests(subjects, question=question, models=namer)


def _answers(lake: Lake, asked: Requests, settings: Settings) -> DataFrame:
    budget = settings.name_labels.budget
    conversation.answer_missing(lake, asked, how=settings.ask, budget=budget, tasks=settings.tasks)
    return conversation.answers(lake, asked)


def main(lake: Lake, settings: Settings) -> None:
    """Bring the labels into canonical form, and name them in the languages in which they occur."""
    # Kept, since each round of questions would make them anew, and those before it too.
    with ExitStack() as kept:
        forms = kept.enter_context(_persisted(_forms(lake, settings)))
        english = _answers(lake, _ask("label_english", labels.foreign(forms), settings), settings)
        settled = kept.enter_context(_persisted(labels.settle(forms, english)))
        names = _answers(lake, _ask("label_name", labels.unnamed(settled), settings), settings)
        named = kept.enter_context(_persisted(labels.name(settled, names, languages=settings.languages)))
        given = labels.given(named, when=settings.name_labels.back_translate)
        back = _answers(lake, _ask("label_english", given, settings), settings)
        lake.replace(labels.TABLE, labels.check(named, back))


@contextmanager
def _persisted(frame: DataFrame) -> Iterator[DataFrame]:
    frame.persist()
    try:
        yield frame
    finally:
        frame.unpersist()


if __name__ == "__main__":
    job.main(main)
