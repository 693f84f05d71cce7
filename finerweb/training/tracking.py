"""Runs, metrics and models in MLflow."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException

from finerweb.errors import BadModel, NoModel, RegistryFailed
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card

# Its warnings are about pip, pickles and progress of copying a folder; errors still come through.
logging.getLogger("mlflow").setLevel(logging.ERROR)
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

# What registries say of a model or an alias that is not there; some say of an alias that the value is invalid, which
# they say of a name as well.
NOT_THERE, INVALID = ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"), "INVALID_PARAMETER_VALUE"
MODEL = "model"  # the name of the folder with a model's weights


@dataclass(frozen=True)
class Registered:
    """A version of a registered model, and what its run says of it."""

    version: str
    params: dict[str, str]
    metrics: dict[str, float]


def connect(uri: str, experiment: str) -> None:
    """Use a tracking server or database; an SQLite file keeps its artifacts in the folder `mlflow` beside it.

    Models of a Databricks workspace (`databricks`, or `databricks://PROFILE`) are in Unity Catalog.
    """
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(re.sub("^databricks(?!-uc)", "databricks-uc", uri))
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
        log_params(params)
        yield


def log_params(params: Mapping[str, Any]) -> None:
    """Log what a run was made with, in the running run."""
    mlflow.log_params({key: str(value) for key, value in params.items()})


def log(metrics: Mapping[str, float], *, step: int | None = None) -> None:
    """Log numbers in the running run; what is not finite is left out."""
    finite = {key: float(value) for key, value in metrics.items() if np.isfinite(value)}
    mlflow.log_metrics(finite, step=step)


def log_table(frame: pd.DataFrame, file: str) -> None:
    """Log a frame, as a file that MLflow's pages show."""
    mlflow.log_table(frame, file)


def log_figure(figure: Figure, file: str) -> None:
    """Log a figure as a picture in the run."""
    mlflow.log_figure(figure, file)


def promote(name: str, version: str, alias: str) -> None:
    """Let an alias point to a version."""
    mlflow.MlflowClient().set_registered_model_alias(name, alias, version)


def current(name: str, alias: str) -> str | None:
    """The version that an alias points to, or None where there is no such model or alias; raises RegistryFailed."""
    client = mlflow.MlflowClient()
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in NOT_THERE or (error.error_code == INVALID and _is_possible(client, name)):
            return None
        raise RegistryFailed(
            f"registry {mlflow.get_registry_uri()}: asked for {name}@{alias}, found {error.error_code}: "
            f"{str(error).splitlines()[0]}. Is it up, and may this user read it?"
        ) from error


def _is_possible(client: mlflow.MlflowClient, name: str) -> bool:
    """Does the registry take this for a name, whether or not there is a model of it?"""
    try:
        client.get_registered_model(name)
    except MlflowException as error:
        return error.error_code in NOT_THERE
    return True


def require(name: str, alias: str) -> str:
    """The version that an alias points to; raises NoModel."""
    version = current(name, alias)
    if version is None:
        raise NoModel(
            f"no model {name}@{alias} in {mlflow.get_registry_uri()}; run train_scorer and promote_scorer first (of "
            "students: train_student and promote_student), or name another alias (--set tracking.alias=...)"
        )
    return version


def require_signature(name: str, version: str) -> None:
    """Raise BadModel for a version that does not say what goes in and comes out: Unity Catalog takes none such."""
    if mlflow.models.get_model_info(f"models:/{name}/{version}").signature is None:
        raise BadModel(
            f"model {name}, version {version}", found="no signature", wanted="one", way_out="train it anew, by finerweb"
        )


def describe(name: str, alias: str) -> Registered:
    """The model that an alias points to; raises NoModel."""
    return describe_version(name, require(name, alias))


def describe_version(name: str, version: str) -> Registered:
    """What the run that made a version says of it."""
    data = mlflow.MlflowClient().get_run(_run_of(name, version)).data
    return Registered(version, dict(data.params), dict(data.metrics))


def add(name: str, version: str, *, metrics: Mapping[str, float], texts: Mapping[str, str]) -> None:
    """Add numbers and files to the run that made a version."""
    client, run_id = mlflow.MlflowClient(), _run_of(name, version)
    for key, value in metrics.items():
        client.log_metric(run_id, key, value)
    for file, text in texts.items():
        client.log_text(run_id, text, file)


def text(name: str, version: str, file: str) -> str | None:
    """A text that was logged in the run that made a version; None where there is none of that name."""
    try:
        return str(mlflow.artifacts.load_text(f"runs:/{_run_of(name, version)}/{file}"))
    except (MlflowException, OSError):
        return None


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
    """The folder of a version's weights on this machine: a regression's or a student's."""
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}"))
    return folder / "artifacts" / MODEL
