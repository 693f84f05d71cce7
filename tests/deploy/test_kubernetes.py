"""Jobs on a real Kubernetes API server: it takes every pod that Spark makes of our templates, and its rules are kept."""

import base64
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import kills
import kubernetes
import pytest
import yaml
from cluster import SHORT_LIVED, SPARK, environment, free_port, wait
from delta import configure_spark_with_delta_pip
from deltalake import DeltaTable
from kubernetes import Kubernetes
from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[2]
KEY = "sk-of-nobody"
PASSAGES = 30
TABLES = ("documents", "passages", "ratings")
JOBS = ("ingest_documents", "split_passages", "collect_ratings")

DRIVER = f"""
import sys
from finerweb import graph
from finerweb.running.failures import load_settings
from finerweb.running.runner import Runner, line
from finerweb.running.session import opened

chosen = load_settings(sys.argv[1], [])
with opened(chosen) as lake:
    for name in {JOBS}:
        print(line(Runner(lake, chosen).run(name, graph.load(name).main)), flush=True)
"""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(kubernetes.missing()), reason=kubernetes.missing()),
]


@dataclass(frozen=True)
class Finished:
    kubernetes: Kubernetes
    lake: Path
    errors: str  # of spark-submit
    status: int
    prompts: Counter[str]  # that came to the endpoint, which knows one key

    def pods(self, role: str) -> list[dict[str, Any]]:
        return [pod for pod in self.kubernetes.pods.values() if pod["metadata"]["labels"]["spark-role"] == role]

    def log(self) -> str:
        return "\n".join(f"== {name}\n{log.read_text()[-5000:]}" for name, log in self.kubernetes.logs.items())


@pytest.fixture(scope="module")
def finished() -> Iterator[Finished]:
    """Three jobs in one driver, in cluster mode."""
    with (
        tempfile.TemporaryDirectory(prefix="finerweb-kubernetes-") as name,
        kubernetes.started(Path(name) / "k") as server,
    ):
        folder, port = Path(name), free_port()
        for manifest in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "rbac.yaml").read_text()):
            server.make(manifest)
        secret = {"openai": base64.b64encode(KEY.encode()).decode()}
        server.make(named("Secret", "finerweb-keys", secret))
        server.make(named("ConfigMap", "finerweb-settings", {"my.yml": yaml.safe_dump(settings(folder, port))}))
        (folder / "every.py").write_text(DRIVER)
        (folder / "gpus.sh").write_text('#!/bin/sh\necho \'{"name": "gpu", "addresses": ["7"]}\'\n')
        (folder / "gpus.sh").chmod(0o755)
        log = folder / "requests"
        endpoint = [sys.executable, str(ROOT / "tests/support/endpoint.py"), "--port", str(port), "--log", str(log)]
        process = subprocess.Popen([*endpoint, "--key", KEY])
        try:
            wait(lambda: kills.is_open(port), "the endpoint")
            command = [str(SPARK / "bin" / "spark-submit"), *options(server, folder)]
            command += [f"local://{folder}/every.py", "/etc/finerweb/my.yml"]
            done = subprocess.run(
                command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=900, check=False
            )
        finally:
            process.kill()
            process.wait()
        yield Finished(server, folder / "lake", done.stderr, done.returncode, kills.came(log))


def named(kind: str, name: str, data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "finerweb"}, "data": data}


def settings(folder: Path, port: int) -> dict[str, Any]:
    texts = [f"On day {number} Amina Diallo went to the city with Ola Berg and his boat." for number in range(PASSAGES)]
    pages = [f'{{"id": "p{number}", "text": "{text}", "language": "eng"}}\n' for number, text in enumerate(texts)]
    (folder / "pages.jsonl").write_text("".join(pages))
    model = {"engine": "openai", "url": f"http://127.0.0.1:{port}/v1", "model": "tiny", "in_flight": 4, "tasks": 1}
    return {
        "tasks": 2,
        "work": str(folder / "work"),
        "lake": {"location": f"file:{folder}/lake"},
        "ask": {"spool": f"file:{folder}/spool"},
        "ingest": {"sources": [{"name": "pages", "format": "jsonl", "path": f"{folder}/pages.jsonl"}]},
        "models": {"asked": model},  # its key: OPENAI_API_KEY
        "rate": {"raters": ["asked"], "per_language": PASSAGES},
        "train": {"rater": "asked"},
    }


def options(server: Kubernetes, folder: Path) -> list[str]:
    """The properties that ship with finerweb, those that are theirs alone for GPUs, and what fits them into this machine."""
    values = {
        "spark.jars.packages": configure_spark_with_delta_pip(SparkSession.Builder())._options["spark.jars.packages"],
        "spark.kubernetes.authenticate.submission.oauthTokenFile": server.token("admin"),
        "spark.kubernetes.authenticate.submission.caCertFile": server.certificate,
        "spark.kubernetes.driver.master": server.url,
        "spark.kubernetes.authenticate.driver.mounted.oauthTokenFile": server.token("driver"),
        "spark.kubernetes.authenticate.driver.mounted.caCertFile": server.certificate,
        "spark.driver.port": free_port(),
        "spark.driver.blockManager.port": free_port(),
        "spark.blockManager.port": 0,
        "spark.local.dir": folder / "local",
        "spark.executor.instances": 2,
        "spark.executor.cores": 2,
        "spark.executor.memory": "800m",
        "spark.driver.memory": "800m",
        "spark.executor.resource.gpu.amount": 1,
        "spark.executor.resource.gpu.vendor": "nvidia.com",
        "spark.executor.resource.gpu.discoveryScript": folder / "gpus.sh",
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.sql.shuffle.partitions": 2,
        "spark.databricks.delta.snapshotPartitions": 1,
        "spark.ui.enabled": "false",
        "spark.kubernetes.report.interval": "500ms",
    }
    chosen = [part for key, value in values.items() for part in ("--conf", f"{key}={value}")]
    conf = ["--properties-file", "deploy/kubernetes/spark.conf"]
    return ["--master", f"k8s://{server.url}", *conf, *chosen]


def test_the_jobs_ran_on_executors_that_the_driver_made(finished: Finished) -> None:
    assert finished.status == 0, f"{finished.errors[-3000:]}\n{finished.log()}"
    assert (len(finished.pods("driver")), len(finished.pods("executor"))) == (1, 2), finished.log()
    rows = {name: DeltaTable(str(finished.lake / name)).to_pyarrow_table().num_rows for name in TABLES}
    # Some of the pages are taken for copies of each other, and are not asked about.
    assert rows == {"documents": PASSAGES, "passages": PASSAGES, "ratings": len(finished.prompts)}


def test_the_key_came_from_the_secret(finished: Finished) -> None:
    assert finished.prompts
    assert KEY not in "".join(str(pod) for pod in finished.kubernetes.pods.values())
    assert KEY not in finished.log()


def test_pods_are_what_our_templates_and_settings_say(finished: Finished) -> None:
    (driver,), executors = finished.pods("driver"), finished.pods("executor")
    assert driver["spec"]["serviceAccountName"] == "finerweb"
    for pod in executors:
        (container,) = pod["spec"]["containers"]
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert {"nvidia.com/gpu"} <= {toleration["key"] for toleration in pod["spec"]["tolerations"]}
        assert {"memory", "scratch"} <= {volume["name"] for volume in pod["spec"]["volumes"]}
        assert pod["spec"]["securityContext"]["runAsUser"] == 185


@pytest.mark.parametrize("name", ["driver", "executor"])
def test_a_template_has_no_field_that_the_server_does_not_know(name: str, finished: Finished) -> None:
    pod = yaml.safe_load((ROOT / "deploy" / "kubernetes" / f"{name}.yaml").read_text())
    pod["metadata"] |= {"name": name, "namespace": "finerweb"}
    pod["spec"]["containers"][0]["image"] = "finerweb"
    path = "/api/v1/namespaces/finerweb/pods?dryRun=All&fieldValidation=Strict"
    assert finished.kubernetes.ask("POST", path, pod)["kind"] == "Pod"


def test_a_driver_may_make_pods_in_its_namespace_and_no_more(finished: Finished) -> None:
    server = finished.kubernetes
    server.ask("GET", "/api/v1/namespaces/finerweb/pods", user="driver")
    for path in ("/api/v1/namespaces/finerweb/secrets", "/api/v1/namespaces/default/pods", "/api/v1/nodes"):
        with pytest.raises(httpx.HTTPStatusError, match="is forbidden"):
            server.ask("GET", path, user="driver")
