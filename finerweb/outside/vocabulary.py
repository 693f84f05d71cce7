"""A file of labels that a run is held to."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from finerweb.settings import Settings


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary by its path."""

    path: str

    @property
    def key(self) -> str:
        """`vocabulary:path`."""
        return f"vocabulary:{self.path}"

    def state(self) -> str | None:
        """The fingerprint of its content."""
        file = Path(self.path)
        return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else None


def chosen(path: str | None) -> list[Vocabulary]:
    """The vocabulary of the settings, or none."""
    return [Vocabulary(path)] if path else []


def find(name: str, *, settings: Settings, spark: SparkSession) -> Vocabulary:
    """The vocabulary of this path."""
    return Vocabulary(name)
