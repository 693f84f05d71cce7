"""What commands share: their options, and settings and lake with their failures as messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from finerweb import job, progress
from finerweb.lake import Lake
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
    settings = job.load_settings(conf, overrides)
    with job.failures(settings.work / "finerweb.log"):
        yield settings


@contextmanager
def opened(conf: str, overrides: list[str], *, verbose: bool = False) -> Iterator[tuple[Lake, Settings]]:
    """The lake of these settings, and the settings; failures as those of `configured`."""
    with configured(conf, overrides) as settings, job.opened(settings, verbose=verbose) as lake:
        yield lake, settings


def tell(*lines: str) -> None:
    """Words for the person, beside the output that a program may read."""
    if lines:
        progress.console.print("\n".join(lines), markup=False, soft_wrap=True)
