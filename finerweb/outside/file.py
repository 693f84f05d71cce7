"""A file that a job writes, such as the data card."""

from dataclasses import dataclass

from pyspark.sql import SparkSession

from finerweb import storage
from finerweb.settings import Settings


@dataclass(frozen=True)
class File:
    """A file by its path or URL; it is there or it is not, since people may edit it."""

    path: str

    @property
    def key(self) -> str:
        """`file:path`."""
        return f"file:{self.path}"

    def state(self) -> str | None:
        """`there`, or None."""
        system, path = storage.place(self.path)
        return "there" if system.exists(path) else None


def find(name: str, *, settings: Settings, spark: SparkSession) -> File:
    """The file of this path."""
    return File(name)
