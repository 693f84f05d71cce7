"""Modules found by file name: a new annotator, engine or metric is one file in its folder."""

import difflib
from importlib import import_module
from importlib.resources import files
from types import ModuleType

from finerweb.errors import UnknownName


def names(package: str) -> list[str]:
    """The modules of `package`, sorted, without those whose name starts with an underscore."""
    found = (entry.name for entry in files(package).iterdir())
    return sorted(name[:-3] for name in found if name.endswith(".py") and not name.startswith("_"))


def load(package: str, name: str) -> ModuleType:
    """Import `package.name`; raises UnknownName that lists what there is."""
    choices = names(package)
    if name not in choices:
        raise UnknownName(f"no {package}.{name}; there are: {', '.join(choices)}.{suggestion(name, choices)}")
    return import_module(f"{package}.{name}")


def suggestion(name: str, choices: list[str]) -> str:
    """` Did you mean 'x'?` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, choices, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
