"""Runs, metrics and models in MLflow; the only file with mlflow."""

import contextlib
import io
import logging
import os
from collections.abc import Mapping, Sequence
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
from numpy.typing import NDArray

# Its warnings are about pip, pickles and progress of copying a folder; errors still come through.
logging.getLogger("mlflow").setLevel(logging.ERROR)
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

ENCODER = "encoder"  # the artifact with the model's folder


class NoModel(LookupError):
    """A registered model or alias that is not there."""


class PassageScorer(PythonModel):
    """The regression as a pyfunc: a frame with a column `text` to a frame with a column `score`."""

    def __init__(self, max_subwords: int, tokens_per_batch: int) -> None:
        self.max_subwords, self.tokens_per_batch = max_subwords, tokens_per_batch

    def load_context(self, context: Any) -> None:
        """Load the encoder."""
        from finerweb import scorer

        self._scorer = scorer.load(context.artifacts[ENCODER], self.max_subwords, self.tokens_per_batch)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Scores of the texts, about 0-1."""
        scores, _ = self._scorer.score(model_input["text"].tolist())
        return pd.DataFrame({"score": scores})


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


def record(
    name: str,
    folder: Path,
    *,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    curves: Sequence[Mapping[str, float]],
    confusion: NDArray[np.int64],
    by_language: pd.DataFrame,
    example: Sequence[str],
    max_subwords: int,
    tokens_per_batch: int,
) -> str:
    """Log a training run and register its model under `name`; returns the new version."""
    # It announces versions, on both.
    with mlflow.start_run(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        mlflow.log_params(dict(params))
        mlflow.log_metrics({key: value for key, value in metrics.items() if np.isfinite(value)})
        for point in curves:
            step = int(point.get("step", 0))
            mlflow.log_metrics({key: float(v) for key, v in point.items() if key not in ("step",)}, step=step)
        mlflow.log_figure(confusion_figure(confusion), "confusion_matrix.png")
        mlflow.log_table(by_language, "by_language.json")
        texts = pd.DataFrame({"text": list(example)})
        model = PassageScorer(max_subwords, tokens_per_batch)
        logged = mlflow.pyfunc.log_model(
            name="scorer",
            python_model=model,
            artifacts={ENCODER: folder.resolve().as_uri()},
            signature=infer_signature(texts, pd.DataFrame({"score": [0.5]})),
            input_example=texts,
            pip_requirements=["finerweb"],
            registered_model_name=name,
        )
        return str(logged.registered_model_version)


def promote(name: str, version: str, alias: str) -> None:
    """Let an alias point to a version."""
    mlflow.MlflowClient().set_registered_model_alias(name, alias, version)


def current(name: str, alias: str) -> str | None:
    """The version that an alias points to, or None."""
    try:
        return str(mlflow.MlflowClient().get_model_version_by_alias(name, alias).version)
    except MlflowException:
        return None


def require(name: str, alias: str) -> str:
    """The version that an alias points to; raises NoModel."""
    version = current(name, alias)
    if version is None:
        raise NoModel(
            f"no model {name}@{alias} in {mlflow.get_registry_uri()}; run train_scorer first, or name another alias "
            "(--set tracking.alias=...)"
        )
    return version


def describe(name: str, alias: str) -> Registered:
    """The model that an alias points to; raises NoModel."""
    client = mlflow.MlflowClient()
    version = require(name, alias)
    run = client.get_run(str(client.get_model_version(name, version).run_id))
    return Registered(version, dict(run.data.params), dict(run.data.metrics))


def download(name: str, version: str) -> Path:
    """The folder of a version's encoder and head on this machine."""
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}"))
    return next((folder / "artifacts").iterdir())


def confusion_figure(confusion: NDArray[np.int64]) -> Figure:
    """A confusion matrix, rows the rating, columns the prediction."""
    figure = Figure(figsize=(3.4, 3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(confusion, cmap="Blues")
    names = ["not useful", "useful"]
    axes.set_xticks(range(2), names)
    axes.set_yticks(range(2), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("rated")
    for (row, column), count in np.ndenumerate(confusion):
        dark = count > confusion.max() / 2
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure
