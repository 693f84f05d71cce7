"""What becomes of a failure: a message where it can be mended outside this code, the stack where it is a bug."""

import builtins
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pyspark.logger import PySparkLogger

from finerweb import errors, settings, supported
from finerweb.errors import BadSettings, FinerwebError
from finerweb.settings import Settings
from finerweb.spark_errors import SPARK_ERRORS

# What is outside this code; a module that no extra has is a bug all the same.
MENDABLE: tuple[type[Exception], ...] = (FinerwebError, OSError, ModuleNotFoundError, *SPARK_ERRORS)
LONGEST = 2000  # characters of a message of Spark's
JAVA = r"\n\s*(?=at [\w.$/]+\()|\n(?:Driver|JVM) stacktrace:"  # where Java's stack begins
LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")  # PySpark's: each error as JSON, before it is caught


class WorkerError(NamedTuple):
    """What a Python worker raised, read from the text that Spark makes of it."""

    name: str  # of the class, with its module
    message: str
    stack: str

    @property
    def is_bug(self) -> bool:
        """Is it neither of our tree of exceptions nor an OSError?"""
        is_os_error = issubclass(getattr(builtins, self.name, Exception), OSError)
        return not is_os_error and not self.name.startswith(f"{errors.__name__}.")


def load_settings(conf: str | None, overrides: Sequence[str]) -> Settings:
    """The settings, or their error's text and exit status 2 before any work."""
    try:
        return settings.load(conf, overrides)
    except BadSettings as error:
        print(f"finerweb: {error}", file=sys.stderr)
        raise SystemExit(2) from None


@contextmanager
def failures(log: Path) -> Iterator[None]:
    """Turn our own exceptions, OSError and Spark's into a message and exit status 1; the stack goes to the log.

    Whatever else is raised is a bug and is left alone; one that a worker raised is shown with the worker's stack.
    """
    for name in LOGGERS:
        PySparkLogger.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with _logging_to(log):
            yield
    except MENDABLE as error:
        failure = supported.missing(error.name) if isinstance(error, ModuleNotFoundError) else error
        if failure is None:
            raise
        print(f"finerweb: {explain(failure)}\n{_kept(traceback.format_exc(), log)}", file=sys.stderr)
        raise SystemExit(1) from None


@contextmanager
def _logging_to(log: Path) -> Iterator[None]:
    """Put into the log what finerweb warns of without failing; on the terminal it would break the bar."""
    logger, handler = logging.getLogger("finerweb"), _Appender(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Appender(logging.Handler):
    """Appends to a file, which the first line makes; what cannot be written goes to the terminal."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, or its stack too."""
        try:
            _append(self.format(record) + "\n", self._log)
        except OSError:
            self.handleError(record)


def _append(text: str, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(text)


def _kept(stack: str, log: Path) -> str:
    """Where the stack is to be read: at the end of the log, or here where that cannot be written (a full disk)."""
    try:
        _append(stack, log)
    except OSError as error:
        return f"The whole of it, since it could not be written to {log} ({error.strerror}):\n{stack.rstrip()}"
    return f"The whole of it is in {log}"


def explain(error: Exception) -> str:
    """A failure in its own words; of Spark's, the cause; of a bug on a worker, the worker's stack."""
    if not isinstance(error, SPARK_ERRORS):
        return f"{type(error).__name__}: {error}"
    cause = of_worker(str(error))
    if cause is None:
        return f"{type(error).__name__}: {_cause(str(error))}"
    absent = re.match(r"No module named '([\w.]+)'", cause.message)
    failure = supported.missing(absent[1]) if absent else None
    if failure:
        return f"NotInstalled: on a worker, {failure}"
    if cause.is_bug:
        return f"a bug, on a worker:\n{cause.stack}"
    return f"{cause.name.rpartition('.')[2]}: {cause.message}"


def of_worker(text: str) -> WorkerError | None:
    """What a worker raised, from the text of Spark's exception; None where no worker did."""
    header = "Traceback (most recent call last):\n"
    _, is_raised, rest = text.partition(header)
    if not is_raised:
        return None
    stack = header + re.split(JAVA, rest)[0].rstrip()
    # A stack is indented; the exception after it is not. Of one raised while another was handled, the last counts.
    last = stack.rpartition(header)[2]
    raised = re.search(r"^(?=\S)([\w.]+)(?:: (.*))?\Z", last, flags=re.MULTILINE | re.DOTALL)
    return WorkerError(raised[1], raised[2] or "", stack) if raised else None


def _cause(text: str) -> str:
    """Of an exception of Spark's, the first lines and the last causes, without the stack."""
    lines = [line for line in text.splitlines() if line.strip() and not re.match(r"\s*(at |\.\.\. |File |\^|==)", line)]
    causes = [line.strip() for line in lines if re.search(r"(Error|Exception|Failed)\b.*: |^\[[A-Z_.]+\]", line)]
    return "\n".join(dict.fromkeys([*lines[:2], *causes[-2:]]))[:LONGEST]
