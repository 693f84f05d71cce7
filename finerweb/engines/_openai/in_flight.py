"""Many requests in flight at once, asked by an event loop in a thread of its own."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from finerweb.engines import Answer, Request

Ask = Callable[[Request], Coroutine[Any, Any, Answer]]


def stream(requests: Iterable[Request], session: AbstractAsyncContextManager[Ask], *, limit: int) -> Iterator[Answer]:
    """An answer for every request, in the order in which they come; never are more than `limit` pulled and unanswered.

    Requests are pulled in the caller's thread, whenever it takes an answer; what was sent goes on while it is busy.
    `session` is entered before the first request and left after the last, in the loop's thread; it yields what asks one
    request (`contextlib.nullcontext(ask)` where nothing is to be opened). An exception of one stops all.
    """
    results: queue.SimpleQueue[Future[Answer]] = queue.SimpleQueue()
    in_flight: set[Future[Answer]] = set()
    waiting = iter(requests)
    has_more = True
    with _loop() as loop, _entered(session, loop, in_flight) as ask:
        while has_more or in_flight:
            if has_more:
                request = next(waiting, None)
                if request is None:
                    has_more = False
                else:
                    future = asyncio.run_coroutine_threadsafe(ask(request), loop)
                    in_flight.add(future)
                    future.add_done_callback(results.put)
            # What has come goes out first; there is a wait only where nothing can be sent.
            while in_flight and (not results.empty() or not has_more or len(in_flight) >= limit):
                result = results.get()
                in_flight.remove(result)
                if result.exception() is not None:
                    yield from _whole(results)
                yield result.result()


def _whole(results: queue.SimpleQueue[Future[Answer]]) -> Iterator[Answer]:
    """The answers that have come besides a failure: they are paid for."""
    while not results.empty():
        result = results.get()
        if result.exception() is None:
            yield result.result()


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    # A daemon, so that a process that is to end does not wait for answers.
    thread = threading.Thread(target=loop.run_forever, name="requests in flight", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _entered(
    session: AbstractAsyncContextManager[Ask], loop: asyncio.AbstractEventLoop, in_flight: set[Future[Answer]]
) -> Iterator[Ask]:
    async def enter() -> Ask:
        return await session.__aenter__()

    async def leave() -> None:
        # These end with those that were cancelled: what a library has begun of its own it ends in order.
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
        await session.__aexit__(None, None, None)

    ask = asyncio.run_coroutine_threadsafe(enter(), loop).result()
    try:
        yield ask
    finally:
        for future in in_flight:
            future.cancel()
        asyncio.run_coroutine_threadsafe(leave(), loop).result()
