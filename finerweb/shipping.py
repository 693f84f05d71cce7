"""Files and folders from the driver to the Python workers, through Spark's own artifacts; and what a session is.

name = ship(spark, folder)      on the driver
folder = shipped(name)          on a worker
"""

import atexit
import hashlib
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pyspark import SparkFiles
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from finerweb.project import resource

BESIDE = ("conf", "jobs", "sample", "databricks.yml")  # inside the package in a wheel, and in what is shipped


def ship(spark: SparkSession, path: Path) -> str:
    """Make a file or folder reachable by every worker; returns the name to look it up by.

    In local mode the workers share the driver's disk, so nothing is copied and the name is the path itself.
    """
    path = path.resolve()
    if is_local(spark):
        return str(path)
    folder = path.parent if path.is_file() else path
    archive = _scratch() / f"{_fingerprint(path)}-{path.name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as writer:
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            writer.write(file, file.relative_to(folder))
    spark.addArtifacts(str(archive), archive=True)
    return f"{archive.name}/{path.name}" if path.is_file() else archive.name


def ship_code(spark: SparkSession) -> None:
    """Have the workers of a Spark Connect server run this very code; the packages that it needs are theirs."""
    content = {f"finerweb/{path}": entry for path, entry in _entries(files("finerweb"))}
    for name in BESIDE:
        own = resource(name)
        entries = [("", own)] if own.is_file() else _entries(own)
        content |= {f"finerweb/{name}/{path}".rstrip("/"): entry for path, entry in entries}
    archive = _scratch() / "finerweb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for path, entry in content.items():
            writer.writestr(path, entry.read_bytes())
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:12]
    spark.addArtifacts(str(archive.rename(archive.with_stem(f"finerweb-{digest}"))), pyfile=True)


def _entries(folder: Traversable, before: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_file():
            yield f"{before}{entry.name}", entry
        elif entry.name != "__pycache__":
            yield from _entries(entry, f"{before}{entry.name}/")


def _scratch() -> Path:
    place = tempfile.mkdtemp(prefix="finerweb-ship-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)  # Spark serves the file from here until the end
    return Path(place)


def configured(spark: SparkSession, key: str, default: str = "") -> str:
    """A setting of the session; the default also where one may not ask, as on serverless."""
    try:
        return str(spark.conf.get(key, default) or default)
    except PySparkException:
        return default


def is_local(spark: SparkSession) -> bool:
    """Do the workers run on the driver's machine, and share its disk? Of a Spark Connect server nobody can say."""
    is_connect = type(spark).__module__.startswith("pyspark.sql.connect")
    return not is_connect and configured(spark, "spark.master").startswith("local")


def tasks_beside(spark: SparkSession, tasks: int) -> int:
    """So many tasks, or as many as leave room for one more beside them, where that can be known (local mode)."""
    slots = re.match(r"local\[(\d+)", configured(spark, "spark.master"))
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
