"""What asking needs, proved before anything is paid for: a spool that all share, engines that executors can reach."""

import socket
import uuid
from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd
from pyspark.sql import SparkSession

from finerweb import engines, shipping
from finerweb.asking.spool import Spool
from finerweb.cost import Budget
from finerweb.engines import Spec
from finerweb.errors import EngineFailed, SpoolFailed

PROBES = "probes-"  # how the names of folders begin


def require_shared(spark: SparkSession, spool: Spool, *, tasks: int) -> None:
    """Raise SpoolFailed where a task does not see what the driver writes to the spool, or the driver what it writes.

    Its answers would be bought and kept where nobody finds them: on each executor's own disk.
    """
    folder = f"{PROBES}{uuid.uuid4().hex}"
    try:
        spool.write(f"{folder}/driver", b"?")
        everywhere = spark.range(0, tasks, 1, tasks)
        answers = everywhere.mapInPandas(partial(_probe, url=spool.url, folder=folder), "host string, name string")
        # bounded: a row for each task
        hosts = {row["name"]: row["host"] for row in answers.collect()}
        present = set(spool.files(folder))
        blind = {host for name, host in hosts.items() if name not in present}
    finally:
        spool.remove_folder(folder)
    if blind:
        raise SpoolFailed(
            f"{spool.name} {spool.url}",
            found=f"a folder of its own on {', '.join(sorted(blind))}",
            wanted="one that the driver and all executors share",
            way_out=f"name it (--set {spool.setting}=...): a mounted folder, or a URL of HDFS or an object store",
        )


def require_price(model: str, spec: Spec, budget: Budget, *, setting: str) -> None:
    """Raise EngineFailed where there is a budget in dollars, and nobody knows what an answer costs."""
    if budget.usd is not None and spec.price is None:
        raise EngineFailed(
            f"{setting}.usd is set, but the price of model {model} is not known; state it in USD per million tokens, "
            f"models.{model}.price={{input: 0.15, output: 0.6}}, or per hour, {{hour: 2.5}}"
        )


def require_no_speculation(spark: SparkSession) -> None:
    """Raise SpoolFailed where Spark would run a slow task a second time beside the first: both would ask, and pay."""
    if shipping.configured(spark, "spark.speculation").lower() == "true":
        raise SpoolFailed(
            "spark.speculation",
            found="true: a task that asks slowly is run twice, and its requests are paid for twice",
            wanted="false",
            way_out="set it for this job: --conf spark.speculation=false, or the cluster's Spark settings",
        )


def require_engine(spark: SparkSession, spec: Spec) -> None:
    """Raise EngineFailed where an engine cannot be asked by a task: a key that did not reach it, a package, a host."""
    # bounded: a row for each task
    failures = spark.range(0, 1, 1, 1).mapInPandas(partial(_check, spec=spec), "host string, failure string").collect()
    for row in failures:
        raise EngineFailed(f"on {row['host']}, where a task runs: {row['failure']}")


def _check(batches: Iterable[pd.DataFrame], *, spec: Spec) -> Iterator[pd.DataFrame]:
    for _ in batches:
        try:
            engines.check(spec)
        except EngineFailed as error:
            yield pd.DataFrame({"host": [socket.gethostname()], "failure": [str(error)]})


def _probe(batches: Iterable[pd.DataFrame], *, url: str, folder: str) -> Iterator[pd.DataFrame]:
    """The name of a file that answers the driver's own; it is not written where that one is not seen."""
    spool, name = Spool(url), f"{folder}/{uuid.uuid4().hex}"
    if spool.read(f"{folder}/driver") is not None:
        spool.write(name, b"!")
    for _ in batches:
        yield pd.DataFrame({"host": [socket.gethostname()], "name": [name]})
