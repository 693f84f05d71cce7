"""How an endpoint fares, and what follows from it for all requests: a pause, a wait until it is back, or the end.

Before its first answer what goes wrong is plain, and ends the job. After it all is weather, which passes: only who no
longer takes the key, or wants money, or was gone for longer than there is patience, ends the job.
"""

from finerweb.engines import Answer, Request
from finerweb.engines._openai.access import LONGEST_WAIT, Access
from finerweb.engines._openai.breaker import FEW_CONNECTIONS, Breaker
from finerweb.engines._openai.rate_limit import Pace
from finerweb.engines._openai.reply import Reply, refusal_of
from finerweb.errors import EngineFailed

FEW_REQUESTS = 5  # that fail alike, none having been answered, before all are given up
FEW_STORMS = 3  # pauses in a row that a server asked for, with no answer in between, before it counts as gone

KEPT = "What was answered is kept"
UNREACHED = "see that it runs and can be reached from here, then run again"


class Weather:
    """What came of all requests to one endpoint, as long as its engine lives."""

    def __init__(self, access: Access) -> None:
        options = access.options
        self._access = access
        self._retries, self._in_flight = options.retries, options.in_flight
        self.breaker = Breaker(access.who, patience=options.patience)
        self.pace = Pace(
            self.breaker,
            limit=options.in_flight,
            requests_per_minute=options.requests_per_minute,
            tokens_per_minute=options.tokens_per_minute,
        )
        self._has_answered = False
        self._rejected = 0
        self._lost = 0  # requests given up, in a row

    def prove(self) -> None:
        """Others have had an answer: what goes wrong from now on is weather."""
        self._has_answered = True

    def note(self, reply: Reply, request: Request, *, start: float, is_answered: bool) -> None:
        """What came of a request that was sent at `start`."""
        self._has_answered |= is_answered
        if is_answered or reply.is_refusal:
            self._lost = 0
            if not self.breaker.is_late(start):
                self.pace.speed_up()
                self.breaker.answered()
            return
        wait = min(reply.wait or 0.0, LONGEST_WAIT)
        if reply.is_throttling and not self.breaker.is_open:
            self.pace.slow_down(start, None if reply.wait is None else wait)
        if self._has_answered and self.breaker.failed(
            request.request_id,
            self._access.redact(reply.summary),
            sent=start,
            at_once=self.pace.at_once,
            wait=wait,
            is_unconnected=reply.trouble == "unconnected",
            is_there=reply.is_throttling and self.pace.pauses < FEW_STORMS,
        ):
            self.pace.start_anew()

    def failure(self, reply: Reply, unconnected: int) -> EngineFailed | None:
        """The error that ends it all, if this reply is to; for the request no connection was made so often in a row."""
        if self._has_answered:
            way_out = f"{UNREACHED}, or set patience to more seconds. {KEPT}"
            over = self.breaker.absence if self.breaker.is_over else None
            return self._access.refusal(reply) or (self._access.failed(over, way_out) if over else None)
        if failure := self._access.final(reply):
            return failure
        if unconnected >= FEW_CONNECTIONS:
            return self._access.failed(reply.summary, f"{UNREACHED}. {KEPT}")
        if self.pace.pauses > self._retries + 1:
            what = f"it asked to slow down {self.pace.pauses} times with no answer in between: {reply.summary}"
            way_out = "ask later, or less at once (in_flight, requests_per_minute, tokens_per_minute)"
            return self._access.failed(what, f"{way_out}. {KEPT}")
        return None

    def counts(self, reply: Reply) -> bool:
        """Is it counted against a request? Not where all meet it; a crash or a time-out may be of its own making."""
        is_of_all = self.breaker.is_open and (reply.is_of_address or reply.is_throttling)
        return not (is_of_all or (reply.is_throttling and self.breaker.is_shared))

    def makes_all_wait(self, reply: Reply) -> bool:
        """Is there a pause for all, so that this request needs none of its own?"""
        return self.breaker.is_open or reply.is_throttling

    def refused(self, reply: Reply, request: Request) -> Answer:
        """A request that the endpoint does not take; raises EngineFailed where it seems to take none."""
        answer = refusal_of(reply, request)
        self._rejected += answer.problem == "rejected"
        if answer.problem == "rejected" and self._rejected >= FEW_REQUESTS and not self._has_answered:
            way_out = (
                "response_format auto falls back where a schema is refused; temperature, seed or max_tokens: null "
                "leaves that out of the request; extra adds to it"
            )
            raise self._access.failed(f"it took none of {self._rejected} requests: {reply.summary}", way_out)
        return answer

    def gave_up(self, reply: Reply, request: Request) -> Answer:
        """A request that failed too often; raises EngineFailed where many did so, and none was ever answered."""
        self._lost += 1
        if self._lost >= max(FEW_REQUESTS, self._in_flight) and not self._has_answered:
            what = f"{self._lost} requests in a row without an answer: {reply.summary}"
            raise self._access.failed(what, f"{UNREACHED}. {KEPT}")
        reason = self._access.redact(reply.summary)
        return Answer(request.request_id, reason, finish_reason="unreachable", problem="unreachable")
