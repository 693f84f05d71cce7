"""What answers a question, one backend per file.

An engine is a module with
  load(spec)   an Engine; it is made once per Python worker and kept, see `load` below
  OPTIONS      the names of its settings; None where others are passed on to a library
  NEUTRAL      those of its settings that shape no answer: changing one asks nothing again
  DEFAULTS     optional: what its settings are where they are not stated; to state the same asks nothing again
  VERSION      optional: changed where the engine itself answers otherwise than before
  PRICE        what it costs where the settings do not say; leave it out where that is unknown
  check(spec)  optional: raise EngineFailed on the driver, before anything is asked, where that can be known
  needs_gpu()  optional: does it want a GPU in each of its tasks, as it is installed here?
  size(spec)   optional: bytes of its weights on each GPU of a task, without loading them; None where nobody says
  place(spec)  optional: which engine a task asks, where several tasks ask one; they share its hours and its limits
"""

import functools
import hashlib
import json
import re
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from finerweb import plugins
from finerweb.cost import Price
from finerweb.problems import AnswerProblem

COMMON = frozenset({"price", "tasks", "gpus"})  # settings of every model; neutral ones


@dataclass(frozen=True)
class Spec:
    """Which engine, and its settings as one JSON text: small, hashable, and the same on every worker."""

    engine: str
    options: str = "{}"

    @classmethod
    def from_options(cls, engine: str, options: Mapping[str, Any]) -> "Spec":
        """A spec whose options are in a fixed order."""
        return cls(engine, json.dumps(options, sort_keys=True, ensure_ascii=False))

    @property
    def settings(self) -> dict[str, Any]:
        """The options as a dict."""
        settings: dict[str, Any] = json.loads(self.options)
        return settings

    @property
    def module(self) -> ModuleType:
        """The engine's file; raises UnknownName for an engine that does not exist."""
        return plugins.load("finerweb.engines", self.engine)

    @property
    def price(self) -> Price | None:
        """What it costs; None where nobody knows."""
        stated = self.settings.get("price")
        return Price(**stated) if stated else getattr(self.module, "PRICE", None)

    @property
    def fingerprint(self) -> str:
        """Engine, model, and 12 hex digits of everything that shapes its answers."""
        neutral = COMMON | self.module.NEUTRAL
        # To state what would be so anyway changes no answer.
        usual = getattr(self.module, "DEFAULTS", {})
        shaping = {
            key: int(value) if isinstance(value, float) and value.is_integer() else value
            for key, value in self.settings.items()
            if key not in neutral and not (key in usual and value == usual[key])
        }
        shape = json.dumps([self.engine, shaping, getattr(self.module, "VERSION", "1")], sort_keys=True)
        model = re.sub(r"[^\w.]+", "-", str(shaping.get("model", "")).rstrip("/").rpartition("/")[2])
        return "-".join(filter(None, [self.engine, model, hashlib.sha256(shape.encode()).hexdigest()[:12]]))


@dataclass(frozen=True)
class Request:
    """One question about one subject. `prompt` is what a model reads; `payload` is the same, unrendered.

    `attempt` counts from 1; `last_problem` is that of the attempt before, and says what may help: see `decoding`.
    """

    request_id: str
    question: str
    language: str
    instructions: str
    prompt: str
    schema: dict[str, Any]
    payload: dict[str, Any]
    attempt: int = 1
    last_problem: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came back. `problem` is set where the engine itself could not answer; `text` is kept all the same."""

    request_id: str
    text: str
    finish_reason: str = "stop"
    tokens_in: int = 0
    tokens_out: int = 0
    problem: AnswerProblem | None = None


class Decoding(NamedTuple):
    """How an answer is drawn."""

    temperature: float
    seed: int
    max_tokens: int
    frequency_penalty: float


WARMER = 0.3  # the least temperature of a second attempt: greedy decoding would repeat its mistake
# After a loop. OpenAI names 0.1 to 1 as what reduces repetition; with more, JSON's own signs and names become rare.
OUT_OF_A_LOOP = {"temperature": 0.7, "frequency_penalty": 0.3}


def decoding(settings: Mapping[str, Any], request: Request) -> Decoding:
    """The settings temperature (0), seed (0) and max_tokens (2048) for an attempt.

    A later one has twice the last one's room, but not after a loop, which would fill it: that has what may end it.
    """
    temperature, later = float(settings.get("temperature", 0.0)), request.attempt - 1
    seed, room = int(settings.get("seed", 0)) + later, int(settings.get("max_tokens", 2048))
    if request.last_problem == "looped":
        return Decoding(max(temperature, OUT_OF_A_LOOP["temperature"]), seed, room, OUT_OF_A_LOOP["frequency_penalty"])
    return Decoding(max(temperature, WARMER) if later else temperature, seed, room * 2**later, 0.0)


LOOPED = "repetition"  # the finish reason of an answer that an engine has ended because it loops


class Engine(Protocol):
    """Answers a stream of requests, in any order, each once; a request that fails is an Answer with a problem.

    It may read ahead as far as it likes to keep its hardware busy. A dead engine raises EngineFailed.
    """

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request."""
        ...


@runtime_checkable
class Shared(Protocol):
    """An engine that has limits, of which each of those that ask it now keeps to its share."""

    def share(self, tasks: int, *, is_proven: bool = False) -> None:
        """So many tasks ask it now; `is_proven` where one of them has had an answer, so that its address is right."""
        ...


@runtime_checkable
class Remote(Protocol):
    """An engine elsewhere, which may be gone for a while; its requests wait then."""

    def absence(self) -> str | None:
        """Since when it is gone, and why; None while it is there."""
        ...


@dataclass(frozen=True)
class Note:
    """Work that outlives the run that began it: the requests that it answers (id, attempt), and when it was begun.

    `details` say where it is, for the engine alone; there is no text and no key in them.
    """

    requests: tuple[tuple[str, int], ...]
    begun: float  # seconds since 1970
    details: dict[str, str]


class Notes(Protocol):
    """What an engine has noted, in this run or an earlier one; all its tasks see the same.

    Its owner removes a note when all that it tells of is answered and in the table, or lost for good.
    """

    def read(self) -> dict[str, Note]:
        """All notes by name."""
        ...

    def write(self, name: str, note: Note) -> None:
        """Note something; what was noted under this name stays until that is done."""
        ...

    def remove(self, name: str) -> None:
        """Nothing is to come of it any more."""
        ...


@runtime_checkable
class Lasting(Protocol):
    """An engine whose work goes on when the run that asked for it has ended: the next one is given what came of it."""

    def remember(self, notes: Notes) -> None:
        """Before each part: where its notes are."""
        ...


@runtime_checkable
class Heeding(Protocol):
    """An engine that may wait for long. Once it is over it ends soon, and may leave requests without an answer."""

    def heed(self, is_over: threading.Event) -> None:
        """Before each part: what tells it to end."""
        ...


@functools.lru_cache(maxsize=2)
def load(spec: Spec) -> Engine:
    """The worker's own engine of this spec; raises UnknownName for an engine that does not exist."""
    engine: Engine = spec.module.load(spec)
    return engine


def place(spec: Spec) -> str:
    """A name of the engine that this task asks: its own, unless its module says that others ask it too."""
    if hasattr(spec.module, "place"):
        name: str = spec.module.place(spec)
        return name
    return uuid.uuid4().hex


def check(spec: Spec) -> None:
    """Find out on the driver, before anything is asked, what can be known to fail; raises EngineFailed."""
    if hasattr(spec.module, "check"):
        spec.module.check(spec)
