"""Modules found by file name: a new question, engine, metric or command is one file in its folder."""

import ast
import difflib
import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

from finerweb.errors import UnknownName


def names(package: str) -> list[str]:
    """The modules of `package`, sorted, without those whose name starts with an underscore."""
    modules = iter_modules(import_module(package).__path__)  # also of a zip, and of folders that were added to the path
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def load(package: str, name: str) -> ModuleType:
    """Import `package.name`; raises UnknownName that lists what there is."""
    full = f"{package}.{name}"
    if full in sys.modules and not name.startswith("_"):  # folders are listed once, not for each request
        return sys.modules[full]
    choices = names(package)
    if name not in choices:
        raise UnknownName(f"no {package}.{name}; there are: {', '.join(choices)}.{suggestion(name, choices)}")
    return import_module(full)


def sentence(package: str, name: str, function: str) -> str:
    """What the docstring of a module's function says first; the module is read, not imported."""
    spec = find_spec(f"{package}.{name}")
    source = spec.loader.get_source(spec.name) if spec and spec.loader else None  # type: ignore[attr-defined]
    for node in ast.parse(source or "").body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return (ast.get_docstring(node) or "").split("\n\n")[0]
    return ""


def suggestion(name: str, choices: list[str]) -> str:
    """` Did you mean 'x'?` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, choices, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
