"""Metrics, one per file, found by their file's name.

A metric is a module with
  READS            the names of the tables that it reads
  OPTIONAL         those of them that need not be there yet; leave it out where all must
  measure(*frames) these tables' frames to (detail, language, value)
"""

from collections.abc import Iterator
from typing import Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb import plugins
from finerweb.table import Table


class Read(Protocol):
    """Gives a table's frame; an empty one where the table is not there and need not be."""

    def __call__(self, table: Table, /, *, or_empty: bool = False) -> DataFrame:
        """The rows of `table`, all of them."""
        ...


def measure_all(read: Read) -> Iterator[DataFrame]:
    """The values of every metric: metric, detail, language, value."""
    for name in plugins.names("finerweb.metrics"):
        metric = plugins.load("finerweb.metrics", name)
        optional = getattr(metric, "OPTIONAL", ())
        frames = [
            read(plugins.load("finerweb.tables", table).TABLE, or_empty=table in optional) for table in metric.READS
        ]
        yield metric.measure(*frames).withColumn("metric", F.lit(name))
