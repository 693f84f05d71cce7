"""When the next request may be sent: within a budget per minute, not while the endpoint asks for a pause."""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FIRST, LONGEST = 0.5, 60.0  # seconds of the first back-off and of the longest; each is twice the last
# A minute's budget is spread over 61 seconds: with the second's worth that may be spent at once, no minute exceeds it.
SPREAD = 61.0


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: exponential with full jitter, so that callers spread out."""
    return random.uniform(0.0, min(LONGEST, FIRST * 2.0 ** min(failures - 1, 30)))


class Bucket:
    """So much a minute, spent evenly; `per_minute` is None where there is no limit."""

    def __init__(self, per_minute: float | None) -> None:
        self._rate = math.inf if per_minute is None else per_minute / SPREAD
        self._size = max(1.0, self._rate)
        self._level = self._size
        self._filled = time.monotonic()

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
    every answer that comes then makes room for half a request more. It outlives the event loops that wait in it, and so
    holds none of their locks.
    """

    def __init__(self, *, limit: int, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self.pauses = 0  # in a row, without an answer in between
        self._requests = Bucket(requests_per_minute)
        self._tokens = Bucket(tokens_per_minute)
        self._limit = limit
        self._allowed = float(limit)
        self._busy = 0
        self._paused_at = -math.inf
        self._paused_until = -math.inf

    @asynccontextmanager
    async def turn(self, tokens: float) -> AsyncIterator[float]:
        """Wait for a turn to send about so many tokens; gives the time at which it began."""
        while self._busy >= int(self._allowed):
            await asyncio.sleep(0.05)
        self._busy += 1
        try:
            await asyncio.sleep(self._take(tokens))
            while self._pause() > 0:
                await asyncio.sleep(self._pause())
                await asyncio.sleep(self._take(tokens))  # again: what it had may be spent by others in the same minute
            yield time.monotonic()
        finally:
            self._busy -= 1

    def slow_down(self, sent: float, wait: float | None) -> None:
        """A request that was sent then was throttled; `wait` is None where the server did not say for how long."""
        now = time.monotonic()
        if sent >= self._paused_at:  # others of the same storm say nothing new
            self._paused_at = now
            self.pauses += 1
            self._allowed = max(1.0, self._allowed / 2)
        pause = backoff(self.pauses) if wait is None else wait * random.uniform(1.0, 1.1)
        self._paused_until = max(self._paused_until, now + pause)

    def speed_up(self) -> None:
        """A request got through."""
        self.pauses = 0
        self._allowed = min(float(self._limit), self._allowed + 0.5)

    def settle(self, unused: float) -> None:
        """Of the tokens that a turn was for, so many were not needed; a negative number is what was missing."""
        self._tokens.give_back(unused)

    def _pause(self) -> float:
        return self._paused_until - time.monotonic()

    def _take(self, tokens: float) -> float:
        return max(self._requests.take(1.0), self._tokens.take(tokens))
