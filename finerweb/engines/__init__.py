"""What answers a question, one backend per file.

An engine is a module with `load(spec) -> Engine`. It is loaded once per Python worker and kept; see `load` below.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from finerweb import plugins


@dataclass(frozen=True)
class Spec:
    """Which engine, and its settings as one JSON text: small, hashable, and the same on every worker."""

    engine: str
    options: str = "{}"

    @classmethod
    def of(cls, engine: str, options: Mapping[str, Any]) -> "Spec":
        """A spec whose options are in a fixed order."""
        return cls(engine, json.dumps(options, sort_keys=True, ensure_ascii=False))

    @property
    def settings(self) -> dict[str, Any]:
        """The options as a dict."""
        settings: dict[str, Any] = json.loads(self.options)
        return settings

    @property
    def fingerprint(self) -> str:
        """The engine's name and 12 hex digits of everything that shapes its answers."""
        module = plugins.load("finerweb.engines", self.engine)
        shape = json.dumps([self.engine, self.options, getattr(module, "VERSION", "1")])
        return f"{self.engine}-{hashlib.sha256(shape.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Request:
    """One question about one subject. `prompt` is what a model reads; `payload` is the same, unrendered."""

    request_id: str
    question: str
    language: str
    instructions: str
    prompt: str
    schema: dict[str, Any]
    payload: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back. `problem` is set where the engine itself could not answer; `text` is kept all the same."""

    request_id: str
    text: str
    finish_reason: str = "stop"
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    problem: str | None = None


class Engine(Protocol):
    """Answers a stream of requests, in any order, each once; a request that fails is an Answer with a problem.

    It may read ahead as far as it likes to keep its hardware busy. A dead engine raises.
    """

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request."""
        ...


@functools.lru_cache(maxsize=2)
def load(spec: Spec) -> Engine:
    """The worker's own engine of this spec; raises LookupError for an engine that does not exist."""
    engine: Engine = plugins.load("finerweb.engines", spec.engine).load(spec)
    return engine
