"""`finerweb check`: whether all that a run needs can be reached from driver and tasks, before it costs money."""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pyspark.errors import PySparkException

from finerweb import engines, graph, questions, shipping, supported
from finerweb.asking import proof, subjects
from finerweb.asking.spool import Spool
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened
from finerweb.cost import Price
from finerweb.errors import FinerwebError, UnknownName
from finerweb.lake import Lake
from finerweb.outside import model, source
from finerweb.running import failures, gpus, machines, versions
from finerweb.running.machines import Doubt, Machines
from finerweb.settings import Settings
from finerweb.tables import holders

Check = Callable[[], str]  # what it found; raises a FinerwebError that says what is wrong
Jobs = Annotated[list[str], typer.Option("--job", help="Only what this job needs; may be repeated.")]

# What says that this process's disk goes when it ends: in a container, on Kubernetes, on Databricks.
PASSING = ("KUBERNETES_SERVICE_HOST", "DATABRICKS_RUNTIME_VERSION")
CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))


def main(conf: Conf = LOCAL, set: Set = NONE, job: Jobs = NONE) -> None:
    """See whether all that a run needs is there and can be reached, from driver and tasks. Nothing is asked."""
    try:
        jobs = chosen(job)
    except UnknownName as error:
        raise typer.BadParameter(str(error), param_hint="--job") from None
    with opened(conf, set) as (lake, settings):
        outcomes = [(name, *_outcome(check)) for name, check in checks(lake, settings, jobs)]
    width = max(len(name) for name, _, _ in outcomes)
    for name, is_good, words in outcomes:
        sign = "FAIL" if not is_good else "warn" if isinstance(words, Doubt) else "ok  "
        typer.echo(f"{sign}  {name:<{width}}  {words}")
    if not all(is_good for _, is_good, _ in outcomes):
        raise typer.Exit(1)


def chosen(jobs: Sequence[str]) -> list[str]:
    """These jobs, or those of the pipeline; raises UnknownName."""
    for job in jobs:
        graph.require(job)
    return list(jobs) or graph.order()


def _outcome(check: Check) -> tuple[bool, str]:
    try:
        return True, check()
    except FinerwebError as error:
        return False, str(error)
    except Exception as error:  # of Spark, or of a library, about a place that it cannot reach
        text = failures.explain(error) if isinstance(error, PySparkException) else f"{type(error).__name__}: {error}"
        return False, " ".join(text.split())[:400]


def checks(lake: Lake, settings: Settings, jobs: Sequence[str]) -> Iterator[tuple[str, Check]]:
    """What is looked at, one thing after the other."""
    modules = supported.modules(jobs)
    reads_hub = "ingest_documents" in jobs and any(source.format == "hub" for source in settings.ingest.sources)
    modules += ["datasets"] if reads_hub else []
    fleet: Machines = functools.cache(partial(machines.look, lake.spark, tasks=settings.tasks, modules=modules))
    yield "versions", partial(versions.look, lake.spark)
    yield "packages", partial(versions.packages, modules, fleet)
    if "torch" in modules:
        yield "GPUs", partial(gpus.look, lake.spark, fleet)
    yield "lake", partial(_lake, lake)
    yield "spool", partial(_shared, lake, Spool(settings.ask.spool), settings.tasks)
    output = Spool(settings.publish.path, name="output", setting="publish.path")
    yield "output", partial(_shared, lake, output, settings.tasks)
    for chosen_source in settings.ingest.sources if "ingest_documents" in jobs else []:
        yield f"source {chosen_source.name}", partial(_source, lake, settings, chosen_source.name)
    yield "tracking", partial(_tracking, lake, settings)
    yield "registry", partial(_registry, lake, settings)
    questions_of: dict[str, list[str]] = {}
    for name, question in questions.every().items():
        for model_name in subjects.models_of(name, settings) if question.JOB in jobs else []:
            questions_of.setdefault(model_name, []).append(name)
    for model_name, names in sorted(questions_of.items()):
        yield f"model {model_name}", partial(_model, lake, settings, names, model_name, fleet)


def _lake(lake: Lake) -> str:
    lake.create(holders.TABLE)
    return f"{lake.location}: tables can be made and read"


def _shared(lake: Lake, folder: Spool, tasks: int) -> str:
    proof.require_shared(lake.spark, folder, tasks=tasks)
    kind = "a disk" if folder.is_disk else "a store"
    return f"{folder.url}: {kind}; driver and tasks see each other's files"


def _source(lake: Lake, settings: Settings, name: str) -> str:
    resource = source.find(name, settings=settings, spark=lake.spark)
    state = resource.state() if resource else None
    return f"can be read (fingerprint {state})"


def _tracking(lake: Lake, settings: Settings) -> str:
    """Whether what one job registers is there for the next."""
    uri = settings.tracking.uri
    passing = [name for name in PASSING if name in os.environ] + [str(path) for path in CONTAINERS if path.exists()]
    if uri.startswith("sqlite") and (passing or not shipping.is_local(lake.spark)):
        return Doubt(
            f"{uri}: a file on the driver's disk, which the next job's driver may not have (a container or a cluster: "
            "no model, no champion); name a server or a workspace: tracking.uri=https://... or databricks"
        )
    return uri


def _registry(lake: Lake, settings: Settings) -> str:
    tracking = settings.tracking
    makers = {tracking.model: "train_scorer", tracking.student: "train_student"}
    words = []
    for name, maker in makers.items():
        registered = model.find(f"{name}@{tracking.alias}", settings=settings, spark=lake.spark)
        version = registered.state()
        state = _signed(registered, version) if version else f"no version yet: {maker} makes one"
        words.append(f"{name}@{tracking.alias}, {state}")
    return f"{tracking.uri}: {'; '.join(words)}"


def _signed(registered: model.Model, version: str) -> str:
    """The version in words; raises BadModel where it says nothing of what goes in and comes out."""
    from finerweb.training import tracking

    tracking.require_signature(registered.name, version)
    return f"version {version}"


def _model(lake: Lake, settings: Settings, names: Sequence[str], model_name: str, fleet: Machines) -> str:
    spec = settings.models[model_name]
    for name in names:
        proof.require_price(model_name, spec, subjects.budget(name, settings), setting=questions.load(name).BUDGET)
    engines.check(spec)
    proof.require_engine(lake.spark, spec)
    parts = [f"engine {spec.engine} can be asked from driver and tasks", gpus.room(spec, model_name, fleet)]
    jobs = sorted({questions.load(name).JOB for name in names})
    return f"{'; '.join(filter(None, [*parts, _price(spec.price)]))} ({', '.join(jobs)})"


def _price(price: Price | None) -> str:
    if price is None:
        return "its price is not known"
    parts = (
        [f"${price.input:g} and ${price.output:g} per million tokens in and out"] if price.input or price.output else []
    )
    parts += [f"${price.hour:g} an hour"] if price.hour else []
    return " and ".join(parts) or "it costs nothing"
