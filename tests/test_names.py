"""A name says what it holds: no pronoun, no preposition and no participle alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("finerweb", "jobs", "bench", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]

# A reader who lands in the middle cannot tell what these hold.
UNTELLING = {
    *("found", "said", "told", "asked", "known"),  # by whom, about what?
    *("one", "ones", "thing", "things", "stuff", "it", "its", "this", "that", "there"),  # which?
    *("at", "of"),  # what?
}
# What an error was made of: `found` and `wanted` are the words of its text, and of the columns of the table rejects.
ALLOWED = {"finerweb/errors.py": frozenset({"found"})}


def bindings(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a file binds, as a variable, an argument, a field, a function or an import, and its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno


def untelling(tree: ast.AST, allowed: frozenset[str] = frozenset()) -> list[str]:
    return [f"{name}, line {line}" for name, line in bindings(tree) if name.strip("_") in UNTELLING - allowed]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_tell_what_they_hold(path: Path) -> None:
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), frozenset())
    assert untelling(ast.parse(path.read_text(encoding="utf-8")), allowed) == []


def test_a_bad_name_is_noticed() -> None:
    lines = [
        "import json as told",
        "def of(at, *, found=1):",
        "    for one in (said := [1]):",
        "        self.there = lambda _of: one",
        "    try: pass",
        "    except KeyError as it: pass",
        "    match at:",
        "        case [this, *that]: pass",
    ]
    assert sorted(untelling(ast.parse("\n".join(lines)))) == [
        "_of, line 4",
        "at, line 2",
        "found, line 2",
        "it, line 6",
        "of, line 2",
        "one, line 3",
        "said, line 3",
        "that, line 8",
        "there, line 4",
        "this, line 8",
        "told, line 1",
    ]


def test_what_is_allowed_is_there() -> None:
    for file, names in ALLOWED.items():
        assert names <= {name for name, _ in bindings(ast.parse((ROOT / file).read_text(encoding="utf-8")))}
