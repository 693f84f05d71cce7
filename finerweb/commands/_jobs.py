"""Jobs run from the terminal: one of them as a command of its own, or several in their order."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from finerweb import graph
from finerweb.commands._terminal import LOCAL, NONE, Conf, Force, Set, Verbose, configured, lake_of, tell
from finerweb.lake import Lake
from finerweb.running import code
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
        threading.Thread(target=code.read_all, daemon=True).start()  # while Java starts
        with lake_of(settings, verbose=verbose) as lake:
            yield lake, settings


def run(jobs: Iterable[str], lake: Lake, settings: Settings, *, force: bool) -> list[Outcome]:
    """Run these jobs in this order, and print a line after each."""
    names, outcomes = list(jobs), []
    runner = Runner(lake, settings, force=force)
    runner.look_ahead(names)
    for name in names:
        outcomes.append(runner.run(name, partial(_main, name)))
        tell(line(outcomes[-1]))
    return outcomes


def _main(job: str, lake: Lake, settings: Settings) -> None:
    """A job's own main; its file, and the packages behind it, are loaded only where it has something to do."""
    graph.load(job).main(lake, settings)
