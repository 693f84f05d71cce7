"""The version that an alias points to, as a run looks it up before it does anything."""

from pathlib import Path
from typing import Any

import mlflow
import pytest

from finerweb import settings
from finerweb.outside import model
from finerweb.training import tracking


def test_an_alias_in_a_file_is_read_as_mlflow_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings.load("conf/test.yml", [f"work={tmp_path}"])
    name, alias = chosen.tracking.model, chosen.tracking.alias
    registered: Any = model.find(f"{name}@{alias}", settings=chosen, spark=None)  # type: ignore[arg-type]
    assert registered.state() is None, "there is no file yet: MLflow makes one"
    client = mlflow.MlflowClient()
    client.create_registered_model(name)
    for _ in range(2):
        client.create_model_version(name, source=str(tmp_path))
    tracking.promote(name, "2", alias)
    assert registered.state() == tracking.current(name, alias) == "2"
    monkeypatch.setattr(tracking, "current", None)  # from here on MLflow is not asked
    assert registered.state() == "2"
