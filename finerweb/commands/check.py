"""`finerweb check`: whether all that a run needs can be reached from driver and tasks, before it costs money."""

from collections.abc import Callable, Iterator
from functools import partial

import typer

from finerweb import engines, questions
from finerweb.asking import proof, subjects
from finerweb.asking.spool import Spool
from finerweb.commands._terminal import LOCAL, NONE, Conf, Set, opened
from finerweb.cost import Price
from finerweb.errors import FinerwebError
from finerweb.lake import Lake
from finerweb.outside import model, source
from finerweb.settings import Settings
from finerweb.tables import holders

Check = Callable[[], str]  # what it found; raises a FinerwebError that says what is wrong


def main(conf: Conf = LOCAL, set: Set = NONE) -> None:
    """See whether lake, spool, sources, models, keys, prices, registry and output can be reached. Nothing is asked."""
    with opened(conf, set) as (lake, settings):
        outcomes = [(name, *_outcome(check)) for name, check in checks(lake, settings)]
    width = max(len(name) for name, _, _ in outcomes)
    for name, is_good, words in outcomes:
        typer.echo(f"{'ok  ' if is_good else 'FAIL'}  {name:<{width}}  {words}")
    if not all(is_good for _, is_good, _ in outcomes):
        raise typer.Exit(1)


def _outcome(check: Check) -> tuple[bool, str]:
    try:
        return True, check()
    except FinerwebError as error:
        return False, str(error)
    except Exception as error:  # of a library, about a place that it cannot reach
        reason = " ".join(str(error).split()) or "no words"
        return False, f"{type(error).__name__}: {reason[:300]}"


def checks(lake: Lake, settings: Settings) -> Iterator[tuple[str, Check]]:
    """What is looked at, one thing after the other."""
    yield "lake", partial(_lake, lake)
    yield "spool", partial(_shared, lake, Spool(settings.ask.spool), settings.tasks)
    output = Spool(settings.publish.path, name="output", setting="publish.path")
    yield "output", partial(_shared, lake, output, settings.tasks)
    for chosen in settings.ingest.sources:
        yield f"source {chosen.name}", partial(_source, lake, settings, chosen.name)
    yield "registry", partial(_registry, lake, settings)
    asked_by_job = {
        (question.JOB, model_name): name
        for name, question in questions.every().items()
        for model_name in subjects.models_of(name, settings)
    }
    for (job, model_name), name in sorted(asked_by_job.items()):
        yield f"{job}: {model_name}", partial(_model, lake, settings, name, model_name)


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


def _registry(lake: Lake, settings: Settings) -> str:
    name = f"{settings.tracking.model}@{settings.tracking.alias}"
    version = model.find(name, settings=settings, spark=lake.spark).state()
    present = f"version {version}" if version else "no version yet: train_scorer makes one"
    return f"{settings.tracking.uri}: {name}, {present}"


def _model(lake: Lake, settings: Settings, question: str, name: str) -> str:
    spec, budget = settings.models[name], subjects.budget(question, settings)
    proof.require_price(name, spec, budget, setting=questions.load(question).BUDGET)
    engines.check(spec)
    proof.require_engine(lake.spark, spec)
    return f"engine {spec.engine} can be asked from driver and tasks; {_price(spec.price)}"


def _price(price: Price | None) -> str:
    if price is None:
        return "its price is not known"
    parts = (
        [f"${price.input:g} and ${price.output:g} per million tokens in and out"] if price.input or price.output else []
    )
    parts += [f"${price.hour:g} an hour"] if price.hour else []
    return " and ".join(parts) or "it costs nothing"
