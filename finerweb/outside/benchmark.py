"""A benchmark: a file, or a data set of the Hub."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from finerweb.evaluation.benchmarks import Benchmark as Spec
from finerweb.settings import Settings


@dataclass(frozen=True)
class Benchmark:
    """A benchmark of the settings."""

    spec: Spec

    @property
    def key(self) -> str:
        """`benchmark:name`."""
        return f"benchmark:{self.spec.name}"

    def state(self) -> str | None:
        """The fingerprint of a file's content; of a data set of the Hub the commit of its branch."""
        if self.spec.format == "hub":
            from finerweb.sources import hub  # datasets takes seconds to import: only where it is used

            return hub.commit(self.spec.path, self.spec.revision)
        file = Path(self.spec.path)
        return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else None


def find(name: str, *, settings: Settings, spark: SparkSession) -> Benchmark | None:
    """The benchmark of this name, where the settings still have it."""
    return next((Benchmark(spec) for spec in settings.evaluate.benchmarks if spec.name == name), None)
