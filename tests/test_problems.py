"""Every problem that can be written has its words, and there are no words for one that cannot."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from finerweb import problems, tables

ROOT = Path(__file__).parents[1]
SOURCES = [path for path in sorted((ROOT / "finerweb").rglob("*.py")) if path.name != "problems.py"]
EVERY = {problem for words in problems.OF_TABLE.values() for problem in words}


def trees() -> Iterator[ast.Module]:
    for path in SOURCES:
        yield ast.parse(path.read_text(encoding="utf-8"))


def values(tree: ast.Module) -> Iterator[ast.expr]:
    """What is written under the name `problem`: a variable, a column, a keyword value or that of a dictionary."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name("problem")], value=value):
                yield value
            case ast.AnnAssign(target=ast.Name("problem"), value=ast.expr() as value):
                yield value
            case ast.keyword("problem", value):
                yield value
            case ast.Call(ast.Attribute(value, "alias"), [ast.Constant("problem")]):
                yield value
            case ast.Call(ast.Attribute(_, "withColumn"), [ast.Constant("problem"), value]):
                yield value
            case ast.Dict(keys, of_keys):
                for key, value in zip(keys, of_keys, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "problem":
                        yield value


def literals(value: ast.expr) -> Iterator[str]:
    """The texts that such a value can be; what F.col and F.coalesce are given are names of columns."""
    match value:
        case ast.Constant(str() as text):
            yield text
        case ast.IfExp(_, body, orelse):
            yield from literals(body)
            yield from literals(orelse)
        case ast.BoolOp(_, parts) | ast.List(parts):
            for part in parts:
                yield from literals(part)
        case ast.ListComp(element):
            yield from literals(element)
        case ast.Call(ast.Attribute(before, name), arguments):
            yield from literals(before)
            chosen = {"lit": arguments, "otherwise": arguments, "when": arguments[1:]}
            for argument in chosen.get(name, [part for part in arguments if isinstance(part, ast.Call)]):
                yield from literals(argument)


def test_every_problem_that_is_written_has_its_words() -> None:
    written = {text for tree in trees() for value in values(tree) for text in literals(value)}
    # One of each way of writing, so that this test does not pass because it sees nothing.
    assert {"near_duplicate", "quota_full", "not_scored", "not_in_vocabulary", "taken_down", "empty_file"} <= written
    assert {"invalid_utf8", "malformed_json", "bad_mark", "not_finite", "unreachable", "not_asked"} <= written
    assert written - EVERY == set()


def test_no_words_for_what_nobody_writes() -> None:
    texts = {node.value for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert EVERY - texts == set()


@pytest.mark.parametrize("group", [name for name in vars(problems) if name.endswith("Problem")])
def test_a_type_and_its_words_have_the_same_names(group: str) -> None:
    words = getattr(problems, group.removesuffix("Problem").upper())
    assert list(words) == list(get_args(getattr(problems, group)))
    assert all(meaning.strip() for meaning in words.values())


def test_every_table_with_problems_is_there() -> None:
    with_problems = {table.name for table in tables.every() if "problem" in table.ddl}
    assert set(problems.OF_TABLE) == with_problems


def test_the_docs_name_no_problem_that_is_not_there() -> None:
    """In their sentences that list problems: those with two or more of them in code."""
    pages = [ROOT / "docs" / name for name in ("models.md", "entities.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = [set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)*)`", listing)) for listing in listings(text)]
    assert named
    assert {name for names in named for name in names} - EVERY == set()


def listings(text: str) -> list[str]:
    """Runs of names in code with nothing but commas between them, two of which are problems."""
    runs = [run[0] for run in re.finditer(r"`[a-z_0-9]+`(?:(?:,\s+|\s+(?:and|or)\s+)`[a-z_0-9]+`)+", text)]
    return [run for run in runs if len(EVERY & set(re.findall(r"`(\w+)`", run))) >= 2]
