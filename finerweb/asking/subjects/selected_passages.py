"""The passages that are selected for annotation."""

from pyspark.sql import DataFrame

from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import passages, selection

GUESS = "before selection: as many passages of a language as are wanted, one a document"


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """Every selected passage."""
    return selection.chosen(lake.read(selection.TABLE), lake.read(passages.TABLE))


def guess(lake: Lake, settings: Settings) -> DataFrame:
    """What would be selected if every passage were useful."""
    return passages.sample(lake.read(passages.TABLE), per_language=settings.select.per_language)
