"""The Spark session and the lake of the settings; the only place that makes a SparkSession."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from finerweb import supported
from finerweb.errors import NotInstalled
from finerweb.lake import Lake, volumes
from finerweb.progress import SILENT, Progress
from finerweb.running import connecting
from finerweb.settings import Settings

DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # VACUUM lists folders in 10,000 tasks otherwise; a table without partitions has one or two.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}
WORKERS = ("spark.python.daemon.module", "finerweb.running.daemon")  # of this machine, where the code surely is
ISOLATION = ("spark.sql.artifact.isolation.enabled", "false")  # what is shipped lies beside what spark-submit brought


@contextmanager
def opened(settings: Settings, *, verbose: bool = False, progress: Progress = SILENT) -> Iterator[Lake]:
    """The lake of these settings, in a session that is closed afterwards if it was made here."""
    spark, is_ours = session(settings, verbose=verbose)
    try:
        if on_databricks():
            volumes.ensure(spark, volumes.named(settings.model_dump(exclude={"languages"})))
        yield Lake(spark, settings.lake.location, progress=progress)
    finally:
        if is_ours:
            spark.stop()


def on_databricks() -> bool:
    """Does this process run on a cluster of Databricks, or on its serverless compute?"""
    return "DATABRICKS_RUNTIME_VERSION" in os.environ


def session(settings: Settings, *, verbose: bool = False) -> tuple[SparkSession, bool]:
    """The active session (Databricks, a notebook), or a new one; and whether it is new.

    Under spark-submit the master, jars and resources are the command's own; only Delta's catalogue is added. With
    `spark.remote`, or SPARK_REMOTE in the environment, it is one of a Spark Connect server, and no Java is wanted here.
    """
    with connecting.client_installed():
        active = SparkSession.getActiveSession()
    if active is not None:
        return active, False
    builder = SparkSession.builder.appName("finerweb")
    if on_databricks():  # Delta is its own, and serverless takes no settings
        return (builder if is_remote() else builder.config(*ISOLATION)).getOrCreate(), False
    remote = settings.spark.get("spark.remote") or os.environ.get("SPARK_REMOTE")
    if remote:
        return connecting.connected(remote, settings.spark), True
    for key, value in (*DELTA.items(), ISOLATION):
        builder = builder.config(key, value)
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit started the JVM
        return builder.getOrCreate(), True
    require_java()
    settings.work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers take another Python otherwise
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the workers are forked
    own = {"spark.sql.warehouse.dir": str(settings.work / "warehouse"), **settings.spark}
    if own.get("spark.master", "local").startswith("local"):
        own.setdefault(*WORKERS)
    if own.get("spark.master") == "local[*]":
        own["spark.master"] = f"local[{(os.cpu_count() or 1) + 1}]"  # one to commit answers, while all others ask
    for key, value in own.items():
        builder = builder.config(key, value)
    from delta import configure_spark_with_delta_pip  # here alone: elsewhere the platform has its own

    packages = [name for name in own.get("spark.jars.packages", "").split(",") if name]  # Delta's helper forgets them
    with _stderr_to(None if verbose else settings.work / "spark.log"):
        return configure_spark_with_delta_pip(builder, packages).getOrCreate(), True


@contextmanager
def _stderr_to(log: Path | None) -> Iterator[None]:
    """A JVM started inside writes its log to a file for as long as it lives, and so do its Python workers."""
    if log is None:
        yield
        return
    kept = os.dup(2)
    with log.open("a") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def require_java() -> None:
    """Raise NotInstalled where there is no Java 17 or newer."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    wanted = f"wanted Java {supported.JAVA} or newer. Install a JDK, or set JAVA_HOME to one"
    if java is None or not Path(java).exists():
        raise NotInstalled(f"Spark needs Java: found none{f' at JAVA_HOME={home}' if home else ' on PATH'}, {wanted}")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', answer)
    if version and int(version[1]) < supported.JAVA:
        raise NotInstalled(f"Spark needs Java: found version {version[1]} at {java}, {wanted}")
