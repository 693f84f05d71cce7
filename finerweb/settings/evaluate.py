"""The section `evaluate`: on which texts the student is measured, and which taggers beside it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveInt, field_validator

from finerweb.evaluation.benchmarks import Benchmark
from finerweb.settings.section import Section, Share


class Peer(BaseModel):
    """A tagger: its kind, a file of finerweb/taggers; which model; and the options that the file lists."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    kind: str
    model: str

    @property
    def options(self) -> dict[str, Any]:
        """What the kind's `load` takes besides."""
        return dict(self.model_extra or {})


class Evaluate(Section):
    """evaluate_student."""

    benchmarks: list[Benchmark]
    beside: list[Peer]
    near: Share
    labels: PositiveInt

    @field_validator("benchmarks")
    @classmethod
    def _named_apart(cls, benchmarks: list[Benchmark]) -> list[Benchmark]:
        names = [benchmark.name for benchmark in benchmarks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two benchmarks are called {', '.join(twice)}; give each a name of its own")
        return benchmarks
