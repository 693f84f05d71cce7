"""Where files other than tables are, for Python: Spark's URLs as fsspec takes them. Nobody else opens fsspec.

    s3:// s3a:// s3n://                      finerweb[s3]
    gs:// gcs://                             finerweb[gcs]
    abfss:// abfs:// wasbs:// wasb:// az://  finerweb[azure]; container@account.dfs.core.windows.net/path
    hdfs:// viewfs://                        Hadoop's native library, on driver and executors
    webhdfs://                               nothing: a name node's web API
    dbfs:/path                               /dbfs/path, where Databricks mounts it
    file:/path /Volumes/... ./path           this machine's own files, and what is mounted there

Credentials are those of each client's own environment variables, on driver and executors: Spark's settings (`fs.s3a.*`)
are for Spark alone.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import fsspec

from finerweb.errors import NotInstalled

# What Spark says -> what every fsspec knows, with a client or without.
SPELLINGS = {
    **dict.fromkeys(("s3a", "s3n"), "s3"),
    **dict.fromkeys(("abfss", "wasb", "wasbs", "az"), "abfs"),
    "viewfs": "hdfs",
}
EXTRAS = {"s3": "finerweb[s3]", "gs": "finerweb[gcs]", "gcs": "finerweb[gcs]", "abfs": "finerweb[azure]"}
NATIVE = (
    "set HADOOP_HOME (its lib/native has libhdfs.so), JAVA_HOME and CLASSPATH (`hadoop classpath --glob`), on driver "
    "and executors; or go by the name node's web API: webhdfs://HOST:9870/path"
)

# File systems of a machine's own disks. Whatever else is mounted (FUSE, NFS, SMB) is a store behind a network.
DISKS = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs", "ramfs", "reiserfs", "bcachefs"}
MOUNTS = Path("/proc/self/mountinfo")


class Place(NamedTuple):
    """A file or folder: its file system (fsspec's), and its path there."""

    system: Any
    path: str

    @property
    def is_disk(self) -> bool:
        """Is it on a disk of this machine, where a file costs next to nothing and can be renamed?"""
        protocols = self.system.protocol
        is_file = "file" in ([protocols] if isinstance(protocols, str) else protocols)
        return is_file and _mount(self.path) in {*DISKS, ""}


def place(url: str) -> Place:
    """Where a path or URL is; raises NotInstalled where its scheme is unknown or its client is missing."""
    spelling = spell(url)
    try:
        return Place(*fsspec.core.url_to_fs(spelling))
    except (ImportError, ValueError) as error:
        scheme = spelling.partition("://")[0]
        wanted = EXTRAS.get(scheme, "a path, or a URL of s3, gs, abfss, hdfs or webhdfs")
        way_out = f"pip install '{EXTRAS[scheme]}', on driver and executors" if scheme in EXTRAS else ""
        raise NotInstalled(url, found=str(error), wanted=wanted, way_out=way_out) from None
    except OSError as error:
        if not spelling.startswith("hdfs://"):
            raise
        reason = str(error).splitlines()[0]
        raise NotInstalled(url, found=reason, wanted="Hadoop's native library", way_out=NATIVE) from None


def spell(url: str) -> str:
    """A URL as fsspec writes it."""
    if url.startswith("dbfs:/"):
        path = url.removeprefix("dbfs:").lstrip("/")
        return f"/{path}" if path.startswith("Volumes/") else f"/dbfs/{path}"
    scheme, separator, rest = url.partition("://")
    return f"{SPELLINGS.get(scheme, scheme)}{separator}{rest}" if separator else url


def _mount(path: str) -> str:
    """The kind of file system that a path of this machine is on; empty where that cannot be told."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:  # no Linux
        return ""
    kinds = {}
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields.split()[4])
        kinds[point.rstrip("/")] = rest.split()[0]
    real = Path(path).resolve()
    places = [str(real), *map(str, real.parents)]
    return next((kinds[place.rstrip("/")] for place in places if place.rstrip("/") in kinds), "")
