"""A fingerprint of the code behind a job: a job whose code has changed runs again, and no other.

That is the job's own file and the modules that it imports, and those that these import, at their tops or in functions.
A package that a text names, as `plugins.load` is given it, counts with all its modules and templates. Comments and
blank lines count nowhere.
"""

import ast
import functools
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from finerweb.errors import NotInstalled
from finerweb.project import resource

ROOT = "finerweb"
# What shapes no row: how a job is started; settings, whose values are compared one by one; engines, whose answers are
# kept, and known by fingerprints of their own.
LEFT_OUT = ("finerweb.job", "finerweb.settings", "finerweb.engines")
# Its __init__ lists its modules for whoever looks at a lake; a job imports the tables that it reads and writes.
LISTING = "finerweb.tables"
NAMING = (ast.Import, ast.ImportFrom, ast.Constant)  # nodes that may name a module


class Source(NamedTuple):
    """What a module says, without comments, and the modules of this project that it names."""

    content: str
    names: frozenset[str]


def fingerprint(job: str) -> str:
    """The code behind jobs/<job>.py in 12 hex digits; where there is no such file, that of all modules."""
    try:
        start = _source("", resource("jobs", f"{job}.py").read_text(encoding="utf-8"))
    except NotInstalled:
        start = Source("", frozenset(_modules()))
    digest = hashlib.sha256(start.content.encode())
    for name in sorted(_behind(start.names)):
        digest.update(f"\n{name}\n{_read(name).content}".encode())
    return digest.hexdigest()[:12]


def read_all() -> None:
    """Read every module: a second of work, for whoever waits before the first fingerprint is wanted."""
    for name in _modules():
        _read(name)


def _behind(names: Iterable[str]) -> set[str]:
    """These modules, and those that are imported for them."""
    behind: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in behind and not any(f"{name}.".startswith(f"{left_out}.") for left_out in LEFT_OUT):
            behind.add(name)
            waiting += _read(name).names
    return behind


@functools.cache
def _modules() -> dict[str, Traversable]:
    """All modules of the project by name, a package by that of its __init__."""
    return dict(_listed(files(ROOT), ROOT))


def _listed(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.name == "__init__.py":
            yield name, entry
        elif entry.name.endswith(".py"):
            yield f"{name}.{entry.name.removesuffix('.py')}", entry
        elif entry.is_dir() and entry.joinpath("__init__.py").is_file():
            yield from _listed(entry, f"{name}.{entry.name}")


@functools.cache
def _read(name: str) -> Source:
    return _source(name, _modules()[name].read_text(encoding="utf-8"))


def _source(name: str, text: str) -> Source:
    modules = _modules().keys()
    nodes = list(_walked(ast.parse(text)))
    imported = {word for node in nodes for word in _words(node)} & modules
    packages = {word.rpartition(".")[0] for word in imported} & modules  # to import a module imports its package
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)} & modules
    texts -= {ROOT, LISTING} if name == LISTING else {ROOT}
    listed = {module for module in modules for text in texts if f"{module}.".startswith(f"{text}.")}
    parts = [_without_comments(text), *(part for package in sorted(texts) for part in _templates(package))]
    return Source("\n".join(parts), frozenset(imported | packages | listed))


def _walked(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of NAMING, in half the time of ast.walk."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, ast.AST):
            waiting += node.__dict__.values()
            if isinstance(node, NAMING):
                yield node


def _templates(module: str) -> Iterator[str]:
    """The templates of a package, which are loaded by its name."""
    folder = files(ROOT).joinpath(*module.split(".")[1:], "templates")
    if folder.is_dir():
        yield from (
            entry.read_text(encoding="utf-8") for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        )


def _words(node: ast.AST) -> Iterator[str]:
    """What may be modules in an import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_comments(text: str) -> str:
    """A module's lines without comments and blank ones."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(line for line in lines if line.strip())
