"""Answers of OpenAI's Batch API, and of those who do alike: half the price, within a day.

Settings; a null leaves temperature, seed or max_tokens to the server
  model, url, key_env             as those of engine openai
  temperature, seed, max_tokens   see engines.decoding; 0, 0, 2048
  response_format      json_schema, json_object or text; auto goes from the first to the last as far as they are refused
  extra                more of each request's body, as it stands: {top_p: 0.9}
  requests_per_batch   50000, as many as OpenAI takes
  bytes                of a batch's file: 180 million, OpenAI takes 200
  poll                 seconds between two looks at a batch: 30
  timeout              seconds for one call of the API: 180
  patience             seconds that an API which has answered may be gone, before the job ends: 3600
price is what a batch costs, USD per million tokens; a price per hour is refused, since nobody pays for the wait.

A task puts its requests into batches and waits. What it has to know of them is noted (engines.Notes), in an order that
lets nothing be paid for twice, see _openai.rounds: whoever has one of these requests later, in whatever task of
whatever run, takes its answer from the batch that has it. A run that is stopped leaves its batches there.

Of a batch that expired, what was done is kept, and the rest is put again; so are requests whose answer was an error of
the server, five times in all. A batch that was cancelled ends the job, with what was done; a later run puts the rest
again, so stop the job before you cancel. Where too many tokens wait already, a batch is put again later, and in smaller
ones if none of our own is before it.
"""

import threading
from collections.abc import Iterable, Iterator

from finerweb.engines import COMMON, Answer, Engine, Note, Notes, Request, Spec
from finerweb.engines._openai.access import Access, BatchOptions
from finerweb.engines._openai.batches import Batches, Over
from finerweb.engines._openai.chat import Chat
from finerweb.engines._openai.rounds import Desk, Round
from finerweb.engines.openai import require_model

OTHERS = {"stream", "in_flight", "requests_per_minute", "tokens_per_minute", "retries"}  # of engine openai alone
OPTIONS = frozenset(BatchOptions.model_fields) - COMMON - OTHERS
DEFAULTS = {name: BatchOptions.model_fields[name].default for name in OPTIONS - {"model"}}
NEUTRAL = frozenset({"url", "key_env", "max_tokens", "requests_per_batch", "bytes", "poll", "timeout", "patience"})


class Memory:
    """Notes of one process, for whoever asks without a spool."""

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}

    def read(self) -> dict[str, Note]:
        """All notes by name."""
        return dict(self._notes)

    def write(self, name: str, note: Note) -> None:
        """Note something."""
        self._notes[name] = note

    def remove(self, name: str) -> None:
        """Forget it."""
        self._notes.pop(name, None)


class Batcher:
    """Puts requests in batches, and takes the answers of its own and of earlier ones."""

    def __init__(self, spec: Spec) -> None:
        access, options = _opened(spec)
        self._desk = Desk(access, options, Chat(options.model_dump()), Batches(access), Memory())

    def remember(self, notes: Notes) -> None:
        """Where its notes are."""
        self._desk.notes = notes

    def heed(self, is_over: threading.Event) -> None:
        """What tells it to end: it waits for no batch then."""
        self._desk.batches.is_over = is_over

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request, unless it is over before."""
        try:
            yield from Round(self._desk).answers(requests)
        except Over:
            return


def load(spec: Spec) -> Engine:
    """The API, with the key of this process's environment."""
    return Batcher(spec)


def check(spec: Spec) -> None:
    """Raise EngineFailed for a setting, key, model or Batch API that is not there; asks nothing of a model."""
    access, _ = _opened(spec)
    if spec.price and spec.price.hour:
        raise access.failed(
            f"its price is {spec.price.hour:g} USD per hour",
            "wanted USD per million tokens, as a batch costs them: price={input: 0.075, output: 0.3}",
        )
    require_model(access)
    Batches(access).require()


def _opened(spec: Spec) -> tuple[Access, BatchOptions]:
    return Access.from_spec(spec, BatchOptions), BatchOptions.model_validate(spec.settings)
