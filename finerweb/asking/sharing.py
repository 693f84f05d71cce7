"""Whether driver and executors share a spool."""

import socket
from collections.abc import Iterable, Iterator
from functools import partial

import pandas as pd
from pyspark.sql import SparkSession

from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed


def require_shared(spark: SparkSession, spool: Spool, *, tasks: int) -> None:
    """Raise SpoolFailed where the tasks do not see the sign of life that the driver keeps in the spool.

    Their answers would be bought and kept where nobody finds them: on each executor's own disk.
    """
    everywhere = spark.range(tasks).repartition(tasks)
    blind = everywhere.mapInPandas(partial(_blind, url=spool.url), "host string").distinct().collect()
    if blind:
        raise SpoolFailed(
            f"spool {spool.url}",
            found=f"a folder of its own on {', '.join(sorted(row['host'] for row in blind))}",
            wanted="one that the driver and all executors share",
            way_out="name it (--set ask.spool=...): a mounted folder, or a URL of HDFS or an object store",
        )


def _blind(batches: Iterable[pd.DataFrame], *, url: str) -> Iterator[pd.DataFrame]:
    hosts = [] if Spool(url).signs("run") else [socket.gethostname()]
    for _ in batches:
        yield pd.DataFrame({"host": hosts}, dtype=object)
