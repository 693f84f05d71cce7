"""Metrics, one per file, found by their file's name.

A metric is a module with
  READS            the names of the tables that it reads
  measure(*frames) these tables' frames to (detail, language, value)
"""

from collections.abc import Callable, Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import plugins
from finerweb.table import Table


def measure_all(read: Callable[[Table], DataFrame]) -> Iterator[DataFrame]:
    """The values of every metric: metric, detail, language, value. `read` gives a table's frame."""
    for name in plugins.names("finerweb.metrics"):
        metric = plugins.load("finerweb.metrics", name)
        frames = [read(plugins.load("finerweb.tables", table).TABLE) for table in metric.READS]
        yield metric.measure(*frames).withColumn("metric", F.lit(name))
