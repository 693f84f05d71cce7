"""Run a job: arguments to settings, session and lake; the only place that makes a SparkSession."""

import argparse
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple, cast

from delta import configure_spark_with_delta_pip
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import progress, settings, tables
from finerweb.errors import BadSettings, FinerwebError, NotInstalled
from finerweb.formats import release
from finerweb.lake import Lake
from finerweb.project import resource
from finerweb.settings import Settings
from finerweb.sources import records, vocabularies
from finerweb.tables import runs

Main = Callable[[Lake, Settings], None]
JAVA = 17

DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}


class Outcome(NamedTuple):
    """What a job did: rows and losses (problem -> rows) by table; `is_current`: there was nothing to do."""

    job: str
    seconds: float
    rows: dict[str, int]
    lost: dict[str, dict[str, int]]
    is_current: bool = False
    said: tuple[str, ...] = ()


def main(job: Main) -> None:
    """Run a job file: `jobs/split_passages.py --conf conf/prod.yml --set split.max_words=128`."""
    parser = argparse.ArgumentParser(description=job.__doc__)
    parser.add_argument("--conf", help="settings that differ from conf/default.yml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting; may be repeated")
    parser.add_argument("--force", action="store_true", help="run even where nothing has changed")
    parser.add_argument("--verbose", action="store_true", help="Spark's own log on the terminal")
    arguments = parser.parse_args()
    name = Path(sys.argv[0]).stem
    chosen = load_settings(arguments.conf, arguments.set)
    with opened(chosen, verbose=arguments.verbose) as lake:
        print(line(Runner(lake, chosen, force=arguments.force).run(name, job)))


def load_settings(conf: str | None, overrides: Sequence[str]) -> Settings:
    """The settings, or their error's text and exit status 2 before any work."""
    try:
        return settings.load(conf, overrides)
    except BadSettings as error:
        progress.console.print(f"finerweb: {error}", markup=False, soft_wrap=True)
        raise SystemExit(2) from None


@contextmanager
def opened(chosen: Settings, *, verbose: bool = False) -> Iterator[Lake]:
    """The lake of these settings, in a session that is closed afterwards if it was made here."""
    spark, is_ours = session(chosen, verbose=verbose)
    try:
        yield Lake(spark, chosen.lake.location)
    finally:
        if is_ours:
            spark.stop()


@contextmanager
def failures(log: Path) -> Iterator[None]:
    """Turn a failure into its message alone and exit status 1; the stack goes to the log."""
    try:
        yield
    except (FinerwebError, OSError, PySparkException, Py4JError) as error:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            traceback.print_exc(file=file)
        progress.console.print(f"finerweb: {type(error).__name__}: {_short(error)}", markup=False, soft_wrap=True)
        progress.console.print(f"The whole of it is in {log}", markup=False, soft_wrap=True)
        raise SystemExit(1) from None


def _short(error: Exception) -> str:
    """A failure's own words; of Spark's, the cause without the stack."""
    lines = [
        one for one in str(error).splitlines() if one.strip() and not re.match(r"\s*(at |\.\.\. |File |\^|==)", one)
    ]
    if not isinstance(error, PySparkException | Py4JError):
        return "\n".join(lines)
    causes = [one.strip() for one in lines if re.search(r"(Error|Exception|Failed)\b.*: |^\[[A-Z_.]+\]", one)]
    return "\n".join(dict.fromkeys([*lines[:2], *causes[-2:]]))[:2000]


def session(chosen: Settings, *, verbose: bool = False) -> tuple[SparkSession, bool]:
    """The session that is there (Databricks, a notebook), or a new one; and whether it is new.

    Under spark-submit the master, jars and resources are the command's own; only Delta's catalogue is added.
    """
    there = SparkSession.getActiveSession()
    if there is not None:
        return there, False
    builder = SparkSession.builder.appName("finerweb")
    for key, value in {**DELTA, "spark.sql.artifact.isolation.enabled": "false"}.items():
        builder = builder.config(key, value)
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return builder.getOrCreate(), False
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit started the JVM
        return builder.getOrCreate(), True
    require_java()
    chosen.work.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers take another Python otherwise
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the workers are forked
    for key, value in {"spark.sql.warehouse.dir": str(chosen.work / "warehouse"), **chosen.spark}.items():
        builder = builder.config(key, value)
    with _stderr_to(None if verbose else chosen.work / "spark.log"):
        return configure_spark_with_delta_pip(builder).getOrCreate(), True


@contextmanager
def _stderr_to(log: Path | None) -> Iterator[None]:
    """A JVM started inside writes its log to a file for as long as it lives, and so do its Python workers."""
    if log is None:
        yield
        return
    kept = os.dup(2)
    with log.open("a") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def require_java() -> None:
    """Raise NotInstalled where there is no Java 17 or newer."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    wanted = f"wanted Java {JAVA} or newer. Install a JDK, or set JAVA_HOME to one"
    if java is None or not Path(java).exists():
        raise NotInstalled(f"Spark needs Java: found none{f' at JAVA_HOME={home}' if home else ' on PATH'}, {wanted}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version and int(version[1]) < JAVA:
        raise NotInstalled(f"Spark needs Java: found version {version[1]} at {java}, {wanted}")


class _Watched:
    """Settings that remember which of them were read: a job is run again when one of those changes."""

    def __init__(self, values: Any, read: set[str], path: str = "") -> None:
        self._values, self._read, self._path = values, read, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        value = getattr(self._values, name)
        if isinstance(value, settings.Section):
            return _Watched(value, self._read, path)
        self._read.add(self._path if callable(value) else path)  # a method may read anything of its section
        return value


class Runner:
    """Runs jobs on one lake, and leaves out those for which nothing has changed since their last run."""

    def __init__(self, lake: Lake, chosen: Settings, *, force: bool = False) -> None:
        self.lake, self.chosen, self.force = lake, chosen, force
        self.code = code_fingerprint()
        self._tables = {table.name: table for table in tables.every()}
        self._states: dict[str, str] = {}

    def run(self, name: str, main: Main) -> Outcome:
        """Run a job, or find that it has nothing to do."""
        began = time.monotonic()
        if not self.force and self._is_current(name):
            return Outcome(name, time.monotonic() - began, {}, {}, is_current=True)
        started = datetime.now(UTC)
        read: set[str] = set()
        self.lake.begin(name)
        with progress.bar(name, self.lake.spark):
            main(self.lake, cast(Settings, _Watched(self.chosen, read)))
            lost = {table: self._lost(table) for table, rows in self.lake.rows.items() if rows}
        seconds = time.monotonic() - began
        rows, inputs, outputs = dict(self.lake.rows), dict(self.lake.inputs), dict(self.lake.outputs)
        self._forget(outputs)
        settings_read = {path: self._setting(path) for path in sorted(read)}
        record = (self.lake.run, name, started, seconds, settings_read, self.code, inputs, outputs, rows)
        self.lake.append(runs.TABLE, self.lake.spark.createDataFrame([record], runs.TABLE.schema))
        lost = {table: problems for table, problems in lost.items() if problems}
        return Outcome(name, seconds, rows, lost, said=tuple(self.lake.said))

    def _is_current(self, name: str) -> bool:
        """Did the last run of this job see the same code, settings and inputs, and are its outputs as it left them?"""
        if not self.lake.exists(runs.TABLE):
            return False
        mine = self.lake.read(runs.TABLE).filter(F.col("job") == name).orderBy(F.desc("started")).limit(1).collect()
        if not mine:
            return False
        last = mine[0]
        return (
            last["code"] == self.code
            and all(self._setting(path) == known for path, known in last["settings"].items())
            and all(self._state(key) == known for key, known in last["inputs"].items())
            and all(self._state(key) not in ("-1", "none") for key in last["outputs"])
            and all(known in ("", self._state(key)) for key, known in last["outputs"].items())
        )

    def _setting(self, path: str) -> str:
        value = functools.reduce(getattr, path.split("."), self.chosen)
        return hashlib.sha256(repr(value).encode()).hexdigest()[:12]

    def _forget(self, outputs: dict[str, str]) -> None:
        """The states that this job may have changed."""
        written = {key.split(" ")[0] for key in outputs}
        self._states = {key: state for key, state in self._states.items() if key.split(" ")[0] not in written}

    def _state(self, key: str) -> str:
        if key not in self._states:
            self._states[key] = self._look(key)
        return self._states[key]

    def _look(self, key: str) -> str:
        kind, colon, name = key.partition(":")
        if not colon:
            table, _, where = key.partition(" where ")
            return self.lake.state(self._tables[table], where or None)
        if kind == "file":
            return "there" if release.there(name) else "none"
        if kind == "vocabulary":
            return vocabularies.fingerprint(name)
        if kind == "source":
            source = next((one for one in self.chosen.ingest.sources if one.name == name), None)
            return records.fingerprint(self.lake.spark, source) if source else "none"
        from finerweb.training import tracking  # mlflow takes seconds to import: only where a job has a model

        tracking.connect(self.chosen.tracking.uri, self.chosen.tracking.experiment)
        model, _, alias = name.partition("@")
        return tracking.current(model, alias) or "none"

    def _lost(self, name: str) -> dict[str, int]:
        """The problems in a table that was just written, and how many rows have each."""
        table = self._tables[name]
        if "problem" not in [column.name for column in table.columns]:
            return {}
        frame = self.lake.written(table).filter("problem is not null")
        return {
            row["problem"]: row["count"] for row in frame.groupBy("problem").count().orderBy(F.desc("count")).collect()
        }


def line(outcome: Outcome) -> str:
    """A job's line on the terminal: what it wrote, what was lost and why, how long it took."""
    if outcome.is_current:
        return f"  {outcome.job:<18} nothing to do"
    parts = [*outcome.said, *(f"{rows:,} {table.replace('_', ' ')}" for table, rows in outcome.rows.items())]
    for table, problems in outcome.lost.items():
        shown = ", ".join(f"{count:,} {problem}" for problem, count in list(problems.items())[:4])
        more = ", …" if len(problems) > 4 else ""
        parts.append(f"{sum(problems.values()):,} {table.replace('_', ' ')} with a problem ({shown}{more})")
    return f"  {outcome.job:<18} {' · '.join(parts) or 'done'} · {outcome.seconds:.1f} s"


def code_fingerprint() -> str:
    """All Python files of the project in 12 hex digits: changed code runs again."""
    digest = hashlib.sha256()
    for folder in (resource("jobs"), files("finerweb")):
        for file in _python_files(folder):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _python_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _python_files(entry)
        elif entry.name.endswith((".py", ".j2")):
            yield entry
