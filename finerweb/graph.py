"""The jobs and their order, as databricks.yml declares them: the only statement of it."""

import ast
import functools
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from importlib import util
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

import yaml

from finerweb.errors import BadSettings, UnknownName
from finerweb.plugins import suggestion
from finerweb.project import resource

BUNDLE_JOB = "finerweb"
FILE = "spark_python_task"  # what a task has that runs a job of ours; another, such as the check, is none


def tasks() -> dict[str, list[str]]:
    """Job of the pipeline -> the jobs that it depends on, from the tasks of databricks.yml."""
    return _tasks(_bundle()[BUNDLE_JOB])


def beside() -> list[str]:
    """The jobs that are no part of the pipeline: those of the other jobs of the bundle."""
    return [task for name, declared in _bundle().items() if name != BUNDLE_JOB for task in _tasks(declared)]


def _bundle() -> dict[str, Mapping[str, Any]]:
    return _jobs(resource("databricks.yml").read_text(encoding="utf-8"))


@functools.cache
def _jobs(text: str) -> dict[str, Mapping[str, Any]]:
    jobs: dict[str, Mapping[str, Any]] = yaml.safe_load(text)["resources"]["jobs"]
    return jobs


def _tasks(job: Mapping[str, Any]) -> dict[str, list[str]]:
    declared: dict[str, Mapping[str, Any]] = {task["task_key"]: task for task in job["tasks"] if FILE in task}
    for task in declared.values():
        file = PurePosixPath(task[FILE]["python_file"])
        if file.stem != task["task_key"]:
            raise BadSettings(f"databricks.yml: task {task['task_key']} runs {file}; wanted jobs/{task['task_key']}.py")
    return {
        name: [need["task_key"] for need in task.get("depends_on", []) if need["task_key"] in declared]
        for name, task in declared.items()
    }


def order() -> list[str]:
    """The jobs of the pipeline, each after those that it depends on; raises BadSettings for a cycle."""
    try:
        return list(TopologicalSorter(tasks()).static_order())
    except CycleError as error:
        raise BadSettings(f"databricks.yml: tasks wait for each other: {' -> '.join(error.args[1])}") from None


def describe(job: str) -> str:
    """A job's own sentence, without importing the job and all that it needs."""
    return ast.get_docstring(ast.parse(resource("jobs", f"{job}.py").read_text(encoding="utf-8"))) or job


def require(job: str) -> None:
    """Raise UnknownName, which lists the jobs, where there is no such job."""
    names = [*order(), *beside()]
    if job not in names:
        raise UnknownName(f"no job {job}; there are: {', '.join(names)}.{suggestion(job, names)}")


def load(job: str) -> ModuleType:
    """The module jobs/<job>.py; raises UnknownName that lists the jobs."""
    require(job)
    file = resource("jobs", f"{job}.py")
    spec = util.spec_from_loader(f"finerweb_job_{job}", loader=None)
    assert spec is not None
    module = util.module_from_spec(spec)
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)  # also out of a zip
    return module
