"""Answers on their way to their table: kept the moment they come, so that a crash costs none that was paid for.

A spool is a folder that every executor can write to. Its objects are JSON lines; an object's name tells which part of
the requests its answers are about, how many there are and what they cost, so that listing the folder shows how a run
stands.
"""

import functools
import json
import os
import queue
import socket
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import fsspec

from finerweb.cost import Tally
from finerweb.errors import SpoolFailed
from finerweb.processes import is_running

HEARTBEAT = 10.0  # seconds between signs of life of a holder on another machine
PATIENCE = 6 * HEARTBEAT  # after so long without one it is dead
DRAINED = 300.0  # seconds in which workers whose driver is gone have kept what was under way, or something is wrong


class Spool:
    """The objects in one folder."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._system, self._root = fsspec.core.url_to_fs(url)

    def objects(self, part: int | None = None) -> list[str]:
        """The objects that are here now; those of one part of the requests, or all."""
        prefix = "" if part is None else f"{part}-"
        self._system.invalidate_cache()
        try:
            places = self._system.ls(self._root, detail=False)
        except FileNotFoundError:
            return []
        names = [(place, place.rpartition("/")[2]) for place in sorted(places)]
        return [place for place, name in names if name.startswith(prefix) and name.endswith(".jsonl")]

    def rows(self, objects: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The answers in these objects, one JSON line each."""
        for place in objects:
            with self._system.open(place, "rb") as file:
                yield from map(json.loads, file.read().splitlines())

    def remove(self, objects: Iterable[str]) -> None:
        """Remove objects whose answers are in their table; what has come meanwhile stays."""
        for place in objects:
            with suppress(FileNotFoundError):
                self._system.rm(place)

    @property
    def pause(self) -> float:
        """Seconds between two objects of a worker: a file costs nothing, an object in a store costs money."""
        return 0.02 if "file" in self._system.protocol else 5.0

    def keep(self, part: int, tally: Tally, lines: list[str]) -> None:
        """Write one object; raises SpoolFailed."""
        name = ".".join([f"{part}-{uuid.uuid4().hex}", *map(str, tally), "jsonl"])
        try:
            self._system.makedirs(self._root, exist_ok=True)
            with self._system.open(f"{self._root}/{name}.partial", "wb") as file:
                file.write("\n".join(lines).encode())
            self._system.mv(f"{self._root}/{name}.partial", f"{self._root}/{name}")
        except Exception as error:  # a store's client has exceptions of its own
            reason = str(error) or type(error).__name__
            raise SpoolFailed(
                f"spool {self.url}: {len(lines)} answers could not be kept ({reason}); wanted a folder with room that "
                "every executor can write to (ask.spool). What was kept before is not lost: mend it and run again"
            ) from error

    @contextmanager
    def held(self, role: str) -> Iterator[None]:
        """Leave a sign of life in the folder for as long as this lasts: `run` or `drain`."""
        name = f"{self._root}/{role}-{socket.gethostname()}-{os.getpid()}"
        ended = threading.Event()

        def beat() -> None:
            # What is wrong shows where an answer is kept; a store that fails once must not end the signs of life.
            with suppress(Exception):
                self._system.makedirs(self._root, exist_ok=True)
                self._system.pipe_file(name, b"")

        def beat_on() -> None:
            while not ended.wait(HEARTBEAT):
                beat()

        beat()
        beating = threading.Thread(target=beat_on, daemon=True)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()
            with suppress(Exception):
                self._system.rm(name)

    def require_free(self) -> None:
        """Raise SpoolFailed where another run asks the same questions now: both would pay."""
        for place, host, pid in self._holders("run"):
            if (host, pid) != (socket.gethostname(), os.getpid()):
                raise SpoolFailed(
                    f"spool {self.url}: another run is asking (process {pid} on {host}); wait for it or end it. If it "
                    f"is gone, remove {place}"
                )

    def wait_for_drains(self) -> None:
        """Wait until workers that outlived their driver have kept what was still under way; raises SpoolFailed."""
        until = time.monotonic() + DRAINED
        while holders := self._holders("drain"):
            if time.monotonic() > until:
                place, host, pid = holders[0]
                raise SpoolFailed(
                    f"spool {self.url}: a worker of a run that died (process {pid} on {host}) still waits for answers "
                    f"after {DRAINED:.0f} s; wait for it or end it. If it is gone, remove {place}"
                )
            time.sleep(0.2)

    def signs(self, role: str) -> list[str]:
        """The places of all signs of life of a role."""
        self._system.invalidate_cache()
        try:
            entries = self._system.ls(self._root, detail=False)
        except FileNotFoundError:
            return []
        return [entry for entry in entries if entry.rpartition("/")[2].startswith(f"{role}-")]

    def _holders(self, role: str) -> list[tuple[str, str, int]]:
        """Signs of life of a role whose process lives: place, host, process; those of the dead are removed."""
        living = []
        for place in self.signs(role):
            host, _, pid = place.rpartition("/")[2].removeprefix(f"{role}-").rpartition("-")
            if self._lives(place, host, int(pid)):
                living.append((place, host, int(pid)))
            else:
                with suppress(OSError):
                    self._system.rm(place)
        return living

    def _lives(self, place: str, host: str, pid: int) -> bool:
        if host == socket.gethostname():
            return is_running(pid)
        try:
            return bool(time.time() - self._system.modified(place).timestamp() < PATIENCE)
        except (FileNotFoundError, NotImplementedError):
            return False


def amount(objects: Iterable[str]) -> Tally:
    """What the answers in objects amount to, from the names alone."""
    counts = (map(int, place.rpartition("/")[2].split(".")[1:-1]) for place in objects)
    return functools.reduce(Tally.plus, (Tally(*fields) for fields in counts), Tally())


class Writer:
    """Keeps the answers of one part of the requests: whatever came since its last object becomes the next one."""

    def __init__(self, spool: Spool, part: int) -> None:
        self._spool, self._part = spool, part
        self._closing = threading.Event()
        self._waiting: queue.SimpleQueue[tuple[Tally, str] | None] = queue.SimpleQueue()
        self._failure: SpoolFailed | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self, row: Mapping[str, Any], tally: Tally) -> None:
        """Keep an answer; raises SpoolFailed where an earlier one could not be kept."""
        if self._failure:
            raise self._failure
        self._waiting.put((tally, json.dumps(row, ensure_ascii=False)))

    def _work(self) -> None:
        is_open = True
        while is_open:
            answers = [self._waiting.get()]
            while not self._waiting.empty():
                answers.append(self._waiting.get())
            is_open = answers[-1] is not None  # nothing comes after None
            self._write([answer for answer in answers if answer])
            self._closing.wait(self._spool.pause if is_open else 0)

    def _write(self, answers: list[tuple[Tally, str]]) -> None:
        if not answers:
            return
        tally = functools.reduce(Tally.plus, (cost for cost, _ in answers))
        try:
            self._spool.keep(self._part, tally, [line for _, line in answers])
        except SpoolFailed as failure:
            self._failure = failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._closing.set()
        self._thread.join()
        if self._failure and kind is None:
            raise self._failure
