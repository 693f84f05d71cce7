"""The folder of a published data set: its files' names, how one is written, which do not belong there any more."""

from collections.abc import Collection

import fsspec

DATA = "data"
ENDINGS = {"parquet": ".parquet", "jsonl": ".jsonl", "gliner": ".gliner.jsonl", "bio": ".bio"}


def put(url: str, content: bytes) -> None:
    """Write a file so that it is whole or not there."""
    system, place = fsspec.core.url_to_fs(url)
    system.makedirs(place.rpartition("/")[0], exist_ok=True)
    partial_place = f"{place}.partial"
    with system.open(partial_place, "wb") as file:
        file.write(content)
    system.mv(partial_place, place)


def write_card(text: str, path: str) -> str:
    """Write the card beside the data; returns where."""
    url = f"{path}/README.md"
    put(url, text.encode())
    return url


def prune(paths: Collection[str], path: str) -> None:
    """Remove the data files below `path` that are not among `paths`, this release's; other files are left alone."""
    system, root = fsspec.core.url_to_fs(f"{path}/{DATA}")
    kept = {f"{root}/{name.removeprefix(DATA + '/')}" for name in paths}
    for place in system.find(root):
        if place not in kept and place.endswith((*ENDINGS.values(), ".partial")):
            system.rm(place)
