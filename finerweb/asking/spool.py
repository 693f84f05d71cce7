"""The folder in which answers wait on their way to their table, so that a crash costs none that was paid for.

Driver and executors share it, wherever it is: a disk, a mounted store, HDFS, an object store. Nothing in it is ever
renamed: a file has its final name from the start, and tells by itself whether it is whole.

    7.holder                  who asks now, with which token (finerweb/asking/holding.py)
    7/queue/                  what is to be asked, a file a part (queue.py)
    7/answers/00012/          the answers to a part, in segments (segments.py)
    7/tasks/                  a sign of life of every task that asks (holding.py)
    7/committed/              the names of segments that are in the table
    notes/                    what engines have noted of work that outlives a run (notes.py)
    aside/                    what could not be read
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any

from finerweb import storage
from finerweb.errors import NotInstalled, SpoolFailed


class Spool:
    """The files of one folder. Every method but those that say so raises SpoolFailed where the store fails.

    `name` and `setting` are what an error calls it.
    """

    def __init__(self, url: str, *, name: str = "spool", setting: str = "ask.spool") -> None:
        self.url, self.name, self.setting = url, name, setting
        try:
            self._place = storage.place(url)
        except NotInstalled as error:
            text = f"{name} {url}"
            raise SpoolFailed(text, found=error.found, wanted=self._wanted, way_out=error.way_out) from None
        self._system, self._root = self._place

    @cached_property
    def is_disk(self) -> bool:
        """Is it a disk of this machine, where a file costs next to nothing?"""
        return self._place.is_disk

    def place(self, name: str) -> str:
        """Where a file of this name is, as an error shows it."""
        return f"{self._root}/{name}"

    def files(self, folder: str = "") -> dict[str, int]:
        """The names of all files below a folder of the spool, with their sizes in bytes as they are now."""
        root = f"{self._root}/{folder}".rstrip("/")
        try:
            self._system.invalidate_cache()
            entries = self._system.find(root, detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:  # a store's client has exceptions of its own
            raise self._failed(f"{folder or 'it'} could not be listed", error) from error
        start = len(self._root.rstrip("/")) + 1
        return {place[start:]: int(entry.get("size") or 0) for place, entry in sorted(entries.items()) if place != root}

    def names(self) -> set[str]:
        """The names of the files and folders right in it."""
        try:
            self._system.invalidate_cache()
            places = self._system.ls(self._root, detail=False)
        except FileNotFoundError:
            return set()
        except Exception as error:
            raise self._failed("it could not be listed", error) from error
        return {place.rstrip("/").rpartition("/")[2] for place in places}

    def read(self, name: str) -> bytes | None:
        """A file's content; None where it is not there."""
        try:
            content: bytes = self._system.cat_file(self.place(name))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failed(f"{name} could not be read", error) from error
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file under its final name; what was there is replaced. Nothing of it stays where that fails."""
        place = self.place(name)
        try:
            self._system.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._system.pipe_file(place, content)
        except Exception as error:
            with suppress(Exception):
                self._system.rm_file(place)
            raise self._failed(f"{name} could not be written", error) from error

    def open(self, name: str, mode: str) -> Any:
        """A file to be read (`rb`) or written (`wb`) piece by piece; errors are those of the store."""
        place = self.place(name)
        if mode == "wb":
            self._system.makedirs(place.rpartition("/")[0], exist_ok=True)
        return self._system.open(place, mode)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, many at once where the store can; those that are gone already are no error."""
        places = [self.place(name) for name in names]
        try:
            if places and self._system.async_impl:  # object stores; the clients of HDFS take one at a time
                self._system.rm(places)
                return
        except FileNotFoundError:
            pass  # one of them: the others may still be there
        except Exception as error:
            raise self._failed(f"{len(places)} files could not be removed", error) from error
        for place in places:
            try:
                self._system.rm_file(place)
            except FileNotFoundError:
                continue
            except Exception as error:
                raise self._failed(f"{place} could not be removed", error) from error

    def remove_folder(self, folder: str) -> None:
        """Remove a folder and all that is in it."""
        try:
            self._system.rm(self.place(folder), recursive=True)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failed(f"{folder} could not be removed", error) from error

    def _failed(self, what: str, error: Exception) -> SpoolFailed:
        reason = " ".join(str(error).split()) or type(error).__name__
        return SpoolFailed(
            f"{self.name} {self.url}: {what} ({reason}); wanted {self._wanted}. What was kept before is not lost: mend "
            "it and run again"
        )

    @property
    def _wanted(self) -> str:
        return f"a folder or URL with room that driver and executors can read and write ({self.setting})"
