"""PySpark's daemon, which has loaded what every Python worker needs before it forks the first one.

PySpark's own loads next to nothing, so that each worker imports pandas, pyarrow and finerweb again: two seconds of CPU
time, for one a core, and once more for each that takes the place of one that was idle for a minute.

Before each task a worker also forgets what it knows of its path, and until 3.13 Python then reads the list of every
archive on it anew. Spark has put all jars of `spark.jars.packages` there: with Delta's, 45,000 names and 0.15 s a task.
"""

from importlib import import_module
from zipimport import zipimporter

from pyspark import daemon

LOADED = ("pandas", "pyarrow.parquet", "pyspark.sql.pandas.serializers", "finerweb.tables", "finerweb.asking.worker")


def stay(self: zipimporter) -> None:
    """Spark refuses another archive of the same name: what is known of one stays true."""


if __name__ == "__main__":
    zipimporter.invalidate_caches = stay  # type: ignore[method-assign]
    for name in LOADED:
        import_module(name)
    import_module("finerweb.tables").every()
    daemon.manager()  # type: ignore[no-untyped-call]
