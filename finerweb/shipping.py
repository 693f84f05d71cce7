"""Files and folders from the driver to the Python workers, through Spark's own artifacts.

name = ship(spark, folder)      on the driver
folder = shipped(name)          on a worker
"""

import hashlib
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
    if str(spark.conf.get("spark.master", "")).startswith("local"):
        return str(path)
    name = f"{_fingerprint(path)}-{path.name}"
    folder = Path(tempfile.mkdtemp(prefix="finerweb-ship-"))
    if path.is_file():
        link = folder / name
        link.symlink_to(path)
        spark.addArtifacts(str(link), file=True)
        return name
    archive = folder / f"{name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for file in sorted(path.rglob("*")):
            packed.write(file, file.relative_to(path))
    spark.addArtifacts(str(archive), archive=True)
    return archive.name


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
