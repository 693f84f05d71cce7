"""A model in the registry loads whatever becomes of finerweb's modules: those of now without any, those of before too."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow.pyfunc.model import PythonModel

import finerweb
from finerweb.errors import BadModel
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card
from finerweb.scorer.scorer import Scorer
from finerweb.tracking import PassageScorer
from finerweb.training import registration, tracking

PACKAGE = Path(finerweb.__file__).parent
TEXTS = ["rich 👍🏽 x", "poor y", "e\u0301te\u0301 " * 30]

# What a serving process does: load the model by the registry's name, and ask it. {before} comes first.
SERVE = """
{before}
import sys
import mlflow
import pandas as pd

mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
scores = model.predict(pd.DataFrame({{"text": {texts!r}}}))
print(scores.to_json(orient="split", double_precision=15))
"""
WITHOUT_FINERWEB = "import sys; sys.modules['finerweb'] = None  # to import it, or a part of it, is an ImportError"
FROM_A_ZIP = "import finerweb; assert finerweb.__file__.startswith({archive!r}), finerweb.__file__"


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with two heads, of random weights, that reads eight subwords."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("trained") / tracking.MODEL
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=2)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    model_card.write(folder, Card(("binary", "four_class"), 8, {"*": 0.5}, "abcd1234"))
    return folder


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry of its own."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('registry')}/mlflow.db"
    tracking.connect(uri, "finerweb")
    return uri


def serve(uri: str, model: str, *, before: str, path: str = "") -> pd.DataFrame:
    """What another process, in an empty folder, says of TEXTS with a registered model."""
    script = SERVE.format(before=before, texts=TEXTS)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": path}
    command = [sys.executable, "-P", "-c", script, uri, model]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return pd.read_json(io.StringIO(done.stdout.splitlines()[-1]), orient="split")


def expected(folder: Path) -> pd.DataFrame:
    """What the pipeline itself says of TEXTS."""
    values, _ = Scorer(folder, tokens_per_batch=None).score(TEXTS, cut=True)
    return pd.DataFrame(values, columns=["binary", "four_class"])


def test_a_registered_model_is_served_without_finerweb(folder: Path, uri: str) -> None:
    with tracking.run("train_scorer", {}):
        version = registration.register("scorer", folder, max_subwords=8, example=TEXTS[0])
    scores = serve(uri, f"models:/scorer/{version}", before=WITHOUT_FINERWEB)
    pd.testing.assert_frame_equal(scores, expected(folder), check_dtype=False, atol=0.02)  # bf16, where there is
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/scorer/{version}"))
    assert sorted(path.name for path in stored.glob("*.py")) == ["served.py"]
    assert list(stored.glob("*.pkl")) == []


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """finerweb as spark-submit ships it."""
    path = tmp_path_factory.mktemp("zip") / "finerweb.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in PACKAGE.rglob("*.py"):
            packed.write(file, file.relative_to(PACKAGE.parent))
    return str(path)


def test_a_model_that_was_pickled_by_the_module_of_before_is_served(folder: Path, uri: str, archive: str) -> None:
    assert issubclass(PassageScorer, PythonModel)
    with tracking.run("train_scorer", {}):
        logged = mlflow.pyfunc.log_model(
            name="scorer",
            python_model=PassageScorer(),
            artifacts={registration.ENCODER: folder.resolve().as_uri()},
            pip_requirements=["finerweb"],
            registered_model_name="before",
        )
    version = str(logged.registered_model_version)
    stored = Path(mlflow.artifacts.download_artifacts(f"models:/before/{version}"))
    assert b"finerweb.tracking" in (stored / "python_model.pkl").read_bytes(), "by name, not by value"
    before = FROM_A_ZIP.format(archive=archive)
    scores = serve(uri, f"models:/before/{version}", before=before, path=archive)
    pd.testing.assert_frame_equal(scores, expected(folder), check_dtype=False, atol=1e-6)
    with pytest.raises(BadModel, match=r"^model before, version \d+: found no signature, wanted one\. Train it anew"):
        tracking.require_signature("before", version)
    # Our own way to it asks for no code.
    assert tracking.card("before", version) == model_card.read(folder)
    values, _ = Scorer(tracking.download("before", version), tokens_per_batch=None).score(TEXTS, cut=True)
    assert values.tolist() == expected(folder).to_numpy().tolist()


def test_the_code_of_a_model_is_found_in_an_archive(archive: str) -> None:
    script = (
        f"{FROM_A_ZIP.format(archive=archive)}\n"
        "from finerweb.training import registration\n"
        "with registration._code('served.py') as path: print(path.name, path.read_bytes().count(b'set_model'))"
    )
    environment = {**os.environ, "PYTHONPATH": archive}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout == "served.py 2\n", done.stderr
