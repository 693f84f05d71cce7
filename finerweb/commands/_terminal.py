"""What commands share: their options, and settings and lake with their failures as messages."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated

import typer
from rich.console import Console

from finerweb.lake import Lake
from finerweb.progress import Progress
from finerweb.running import session
from finerweb.running.failures import failures, load_settings
from finerweb.settings import Settings

Conf = Annotated[str, typer.Option("--conf", help="Settings that differ from conf/default.yml.")]
Set = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be repeated.")]
Force = Annotated[
    bool, typer.Option("--force", help="Run even where nothing has changed; no answer is paid for twice.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Spark's own log on the terminal.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line, for a program.")]

LOCAL = "conf/local.yml"
NONE: list[str] = []


@contextmanager
def configured(conf: str, overrides: list[str]) -> Iterator[Settings]:
    """The settings; a failure from here on is its message alone, and exit status 1 (2 for bad settings)."""
    settings = load_settings(conf, overrides)
    with failures(settings.work / "finerweb.log"):
        yield settings


@contextmanager
def opened(conf: str, overrides: list[str], *, verbose: bool = False) -> Iterator[tuple[Lake, Settings]]:
    """The lake of these settings, and the settings; failures as those of `configured`."""
    with configured(conf, overrides) as settings, lake_of(settings, verbose=verbose) as lake:
        yield lake, settings


def lake_of(settings: Settings, *, verbose: bool = False) -> AbstractContextManager[Lake]:
    """The lake of these settings, which shows on the terminal how far a job is."""
    return session.opened(settings, verbose=verbose, progress=Progress(Console(stderr=True)))


def tell(*lines: str) -> None:
    """Words for the person, beside the output that a program may read."""
    if lines:
        print(*lines, sep="\n", file=sys.stderr)
