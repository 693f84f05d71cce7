"""Jobs run from the terminal: one of them as a command of its own, or several in their order."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from finerweb import graph
from finerweb.commands._terminal import LOCAL, NONE, Conf, Force, Set, Verbose, configured, lake_of, tell
from finerweb.lake import Lake
from finerweb.running.runner import Outcome, Runner, line
from finerweb.settings import Settings


def command(name: str) -> Callable[..., None]:
    """The command that runs one job."""

    def main(conf: Conf = LOCAL, set: Set = NONE, force: Force = False, verbose: Verbose = False) -> None:
        with started(name, conf, set, verbose=verbose) as (lake, settings):
            run([name], lake, settings, force=force)

    return main


@contextmanager
def started(title: str, conf: str, overrides: list[str], *, verbose: bool) -> Iterator[tuple[Lake, Settings]]:
    """The lake and the settings, after a line that says where the work is."""
    with configured(conf, overrides) as settings:
        tell(f"finerweb {title} · {conf} · {settings.work}")
        with lake_of(settings, verbose=verbose) as lake:
            yield lake, settings


def run(jobs: Iterable[str], lake: Lake, settings: Settings, *, force: bool) -> list[Outcome]:
    """Run these jobs in this order, and print a line after each."""
    runner, outcomes = Runner(lake, settings, force=force), []
    for name in jobs:
        outcomes.append(runner.run(name, graph.load(name).main))
        tell(line(outcomes[-1]))
    return outcomes
