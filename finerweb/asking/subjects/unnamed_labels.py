"""The canonical labels that need a name in another language."""

from pyspark.sql import DataFrame

from finerweb.asking import conversation
from finerweb.asking import subjects as kinds
from finerweb.asking.subjects import foreign_labels
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import labels


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """Each canonical label, once in a language, as far as those that are not English were put into English."""
    forms = foreign_labels.forms(lake, settings)
    requests = kinds.requests("label_english", labels.foreign(forms), settings)
    return labels.unnamed(labels.settle(forms, conversation.answers(lake, requests), few=labels.are_few(forms)))
