"""What becomes of a failure: a message and an exit status, or the stack of a bug."""

import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from finerweb import settings
from finerweb.errors import BadSettings, FinerwebError
from finerweb.settings import Settings


def load_settings(conf: str | None, overrides: Sequence[str]) -> Settings:
    """The settings, or their error's text and exit status 2 before any work."""
    try:
        return settings.load(conf, overrides)
    except BadSettings as error:
        print(f"finerweb: {error}", file=sys.stderr)
        raise SystemExit(2) from None


@contextmanager
def failures(log: Path) -> Iterator[None]:
    """Turn a failure into its message alone and exit status 1; the stack goes to the log."""
    try:
        yield
    except (FinerwebError, OSError, PySparkException, Py4JError) as error:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            traceback.print_exc(file=file)
        print(f"finerweb: {type(error).__name__}: {_short(error)}", file=sys.stderr)
        print(f"The whole of it is in {log}", file=sys.stderr)
        raise SystemExit(1) from None


def _short(error: Exception) -> str:
    """A failure's own words; of Spark's, the cause without the stack."""
    lines = [
        line for line in str(error).splitlines() if line.strip() and not re.match(r"\s*(at |\.\.\. |File |\^|==)", line)
    ]
    if not isinstance(error, PySparkException | Py4JError):
        return "\n".join(lines)
    causes = [line.strip() for line in lines if re.search(r"(Error|Exception|Failed)\b.*: |^\[[A-Z_.]+\]", line)]
    return "\n".join(dict.fromkeys([*lines[:2], *causes[-2:]]))[:2000]
