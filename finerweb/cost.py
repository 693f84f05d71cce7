"""What answers cost, what may be spent on a question, and when to stop asking so that it is not exceeded."""

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import NonNegativeFloat, NonNegativeInt

CHARACTERS_A_TOKEN = 3.0  # until the first answers tell; English has 4, most scripts fewer


@dataclass(frozen=True)
class Price:
    """USD per million tokens read and written, and per hour that an engine works."""

    input: NonNegativeFloat = 0.0
    output: NonNegativeFloat = 0.0
    hour: NonNegativeFloat = 0.0

    def usd(self, tokens_in: float, tokens_out: float, seconds: float) -> float:
        """What an answer cost."""
        return (self.input * tokens_in + self.output * tokens_out) / 1e6 + self.hour * seconds / 3600


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

    def less(self, earlier: "Tally") -> "Tally":
        """What has come since an earlier one."""
        return Tally(*(now - then for now, then in zip(self, earlier, strict=True)))

    @property
    def usd(self) -> float:
        """What they cost."""
        return self.micro_usd / 1e6

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Budget:
    """At most so many dollars and tokens (read and written); None for no limit."""

    usd: NonNegativeFloat | None = None
    tokens: NonNegativeInt | None = None

    @property
    def is_limited(self) -> bool:
        """Is there a limit at all?"""
        return self.usd is not None or self.tokens is not None

    def less(self, spent: Tally) -> "Budget":
        """What is left after `spent`, never less than nothing; no limit stays none."""
        return Budget(
            None if self.usd is None else max(0.0, self.usd - spent.usd),
            None if self.tokens is None else max(0, self.tokens - spent.tokens),
        )

    def share(self, tasks: int) -> "Budget":
        """What each of so many tasks may spend."""
        return Budget(
            None if self.usd is None else self.usd / tasks, None if self.tokens is None else self.tokens // tasks
        )


UNLIMITED = Budget()


class Allowance:
    """A task's share of a budget: what was spent, and what the requests in flight are likely to cost."""

    def __init__(self, budget: Budget, price: Price | None, expected_out: int) -> None:
        self._budget, self._price, self._expected_out = budget, price or Price(), expected_out
        self._in_flight: dict[str, int] = {}  # request -> characters
        self._size = 0  # of all that are in flight: an engine may take a hundred thousand at once
        self.is_used_up = False
        self._characters = 0  # of the requests that were answered
        self._spent = Tally()

    def permits(self, request_id: str, size: int) -> bool:
        """May a request of so many characters be asked? It is in flight then; after a refusal, none may."""
        if not self._budget.is_limited:
            return True
        if self.is_used_up:
            return False
        tokens, usd = self._expected(len(self._in_flight) + 1, self._size + size)
        self.is_used_up = (self._budget.tokens is not None and self._spent.tokens + tokens > self._budget.tokens) or (
            self._budget.usd is not None and self._spent.usd + usd > self._budget.usd
        )
        if self.is_used_up:
            return False
        self._in_flight[request_id] = size
        self._size += size
        return True

    def spend(self, request_id: str, cost: Tally) -> None:
        """An answer came."""
        size = self._in_flight.pop(request_id, 0)
        self._size -= size
        self._characters += size
        self._spent = self._spent.plus(cost)

    def add(self, earlier: Tally) -> None:
        """Of the share so much was spent before."""
        self._spent = self._spent.plus(earlier)

    def _expected(self, requests: int, size: int) -> tuple[float, float]:
        """Tokens and dollars of so many requests of so many characters: like those that were answered, or a guess."""
        answered = self._spent.answers
        if answered and self._characters:
            tokens_in = size * self._spent.tokens_in / self._characters
            tokens_out = requests * self._spent.tokens_out / answered
            return tokens_in + tokens_out, requests * self._spent.usd / answered
        tokens_in, tokens_out = size / CHARACTERS_A_TOKEN, float(requests * self._expected_out)
        return tokens_in + tokens_out, self._price.usd(tokens_in, tokens_out, 0)
