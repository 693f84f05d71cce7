"""The releases of a data set, and which of them is the current one.

    README.md            the card of the current release, and the pointer to it: its paths lead into that folder
    releases/000007/     a release (release.py), kept for who began to read it
    releases/000008/     the next one

`datasets` finds the files of a folder by its README.md, so that to write this file is to switch every reader. Where a
store writes it in one step (a disk, an object store) nobody sees another state; elsewhere a reader who comes in between
tells a torn card by its checksum, and takes the newest release that is whole, which is the one that the card is for.
One job writes a data set at a time.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from finerweb import storage
from finerweb.errors import BadRelease
from finerweb.formats import release
from finerweb.formats.release import CARD, DATA, ENDINGS, Release, Row

RELEASES = "releases"
NAME = re.compile(r"\d{6,}")
# The last line of a pointer's header, a comment in YAML.
POINTER = re.compile(r"\A---\n(.*?\n)# release (\d{6,}), sha256 of the lines above ([0-9a-f]{64})\n---\n", re.DOTALL)
# The paths of data files in the header of a card (report/header.py).
PATHS = re.compile(rf"^(  - \{{split: [^,]+, path: '?)(?={DATA}/)", re.MULTILINE)


class Draft(NamedTuple):
    """A folder that is to be a release, below a data set's."""

    path: str
    name: str

    @property
    def url(self) -> str:
        """Where its files are written."""
        return _url(self.path, self.name)


def current(path: str) -> Release | None:
    """The release that the data set's card points to; None where nothing is published.

    Raises BadRelease where it points to one that is gone.
    """
    name = pointed(path)
    if name is None:
        return next(whole(path), None)
    present = release.read(_url(path, name), name)
    if present is None:
        others = ", ".join(other.name for other in whole(path)) or "none"
        raise BadRelease(
            f"data set {path}, whose {CARD} points to release {name}",
            found=f"no such release that is whole (whole ones: {others})",
            wanted=f"{RELEASES}/{name} with its {release.LISTING}",
            way_out="run finerweb publish, which writes the next one and points to it",
        )
    return present


def pointed(path: str) -> str | None:
    """The name of the release that the data set's card points to; None for no card, or a torn one."""
    system, place = storage.place(f"{path}/{CARD}")
    try:
        text = bytes(system.cat_file(place)).decode(errors="replace")
    except FileNotFoundError:
        return None
    pointer = POINTER.match(text)
    return pointer[2] if pointer and pointer[3] == _digest(pointer[1]) else None


def whole(path: str) -> Iterator[Release]:
    """The releases that are whole, the newest first."""
    for name in reversed(_names(path)):
        present = release.read(_url(path, name), name)
        if present:
            yield present


def draft(path: str) -> Draft:
    """A folder for the next release; what a killed run left of one is removed."""
    names = _names(path)
    kept = {present.name for present in whole(path)}
    for name in names:
        if name not in kept:
            _remove(path, name)
    highest = max([*names, pointed(path) or ""], key=lambda name: int(name or 0))
    return Draft(path, f"{int(highest or 0) + 1:06}")


def complete(draft: Draft, files: Iterable[Row], card: str, *, earlier: int) -> Release:
    """Make the draft a release, point to it, and remove all older ones but `earlier` of them; returns the current one.

    Where the newest release has the same files and the same card, it stays the current one and the draft goes.
    """
    path, newest = draft.path, next(whole(draft.path), None)
    present = release.finish(draft.url, draft.name, card, files)
    if newest and (newest.card, newest.files) == (present.card, present.files):
        _remove(path, draft.name)
        present = newest
    before = pointed(path)
    if before != present.name:
        release.put(f"{path}/{CARD}", _pointer(present).encode())
    older = [name for name in reversed(_names(path)) if name != present.name]
    older.sort(key=lambda name: name != before)  # somebody may be reading that one
    for name in older[earlier:]:
        _remove(path, name)
    system, _ = storage.place(path)
    for place in unversioned(path):  # other files are left alone
        system.rm_file(place)
    return present


def _pointer(present: Release) -> str:
    """The card of the data set's folder: that of the release, with its paths as they are from there."""
    header, text = release.parts(present.card)
    header = PATHS.sub(rf"\g<1>{RELEASES}/{present.name}/", header)
    return f"---\n{header}# release {present.name}, sha256 of the lines above {_digest(header)}\n---\n{text}"


def _digest(header: str) -> str:
    return hashlib.sha256(header.encode()).hexdigest()


def _url(path: str, name: str) -> str:
    return f"{path}/{RELEASES}/{name}"


def _names(path: str) -> list[str]:
    """The folders of releases, whole or not, the oldest first."""
    system, root = storage.place(f"{path}/{RELEASES}")
    system.invalidate_cache()
    try:
        places = system.ls(root, detail=False)
    except FileNotFoundError:
        return []
    names = [place.rstrip("/").rpartition("/")[2] for place in places]
    return sorted(filter(NAME.fullmatch, names), key=int)


def _remove(path: str, name: str) -> None:
    """Remove a release: at first its listing, so that what a kill leaves is not whole."""
    system, root = storage.place(_url(path, name))
    for remove in (partial(system.rm_file, f"{root}/{release.LISTING}"), partial(system.rm, root, recursive=True)):
        with suppress(FileNotFoundError):  # a store has no folder without files
            remove()


def unversioned(path: str) -> list[str]:
    """The data files that versions without releases wrote beside the card, in the store's own words."""
    system, root = storage.place(f"{path}/{DATA}")
    try:
        places = system.find(root)
    except FileNotFoundError:
        return []
    return [place for place in places if place.endswith((*ENDINGS.values(), ".partial"))]
