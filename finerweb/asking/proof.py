"""That driver and executors share a spool, proved before anything is paid for."""

import socket
import uuid
from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd
from pyspark.sql import SparkSession

from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed

PROBES = "probes"


def require_shared(spark: SparkSession, spool: Spool, *, tasks: int) -> None:
    """Raise SpoolFailed where a task does not see what the driver writes to the spool, or the driver what it writes.

    Its answers would be bought and kept where nobody finds them: on each executor's own disk.
    """
    folder = f"{PROBES}-{uuid.uuid4().hex}"
    try:
        spool.write(f"{folder}/driver", b"?")
        everywhere = spark.range(0, tasks, 1, tasks)
        answers = everywhere.mapInPandas(partial(_probe, url=spool.url, folder=folder), "host string, name string")
        hosts = {row["name"]: row["host"] for row in answers.collect()}
        present = set(spool.files(folder))
        blind = {host for name, host in hosts.items() if name not in present}
    finally:
        spool.remove_folder(folder)
    if blind:
        raise SpoolFailed(
            f"spool {spool.url}",
            found=f"a folder of its own on {', '.join(sorted(blind))}",
            wanted="one that the driver and all executors share",
            way_out="name it (--set ask.spool=...): a mounted folder, or a URL of HDFS or an object store",
        )


def _probe(batches: Iterable[pd.DataFrame], *, url: str, folder: str) -> Iterator[pd.DataFrame]:
    """The name of a file that answers the driver's own; it is not written where that one is not seen."""
    spool, name = Spool(url), f"{folder}/{uuid.uuid4().hex}"
    if spool.read(f"{folder}/driver") is not None:
        spool.write(name, b"!")
    for _ in batches:
        yield pd.DataFrame({"host": [socket.gethostname()], "name": [name]})
