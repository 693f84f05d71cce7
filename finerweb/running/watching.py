"""Which settings a job reads: it runs again when one of those changes, and not for another."""

import functools
import hashlib
from typing import Any

from finerweb.settings import Section


class Watched:
    """Settings that add the path of each that is read to `read`."""

    def __init__(self, values: Any, read: set[str], path: str = "") -> None:
        self._values, self._read, self._path = values, read, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        value = getattr(self._values, name)
        if isinstance(value, Section):
            return Watched(value, self._read, path)
        self._read.add(self._path if callable(value) else path)  # a method may read anything of its section
        return value


def fingerprint(settings: Any, path: str) -> str:
    """The value of a setting in 12 hex digits."""
    value = functools.reduce(getattr, path.split("."), settings)
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]
