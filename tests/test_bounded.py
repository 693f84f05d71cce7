"""What the driver fetches, and what one task or row holds, has a bound, and its place in the code says which.

A comment `# bounded: ...` stands in the statement or above it, or the docstring of its function has `Bounded: ...`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOLDING = {"collect", "toPandas", "toArrow", "applyInPandas", "broadcast", "collect_list", "collect_set", "held"}
WHOLE = ("language", "rater", "judge", "experiment")  # what a window sorts together, where it begins with one of these
# Few rows of a log or of a catalogue, and what is counted for a page; their own tests have them.
ELSEWHERE = ("finerweb/lake/", "finerweb/running/", "finerweb/report/", "finerweb/notebook.py")

FILES = [
    path
    for folder in ("finerweb", "jobs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not str(path.relative_to(ROOT)).startswith(ELSEWHERE)
]


def is_holding(call: ast.Call) -> bool:
    """Does a call bring the rows of a frame, or of a group, to one place?"""
    if isinstance(call.func, ast.Name):
        return call.func.id == "held"
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "collect":
        return not call.args and not call.keywords  # not `ratings.collect(answers)`
    if call.func.attr == "partitionBy":
        first = call.args[0] if call.args else None
        return isinstance(first, ast.Constant) and first.value in WHOLE
    return call.func.attr in HOLDING


def unbounded(text: str) -> list[str]:
    """The calls that hold rows and do not say how many at most: their name and line."""
    return list(_unbounded(ast.parse(text), text.splitlines(), has_bound=False))


def _unbounded(node: ast.AST, lines: list[str], *, has_bound: bool) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        has_bound = "Bounded: " in (ast.get_docstring(node) or "")
    if isinstance(node, ast.stmt) and not hasattr(node, "body"):
        has_bound = has_bound or any("# bounded: " in line for line in lines[max(0, node.lineno - 2) : node.end_lineno])
    elif isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
        has_bound = has_bound or any("# bounded: " in line for line in lines[max(0, node.lineno - 2) : node.lineno])
    if isinstance(node, ast.Call) and is_holding(node) and not has_bound:
        yield f"{ast.unparse(node.func).rpartition('.')[2]}, line {node.end_lineno}"
    for child in ast.iter_child_nodes(node):
        yield from _unbounded(child, lines, has_bound=has_bound)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_held_says_its_bound(path: Path) -> None:
    assert unbounded(path.read_text(encoding="utf-8")) == []


def test_a_new_collect_is_noticed() -> None:
    text = '''
def fetch(frame):
    rows = frame.collect()
    few = frame.limit(9).collect()  # bounded: 9
    # bounded: a row for each language
    counts = frame.groupBy("language").count().toPandas()
    for row in frame.collect():
        print(row)
    return ratings.collect(rows), frame.groupBy().applyInPandas(work, "x int")

def bounded(frame):
    """Bounded: by the languages."""
    return frame.collect()

def ranked(frame):
    return frame.withColumn("rank", F.row_number().over(Window.partitionBy("language").orderBy("score")))
'''
    assert unbounded(text) == ["collect, line 3", "collect, line 7", "applyInPandas, line 9", "partitionBy, line 16"]
