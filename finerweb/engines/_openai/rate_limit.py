"""When the next request may be sent: within a budget per minute, not while the endpoint asks for a pause or is gone."""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from finerweb.engines._openai.breaker import Breaker

FIRST, LONGEST = 0.5, 60.0  # seconds of the first back-off and of the longest; each is twice the last
# A minute's budget is spread over 61 seconds: with the second's worth that may be spent at once, no minute exceeds it.
SPREAD = 61.0
TICK = 0.05  # seconds between two looks whether a request may be sent


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: exponential with full jitter, so that callers spread out."""
    return random.uniform(0.0, min(LONGEST, FIRST * 2.0 ** min(failures - 1, 30)))


class Bucket:
    """So much a minute, spent evenly; `per_minute` is None where there is no limit."""

    def __init__(self, per_minute: float | None) -> None:
        self._whole = math.inf if per_minute is None else per_minute / SPREAD
        self._rate = self._whole
        self._size = max(1.0, self._rate)
        self._level = self._size
        self._filled = time.monotonic()

    def share(self, tasks: int) -> None:
        """Spend no more than one of so many tasks may."""
        self._rate = self._whole / tasks
        self._size = max(1.0, self._rate)

    def take(self, amount: float) -> float:
        """Spend it now; returns the seconds to wait until it is there."""
        if self._rate == math.inf:
            return 0.0
        now = time.monotonic()
        self._level = min(self._size, self._level + self._rate * (now - self._filled)) - amount
        self._filled = now
        return max(0.0, -self._level / self._rate)

    def give_back(self, amount: float) -> None:
        """Of what was taken, so much was not needed; a negative amount was missing."""
        if self._rate != math.inf:
            self._level += amount


class Pace:
    """The pace of all requests to one endpoint.

    One request that is throttled (429) slows all: nothing is sent during the pause, and half as many at once after it;
    every answer that comes then makes room for half a request more. After the endpoint was gone it starts with one.
    It outlives the event loops that wait in it, and so holds none of their locks.
    """

    def __init__(
        self, breaker: Breaker, *, limit: int, requests_per_minute: float | None, tokens_per_minute: float | None
    ) -> None:
        self.pauses = 0  # in a row, without an answer in between
        self._breaker = breaker
        self._requests = Bucket(requests_per_minute)
        self._tokens = Bucket(tokens_per_minute)
        self._limit = limit
        self._allowed = float(limit)
        self._line: dict[object, None] = {}  # who waits for a turn, in the order in which they came
        self._busy: set[object] = set()  # who has one
        self._probe: object = None  # the one that is to show whether the endpoint is back
        self._paused_at = -math.inf
        self._paused_until = -math.inf

    def share(self, tasks: int) -> None:
        """Keep to the share that one of so many tasks has of a limit a minute."""
        self._requests.share(tasks)
        self._tokens.share(tasks)

    @property
    def at_once(self) -> int:
        """So many may be sent at once now."""
        return int(self._allowed)

    @asynccontextmanager
    async def turn(self, tokens: float) -> AsyncIterator[float]:
        """Wait for a turn to send about so many tokens; gives the time at which it began."""
        ticket = object()
        while True:
            async with self._place(ticket):
                await asyncio.sleep(self._take(tokens))
                # Or else again, tokens too: what it had may be spent by others in the same minute.
                if self._probe is ticket or not (self._breaker.is_open or self._is_paused):
                    yield time.monotonic()
                    return

    @asynccontextmanager
    async def _place(self, ticket: object) -> AsyncIterator[None]:
        self._line[ticket] = None
        try:
            while not self._has_room(ticket):
                await asyncio.sleep(TICK)
        finally:
            del self._line[ticket]
        self._busy.add(ticket)
        if self._breaker.is_open:
            self._probe = ticket
        try:
            yield
        finally:
            self._busy.discard(ticket)
            if self._probe is ticket:
                self._probe = None

    def _has_room(self, ticket: object) -> bool:
        if self._breaker.is_open:
            is_first = next(iter(self._line)) is ticket
            return is_first and self._probe is None and self._breaker.is_probe_due
        return len(self._busy) < self.at_once and not self._is_paused

    def slow_down(self, sent: float, wait: float | None) -> None:
        """A request that was sent then was throttled; `wait` is None where the server did not say for how long."""
        now = time.monotonic()
        if sent >= self._paused_at:  # others of the same storm say nothing new
            self._paused_at = now
            self.pauses += 1
            self._allowed = max(1.0, self._allowed / 2)
        pause = backoff(self.pauses) if wait is None else wait * random.uniform(1.0, 1.1)
        self._paused_until = max(self._paused_until, now + pause)

    def start_anew(self) -> None:
        """The endpoint is gone: those that were sent are not waited for, and one at once is where it begins again."""
        self._busy = set()
        self._allowed = 1.0
        self._paused_until = -math.inf

    def speed_up(self) -> None:
        """A request got through."""
        self.pauses = 0
        self._allowed = min(float(self._limit), self._allowed + 0.5)

    def settle(self, unused: float) -> None:
        """Of the tokens that a turn was for, so many were not needed; a negative number is what was missing."""
        self._tokens.give_back(unused)

    @property
    def _is_paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def _take(self, tokens: float) -> float:
        return max(self._requests.take(1.0), self._tokens.take(tokens))
