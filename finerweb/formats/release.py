"""A release of a data set: a folder that does not change, and is whole once its listing is there.

    README.md                                                  the card
    data/<variant>/<language>/<split>-00000-of-00002.parquet   shards, as the Hub names them, in every format
    files.json                                                 what is in it, with SHA-256; written last

Shards are numbered within variant, language, split and format. releases.py says which release is the current one.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from finerweb import storage
from finerweb.errors import BadRelease

CARD = "README.md"
DATA = "data"
LISTING = "files.json"
ENDINGS = {"parquet": ".parquet", "jsonl": ".jsonl", "gliner": ".gliner.jsonl", "bio": ".bio"}

# A row of the table `files`.
Row = Mapping[str, Any]


class Release(NamedTuple):
    """A release that is whole: its name, where it is, its card and its files."""

    name: str
    url: str
    card: str
    files: Sequence[Row]


def shard(variant: str, language: str, split: str, kind: str, *, number: int, count: int) -> str:
    """The path of a file, below its release."""
    return f"{_stem(variant, language, split)}-{number:05}-of-{count:05}{ENDINGS[kind]}"


def pattern(variant: str, language: str, split: str, kind: str) -> str:
    """The paths of all shards, for `datasets`; `*` would take `.gliner.jsonl` for `.jsonl`."""
    return f"{_stem(variant, language, split)}-?????-of-?????{ENDINGS[kind]}"


def _stem(variant: str, language: str, split: str) -> str:
    return f"{DATA}/{variant}/{language}/{split}"


def parts(card: str) -> tuple[str, str]:
    """The header of a card, in YAML, and its text."""
    header, _, text = card.removeprefix("---\n").partition("\n---\n")
    return f"{header}\n", text


def put(url: str, content: bytes) -> None:
    """Write a file in place of what is there, so that on a disk it is whole or as it was.

    An object store does that by itself. HDFS and mounted stores rename nothing onto a file that is there, or nothing at
    all: a reader there has to tell a torn file by a checksum.
    """
    place = storage.place(url)
    if not place.is_disk:
        fill(url, content)
        return
    fill(f"{url}.partial", content)
    place.system.mv(f"{place.path}.partial", place.path)


def fill(url: str, content: bytes) -> None:
    """Write a file of a release that is not whole yet: nobody reads it."""
    system, path = storage.place(url)
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    system.pipe_file(path, content)


def copy(source: str, target: str, size: int) -> None:
    """Copy a file into a release that is not whole yet, within the store where it can; raises BadRelease."""
    system, path = storage.place(target)
    system.makedirs(path.rpartition("/")[0], exist_ok=True)
    try:
        system.cp_file(storage.place(source).path, path)
    except FileNotFoundError:
        raise _damaged(source, "no file", size) from None
    if (copied := system.size(path)) != size:
        raise _damaged(source, f"{copied} bytes", size)


def _damaged(file: str, state: str, size: int) -> BadRelease:
    way_out = "remove that release's folder, and run finerweb publish --force"
    return BadRelease(f"published file {file}", found=state, wanted=f"{size} bytes, as {LISTING} says", way_out=way_out)


def finish(url: str, name: str, card: str, files: Iterable[Row]) -> Release:
    """Make a folder a whole release: its card, and at last its listing."""
    rows = sorted((dict(row) for row in files), key=itemgetter("path"))
    fill(f"{url}/{CARD}", card.encode())
    listing = {"release": name, "files": rows}
    signed = {**listing, "sha256": _digest(listing)}
    fill(f"{url}/{LISTING}", json.dumps(signed, ensure_ascii=False, indent=0).encode())
    return Release(name, url, card, rows)


def read(url: str, name: str) -> Release | None:
    """The release of this name in a folder; None where it is not whole."""
    try:
        listing = json.loads(content(f"{url}/{LISTING}"))
        is_whole = listing.pop("sha256") == _digest(listing) and listing["release"] == name
        return Release(name, url, content(f"{url}/{CARD}").decode(), listing["files"]) if is_whole else None
    except (FileNotFoundError, ValueError, KeyError):  # ValueError: of JSON, and of UTF-8
        return None


def content(url: str) -> bytes:
    """A file's bytes; raises FileNotFoundError."""
    system, path = storage.place(url)
    return bytes(system.cat_file(path))


def _digest(listing: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(listing, sort_keys=True).encode()).hexdigest()
