"""Whether an endpoint that has answered is gone: a circuit breaker for all requests to it.

One request that fails may have itself to blame: its prompt crashes the server, or its answer never ends. So the
endpoint counts as gone only when, with no answer in between,
  - a few connections in a row were not made: nothing of a request was sent then that could be to blame, or
  - different requests failed, half as many as may be under way at once, and never fewer than two, or
  - it says so itself, and asks for a long pause.
Then nothing is sent but one request as a probe, again and again after a growing pause; each time it is another one,
that has waited longest, so that a request that always fails cannot keep the others waiting. Its answer ends it; those
to requests that were sent before do not, as they may come from a server that is on its way out.
"""

import logging
import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

LOG = logging.getLogger(__name__)

FEW_CONNECTIONS = 3  # not made in a row
FIRST, LONGEST = 1.0, 60.0  # seconds of the first pause and of the longest; each is twice the last
REMINDER = 60.0  # seconds after which it says again that the endpoint is gone


class Breaker:
    """Closed as long as the endpoint answers; `who` is what warnings call it, `patience` the seconds it may be gone."""

    def __init__(self, who: str, *, patience: float) -> None:
        self._who = who
        self._patience = patience
        self._under_way = 0  # requests
        self._idle_since = time.monotonic()
        self._failed: set[str] = set()  # requests, since the last answer
        self._unconnected = 0  # connections in a row that were not made
        self._opened = self._over = math.inf  # and when patience ends
        self._reason = ""
        self._pauses = 0
        self._next_probe = -math.inf
        self._reminded = -math.inf

    @property
    def is_open(self) -> bool:
        """Is the endpoint gone?"""
        return self._opened < math.inf

    @property
    def is_shared(self) -> bool:
        """Did several requests fail since the last answer?"""
        return len(self._failed) > 1

    @property
    def is_probe_due(self) -> bool:
        """May one request find out whether it is back?"""
        return time.monotonic() >= self._next_probe

    @property
    def is_over(self) -> bool:
        """Was it gone for longer than there is patience?"""
        return time.monotonic() >= self._over

    @property
    def absence(self) -> str | None:
        """Since when it is gone, and why; None while it is there."""
        if not self.is_open:
            return None
        since = datetime.now(UTC) - timedelta(seconds=time.monotonic() - self._opened)
        return f"gone since {since:%Y-%m-%d %H:%M:%S} UTC: {self._reason}"

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """A request is, whether it waits or was sent. The time in which none is takes no patience."""
        if not self._under_way:
            self._over += time.monotonic() - self._idle_since
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._idle_since = time.monotonic()

    def is_late(self, sent: float) -> bool:
        """Was it sent before this opened? What comes of it says nothing of how the endpoint fares now."""
        return sent < self._opened < math.inf

    def answered(self) -> None:
        """The endpoint has taken a request."""
        if self.is_open:
            LOG.warning("%s: it answers again, after %.0f s", self._who, time.monotonic() - self._opened)
        self._failed.clear()
        self._unconnected = self._pauses = 0
        self._opened = self._over = math.inf
        self._next_probe = -math.inf

    def failed(
        self,
        request_id: str,
        reason: str,
        *,
        sent: float,
        at_once: int,
        wait: float = 0.0,
        is_unconnected: bool = False,
        is_there: bool = False,
    ) -> bool:
        """A request that was sent then got no answer, for a reason without a key in it. Returns whether this opened it.

        So many may be `at_once`; `wait` is for how many seconds the server asks all of them. Where it `is_there` all
        the same, this opens nothing, but counts when others fail.
        """
        now = time.monotonic()
        self._failed.add(request_id)
        self._unconnected = self._unconnected + 1 if is_unconnected else 0
        was_open = self.is_open
        if self.is_late(sent) or not (was_open or wait > LONGEST or (self._is_gone(at_once) and not is_there)):
            return False
        if not was_open:
            self._opened, self._over, self._reminded = now, now + self._patience, -math.inf
        self._reason = reason.rstrip(".")
        self._pause(now, wait)
        if now - self._reminded >= REMINDER:
            self._reminded = now
            text = "%s: %s; one request in %.0f s will show whether it is back; patience: %.0f s"
            LOG.warning(text, self._who, self.absence, self._next_probe - now, self._patience)
        return not was_open

    def _is_gone(self, at_once: int) -> bool:
        different = max(2, math.ceil(min(self._under_way, at_once) / 2))
        return self._unconnected >= FEW_CONNECTIONS or len(self._failed) >= different

    def _pause(self, now: float, wait: float) -> None:
        """Until the next probe; the last one is sent when patience ends."""
        pause = random.uniform(0.5, 1.0) * min(LONGEST, FIRST * 2.0 ** min(self._pauses, 30))
        self._pauses += 1
        self._next_probe = min(now + max(pause, wait), max(now, self._over))
