"""Who may ask a question: one run at a time.

To hold a question is to have committed the row with its next token to `holders`. Delta takes a transaction's number
once, so that of two drivers that claim the same token one has it, whatever the storage; its name is in the row. The
token is part of every place in the spool, so that what the tasks of an earlier holder still write is told from ours.
"""

import logging
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import functions as F

from finerweb.asking import signs
from finerweb.asking.signs import Sign
from finerweb.asking.spool import Spool
from finerweb.errors import SpoolFailed
from finerweb.lake import Lake
from finerweb.lake.history import State
from finerweb.processes import is_running
from finerweb.tables import holders

log = logging.getLogger(__name__)

DRAINED = 300.0  # seconds in which tasks whose driver is gone have kept what was under way, or something is wrong
_held: set[tuple[str, int]] = set()  # by this process: spool, token


@dataclass
class Holder:
    """Who holds a question now, from `claim` on; `state` is what its tasks are told."""

    lake: Lake
    spool: Spool
    question: str
    token: int
    state: str = signs.ASKING
    answers: int = 0  # in this stage
    absence: str | None = None  # of the engine: since when it is gone, and why
    left: list[str] = field(default_factory=list)  # what earlier holders left in the spool
    seen: State | None = None  # of the table of holders, when this one was the last

    @property
    def earlier(self) -> list[int]:
        """The tokens of the holders that left answers."""
        return sorted(int(name) for name in self.left if name.isdigit())

    def require_last(self) -> None:
        """Raise SpoolFailed where another took this one for dead, and its place: nothing of it is committed then."""
        now = self.lake.state(holders.TABLE)
        if now == self.seen:
            return
        last = _last(self.lake, self.question)
        if last and last[0] != self.token:
            self.state = signs.STOPPED
            raise SpoolFailed(
                f"spool {self.spool.url}: this run stood still for so long that another one (process {last[2]} on "
                f"{last[1]}) took it for dead and asks now. It commits what this one has kept: wait for it, then run "
                "again"
            )
        self.seen = now

    def sign(self) -> Sign:
        """What the tasks read: whether they go on, and how many share an engine."""
        tasks: dict[str, int] = {}
        with suppress(SpoolFailed):
            tasks = signs.sharing(self.spool, self.token)
            self._note(signs.absence(self.spool, self.token))
            before = signs.read(self.spool, signs.holder_of(self.token))
            if before and before.beat == signs.ENDED_BY_ANOTHER:
                self.state = signs.STOPPED
        return Sign(state=self.state, tasks=tasks, answers=self.answers)

    def _note(self, absence: str | None) -> None:
        if bool(absence) != bool(self.absence):
            log.warning("question %s: %s", self.question, absence or "the engine answers again")
        self.absence = absence


@contextmanager
def held(lake: Lake, spool: Spool, question: str) -> Iterator[Holder]:
    """Hold a question for as long as this lasts; raises SpoolFailed where another run does.

    Tasks of a holder that died are waited for: they keep what was under way.
    """
    before = lake.state(holders.TABLE)
    last = _last(lake, question)
    if last:
        _require_gone(spool, *last)
    # A lake that was made anew counts from 1 again; what its spool has left has other numbers.
    token = _claim(
        lake, question, max([last[0] if last else 0, *(int(name) for name in spool.names() if name.isdigit())])
    )
    now = lake.state(holders.TABLE)
    is_ours = now.version == before.version + 1  # nobody else's commit came between
    holder = Holder(lake, spool, question, token, left=sorted(spool.names()), seen=now if is_ours else None)
    key = (spool.url, token)
    _held.add(key)
    try:
        with signs.kept(spool, signs.holder_of(token), holder.sign, every=signs.BEAT):
            try:
                _end(spool, holder.earlier)
                yield holder
            finally:
                holder.state = signs.RELEASED
    finally:
        _held.discard(key)


def _last(lake: Lake, question: str) -> tuple[int, str, int] | None:
    """Token, host and process of the last holder."""
    # bounded: one row
    last = lake.peek(holders.TABLE).filter(F.col("question") == question).orderBy(F.desc("token")).limit(1).collect()
    return (last[0]["token"], last[0]["host"], last[0]["pid"]) if last else None


def _require_gone(spool: Spool, token: int, host: str, pid: int) -> None:
    """Raise SpoolFailed where this holder still asks, or has just begun to."""
    name = signs.holder_of(token)
    is_here = host == socket.gethostname()
    is_dead = is_here and (pid == os.getpid() or not is_running(pid))
    if not is_dead:
        _wait_for(spool, name)
    if (spool.url, token) in _held or (not is_dead and signs.living(spool, [name])):
        raise SpoolFailed(
            f"spool {spool.url}: another run is asking (process {pid} on {host}); wait for it or end it. If it is "
            f"gone, remove {spool.place(name)}"
        )


def _wait_for(spool: Spool, name: str) -> None:
    """Give a holder that has just claimed its token the time to write its first sign."""
    until = time.monotonic() + signs.PATIENCE
    while signs.read(spool, name) is None and time.monotonic() < until:
        time.sleep(min(1.0, signs.PATIENCE / 10))


def _claim(lake: Lake, question: str, last: int) -> int:
    """The next token; raises SpoolFailed where another driver was quicker."""
    token, own = last + 1, uuid.uuid4().hex
    row = holders.TABLE.row(
        question=question,
        token=token,
        holder=own,
        run=lake.log.run_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        claimed=datetime.now(UTC),
    )
    failure: Exception | None = None
    try:
        frame = lake.spark.createDataFrame([row], holders.TABLE.schema)
        rows_added = lake.append(holders.TABLE, frame, transaction=(f"finerweb/holders/{question}", token))
        lake.log.rows.pop(holders.TABLE.name)  # no work of the job, and no word in its line
        if rows_added:
            return token
    except Exception as error:  # Delta says that another transaction of this name came first, each release in its way
        failure = error
    # bounded: one row
    rows = lake.peek(holders.TABLE).filter((F.col("question") == question) & (F.col("token") == token)).collect()
    if not rows and failure:
        raise failure
    if not rows or rows[0]["holder"] != own:
        other = f"process {rows[0]['pid']} on {rows[0]['host']}" if rows else "an unknown one"
        raise SpoolFailed(f"question {question}: another run began to ask at the same moment ({other}); wait for it")
    return token


def _end(spool: Spool, tokens: list[int]) -> None:
    """Tell tasks of earlier holders to ask nothing more, and wait until they have kept what was under way."""
    for token in tokens:
        signs.write(spool, signs.holder_of(token), Sign(beat=signs.ENDED_BY_ANOTHER, state=signs.STOPPED))
    until = time.monotonic() + DRAINED
    while alive := {
        name: sign for token in tokens for name, sign in signs.living(spool, spool.files(signs.tasks_of(token))).items()
    }:
        name, sign = next(iter(alive.items()))
        if time.monotonic() > until:
            raise SpoolFailed(
                f"spool {spool.url}: a task of a run that died (process {sign.pid} on {sign.host}) still waits for "
                f"answers after {DRAINED:.0f} s; wait for it or end it. If it is gone, remove {spool.place(name)}"
            )
        time.sleep(0.2)
