"""What Python workers of this machine have before their first task, and keep between tasks."""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import SparkSession

from finerweb.running import daemon


def look(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    import sys
    from zipimport import zipimporter

    for _ in batches:
        loaded = [name for name in daemon.LOADED if name in sys.modules]
        yield pd.DataFrame({"loaded": [",".join(loaded)], "refresh": [zipimporter.invalidate_caches.__name__]})


def test_a_worker_has_its_modules_and_reads_no_archive_anew(spark: SparkSession) -> None:
    (row,) = spark.range(1).mapInPandas(look, "loaded string, refresh string").collect()
    assert row.loaded == ",".join(daemon.LOADED)
    assert row.refresh == daemon.stay.__name__
