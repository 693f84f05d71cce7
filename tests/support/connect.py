"""A Spark Connect server on this machine, a process of its own, with Delta; and Pythons that lack the package."""

import socket
import subprocess
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cluster import HOST, SHORT_LIVED, SPARK, end, environment, free_port, unsharing, wait
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


def bare_python(folder: Path) -> Path:
    """A Python with all that is installed here, except finerweb."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "finerweb" not in entry.name and entry.name != "__pycache__":
            (site / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


@contextmanager
def served(folder: Path, python: Path, hidden: Sequence[Path] = ()) -> Iterator[str]:
    """The URL of a server whose workers run this Python, in a folder of its own; it is ended afterwards.

    It sees nothing in the `hidden` folders, where this machine lets a process hide them.
    """
    folder.mkdir(parents=True)
    port = free_port()
    delta = configure_spark_with_delta_pip(SparkSession.Builder())._options["spark.jars.packages"]
    options = {
        "spark.connect.grpc.binding.address": HOST,
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": f"file:{folder}/warehouse",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
        "spark.executorEnv.OMP_NUM_THREADS": "1",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": SHORT_LIVED,
    }
    settings = [part for key, value in options.items() for part in ("--conf", f"{key}={value}")]
    prefix = unsharing(hidden) if hidden else []
    command = [
        *prefix,
        str(SPARK / "bin" / "spark-submit"),
        "--class",
        SERVER,
        "--master",
        "local[3]",
        "--driver-memory",
        "2g",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--packages", delta, *settings, "spark-internal"],
            cwd=folder,
            env=environment() | {"PYSPARK_PYTHON": str(python)},  # not spark.pyspark.python: only this is asked
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait(lambda: _listens(port), "Spark Connect", folder)
        yield f"sc://{HOST}:{port}"
    finally:
        end(process)


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((HOST, port)) == 0
