"""A model in the registry."""

from dataclasses import dataclass

from pyspark.sql import SparkSession

from finerweb.settings import Settings


@dataclass(frozen=True)
class Model:
    """The version of a registered model that an alias points to."""

    name: str
    alias: str

    @property
    def key(self) -> str:
        """`model:name@alias`."""
        return f"model:{self.name}@{self.alias}"

    def state(self) -> str | None:
        """The version; raises RegistryFailed."""
        from finerweb.training import tracking  # mlflow takes seconds to import: only where a job has a model

        return tracking.current(self.name, self.alias)


def find(name: str, *, settings: Settings, spark: SparkSession) -> Model:
    """The model and alias of this name, in the registry of the settings."""
    from finerweb.training import tracking

    tracking.connect(settings.tracking.uri, settings.tracking.experiment)
    model, _, alias = name.partition("@")
    return Model(model, alias)
