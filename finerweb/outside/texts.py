"""A table of texts that is not the lake's."""

from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from finerweb.settings import Settings
from finerweb.sources import delta_tables


@dataclass(frozen=True)
class Texts:
    """A table by its folder, URL or name."""

    spark: SparkSession
    place: str

    @property
    def key(self) -> str:
        """`texts:place`."""
        return f"texts:{self.place}"

    def state(self) -> str | None:
        """Its version; None where it cannot be read."""
        try:
            return str(delta_tables.version(self.spark, self.place))
        except AnalysisException:
            return None


def find(name: str, *, settings: Settings, spark: SparkSession) -> Texts:
    """The table of this place."""
    return Texts(spark, name)
