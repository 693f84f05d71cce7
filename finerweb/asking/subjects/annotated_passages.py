"""A sample of the annotated passages, with their entities."""

from pyspark.sql import DataFrame

from finerweb.asking.subjects import selected_passages
from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import entities, passages, verdicts


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """Passages, and copies of some of them with a planted error or in reverse order."""
    selected = selected_passages.subjects(lake, settings)
    return verdicts.subjects(
        lake.read(entities.TABLE),
        passages.sample(selected, per_language=settings.judge.per_language),
        languages=settings.languages,
        planted=settings.judge.planted,
        swapped=settings.judge.swapped,
    )
