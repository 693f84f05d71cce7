"""Signs of life in a spool: of who asks, and of every task that asks for it.

A sign is a small file that its writer writes again and again with a counter in it. Whoever looks knows a writer that
died by a counter that stands still while the own clock goes on: clocks of two machines are never compared.
"""

import hashlib
import json
import logging
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace

from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed
from finerweb.processes import is_running

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two signs
PATIENCE = 60.0  # after so long with the same sign its writer is dead
ASKING, STOPPED, RELEASED = "asking", "stopped", "released"
LAST, ENDED_BY_ANOTHER = -1, -2  # beats: the last one of a writer; one that another has written in its place


@dataclass(frozen=True)
class Sign:
    """A writer, how often it has written, and what it tells: a holder's `state`, its tasks by engine, its answers."""

    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    beat: int = 0
    state: str = ASKING
    tasks: dict[str, int] = field(default_factory=dict)
    answers: int = 0

    @property
    def is_ours(self) -> bool:
        """Is it this process that wrote it?"""
        return (self.host, self.pid) == (socket.gethostname(), os.getpid())


def holder_of(token: int) -> str:
    """The file of a holder's sign."""
    return f"{token}.holder"


def tasks_of(token: int) -> str:
    """The folder of the signs of a holder's tasks."""
    return f"{token}/tasks"


def absences_of(token: int) -> str:
    """The folder in which a holder's tasks say that their engine is gone: a file for each that waits."""
    return f"{token}/absences"


def read(spool: Spool, name: str) -> Sign | None:
    """A sign as it is now; None where it is not there, or is just being written."""
    with suppress(ValueError, TypeError):
        content = spool.read(name)
        return Sign(**json.loads(content)) if content else None
    return None


def write(spool: Spool, name: str, sign: Sign) -> None:
    """Write a sign; raises SpoolFailed."""
    spool.write(name, json.dumps(asdict(sign)).encode())


@contextmanager
def kept(spool: Spool, name: str, sign: Callable[[], Sign], *, every: float) -> Iterator[None]:
    """Write what `sign` gives every so many seconds, for as long as this lasts, and once at the end."""
    ended = threading.Event()

    def beat(number: int) -> None:
        try:
            write(spool, name, replace(sign(), beat=number))
        except Exception as error:  # a store that fails once must not end the signs of life
            log.warning("spool %s: no sign of life at %s: %s", spool.url, name, error)

    def beat_on() -> None:
        number = 1
        while not ended.wait(every):
            beat(number)
            number += 1

    beat(0)
    beating = threading.Thread(target=beat_on, name=f"signs of life at {name}", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
        beat(LAST)


def living(spool: Spool, names: Iterable[str]) -> dict[str, Sign]:
    """Those of some signs whose writers live. Takes as long as it needs to see the others' stand still."""
    first = {name: sign for name in names if (sign := read(spool, name)) and sign.state != RELEASED}
    here = {name: sign for name, sign in first.items() if sign.host == socket.gethostname()}
    alive = {name: sign for name, sign in here.items() if not sign.is_ours and is_running(sign.pid)}
    elsewhere = {name: sign for name, sign in first.items() if name not in here}
    until = time.monotonic() + PATIENCE
    while elsewhere and time.monotonic() < until:
        for name, sign in list(elsewhere.items()):
            now = read(spool, name)
            if now is None and name not in spool.files():
                del elsewhere[name]  # it ended in order
            elif now and now.beat != sign.beat:
                alive[name] = now
                del elsewhere[name]
        time.sleep(min(1.0, PATIENCE / 10))
    return alive


class Watch:
    """What a task sees of its holder, and what it tells it: that it asks, and at which engine.

    `sharing` is how many tasks ask the same engine now, at least this one; `has_answers` whether any of them has had
    one in this stage. `is_over` is set when the holder has died, has told to stop, or another has taken its place.
    What `absence` gives, since when the engine is gone and why, is told to the holder while it is.
    """

    def __init__(self, spool: Spool, token: int, part: int, engine: str) -> None:
        self._spool, self._holder = spool, holder_of(token)
        self._engine = hashlib.sha256(engine.encode()).hexdigest()[:12]
        self._sign = f"{tasks_of(token)}/{part:05d}.{self._engine}"
        self._note, self._noted = f"{absences_of(token)}/{part:05d}", ""
        self.absence: Callable[[], str | None] = lambda: None
        self.is_over = threading.Event()
        self.sharing = 1
        self.has_answers = False
        self._seen: tuple[int, str] | None = None
        self._changed = time.monotonic()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Look and tell every few seconds, for as long as this lasts."""
        try:
            with kept(self._spool, self._sign, self._look, every=BEAT):
                yield
        finally:
            with suppress(Exception):
                self._spool.remove([self._sign, *([self._note] if self._noted else [])])

    def _look(self) -> Sign:
        with suppress(SpoolFailed):
            self._take(read(self._spool, self._holder))
            self._tell(self.absence() or "")
        return Sign()

    def _tell(self, absence: str) -> None:
        if absence == self._noted:
            return
        if absence:
            self._spool.write(self._note, absence.encode())
        else:
            self._spool.remove([self._note])
        self._noted = absence

    def _take(self, holder: Sign | None) -> None:
        now = time.monotonic()
        if holder and (holder.beat, holder.state) != self._seen:
            self._seen, self._changed = (holder.beat, holder.state), now
            self.sharing = max(1, holder.tasks.get(self._engine, 1))
            self.has_answers = holder.answers > 0
        if (holder and holder.state != ASKING) or now - self._changed > PATIENCE:
            self.is_over.set()


def sharing(spool: Spool, token: int) -> dict[str, int]:
    """How many tasks ask each engine now, by the names of their signs of life."""
    return dict(Counter(name.rpartition(".")[2] for name in spool.files(tasks_of(token))))


def absence(spool: Spool, token: int) -> str | None:
    """What one of the tasks says whose engine is gone, and how many they are; None where none is."""
    names = sorted(spool.files(absences_of(token)))
    first = spool.read(names[0]) if names else None
    return f"{first.decode()} (tasks that wait: {len(names)})" if first else None
