"""A sample of the passages of each language."""

from pyspark.sql import DataFrame

from finerweb.lake import Lake
from finerweb.settings import Settings
from finerweb.tables import near_duplicates, passages


def subjects(lake: Lake, settings: Settings) -> DataFrame:
    """Passages, without near-duplicates of others."""
    copies = lake.read(near_duplicates.TABLE)
    # A copy among the test passages of what was learned from would flatter the regression.
    originals = lake.read(passages.TABLE).join(copies, on="passage_id", how="left_anti")
    return passages.sample(originals, per_language=settings.rate.per_language)
