"""The folder of a published data set: its files' names, how one is written, which do not belong there any more."""

from collections.abc import Collection

from finerweb import storage

DATA = "data"
ENDINGS = {"parquet": ".parquet", "jsonl": ".jsonl", "gliner": ".gliner.jsonl", "bio": ".bio"}


def put(url: str, content: bytes) -> None:
    """Write a file, so that on a disk it is whole or not there.

    An object store does that by itself. HDFS and mounted stores rename nothing onto a file that is there, or nothing at
    all: what is torn there has another SHA-256 than the table `files` says.
    """
    place = storage.place(url)
    system, path = place
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    if not place.is_disk:
        system.pipe_file(path, content)
        return
    partial_path = f"{path}.partial"
    system.pipe_file(partial_path, content)
    system.mv(partial_path, path)


def write_card(text: str, path: str) -> str:
    """Write the card beside the data; returns where."""
    url = f"{path}/README.md"
    put(url, text.encode())
    return url


def prune(paths: Collection[str], path: str) -> None:
    """Remove the data files below `path` that are not among `paths`, this release's; other files are left alone."""
    system, root = storage.place(f"{path}/{DATA}")
    kept = {f"{root}/{name.removeprefix(DATA + '/')}" for name in paths}
    for place in system.find(root):
        if place not in kept and place.endswith((*ENDINGS.values(), ".partial")):
            system.rm(place)
