"""The release that a published data set is at."""

from dataclasses import dataclass

from pyspark.sql import SparkSession

from finerweb.errors import BadRelease
from finerweb.formats import releases
from finerweb.settings import Settings


@dataclass(frozen=True)
class Current:
    """The current release of the data set in a folder or URL."""

    path: str

    @property
    def key(self) -> str:
        """`release:path`."""
        return f"release:{self.path}"

    def state(self) -> str | None:
        """Its name; None where there is none, or where it is gone."""
        try:
            present = releases.current(self.path)
        except BadRelease:
            return None
        return present and present.name


def find(name: str, *, settings: Settings, spark: SparkSession) -> Current:
    """The release of the data set in this place."""
    return Current(name)
