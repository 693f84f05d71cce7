"""A model in the registry."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession

from finerweb.settings import Settings

SQLITE = "sqlite:///"
VERSION = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"


@dataclass(frozen=True)
class Model:
    """The version of a registered model that an alias points to.

    With `settings` it is in their registry, which nothing need have connected to.
    """

    name: str
    alias: str
    settings: Settings | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """`model:name@alias`."""
        return f"model:{self.name}@{self.alias}"

    def state(self) -> str | None:
        """The version; raises RegistryFailed.

        Out of an SQLite file it is read as MLflow has it there: MLflow itself takes seconds to be imported and to open
        one. It is asked where the file has no such row, or is of another version of it.
        """
        uri = self.settings.tracking.uri if self.settings else ""
        if uri.startswith(SQLITE) and "?" not in uri:
            with suppress(sqlite3.Error), closing(_opened(Path(uri.removeprefix(SQLITE)))) as database:
                rows = database.execute(VERSION, (self.name, self.alias)).fetchall()
                if len(rows) == 1:
                    return str(rows[0][0])
        from finerweb.training import tracking  # only where a job has a model

        if self.settings:
            tracking.connect(uri, self.settings.tracking.experiment)
        return tracking.current(self.name, self.alias)


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def find(name: str, *, settings: Settings, spark: SparkSession) -> Model:
    """The model and alias of this name, in the registry of the settings."""
    model, _, alias = name.partition("@")
    return Model(model, alias, settings)
