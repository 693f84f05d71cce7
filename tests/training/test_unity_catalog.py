"""Models in Unity Catalog: MLflow's own client against a registry on loopback; a name that is refused is no missing model."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
import s3
import unity_catalog
from unity_catalog import Registry

from finerweb import settings
from finerweb.errors import BadSettings, NoModel, RegistryFailed
from finerweb.scorer import model_card
from finerweb.scorer.model_card import Card
from finerweb.training import registration, tracking

NAME, BUCKET = "prod.finerweb.scorer", "catalog"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry, its storage, and MLflow that looks for both, with its runs in a file."""
    before = mlflow.get_registry_uri(), mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch, s3.served(BUCKET) as store, unity_catalog.served(BUCKET) as registry:
        folder = tmp_path_factory.mktemp("tracking")
        mine = {
            "DATABRICKS_HOST": registry.host,
            "DATABRICKS_TOKEN": "of-nobody",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        }
        endpoint = {
            "MLFLOW_S3_ENDPOINT_URL": store["AWS_ENDPOINT_URL_S3"],
            "DATABRICKS_CONFIG_FILE": str(folder / "none"),
        }
        for name, value in {**store, **mine, **endpoint}.items():
            patch.setenv(name, value)
        tracking.connect(f"sqlite:///{folder}/mlflow.db", "finerweb")
        mlflow.set_registry_uri("databricks-uc")
        yield registry
    mlflow.set_registry_uri(before[0])
    mlflow.set_tracking_uri(before[1])


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of random weights."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("trained") / tracking.MODEL
    AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=1).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    model_card.write(folder, Card(("binary",), 8, {"*": 0.5}, "abcd1234"))
    return folder


def test_a_model_is_registered_promoted_and_fetched(registry: Registry, folder: Path) -> None:
    assert tracking.current(NAME, "champion") is None, "no model"
    with tracking.run("train_scorer", {}):
        version = registration.register(NAME, folder, max_subwords=8, example="rich")
    assert tracking.current(NAME, "champion") is None, "no alias"
    tracking.promote(NAME, version, "champion")
    assert (version, tracking.require(NAME, "champion")) == ("1", "1")
    assert registry.versions[NAME][0]["status"] == "READY"
    tracking.require_signature(NAME, version)
    assert tracking.card(NAME, version) == model_card.read(folder)
    assert (tracking.download(NAME, version) / "model.safetensors").read_bytes() == (
        folder / "model.safetensors"
    ).read_bytes()


def test_a_name_that_is_refused_is_no_missing_model(registry: Registry) -> None:
    with pytest.raises(RegistryFailed, match=r"asked for scorer@champion, found INVALID_PARAMETER_VALUE: .*valid name"):
        tracking.current("scorer", "champion")
    with pytest.raises(NoModel, match=r"no model dev\.finerweb\.scorer@champion in databricks-uc"):
        tracking.require("dev.finerweb.scorer", "champion")


def test_a_workspace_has_its_models_in_unity_catalog(registry: Registry) -> None:
    before = mlflow.get_registry_uri(), mlflow.get_tracking_uri()
    try:
        tracking.connect("databricks", "/Shared/finerweb")
        assert mlflow.get_registry_uri() == "databricks-uc"
        assert "GET /api/2.0/mlflow/experiments/get-by-name" in registry.calls
    finally:
        mlflow.set_registry_uri(before[0])
        mlflow.set_tracking_uri(before[1])


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "tracking.model=finerweb-scorer",
            "tracking.model: found 'finerweb-scorer'; wanted catalog.schema.name, since tracking.uri is databricks, whose "
            "models are in Unity Catalog: prod.finerweb.model",
        ),
        (
            "tracking.student=prod.student",
            "tracking.student: found 'prod.student'; wanted catalog.schema.name, since tracking.uri is databricks, whose "
            "models are in Unity Catalog: prod.finerweb.student",
        ),
        (
            "tracking.experiment=finerweb",
            "tracking.experiment: found 'finerweb'; wanted a place in the workspace, since tracking.uri is databricks: "
            "/Shared/finerweb",
        ),
    ],
)
def test_a_name_that_would_be_refused_is_told_before_anything_is_trained(override: str, words: str) -> None:
    with pytest.raises(BadSettings) as raised:
        settings.load("conf/prod.yml", [override])
    assert str(raised.value) == f"--set {override}: {words}"
