"""Runs, metrics and models in MLflow; the only file with mlflow."""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.pyfunc.model import PythonModel

from finerweb.errors import NoModel, RegistryFailed
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card

# Its warnings are about pip, pickles and progress of copying a folder; errors still come through.
logging.getLogger("mlflow").setLevel(logging.ERROR)
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # of a model, and of an alias
ENCODER, MODEL = "encoder", "model"  # the artifact with the model's folder, and that folder's name


class PassageScorer(PythonModel):
    """The regression as a pyfunc: a frame with a column `text` to a frame with a column for each target."""

    def load_context(self, context: Any) -> None:
        """Load the encoder."""
        from finerweb.scorer import scorer

        self._scorer = scorer.load(context.artifacts[ENCODER], None)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Scores of the texts, of which only as much is read as the encoder takes."""
        values, _ = self._scorer.score(model_input["text"].tolist(), cut=True)
        return pd.DataFrame(values, columns=list(self._scorer.card.targets))


@dataclass(frozen=True)
class Registered:
    """A version of a registered model, and what its run says of it."""

    version: str
    params: dict[str, str]
    metrics: dict[str, float]


def connect(uri: str, experiment: str) -> None:
    """Use a tracking server or database; an SQLite file keeps its artifacts in the folder `mlflow` beside it."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri("databricks-uc" if uri.startswith("databricks") else uri)
    if mlflow.get_experiment_by_name(experiment) is None:
        place = None
        if uri.startswith("sqlite:///"):
            place = (Path(uri.removeprefix("sqlite:///")).parent / "mlflow").resolve().as_uri()
        mlflow.create_experiment(experiment, artifact_location=place)
    mlflow.set_experiment(experiment)


@contextmanager
def run(name: str, params: Mapping[str, Any]) -> Iterator[None]:
    """A run, for what is logged inside; a run inside another is its child."""
    is_child = mlflow.active_run() is not None
    with mlflow.start_run(run_name=name, nested=is_child):
        mlflow.log_params({key: str(value) for key, value in params.items()})
        yield


def log(metrics: Mapping[str, float], *, step: int | None = None) -> None:
    """Log numbers in the running run; what is not finite is left out."""
    finite = {key: float(value) for key, value in metrics.items() if np.isfinite(value)}
    mlflow.log_metrics(finite, step=step)


def log_table(frame: pd.DataFrame, file: str) -> None:
    """Log a frame, as a file that MLflow's pages show."""
    mlflow.log_table(frame, file)


def log_figure(figure: Figure, file: str) -> None:
    """Log a picture."""
    mlflow.log_figure(figure, file)


def register(name: str, folder: Path, *, targets: Sequence[str], example: str) -> str:
    """Register the model in `folder`, which is called MODEL, under `name`; returns the new version."""
    texts = pd.DataFrame({"text": [example]})
    # It announces versions, on both.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        logged = mlflow.pyfunc.log_model(
            name="scorer",
            python_model=PassageScorer(),
            artifacts={ENCODER: folder.resolve().as_uri()},
            signature=infer_signature(
                texts, pd.DataFrame({target: np.zeros(1, dtype=np.float32) for target in targets})
            ),
            input_example=texts,
            pip_requirements=["finerweb"],
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def promote(name: str, version: str, alias: str) -> None:
    """Let an alias point to a version."""
    mlflow.MlflowClient().set_registered_model_alias(name, alias, version)


def current(name: str, alias: str) -> str | None:
    """The version that an alias points to, or None where there is no such model or alias; raises RegistryFailed."""
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in NOT_THERE:
            return None
        raise RegistryFailed(
            f"registry {mlflow.get_registry_uri()}: asked for {name}@{alias}, found {error.error_code}: "
            f"{str(error).splitlines()[0]}. Is it up, and may this user read it?"
        ) from error


def require(name: str, alias: str) -> str:
    """The version that an alias points to; raises NoModel."""
    version = current(name, alias)
    if version is None:
        raise NoModel(
            f"no model {name}@{alias} in {mlflow.get_registry_uri()}; run train_scorer and promote_scorer first, or "
            "name another alias (--set tracking.alias=...)"
        )
    return version


def describe(name: str, alias: str) -> Registered:
    """The model that an alias points to; raises NoModel."""
    version = require(name, alias)
    made = mlflow.MlflowClient().get_run(_run_of(name, version))
    return Registered(version, dict(made.data.params), dict(made.data.metrics))


def _run_of(name: str, version: str) -> str:
    return str(mlflow.MlflowClient().get_model_version(name, version).run_id)


def table(name: str, version: str, file: str) -> pd.DataFrame:
    """A table that was logged in the run that made a version."""
    # mlflow.load_table looks in the current experiment alone.
    logged = mlflow.artifacts.load_dict(f"runs:/{_run_of(name, version)}/{file}")
    return pd.DataFrame(logged["data"], columns=logged["columns"])


def card(name: str, version: str) -> Card:
    """What a version says of itself, without its weights."""
    where = f"models:/{name}/{version}/artifacts/{MODEL}/{model_card.FILE}"
    return model_card.read(Path(mlflow.artifacts.download_artifacts(where)).parent)


def download(name: str, version: str) -> Path:
    """The folder of a version's encoder and heads on this machine."""
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}"))
    return folder / "artifacts" / MODEL
