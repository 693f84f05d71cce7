"""Jobs on a real YARN with the lake in a real HDFS: the nodes have no Python of ours, and disks of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hdfs
import httpx
import kills
import pytest
import yaml
import yarn
from cluster import SHORT_LIVED, SPARK, free_port, wait

from finerweb import storage
from finerweb.encoders import pretrained

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
PASSAGES = 240
PATIENCE = 600  # seconds, for a program on a machine that is busy with others
# What ingesting, cutting and asking do without: a gigabyte for each node would show nothing more.
WITHOUT = ["pyspark", "torch", "accelerate", "transformers", "datasets", "scikit-learn", "mlflow"]

# The same API as the job files; then what a training job would do first, and last.
TRACKED = """
import sys
from finerweb import graph
from finerweb.running.failures import load_settings
from finerweb.running.runner import Runner, line
from finerweb.running.session import opened
from finerweb.training import tracking

chosen = load_settings(sys.argv[1], [])
with opened(chosen) as lake:
    print(line(Runner(lake, chosen).run("split_passages", graph.load("split_passages").main)), flush=True)
    tracking.connect(chosen.tracking.uri, chosen.tracking.experiment)
    with tracking.run("on-yarn", {"master": lake.spark.conf.get("spark.submit.deployMode")}):
        tracking.log({"passages": lake.spark.read.format("delta").load(chosen.lake.location + "/passages").count()})
"""


@dataclass(frozen=True)
class Finished:
    """What the programs that were submitted left."""

    yarn: yarn.Yarn
    client: str  # what the program in client mode printed
    runs: list[dict[str, object]]  # of MLflow's server
    prompts: Counter[str]  # that came to the endpoint
    killed: str  # the application whose driver was killed
    misspelt: str  # the one with a setting that there is not
    status: int  # of submitting it


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="finerweb-yarn-") as name:
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def finished(folder: Path) -> Iterator[Finished]:
    """Ingested in client mode, cut in cluster mode, asked in cluster mode by a driver that is killed half-way."""
    driver, log = folder / "driver", folder / "requests"
    driver.mkdir()
    archive = packed(driver)
    hidden = [driver, ROOT / "finerweb", ROOT / "jobs", ROOT / "conf", ROOT / "sample", *interpreter()]
    with yarn.started(folder / "yarn", hidden) as cluster, tracking_server(folder / "mlflow") as tracking:
        if cluster is None:
            pytest.skip("no YARN here: its packages did not come from Maven, or it did not start")
        port = free_port()
        put(archive, f"{cluster.hdfs.web}/finerweb/env.tar.gz")
        put(corpus(driver / "pages.jsonl"), f"{cluster.hdfs.web}/pages.jsonl")
        (driver / "my.yml").write_text(yaml.safe_dump(settings(cluster.hdfs, tracking, port)))
        (driver / "tracked.py").write_text(TRACKED)
        with kills.endpoint(log, port):
            client = submitted(cluster, driver, "finerweb/jobs/ingest_documents.py", "--conf", "my.yml", mode="client")
            submitted(cluster, driver, "tracked.py", "my.yml")
            killed = kill_half_way(cluster, driver, log)
            misspelt = cluster.submitted(
                [*options(driver), "finerweb/jobs/split_passages.py", "--conf", "my.yml", "--set", "split.max_wrods=9"],
                driver,
            )
            _, errors = misspelt.communicate(timeout=PATIENCE)
        searched = httpx.post(f"{tracking}/api/2.0/mlflow/runs/search", json={"experiment_ids": ["1"]}).json()
        yield Finished(
            cluster, client, searched["runs"], kills.came(log), killed, application(errors), misspelt.returncode
        )


def interpreter() -> list[Path]:
    """The folder of this Python, where it is no part of the system."""
    return [Path(sys.base_prefix)] if not sys.base_prefix.startswith("/usr") else []


def packed(driver: Path) -> Path:
    """As `make dist` does it, with less in it; the wheel, its jobs and the archive lie on the driver's disk."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(driver)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = driver.glob("*.whl")
    archive = driver / "env.tar.gz"
    command = [
        sys.executable,
        "deploy/pack.py",
        "--uv",
        str(Path(sys.executable).with_name("uv")),
        "--to",
        str(archive),
    ]
    command += [
        "--constraints",
        "requirements/run.txt",
        "--without",
        *WITHOUT,
        "--",
        str(wheel),
        "mlflow-skinny",
        "tokenizers",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    shutil.unpack_archive(wheel.rename(driver / "finerweb.zip"), driver)
    encoder = pretrained.fetch(pretrained.Encoder("minilm"), driver)
    with zipfile.ZipFile(driver / "encoder.zip", "w") as tokenizer:  # cutting counts its subwords
        for name in ("config.json", "tokenizer.json"):
            tokenizer.write(encoder / name, name)
    return archive


def corpus(file: Path) -> Path:
    """So many pages, each of them one passage."""
    texts = [
        f"On day {number} Amina Diallo went to the city with Ola Berg, and they bought {number} boats at the harbour there."
        for number in range(PASSAGES)
    ]
    pages = ({"id": f"p{number}", "text": text, "language": "eng"} for number, text in enumerate(texts))
    file.write_text("".join(f"{json.dumps(page)}\n" for page in pages))
    return file


def settings(files: hdfs.Hdfs, tracking: str, port: int) -> dict[str, object]:
    """Everything where all nodes reach it."""
    model = {"engine": "openai", "url": f"http://127.0.0.1:{port}/v1", "model": "tiny", "key_env": None}
    return {
        "tasks": 2,
        "lake": {"location": f"{files.rpc}/lake"},
        "ask": {"spool": f"{files.web}/spool"},
        "publish": {"path": f"{files.web}/dataset"},
        "tracking": {"uri": tracking},
        "ingest": {"sources": [{"name": "pages", "format": "jsonl", "path": "hdfs:///pages.jsonl"}]},
        "models": {"asked": {**model, "in_flight": 1, "tasks": 1}},
        "rate": {"raters": ["asked"], "per_language": PASSAGES},
        "train": {"rater": "asked", "encoder": {"source": "folder", "name": "encoder"}},
    }


def options(driver: Path, *, mode: str = "cluster", attempts: int = 1) -> list[str]:
    """The properties that ship with finerweb, and what fits them into this machine."""
    values = {
        "spark.yarn.maxAppAttempts": attempts,
        "spark.yarn.dist.archives": f"hdfs:///finerweb/env.tar.gz#env,{driver}/encoder.zip#encoder",
        "spark.yarn.jars": f"local:{SPARK}/jars/*",  # a cluster has Spark; or else it is uploaded for each program
        "spark.executor.instances": 1,
        "spark.executor.cores": 2,
        "spark.executor.memory": "800m",
        "spark.executor.memoryOverhead": "1g",
        "spark.driver.memory": "800m",
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.sql.shuffle.partitions": 2,
        "spark.databricks.delta.snapshotPartitions": 1,
        "spark.ui.enabled": "false",
        "spark.yarn.submit.file.replication": 1,
        "spark.yarn.report.interval": "300ms",
        "spark.yarn.report.loggingFrequency": 1000,
    }
    chosen = [part for key, value in values.items() for part in ("--conf", f"{key}={value}")]
    if mode == "client":
        chosen += [
            "--conf",
            f"spark.pyspark.driver.python={sys.executable}",
            "--py-files",
            str(driver / "finerweb.zip"),
        ]
    else:
        chosen += ["--files", str(driver / "my.yml")]
    return ["--properties-file", str(ROOT / "deploy" / "yarn" / "spark.conf"), "--deploy-mode", mode, *chosen]


def submitted(cluster: yarn.Yarn, driver: Path, *program: str, mode: str = "cluster") -> str:
    """What a submitted program printed, which is to end well."""
    process = cluster.submitted([*options(driver, mode=mode), *program], driver)
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"{printed[-2000:]}\n{errors[-4000:]}\n{cluster.log(application(errors))[-6000:]}"
    return printed


def application(errors: str) -> str:
    """Which one it was, from what spark-submit says of it."""
    submission = re.search(r"Submitted application (application_\w+)", errors)
    assert submission, errors[-4000:]
    return submission[1]


def kill_half_way(cluster: yarn.Yarn, driver: Path, log: Path) -> str:
    """Ask about all passages; the driver is killed when half of them were asked about, and YARN starts another."""
    program = ["finerweb/jobs/collect_ratings.py", "--conf", "my.yml"]
    process = cluster.submitted([*options(driver, attempts=2), *program], driver)
    half = PASSAGES / 2
    wait(
        lambda: kills.came(log).total() >= half or process.poll() is not None, "half of the requests", patience=PATIENCE
    )
    pids = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_master(int(pid))]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    printed, errors = process.communicate(timeout=PATIENCE)
    name = application(errors)
    assert pids, cluster.log(name)[-6000:]
    assert process.returncode == 0, f"{printed[-2000:]}\n{errors[-4000:]}\n{cluster.log(name)[-6000:]}"
    return name


def is_master(pid: int) -> bool:
    """Is it the Java process of the first attempt at an application's master, and so of its driver?"""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except OSError:
        return False
    is_first = re.search(r"container_\d+_\d+_01_\d+", command) is not None
    return is_first and "deploy.yarn.ApplicationMaster" in command and "java\0" in command[:80]


@contextmanager
def tracking_server(folder: Path) -> Iterator[str]:
    """MLflow's own server."""
    folder.mkdir()
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        wait(lambda: kills.is_open(port), "MLflow's server", folder, patience=120)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def put(file: Path, url: str) -> None:
    system, place = storage.place(url)
    system.makedirs(place.rpartition("/")[0], exist_ok=True)
    system.put_file(str(file), place)


def names(cluster: yarn.Yarn, folder: str) -> set[str]:
    system, place = storage.place(f"{cluster.hdfs.web}/{folder}")
    return {file.removeprefix(f"{place}/").split("/")[0] for file in system.find(place)}


def test_nodes_have_disks_of_their_own(finished: Finished) -> None:
    if not finished.yarn.is_hidden:
        pytest.skip("this machine lets no process hide folders: the nodes shared the driver's disk")


def test_a_driver_here_works_with_executors_on_the_nodes(finished: Finished) -> None:
    assert f"{PASSAGES} documents" in finished.client


def test_a_driver_on_a_node_reads_the_settings_that_were_sent_along_and_logs_to_mlflow(finished: Finished) -> None:
    (run,) = finished.runs
    data = run["data"]
    assert [(metric["key"], metric["value"]) for metric in data["metrics"]] == [("passages", PASSAGES)]  # type: ignore[index]
    assert [(param["key"], param["value"]) for param in data["params"]] == [("master", "cluster")]  # type: ignore[index]


def test_a_driver_that_was_killed_is_started_again_and_nothing_is_paid_twice(finished: Finished) -> None:
    assert finished.yarn.attempts(finished.killed) == 2
    requests = len(finished.prompts)  # some of the pages are taken for copies of each other
    assert requests > PASSAGES * 0.9
    assert f" {requests} ratings" in finished.yarn.log(finished.killed), "none is missing"
    assert finished.prompts.total() <= requests + 1, "what was under way when it died"


def test_a_misspelt_setting_is_said_once(finished: Finished) -> None:
    assert finished.status == 1, "of spark-submit; the driver's own, 2, is in YARN's diagnostics"
    assert finished.yarn.attempts(finished.misspelt) == 1
    assert "finerweb: --set split.max_wrods=9: split.max_wrods is not a setting" in finished.yarn.log(finished.misspelt)


def test_tables_are_in_hdfs(finished: Finished) -> None:
    assert {"documents", "passages", "completions", "ratings", "holders", "runs"} <= names(finished.yarn, "lake")
