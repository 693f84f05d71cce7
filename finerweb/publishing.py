"""The published data set's folder: what does not belong there any more, and whether something is there."""

import fsspec
from pyspark.sql import DataFrame

from finerweb.tables.files import DATA, ENDINGS, put


def write_card(text: str, path: str) -> str:
    """Write the card beside the data; returns where."""
    url = f"{path}/README.md"
    put(url, text.encode())
    return url


def prune(files: DataFrame, path: str) -> None:
    """Remove the data files of earlier releases that this one does not have; other files are left alone."""
    system, root = fsspec.core.url_to_fs(f"{path}/{DATA}")
    kept = {f"{root}/{row['path'].removeprefix(DATA + '/')}" for row in files.select("path").collect()}
    for place in system.find(root):
        if place not in kept and place.endswith((*ENDINGS.values(), ".partial")):
            system.rm(place)


def there(url: str) -> bool:
    """Is there a file or folder?"""
    system, place = fsspec.core.url_to_fs(url)
    return bool(system.exists(place))
