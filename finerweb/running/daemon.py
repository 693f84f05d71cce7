"""PySpark's daemon, which has loaded what every Python worker needs before it forks the first one.

PySpark's own loads next to nothing, so that each worker imports pandas, pyarrow and finerweb again: two seconds of CPU
time, for one a core, and once more for each that takes the place of one that was idle for a minute.
"""

from importlib import import_module

from pyspark import daemon

LOADED = ("pandas", "pyarrow.parquet", "pyspark.sql.pandas.serializers", "finerweb.tables", "finerweb.asking.worker")

if __name__ == "__main__":
    for name in LOADED:
        import_module(name)
    import_module("finerweb.tables").every()
    daemon.manager()  # type: ignore[no-untyped-call]
