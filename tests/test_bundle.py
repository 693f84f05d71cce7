"""databricks.yml: the one statement of the order."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from finerweb import graph
from finerweb.errors import UnknownName
from finerweb.project import resource

ROOT = Path(__file__).parent.parent


def test_every_job_file_is_a_task_and_runs_after_what_it_reads() -> None:
    order = graph.order()
    assert sorted([*order, *graph.beside()]) == sorted(path.stem for path in (ROOT / "jobs").glob("*.py"))
    assert order[0] == "ingest_documents"
    assert order[-1] == "report"
    for task, needs in graph.tasks().items():
        assert all(order.index(need) < order.index(task) for need in needs)


def test_the_bundle_is_valid(shared: Path) -> None:
    schema = json.loads((shared / "reference" / "databricks-bundle.schema.json").read_text(encoding="utf-8"))
    bundle = yaml.safe_load(resource("databricks.yml").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [str(error) for error in validator.iter_errors(bundle)] == []
    bundle["resources"]["jobs"]["finerweb"]["tasks"][0]["depend_on"] = []
    assert not validator.is_valid(bundle)


def test_a_misspelt_job_is_told_from_the_others() -> None:
    with pytest.raises(
        UnknownName, match=r"^no job anotate; there are: ingest_documents, .*\. Did you mean 'annotate'\?$"
    ):
        graph.load("anotate")


def test_every_job_is_a_verb_with_a_sentence() -> None:
    for name in [*graph.order(), *graph.beside()]:
        module = graph.load(name)
        assert module.__doc__ == module.main.__doc__, name
        assert module.__doc__.endswith("."), name
