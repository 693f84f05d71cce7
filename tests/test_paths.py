"""What documentation, settings, comments and docstrings name is there: files, modules, commands, links."""

import ast
import io
import json
import re
import tokenize
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from finerweb import graph, plugins

ROOT = Path(__file__).parents[1]
FOLDERS = "bench|conf|docs|finerweb|jobs|notebooks|requirements|sample|tests"
# What DECISIONS.md and CHANGELOG.md tell is history: they name what was there at the time.
PROSE = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("conf/*.yml")]
PROSE += [ROOT / name for name in ("databricks.yml", "pyproject.toml", "Makefile")]
PYTHON = [path for folder in ("bench", "finerweb", "jobs", "tests") for path in ROOT.glob(f"{folder}/**/*.py")]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

PATH = re.compile(rf"(?<![\w./\\-])(?:{FOLDERS})/[\w./-]*")
MODULE = re.compile(r"(?<![\w./-])finerweb(?!\.zip\b)(?:\.[a-z_]+)+\b")
COMMAND = re.compile(r"(?:^|[`(/])finerweb ([a-z][\w-]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def prose(path: Path) -> str:
    """A page as it stands; of Python its docstrings and comments alone."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED)]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join([*docstrings, *(token.string for token in tokens if token.type == tokenize.COMMENT)])


def in_wheel() -> dict[str, str]:
    """What the wheel puts into the package, to where it is in a checkout: finerweb/jobs -> jobs."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    return {place: source for source, place in build["targets"]["wheel"]["force-include"].items()}


def missing_paths(text: str) -> set[str]:
    """Paths of a text at which nothing is, neither in the checkout nor in the wheel."""
    wheel = in_wheel()
    paths = {match.rstrip(".") for match in PATH.findall(text)}
    sources = {path: path for path in paths} | {
        path: source + path.removeprefix(place)
        for path in paths
        for place, source in wheel.items()
        if f"{path}/".startswith(f"{place}/")
    }
    return {path for path, source in sources.items() if not (ROOT / source).exists()}


def is_module(name: str) -> bool:
    """Is it a module, or a name that its module defines?"""
    parent, _, last = name.rpartition(".")
    try:
        return find_spec(name) is not None or hasattr(import_module(parent), last)
    except ModuleNotFoundError:  # the parent is no package
        return parent != "finerweb" and is_module(parent) and hasattr(import_module(parent), last)


@pytest.mark.parametrize("path", [*PROSE, *PYTHON], ids=lambda path: str(path.relative_to(ROOT)))
def test_named_paths_are_there(path: Path) -> None:
    assert missing_paths(prose(path)) == set()


@pytest.mark.parametrize("path", [*PROSE, *PYTHON], ids=lambda path: str(path.relative_to(ROOT)))
def test_named_modules_are_there(path: Path) -> None:
    assert {name for name in MODULE.findall(prose(path)) if not is_module(name)} == set()


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_commands_are_there(path: Path) -> None:
    commands = {*plugins.names("finerweb.commands"), *graph.order(), *graph.beside()}
    assert set(COMMAND.findall(prose(path))) - commands == set()


@pytest.mark.parametrize("path", [path for path in PROSE if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_lead_to_something(path: Path) -> None:
    assert {link for link in LINK.findall(prose(path)) if not (path.parent / link).exists()} == set()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_imports_of_a_notebook_are_there(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert names
    assert {name for name in names if not is_module(name)} == set()


def test_what_is_not_there_is_named() -> None:
    text = "See finerweb/nothing.py, bench/split.py and finerweb/jobs/annotate.py; `finerweb nope`, finerweb.nope.x."
    assert missing_paths(text) == {"finerweb/nothing.py"}
    assert COMMAND.findall(text) == ["nope"]
    assert [is_module(name) for name in MODULE.findall(text)] == [False]
