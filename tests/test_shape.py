"""Nothing is too long to be read at a sitting: functions, files, folders."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("finerweb", "jobs") for path in sorted((ROOT / folder).rglob("*.py"))]
FUNCTION, FILE, FOLDER = 45, 250, 25  # at most so many lines, lines, and files beside __init__.py


def long_functions(text: str) -> list[str]:
    return [
        f"{node.name}, {lines} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_and_files_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert long_functions(text) == []
    assert text.count("\n") <= FILE


def test_folders_are_small() -> None:
    sizes = Counter(str(path.parent.relative_to(ROOT)) for path in FILES if path.stem != "__init__")
    del sizes["finerweb/tables"]  # a list of what the lake has, one file each; a folder in it would say nothing
    assert {folder: size for folder, size in sizes.items() if size > FOLDER} == {}


def test_a_long_function_is_noticed() -> None:
    text = (
        "class Box:\n    def fits(self):\n" + "        pass\n" * 44 + "    def bursts(self):\n" + "        pass\n" * 45
    )
    assert long_functions(text) == ["bursts, 46 lines"]
