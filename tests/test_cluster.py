"""The jobs by spark-submit on a real cluster: processes of their own, and the package as an archive alone."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cluster import HOST, SHORT_LIVED, SPARK, Cluster, environment, started
from connect import bare_python
from delta import configure_spark_with_delta_pip
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from small_run import DRIVER, overrides

from finerweb import graph, tables
from finerweb.formats import bio, releases

ROOT = Path(__file__).parent.parent
LITTER = ["artifacts", "spark-warehouse", "metastore_db", "derby.log", "dist", "build"]

LEFT = {name for name in LITTER if (ROOT / name).exists()}  # by somebody else, before

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs Java, and there is none"
    ),
]


@dataclass(frozen=True)
class Finished:
    """What was run, and where it left its traces."""

    cluster: Cluster
    driver: Path  # the driver's own disk
    shared: Path  # what driver and executors share
    single: str  # what jobs/ingest_documents.py printed
    every: str  # what the driver of all jobs printed


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not one of pytest, which keeps those of three runs: models lie here, on the driver and on each worker."""
    with tempfile.TemporaryDirectory(prefix="finerweb-cluster-") as name:
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def archive(folder: Path) -> Path:
    """The wheel, named as Spark wants it: only .zip and .egg are put on the path."""
    (folder / "driver").mkdir()
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "wheel").glob("*.whl")
    return wheel.rename(folder / "driver" / "finerweb.zip")


@pytest.fixture(scope="module")
def python(folder: Path) -> Path:
    """A Python with all that is installed here, except finerweb."""
    return bare_python(folder / "python")


@pytest.fixture(scope="module")
def finished(folder: Path, archive: Path, python: Path) -> Iterator[Finished]:
    """One job by its own file, then all of them."""
    driver, shared = folder / "driver", folder / "shared"
    for place in (driver / "here", driver / "tmp", driver / "events", shared):
        place.mkdir()
    with zipfile.ZipFile(archive) as packed:
        job = packed.extract("finerweb/jobs/ingest_documents.py", driver)
    (driver / "every.py").write_text(DRIVER)
    settings = [part for value in [*overrides(driver, shared), "models.broad.gpus=1"] for part in ("--set", value)]
    hidden = [driver, ROOT / "finerweb", ROOT / "jobs", ROOT / "conf", ROOT / "sample"]
    with started(folder, hidden) as cluster:
        options = [*spark_options(cluster, python, driver, shared), "--py-files", str(archive)]
        single = submitted([*options, job, "--conf", "conf/test.yml", *settings], driver)
        every = submitted([*options, str(driver / "every.py"), *settings[1::2]], driver)
        yield Finished(cluster, driver, shared, single, every)


def spark_options(cluster: Cluster, python: Path, driver: Path, shared: Path) -> list[str]:
    """What spark-submit is told; the Delta package is the one that delta's own helper would take."""
    delta = configure_spark_with_delta_pip(SparkSession.Builder())._options["spark.jars.packages"]
    values = {
        "spark.pyspark.python": python,
        "spark.pyspark.driver.python": python,
        "spark.driver.host": HOST,
        "spark.executor.memory": "1g",
        "spark.executor.resource.gpu.amount": 1,
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.sql.warehouse.dir": f"file:{shared}/warehouse",
        "spark.sql.shuffle.partitions": 2,
        "spark.databricks.delta.snapshotPartitions": 1,
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{driver}/events",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    chosen = [part for key, value in values.items() for part in ("--conf", f"{key}={value}")]
    return ["--master", cluster.master, "--packages", delta, *chosen]


def submitted(arguments: Sequence[str], driver: Path) -> str:
    """What a submitted program printed; it runs in an empty folder, its temporary files on the driver's own disk."""
    done = subprocess.run(
        [str(SPARK / "bin" / "spark-submit"), *arguments],
        cwd=driver / "here",
        env=environment() | {"TMPDIR": str(driver / "tmp")},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    errors = "\n".join(line for line in done.stderr.splitlines() if " INFO " not in line)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{errors[-6000:]}"
    return done.stdout


def tasks(driver: Path) -> list[dict[str, object]]:
    """Every task that ended, of all applications, from Spark's event logs."""
    events = (json.loads(line) for log in (driver / "events").iterdir() for line in log.open(encoding="utf-8"))
    return [event["Task Info"] for event in events if event["Event"] == "SparkListenerTaskEnd"]


def profiles(driver: Path) -> set[int]:
    """The resource profiles of all stages that ran."""
    events = (json.loads(line) for log in (driver / "events").iterdir() for line in log.open(encoding="utf-8"))
    return {
        event["Stage Info"]["Resource Profile Id"]
        for event in events
        if event["Event"] == "SparkListenerStageCompleted"
    }


def rows(shared: Path, table: str, *columns: str) -> list[dict[str, object]]:
    """A table's rows, by a reader that is not Spark."""
    return DeltaTable(str(shared / "lake" / table)).to_pyarrow_table(columns=list(columns) or None).to_pylist()


def test_only_the_archive_has_the_package(python: Path, folder: Path) -> None:
    tried = subprocess.run(
        [python, "-c", "import finerweb"], cwd=folder, env=environment(), capture_output=True, check=False
    )
    assert b"No module named 'finerweb'" in tried.stderr


def test_every_job_ran(finished: Finished) -> None:
    assert "documents" in finished.single
    lines = dict(line.split(maxsplit=1) for line in finished.every.splitlines() if line.startswith("  "))
    assert list(lines) == [*graph.order(), *graph.beside()]
    assert [name for name, outcome in lines.items() if outcome == "nothing to do"] == ["ingest_documents"]
    assert (finished.driver / "report.html").is_file()


def test_both_executors_worked(finished: Finished) -> None:
    ended = tasks(finished.driver)
    assert {task["Executor ID"] for task in ended} == {"0", "1"}
    assert not any(task["Failed"] for task in ended)


def test_the_models_were_shipped(finished: Finished) -> None:
    """The regression and the label encoder lie on the workers, and came from the driver's disk; so did the student."""
    students = []
    for worker in finished.cluster.workers:
        shipped = [place.parent for place in worker.glob("app-*/*/*.zip/config.json")]
        others = [place.name for place in shipped if not (place / "student.json").is_file()]
        assert len(others) == 2, others
        students += [place.name for place in shipped if place.name not in others]
        assert list(worker.glob("app-*/*/*-tokenizer.json.zip/tokenizer.json"))
    assert len(set(students)) == 1, students


def test_every_table_has_rows(finished: Finished) -> None:
    empty = [table.name for table in tables.every() if not rows(finished.shared, table.name, table.key[0])]
    filled_by_others = ["audits", "contaminations", "source_files", "take_downs"]
    assert empty == filled_by_others, "people fill these, commands, and sources of other formats"


def test_a_model_that_wants_a_gpu_is_asked_in_stages_of_their_own(finished: Finished) -> None:
    assert len(profiles(finished.driver)) > 1


def test_every_answer_came_to_the_table_and_the_spool_is_empty(finished: Finished) -> None:
    assert len(rows(finished.shared, "completions", "request_id")) > 0
    assert list((finished.shared / "spool").rglob("*.jsonl")) == []


def test_entities_are_where_they_say(finished: Finished) -> None:
    texts = {row["passage_id"]: row["text"] for row in rows(finished.shared, "passages", "passage_id", "text")}
    spans = rows(finished.shared, "entities", "passage_id", "start", "end", "mention")
    assert [row for row in spans if texts[row["passage_id"]][row["start"] : row["end"]] != row["mention"]] == []
    astral = {row["mention"] for row in spans if row["passage_id"] == "sample/eng/emoji-city#0"}
    assert {"€18,500", "9 August 2021"} <= astral


def test_the_published_files_are_whole(finished: Finished) -> None:
    current = releases.current(str(finished.shared / "dataset"))
    assert current
    data = Path(current.url)
    listed = {row["path"]: row for row in rows(finished.shared, "files")}
    assert listed.keys() == {str(file.relative_to(data)) for file in data.glob("data/**/*") if file.is_file()}
    for path, row in listed.items():
        assert hashlib.sha256((data / path).read_bytes()).hexdigest() == row["sha256"]
        assert len(records(data / path)) == row["sentences"]
    for path in (path for path in listed if path.endswith(".parquet")):
        assert records(data / path) == records((data / path).with_suffix(".jsonl"))
    assert "config_name" in (data / "README.md").read_text(encoding="utf-8")


def records(file: Path) -> list[dict[str, object]]:
    """The sentences of a published file."""
    if file.suffix == ".parquet":
        return pq.read_table(file, partitioning=None).to_pylist()
    if file.suffix == ".bio":
        return [sentence._asdict() for sentence in bio.read(file.read_text(encoding="utf-8"))]
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_nothing_is_left_lying_about(finished: Finished) -> None:
    assert list((finished.driver / "here").iterdir()) == []
    assert list((finished.driver / "tmp").glob("finerweb-*")) == []
    assert {name for name in LITTER if (ROOT / name).exists()} == LEFT
