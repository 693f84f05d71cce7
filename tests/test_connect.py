"""Every job, command and notebook over Spark Connect: a client without Java, a server whose Python lacks the package."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cluster import environment
from connect import bare_python, served
from deltalake import DeltaTable
from small_run import DRIVER, overrides

from finerweb import graph, settings, tables
from finerweb.errors import NotReached
from finerweb.running import connecting

ROOT = Path(__file__).parent.parent

FEATURES = ["appendOnly", "changeDataFeed", "checkConstraints", "clustering", "domainMetadata", "invariants"]

# Beside the jobs, in the session that they had: what a person types, and a lake in a schema of the catalogue.
MORE = """
    from typer.testing import CliRunner
    from finerweb.__main__ import app

    for command in json.loads(sys.stdin.read()):
        result = CliRunner().invoke(app, command)
        print(json.dumps([command[0], result.exit_code, result.stdout, result.stderr, repr(result.exception)]), flush=True)

    from notebook_cells import NOTEBOOKS, shown

    for notebook in NOTEBOOKS:
        print(json.dumps({notebook: shown(notebook, LAKE=chosen.lake.location)}), flush=True)
"""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs Java"),
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("grpc_status", "zstandard")),
        reason="Spark Connect needs grpcio-status and zstandard, and one is not installed",
    ),
]


@dataclass(frozen=True)
class Finished:
    """What the clients printed, and where they left their traces."""

    client: Path  # the client's own disk
    shared: Path  # what client and server share
    every: dict[str, str]  # job -> its line
    commands: dict[str, list[object]]  # command -> exit code, both outputs, exception
    notebooks: dict[str, list[str]]  # notebook -> what its cells show
    schemas: list[list[object]]  # what was seen of tables in each schema


@pytest.fixture(scope="module")
def finished() -> Iterator[Finished]:
    """All jobs from an empty lake, then commands on it, then tables in schemas. Not a folder of pytest: models lie here."""
    with tempfile.TemporaryDirectory(prefix="finerweb-connect-") as name:
        folder = Path(name).resolve()
        client, shared = folder / "client", folder / "shared"
        for place in (client / "here", client / "tmp", shared):
            place.mkdir(parents=True)
        chosen = overrides(client, shared)
        (client / "every.py").write_text(DRIVER.replace("import sys", "import json, sys", 1) + MORE)
        hidden = [client, ROOT / "finerweb", ROOT / "jobs", ROOT / "conf", ROOT / "sample"]
        with served(folder / "server", bare_python(folder / "python"), hidden) as url:
            every = run(
                client, [str(client / "every.py"), *chosen], {"SPARK_REMOTE": url}, json.dumps(commands(chosen))
            )
            own = [f"work={client}/work", f"spark={{spark.remote: '{url}'}}"]
            seen = run(
                client, [str(ROOT / "tests/support/table_story.py"), json.dumps(locations(shared)), *own], {}, ""
            )
            lines = every.splitlines()
            yield Finished(
                client,
                shared,
                dict(line.split(maxsplit=1) for line in lines if line.startswith("  ")),
                {entry[0]: entry[1:] for entry in map(json.loads, (line for line in lines if line.startswith("[")))},
                {name: pages for line in lines if line.startswith("{") for name, pages in json.loads(line).items()},
                [json.loads(line) for line in seen.splitlines()],
            )


def locations(shared: Path) -> list[str]:
    """A schema, one with its catalogue, and a folder with every sign that SQL or a URL gives a meaning to."""
    return ["notes_of", "spark_catalog.more_notes", f"{shared}/a `b` 'c' \"d\" ü%20#?*"]


def commands(chosen: list[str]) -> list[list[str]]:
    """What a person may type after a run."""
    own = ["--conf", "conf/test.yml", *(part for value in chosen for part in ("--set", value))]
    query = "SELECT count(*) AS entities FROM entities"
    return [
        ["check", *own],
        ["plan", "--json", *own],
        ["preview", "--per-language", "1", *own],
        ["sql", query, *own],
        ["compact", "entities", *own],
        ["take_down", "--document", "sample/eng/galway-quay-market", "--reason", "test", *own],
    ]


def run(client: Path, arguments: list[str], more: dict[str, str], text: str) -> str:
    """What a Python program printed that has neither Java nor a Spark of its own at hand."""
    own = {"PYTHONPATH": os.pathsep.join([str(ROOT), *(path for path in sys.path if "site-packages" not in path)])}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=client / "here",
        env={**environment(), **own, **more, "PATH": str(client / "here"), "TMPDIR": str(client / "tmp")},
        input=text,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def rows(finished: Finished, table: str, *columns: str) -> list[dict[str, object]]:
    """A table's rows, by a reader that is not Spark."""
    stored = DeltaTable(str(finished.shared / "lake" / table))
    return stored.to_pyarrow_table(columns=list(columns) or None).to_pylist()


def test_every_job_ran(finished: Finished) -> None:
    assert list(finished.every) == [*graph.order(), *graph.beside()]
    assert [name for name, outcome in finished.every.items() if outcome == "nothing to do"] == []
    assert (finished.client / "report.html").is_file()


def test_every_table_has_rows(finished: Finished) -> None:
    empty = [table.name for table in tables.every() if not rows(finished, table.name, table.key[0])]
    assert empty == ["audits", "contaminations", "source_files"], "people fill these, commands, and other formats"


def test_entities_are_where_they_say(finished: Finished) -> None:
    texts = {row["passage_id"]: row["text"] for row in rows(finished, "passages", "passage_id", "text")}
    spans = rows(finished, "entities", "passage_id", "start", "end", "mention")
    assert [row for row in spans if texts[row["passage_id"]][row["start"] : row["end"]] != row["mention"]] == []
    astral = {row["mention"] for row in spans if row["passage_id"] == "sample/eng/emoji-city#0"}
    assert {"€18,500", "9 August 2021"} <= astral


def test_every_command_ran(finished: Finished) -> None:
    outcomes = finished.commands
    assert {name: outcome[0] for name, outcome in outcomes.items()} == dict.fromkeys(outcomes, 0), outcomes
    assert list(outcomes) == ["check", "plan", "preview", "sql", "compact", "take_down"]
    assert "FAIL" not in str(outcomes["check"][1])
    assert str(outcomes["sql"][1]).splitlines()[0] == "entities"
    assert rows(finished, "take_downs", "document_id") == [{"document_id": "sample/eng/galway-quay-market"}]
    assert "sample/eng/galway-quay-market" not in {
        row["document_id"] for row in rows(finished, "documents", "document_id")
    }


def test_every_notebook_shows_something(finished: Finished) -> None:
    assert {name: len(pages) for name, pages in finished.notebooks.items()} == {
        "at_a_glance": 5,
        "disagreements": 4,
        "scorers": 3,
        "spending": 4,
        "student": 5,
    }
    assert ">tha<" in finished.notebooks["at_a_glance"][0]


def test_tables_of_a_schema_and_of_an_odd_folder_live_as_others_do(finished: Finished) -> None:
    wanted = [
        [False, 2, True],
        1,
        3,
        [1, [["a", "eng"], ["c", "tha"]]],
        [True, 3],
        [2, [["a", "eng"], ["c", "tha"]]],
        ['A note, in "the" person\'s words.', ["language"], FEATURES],
        2,
    ]
    assert finished.schemas == [wanted] * 3


def test_nothing_is_left_lying_about(finished: Finished) -> None:
    assert list((finished.client / "here").iterdir()) == []
    assert list((finished.client / "tmp").glob("finerweb-*")) == []


def test_a_server_that_is_not_there_is_named_at_once_and_its_token_is_not() -> None:
    own = settings.load("conf/test.yml", ["spark={spark.remote: 'sc://127.0.0.1:1/;token=secret'}"])
    with pytest.raises(NotReached) as refused:
        connecting.connected(own.spark["spark.remote"], own.spark)
    assert str(refused.value) == (
        "Spark Connect at 127.0.0.1:1: found Connection refused, wanted a server that listens. Start it, or name "
        "another: SPARK_REMOTE=sc://host:port, or the setting spark.remote"
    )
