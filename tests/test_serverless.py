"""What Spark Connect has not, or serverless refuses, stands nowhere in the sources: every job must run there too."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("finerweb", "jobs") for path in sorted((ROOT / folder).rglob("*.py"))]

# An attribute, or the last two: who may have it, and what happens there without it.
REFUSED = {
    "persist": "",
    "unpersist": "",
    "cache": "",
    "checkpoint": "",
    "localCheckpoint": "",
    "cacheTable": "",
    "rdd": "",
    "_jvm": "",
    "_jdf": "",
    "_jsparkSession": "",
    "sparkContext": "finerweb/progress.py",  # a bar of Spark's tasks, or none
    "conf.set": "finerweb/running/connecting.py",  # what the user wants set; what the server refuses is logged
    "conf.unset": "",
}
MODULES = {
    "delta": "finerweb/running/session.py",  # the jars of a session of our own
    "delta.tables": "",
    "py4j": "finerweb/spark_errors.py",  # its exceptions, where there is a JVM
}


def attributes(text: str) -> set[str]:
    """Every attribute that is read, alone and with the one before: `spark.conf.set` is `set` and `conf.set`."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    owners = {node: getattr(node.value, "attr", getattr(node.value, "id", "")) for node in nodes}
    return {node.attr for node in nodes if owners[node] != "functools"} | {
        f"{owner}.{node.attr}" for node, owner in owners.items()
    }


def modules(text: str) -> set[str]:
    """Every module that is imported, and the packages around it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_asks_for_nothing_that_serverless_refuses(path: Path) -> None:
    text, own = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    assert {name for name in attributes(text) & REFUSED.keys() if REFUSED[name] != own} == set()
    assert {name for name in modules(text) & MODULES.keys() if MODULES[name] != own} == set()


def test_the_rule_sees_what_it_is_for() -> None:
    text = "from delta.tables import DeltaTable\nspark.conf.set('a', 'b')\nframe.persist()\nfunctools.cache(f)\n"
    assert attributes(text) & REFUSED.keys() == {"conf.set", "persist"}
    assert modules(text) & MODULES.keys() == {"delta", "delta.tables"}
