"""The labels that are not English."""

from pyspark.sql import DataFrame

from finerweb.lake import Lake
from finerweb.outside import vocabulary
from finerweb.settings import Settings
from finerweb.sources import vocabularies
from finerweb.tables import labels, mentions


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """Each label, once in a language."""
    return labels.foreign(forms(lake, settings))


def forms(lake: Lake, settings: Settings) -> DataFrame:
    """All labels in canonical form, or as a vocabulary has them."""
    inventory = labels.forms(labels.inventory(lake.read(mentions.TABLE)), languages=settings.languages)
    lake.log.read(*vocabulary.chosen(settings.name_labels.vocabulary))
    entries = vocabularies.frozen(lake.spark, settings.name_labels.vocabulary, languages=settings.languages)
    return labels.freeze(inventory, entries)
