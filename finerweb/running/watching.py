"""Which settings a job reads: it runs again when one of those changes, and not for another."""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from finerweb.engines import Spec
from finerweb.settings import Section


class Watched:
    """Settings that add the path of each that is read to `read`; that of a model is `models[name]`."""

    def __init__(self, values: Any, read: set[str], path: str = "") -> None:
        self._values, self._read, self._path = values, read, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        value = getattr(self._values, name)
        if isinstance(value, Section):
            return Watched(value, self._read, path)
        if isinstance(value, Mapping) and all(isinstance(entry, Spec) for entry in value.values()):
            # They are read on the driver. Another mapping may be sent to workers whole, where no reading is seen.
            return WatchedModels(value, self._read, path)
        self._read.add(self._path if callable(value) else path)  # a method may read anything of its section
        return value


class WatchedModels(Mapping[str, Spec]):
    """Who can be asked: a job that takes one has read that one, a job that lists them has read all."""

    def __init__(self, models: Mapping[str, Spec], read: set[str], path: str) -> None:
        self._models, self._read, self._path = models, read, path

    def __getitem__(self, name: str) -> Spec:
        self._read.add(f"{self._path}[{name}]")
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        self._read.add(self._path)
        return iter(self._models)

    def __len__(self) -> int:
        self._read.add(self._path)
        return len(self._models)


def fingerprint(settings: Any, path: str) -> str:
    """The value of a setting in 12 hex digits; of a model, only what shapes its answers."""
    setting, _, entry = path.partition("[")
    value = functools.reduce(getattr, setting.split("."), settings)
    shape = _shape(value.get(entry.removesuffix("]")) if entry else value)
    return hashlib.sha256(repr(shape).encode()).hexdigest()[:12]


def _shape(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.fingerprint
    return {name: _shape(entry) for name, entry in value.items()} if isinstance(value, Mapping) else value
