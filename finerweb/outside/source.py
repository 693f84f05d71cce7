"""A source of documents."""

from dataclasses import dataclass

from pyspark.sql import SparkSession

from finerweb.settings import Settings, sources
from finerweb.sources import records


@dataclass(frozen=True)
class Source:
    """A source of the settings."""

    spark: SparkSession
    source: sources.Source

    @property
    def key(self) -> str:
        """`source:name`."""
        return f"source:{self.source.name}"

    def state(self) -> str | None:
        """The fingerprint of its files or of its version."""
        return records.fingerprint(self.spark, self.source)


def find(name: str, *, settings: Settings, spark: SparkSession) -> Source | None:
    """The source of this name, where the settings still have it."""
    return next((Source(spark, source) for source in settings.ingest.sources if source.name == name), None)
