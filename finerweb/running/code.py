"""A fingerprint of the project's own code: a job whose code has changed runs again."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from finerweb.project import resource


def fingerprint() -> str:
    """All Python files and templates of the project in 12 hex digits."""
    digest = hashlib.sha256()
    for folder in (resource("jobs"), files("finerweb")):
        for file in _files(folder):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry)
        elif entry.name.endswith((".py", ".j2")):
            yield entry
