"""Files and folders from the driver to the Python workers, through Spark's own artifacts.

name = ship(spark, folder)      on the driver
folder = shipped(name)          on a worker
"""

import atexit
import hashlib
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from pyspark import SparkFiles
from pyspark.sql import SparkSession


def ship(spark: SparkSession, path: Path) -> str:
    """Make a file or folder reachable by every worker; returns the name to look it up by.

    In local mode the workers share the driver's disk, so nothing is copied and the name is the path itself.
    """
    path = path.resolve()
    if is_local(spark):
        return str(path)
    folder = path.parent if path.is_file() else path
    place = tempfile.mkdtemp(prefix="finerweb-ship-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)  # Spark serves the file from here until the end
    archive = Path(place) / f"{_fingerprint(path)}-{path.name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as writer:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            writer.write(file, file.relative_to(folder))
    spark.addArtifacts(str(archive), archive=True)
    return f"{archive.name}/{path.name}" if path.is_file() else archive.name


def is_local(spark: SparkSession) -> bool:
    """Do the workers run on the driver's machine, and share its disk?"""
    return str(spark.conf.get("spark.master", "")).startswith("local")


def tasks_beside(spark: SparkSession, tasks: int) -> int:
    """So many tasks, or as many as leave room for one more beside them, where that can be known (local mode)."""
    slots = re.match(r"local\[(\d+)", str(spark.conf.get("spark.master", "")))
    return max(1, min(tasks, int(slots[1]) - 1)) if slots else tasks


def shipped(name: str) -> Path:
    """Where a shipped file or folder lies on this worker."""
    if Path(name).is_absolute():
        return Path(name)
    return Path(SparkFiles.getRootDirectory()) / name


def _fingerprint(path: Path) -> str:
    """Artifacts cannot be replaced, so that another content needs another name."""
    digest = hashlib.sha256(str(path).encode())
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        status = file.stat()
        digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()[:12]
