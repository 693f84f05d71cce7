"""Answers on their way to their table: kept the moment they come, so that a crash costs none that was paid for.

A spool is a folder that every executor can write to. Its objects are JSON lines; an object's name tells how many
answers are in it and what they cost, so that listing the folder shows how a run stands.
"""

import json
import os
import queue
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import fsspec

HEARTBEAT = 10.0  # seconds between signs of life of a holder on another machine
PATIENCE = 6 * HEARTBEAT  # after so long without one it is dead


class SpoolFailed(RuntimeError):
    """A spool that cannot be written or read, or that another run holds."""


class Tally(NamedTuple):
    """What answers amount to; `again` of them are worth another attempt."""

    answers: int = 0
    problems: int = 0
    again: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micro_usd: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def usd(self) -> float:
        """What they cost."""
        return self.micro_usd / 1e6

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


class Spool:
    """The objects in one folder."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._system, self._root = fsspec.core.url_to_fs(url)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every answer that is kept here."""
        for place in self._places():
            with self._system.open(place, "rb") as file:
                yield from map(json.loads, file.read().splitlines())

    def tally(self) -> Tally:
        """What is kept here amounts to, from the names alone."""
        tally = Tally()
        for place in self._places():
            with suppress(ValueError, TypeError):
                tally = tally.plus(Tally(*map(int, place.rpartition("/")[2].split(".")[1:-1])))
        return tally

    def clear(self) -> None:
        """Remove the answers, once they are in their table."""
        for place in self._places():
            with suppress(FileNotFoundError):
                self._system.rm(place)

    def keep(self, tally: Tally, lines: list[str]) -> None:
        """Write one object; raises SpoolFailed."""
        name = ".".join([uuid.uuid4().hex, *map(str, tally), "jsonl"])
        try:
            self._system.makedirs(self._root, exist_ok=True)
            with self._system.open(f"{self._root}/{name}.partial", "wb") as file:
                file.write("\n".join(lines).encode())
            self._system.mv(f"{self._root}/{name}.partial", f"{self._root}/{name}")
        except OSError as error:
            raise SpoolFailed(
                f"spool {self.url}: {len(lines)} answers could not be kept ({error}); wanted a folder with room that "
                "every executor can write to (ask.spool). What was kept before is not lost: mend it and run again"
            ) from error

    def _places(self) -> list[str]:
        self._system.invalidate_cache()
        try:
            return sorted(place for place in self._system.ls(self._root, detail=False) if place.endswith(".jsonl"))
        except FileNotFoundError:
            return []

    @contextmanager
    def held(self, role: str) -> Iterator[None]:
        """Leave a sign of life in the folder for as long as this lasts: `run` or `drain`."""
        name = f"{self._root}/{role}-{socket.gethostname()}-{os.getpid()}"
        ended = threading.Event()

        def beat() -> None:
            with suppress(OSError):  # a full disk shows where an answer is kept
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
            with suppress(OSError):
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
        """Wait until workers that outlived their driver have kept what was still under way."""
        while self._holders("drain"):
            time.sleep(0.2)

    def _holders(self, role: str) -> list[tuple[str, str, int]]:
        """Signs of life of a role whose process lives: place, host, process; those of the dead are removed."""
        living = []
        try:
            self._system.invalidate_cache()
            places = [one for one in self._system.ls(self._root, detail=False) if f"/{role}-" in one]
        except FileNotFoundError:
            return []
        for place in places:
            host, _, pid = place.rpartition("/")[2].removeprefix(f"{role}-").rpartition("-")
            if self._lives(place, host, int(pid)):
                living.append((place, host, int(pid)))
            else:
                with suppress(OSError):
                    self._system.rm(place)
        return living

    def _lives(self, place: str, host: str, pid: int) -> bool:
        if host == socket.gethostname():
            return _is_running(pid)
        try:
            return bool(time.time() - self._system.modified(place).timestamp() < PATIENCE)
        except (FileNotFoundError, NotImplementedError):
            return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:  # another user's, or no Linux
        return True
    return state != "Z"  # it has ended, and nobody has asked how


class Writer:
    """Keeps answers in a thread of its own: whatever came since the last object becomes the next one."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
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
        while (first := self._waiting.get()) is not None:
            came = [first]
            ends = False
            while not self._waiting.empty():
                one = self._waiting.get()
                if one is None:
                    ends = True
                    break
                came.append(one)
            tally = Tally()
            for amount, _ in came:
                tally = tally.plus(amount)
            try:
                self._spool.keep(tally, [line for _, line in came])
            except SpoolFailed as failure:
                self._failure = failure
            if ends:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._waiting.put(None)
        self._thread.join()
        if self._failure and kind is None:
            raise self._failure
