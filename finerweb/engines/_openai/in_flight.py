"""Many requests in flight at once, asked by an event loop in a thread of its own."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from finerweb.engines import Answer, Request

HEED = 0.5  # seconds between two looks at whether it is over


class Traffic:
    """The requests of one stream that are under way: those that were sent, and those that wait to be.

    What was sent is paid for, and waited for whatever happens to others; what only waits ends when the stream is to
    stop. Lives in the loop's thread.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sent: set[asyncio.Task[Any]] = set()
        self.is_stopped = False

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """A request is, in this task; where it raises, the others stop."""
        task = _task()
        self._tasks.add(task)
        try:
            yield
        except Exception:
            self._tasks.discard(task)  # or else its own error would be lost
            self.stop()
            raise
        finally:
            self._tasks.discard(task)

    @contextmanager
    def sent(self) -> Iterator[None]:
        """While this lasts the task's request is at the server."""
        self.go_on()
        self._sent.add(_task())
        try:
            yield
        finally:
            self._sent.discard(_task())

    def go_on(self) -> None:
        """Before a request waits to be sent: ends the task where nothing is to be sent any more."""
        if self.is_stopped:
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Send nothing more."""
        self.is_stopped = True
        for task in self._tasks - self._sent:
            task.cancel()


Ask = Callable[[Request, Traffic], Coroutine[Any, Any, Answer]]


def stream(
    requests: Iterable[Request],
    session: AbstractAsyncContextManager[Ask],
    *,
    limit: int,
    is_over: threading.Event | None = None,
) -> Iterator[Answer]:
    """An answer for every request, in the order in which they come; never are more than `limit` pulled and unanswered.

    Requests are pulled in the caller's thread, whenever it takes an answer; what was sent goes on while it is busy.
    `session` is entered before the first request and left after the last, in the loop's thread; it yields what asks one
    request. Where that or the pulling raises, nothing more is pulled or sent, and the exception comes after the answers
    to all that was sent. Once `is_over` is set, what only waits to be sent is left without an answer. Who closes the
    generator wants no answers: what is in flight is hung up on.
    """
    results: queue.SimpleQueue[Future[Answer]] = queue.SimpleQueue()
    in_flight: set[Future[Answer]] = set()
    failure: BaseException | None = None
    waiting, traffic, has_more = iter(requests), Traffic(), True
    with _loop() as loop, _entered(session, loop, in_flight) as ask, _heeded(is_over, loop, traffic):
        while has_more or in_flight:
            has_more = has_more and not traffic.is_stopped
            if has_more:
                request, failure = _pulled(waiting)
                if failure:
                    loop.call_soon_threadsafe(traffic.stop)
                if request is None:
                    has_more = False
                else:
                    future = asyncio.run_coroutine_threadsafe(_under_way(ask, request, traffic), loop)
                    in_flight.add(future)
                    future.add_done_callback(results.put)
            # What has come goes out first; there is a wait only where nothing can be sent.
            while in_flight and (not results.empty() or not has_more or len(in_flight) >= limit):
                result = results.get()
                in_flight.remove(result)
                if result.cancelled():
                    continue  # it was not sent, as another had failed, or it is over
                if result.exception():
                    failure, has_more = failure or result.exception(), False
                else:
                    yield result.result()
    if failure:
        raise failure


def _pulled(requests: Iterator[Request]) -> tuple[Request | None, Exception | None]:
    """The next request, None after the last; or why there is none."""
    try:
        return next(requests, None), None
    except Exception as error:
        return None, error


async def _under_way(ask: Ask, request: Request, traffic: Traffic) -> Answer:
    with traffic.under_way():
        return await ask(request, traffic)


@contextmanager
def _heeded(is_over: threading.Event | None, loop: asyncio.AbstractEventLoop, traffic: Traffic) -> Iterator[None]:
    """Stop the traffic when it is over."""

    async def watch(event: threading.Event) -> None:
        while not event.is_set():
            await asyncio.sleep(HEED)
        traffic.stop()

    watching = asyncio.run_coroutine_threadsafe(watch(is_over), loop) if is_over else None
    try:
        yield
    finally:
        if watching:
            watching.cancel()


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None, "called in a task"
    return task


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
