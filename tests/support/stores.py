"""Kinds of storage that are not at hand, over a disk."""

from typing import Any

import pyarrow.fs
from fsspec.implementations.arrow import ArrowFSWrapper
from fsspec.implementations.local import LocalFileSystem


class Mount(LocalFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A mounted store: a file is written once from its start to its end, and never renamed."""

    protocol = "mount"

    def mv(self, *arguments: Any, **options: Any) -> None:
        raise OSError(95, "Operation not supported")

    rename = move = mv

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if "a" in mode or "+" in mode:
            raise OSError(95, "Operation not supported")
        return super()._open(path, mode, **options)


class Hadoop(ArrowFSWrapper):  # type: ignore[misc]
    """What fsspec makes of Arrow's client of HDFS, over a disk: it takes one path at a time, and a folder may be absent."""

    protocol = "hadoop"

    def __init__(self, **options: Any) -> None:
        super().__init__(pyarrow.fs.LocalFileSystem(), **options)
