"""The process in which vLLM runs. `python -m finerweb.engines._vllm.process FOLDER NAME KEEP_ALIVE`: clients start it.

It reads the settings from its standard input, serves whoever comes to its socket, and ends itself, with all processes
that vLLM has started, when nobody has been there for a while, when it makes room for another model, or when vLLM dies.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, NoReturn

from finerweb.engines._vllm import work
from finerweb.engines._vllm.place import KEPT, QUIT, READY, Place, claim, end_orphans, make_room

GRACE = 15.0  # seconds in which vLLM ends in order


class Guest:
    """A client, with a thread that reads what it asks and one that sends it answers: vLLM never waits for either."""

    def __init__(self, connection: Connection, hear: Callable[["Guest", Any], None]) -> None:
        self._connection = connection
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._hear = hear
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()
        threading.Thread(target=self._read, daemon=True).start()

    def say(self, message: Any) -> None:
        """Send it an answer, or a text."""
        self._outbox.put(message)

    def leave(self) -> None:
        """Send what is waiting, and let go of it."""
        self._outbox.put(None)
        self._writer.join(timeout=5)

    def _read(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                self._hear(self, self._connection.recv())
        self._hear(self, None)

    def _write(self) -> None:
        with suppress(OSError):
            while (message := self._outbox.get()) is not None:
                self._connection.send(message)
        self._connection.close()


class Reception:
    """Lets clients in, takes what they ask to `inbox`, and knows when it is `over`."""

    def __init__(self, listener: Listener, keep_alive: float) -> None:
        self.inbox: queue.SimpleQueue[tuple[Guest, Any]] = queue.SimpleQueue()
        self.over = threading.Event()
        self._listener, self._keep_alive = listener, keep_alive
        self._guests: set[Guest] = set()
        self._lock = threading.Lock()
        self._status: str | None = None
        self._is_dead: Callable[[], bool] = lambda: False
        for task in (self._accept, self._watch):
            threading.Thread(target=task, daemon=True).start()

    def open(self, is_dead: Callable[[], bool]) -> None:
        """VLLM is ready; `is_dead` tells when it no longer is."""
        self._is_dead = is_dead
        with self._lock:
            self._status = READY
            for guest in self._guests:
                guest.say(READY)

    def close(self, reason: str | None = None) -> None:
        """Let nobody in any more, and tell those who are there why."""
        self._listener.close()
        with self._lock:
            guests, self._guests = self._guests, set()
            self._status = reason or self._status
        for guest in guests:
            if reason:
                guest.say(reason)
            guest.leave()

    def _accept(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                guest = Guest(self._listener.accept(), self._hear)
                with self._lock:
                    self._guests.add(guest)
                    if self._status is not None:
                        guest.say(self._status)

    def _hear(self, guest: Guest, message: Any) -> None:
        if message == QUIT:
            with self._lock:
                is_needed = bool(self._guests - {guest})
            if is_needed:
                guest.say(QUIT)
            else:
                self.over.set()
            return
        if message is None:
            with self._lock:
                self._guests.discard(guest)
            guest.leave()
        self.inbox.put((guest, message))

    def _watch(self) -> None:
        since = time.monotonic()
        while not self.over.wait(0.5):
            if self._is_dead():  # vLLM waits for its own process forever when that was killed
                self.close(f"vLLM's EngineCore died. {KEPT}")
                end()
            if self._guests:
                since = time.monotonic()
            elif time.monotonic() - since > self._keep_alive:
                self.over.set()
        self.close()
        if self._status == READY:
            time.sleep(GRACE)  # for vLLM to end in order; while it loads, it cannot
        end()


def end() -> NoReturn:
    """The process, and everything that vLLM has started: nothing else would."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)  # somebody has started it in a group that is not its own


def main(folder: Path, name: str, keep_alive: float) -> None:
    """Load the model, then serve."""
    place = Place(folder, name, sys.stdin.read())
    reception = Reception(claim(place), keep_alive)
    signal.signal(signal.SIGTERM, lambda *_: reception.over.set())
    try:
        end_orphans()
        make_room(place)
        llm, templates = work.load(json.loads(place.settings), folder)
        tasks = work.Work(llm, templates)
    except Exception as error:
        traceback.print_exc()
        return reception.close(work.explain(error, place))
    core = llm.llm_engine.engine_core
    reception.open(lambda: bool(core.resources.engine_dead))
    try:
        tasks.serve(reception.inbox, reception.over)
        reception.close()
    except Exception as error:
        traceback.print_exc()
        reception.close(f"vLLM died: {error} {KEPT}")
    with suppress(Exception):
        core.shutdown()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
    except Exception:
        traceback.print_exc()
    finally:
        end()
