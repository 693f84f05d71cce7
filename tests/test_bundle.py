"""databricks.yml: the one statement of the order."""

import functools
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bundle
import jsonschema_rs
import pytest
import yaml
from bundle import Target

from finerweb import graph, settings
from finerweb.errors import UnknownName
from finerweb.project import resource
from finerweb.settings import Settings

ROOT = Path(__file__).parent.parent
Rule = Callable[[Target], Iterator[str]]


def test_every_job_file_is_a_task_and_runs_after_what_it_reads() -> None:
    order = graph.order()
    assert sorted([*order, *graph.beside()]) == sorted(path.stem for path in (ROOT / "jobs").glob("*.py"))
    assert order[0] == "ingest_documents"
    assert order[-1] == "report"
    for task, needs in graph.tasks().items():
        assert all(order.index(need) < order.index(task) for need in needs)


def test_the_bundle_is_valid(shared: Path) -> None:
    schema = json.loads((shared / "reference" / "databricks-bundle.schema.json").read_text(encoding="utf-8"))
    whole = yaml.safe_load(resource("databricks.yml").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [str(error) for error in validator.iter_errors(whole)] == []
    whole["resources"]["jobs"]["finerweb"]["tasks"][0]["depend_on"] = []
    assert not validator.is_valid(whole)


def test_a_misspelt_job_is_told_from_the_others() -> None:
    with pytest.raises(
        UnknownName, match=r"^no job anotate; there are: ingest_documents, .*\. Did you mean 'annotate'\?$"
    ):
        graph.load("anotate")


def test_every_job_is_a_verb_with_a_sentence() -> None:
    for name in [*graph.order(), *graph.beside()]:
        module = graph.load(name)
        assert module.__doc__ == module.main.__doc__, name
        assert module.__doc__.endswith("."), name


def target(name: str, change: Callable[[dict[str, Any]], None] = lambda bundle: None) -> Target:
    """A target of the bundle after a change; aliases of YAML are copies, so that one place is changed at a time."""
    whole = json.loads(declared())
    change(whole)
    return Target(name, bundle.merged(whole, name), chosen(name))


@functools.cache
def declared() -> str:
    return json.dumps(yaml.safe_load(resource("databricks.yml").read_text(encoding="utf-8")))


@functools.cache
def chosen(name: str) -> Settings:
    return settings.load(f"conf/{name}.yml")


@pytest.mark.parametrize("name", ["dev", "prod"])
@pytest.mark.parametrize("rule", bundle.RULES, ids=lambda rule: str(rule.__name__))
def test_the_bundle_keeps_the_rules_that_its_schema_does_not_have(rule: Rule, name: str) -> None:
    assert list(rule(target(name))) == []


def task(whole: dict[str, Any], name: str) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = whole["resources"]["jobs"]["finerweb"]["tasks"]
    return next(task for task in tasks if task["task_key"] == name)


def cluster(whole: dict[str, Any], name: str) -> dict[str, Any]:
    clusters = whole["resources"]["jobs"]["finerweb"]["job_clusters"]
    named: dict[str, Any] = next(entry["new_cluster"] for entry in clusters if entry["job_cluster_key"] == name)
    return named


# A broken copy -> what the rule says of it.
BROKEN: list[tuple[Rule, Callable[[dict[str, Any]], Any], str]] = [
    (
        bundle.access_modes,
        lambda b: cluster(b, "gpu").pop("data_security_mode"),
        "finerweb.gpu: data_security_mode None, wanted SINGLE_USER",
    ),
    (
        bundle.access_modes,
        lambda b: cluster(b, "cpu").update(data_security_mode="USER_ISOLATION"),
        "finerweb.cpu: data_security_mode USER_ISOLATION, wanted SINGLE_USER",
    ),
    (
        bundle.runtimes,
        lambda b: cluster(b, "cpu").update(spark_version="16.4.x-cpu-ml-scala2.12"),
        "finerweb.cpu: runtime 16.4.x-cpu-ml-scala2.12",
    ),
    (
        bundle.runtimes,
        lambda b: cluster(b, "gpu").update(node_type_id="m6id.2xlarge"),
        "finerweb.gpu: runtime 18.x-gpu-ml-scala2.13 on m6id.2xlarge",
    ),
    (
        bundle.one_task_a_gpu,
        lambda b: cluster(b, "teacher")["spark_conf"].pop("spark.task.resource.gpu.amount"),
        "finerweb.teacher: spark.task.resource.gpu.amount",
    ),
    (
        bundle.names,
        lambda b: b["resources"]["registered_models"]["scorer"].update(name="regression"),
        "conf/prod.yml: tracking.model is prod.finerweb.scorer, made is prod.finerweb.regression",
    ),
    (
        bundle.names,
        lambda b: task(b, "publish")["spark_python_task"].update(parameters=["--conf", "conf/prod.yml"]),
        "publish: lake.location is given as None, in conf it is prod.finerweb",
    ),
    (
        bundle.parameters,
        lambda b: b["resources"]["jobs"]["finerweb"].pop("parameters"),
        "ingest_documents: parameter set is not declared",
    ),
    (
        bundle.secrets,
        lambda b: b["targets"]["prod"]["resources"]["jobs"].pop("finerweb"),
        "collect_ratings: OPENAI_API_KEY of model gpt-4o-mini does not reach it",
    ),
    (
        bundle.memory,
        lambda b: b["variables"]["teacher_node_type"].update(default="g5.2xlarge"),
        "annotate: gemma3-27b wants 54.9 GB on each of 1 GPUs; 1 of 24 GB",
    ),
    (
        bundle.memory,
        lambda b: b["variables"]["teacher_node_type"].update(default="g6e.12xlarge"),
        "annotate: gemma3-27b wants 54.9 GB on each of 1 GPUs; 4 of 48 GB",
    ),
    (bundle.limits, lambda b: task(b, "measure").pop("timeout_seconds"), "measure: no timeout_seconds"),
    (bundle.limits, lambda b: task(b, "train_scorer").update(max_retries=2), "train_scorer: max_retries 2"),
    (
        bundle.serverless,
        lambda b: task(b, "collect_verdicts").update(job_cluster_key="", environment_key="serverless"),
        "collect_verdicts: it needs a cluster",
    ),
    (bundle.packages, lambda b: task(b, "annotate")["libraries"].pop(), "annotate: vllm is missing"),
    (
        bundle.packages,
        lambda b: task(b, "split_passages")["libraries"].append({"pypi": {"package": "pyspark==4.1.4"}}),
        "split_passages: pyspark==4.1.4",
    ),
    (bundle.deployment, lambda b: b["targets"]["prod"].pop("workspace"), "no workspace.root_path"),
    (bundle.deployment, lambda b: b["targets"]["prod"].pop("run_as"), "production without run_as or permissions"),
    (bundle.deployment, lambda b: b["artifacts"]["finerweb"].pop("dynamic_version"), "the wheel keeps its version"),
    (
        bundle.checked_first,
        lambda b: task(b, "ingest_documents").pop("depends_on"),
        "ingest_documents runs before the check",
    ),
    (
        bundle.checked_first,
        lambda b: b["resources"]["jobs"]["check"]["tasks"].pop(0),
        "collect_ratings is not looked at",
    ),
]


@pytest.mark.parametrize(("rule", "change", "words"), BROKEN)
def test_a_rule_says_what_breaks_it(rule: Rule, change: Callable[[dict[str, Any]], Any], words: str) -> None:
    assert words in list(rule(target("prod", change)))


def test_the_packages_of_clusters_are_those_of_the_wheels_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = {text.split("  ")[0] for extra in project["optional-dependencies"].values() for text in extra}
    named = {
        library["pypi"]["package"]
        for _, task in target("prod").tasks()
        for library in task.get("libraries", [])
        if "pypi" in library
    }
    assert named <= stated
    assert {re.split("[<>=]", text)[0] for text in named} == {"datasets", "transformers", "accelerate", "vllm"}
