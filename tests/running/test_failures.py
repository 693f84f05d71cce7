"""A failure that can be mended outside is a message and an exit status; a bug shows its stack, wherever it was raised."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from finerweb.errors import EngineFailed, WrongTable
from finerweb.lake import Lake
from finerweb.running.failures import failures, of_worker
from finerweb.table import Column, Table

STONES = Table("stones", "A stone.", ("id",), (Column("id", "bigint", "its id"),), cluster=("id",))

Batches = Iterator[pd.DataFrame]


def failing() -> dict[str, Callable[[Batches], Batches]]:
    """Functions for workers; made here, since workers cannot import the tests."""

    def engine_is_gone(batches: Batches) -> Batches:
        for _ in batches:
            try:
                raise KeyError("choices")
            except KeyError as error:
                way_out = "start it.\n\nOr name another"
                raise EngineFailed("engine 'b👍🏽'", found="nothing at port 9", way_out=way_out) from error
        yield from batches

    def disk_is_gone(batches: Batches) -> Batches:
        for _ in batches:
            Path("/nowhere/👍🏽").read_text()
        yield from batches

    def column_is_misspelt(batches: Batches) -> Batches:
        for batch in batches:
            yield batch[["idd"]]

    def number_is_none(batches: Batches) -> Batches:
        for _ in batches:
            raise ValueError("found no number 🪨")
        yield from batches

    return {work.__name__: work for work in (engine_is_gone, disk_is_gone, column_is_misspelt, number_is_none)}


FAILING = failing()


def collected(spark: SparkSession, work: Any, lake: Lake) -> None:
    spark.range(3).mapInPandas(work, "id long").collect()


def written(spark: SparkSession, work: Any, lake: Lake) -> None:
    lake.replace(STONES, spark.range(3).mapInPandas(work, "id long"))


def shown(work: Callable[[], None], log: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a person reads; the exit status is 1, and the log has the stack."""
    with pytest.raises(SystemExit) as ended, failures(log):
        work()
    assert ended.value.code == 1
    assert "Traceback (most recent call last)" in log.read_text(encoding="utf-8")
    message, end = capsys.readouterr().err.split(f"\nThe whole of it is in {log}\n")
    assert end == ""
    return message


@pytest.mark.parametrize("action", [collected, written])
def test_our_own_exception_on_a_worker_is_its_message(
    spark: SparkSession, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str], action: Any
) -> None:
    message = shown(lambda: action(spark, FAILING["engine_is_gone"], lake), tmp_path / "logs" / "finerweb.log", capsys)
    assert message == ("finerweb: EngineFailed: engine 'b👍🏽': found nothing at port 9. Start it.\n\nOr name another")
    message = shown(lambda: action(spark, FAILING["disk_is_gone"], lake), tmp_path / "finerweb.log", capsys)
    assert message == "finerweb: FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/👍🏽'"


@pytest.mark.parametrize("action", [collected, written])
@pytest.mark.parametrize(
    ("work", "last"),
    [
        ("column_is_misspelt", "KeyError: \"None of [Index(['idd'], dtype='object')] are in the [columns]\""),
        ("number_is_none", "ValueError: found no number 🪨"),
    ],
)
def test_a_bug_on_a_worker_shows_the_workers_stack(
    spark: SparkSession,
    lake: Lake,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    action: Any,
    work: str,
    last: str,
) -> None:
    first, *stack = shown(lambda: action(spark, FAILING[work], lake), tmp_path / "finerweb.log", capsys).splitlines()
    assert (first, stack[0]) == ("finerweb: a bug, on a worker:", "Traceback (most recent call last):")
    assert any(f"in {work}" in line for line in stack)
    assert stack[-1].startswith(last[:30])
    assert not any(line.startswith("\tat ") for line in stack)


def test_on_the_driver_ours_and_the_systems_are_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def missing() -> None:
        raise WrongTable("table stones", found="version 1 👍🏽", wanted="version 2", way_out="run finerweb migrate")

    assert shown(missing, tmp_path / "log", capsys) == (
        "finerweb: WrongTable: table stones: found version 1 👍🏽, wanted version 2. Run finerweb migrate"
    )
    message = shown(lambda: print((tmp_path / "x").read_text()), tmp_path / "log", capsys)
    assert message.startswith("finerweb: FileNotFoundError: [Errno 2] No such file or directory: ")


def test_an_error_in_a_query_is_sparks_own_message(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = shown(lambda: print(spark.sql("SELECT nothing").collect()), tmp_path / "log", capsys)
    assert message.startswith("finerweb: AnalysisException: [UNRESOLVED_COLUMN.WITHOUT_SUGGESTION]")
    assert "\tat " not in message


def test_a_warning_is_told_in_the_log_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with failures(tmp_path / "new" / "finerweb.log"):
        logging.getLogger("finerweb.lake").warning("table %s waits", "notes 👍🏽")
    assert (tmp_path / "new" / "finerweb.log").read_text(encoding="utf-8").endswith(" table notes 👍🏽 waits\n")
    assert capsys.readouterr().err == ""


def test_a_warning_that_no_log_takes_fails_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with failures(tmp_path / "file" / "finerweb.log"):
        logging.getLogger("finerweb.lake").warning("table %s waits", "notes 👍🏽")
    assert "Arguments: ('notes 👍🏽',)" in capsys.readouterr().err


def test_where_the_log_cannot_be_written_the_stack_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "work").write_text("a file where a folder is wanted")
    log = tmp_path / "work" / "finerweb.log"
    with pytest.raises(SystemExit) as ended, failures(log):
        raise EngineFailed("engine b", found="nothing at port 9", way_out="start it")
    assert ended.value.code == 1
    message, why, *stack = capsys.readouterr().err.splitlines()
    assert message == "finerweb: EngineFailed: engine b: found nothing at port 9. Start it"
    assert why == f"The whole of it, since it could not be written to {log} (File exists):"
    assert stack[0] == "Traceback (most recent call last):"
    assert stack[-1] == "finerweb.errors.EngineFailed: engine b: found nothing at port 9. Start it"


@pytest.mark.parametrize("bug", [KeyError("languge"), ValueError("table x: columns missing"), AssertionError()])
def test_a_bug_on_the_driver_is_left_alone(bug: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(bug)) as raised, failures(tmp_path / "log"):
        raise bug
    assert raised.value is bug
    assert capsys.readouterr().err == ""
    assert not (tmp_path / "log").exists()


WORKER = """Traceback (most recent call last):
  File "/x/pyspark/worker.py", line 9, in process
    for batch in batches:
                 ^^^^^^^
KeyError: 'choices'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/x/finerweb/engines/openai.py", line 7, in answer
    raise EngineFailed(text)
finerweb.errors.EngineFailed: engine 'b👍🏽': found nothing. Start it.

Or name another"""


@pytest.mark.parametrize(
    "text",
    [
        f"\n  An exception was thrown from the Python worker. Please see the stack trace below.\n{WORKER}\n",
        f"Please see the stack trace below.\n{WORKER}\n\n\nJVM stacktrace:\norg.apache.spark.SparkException: x\n\tat a.b(C:1)",
        "An error occurred while calling o1.save.\n: org.apache.spark.SparkException: Job aborted. Lost task 0.0: "
        f"org.apache.spark.api.python.PythonException: {WORKER}\n\n\tat org.apache.spark.api.B$$anon$1.x(B.scala:7)\n"
        f"\nDriver stacktrace:\n\tat org.apache.D.e(F.scala:1)\nCaused by: {WORKER}\n\tat org.apache.D.e(F.scala:1)",
    ],
)
def test_what_a_worker_raised_is_read_from_each_text_of_sparks(text: str) -> None:
    error = of_worker(text)
    assert error == (
        "finerweb.errors.EngineFailed",
        "engine 'b👍🏽': found nothing. Start it.\n\nOr name another",
        WORKER,
    )
    assert not error.is_bug


def test_a_text_without_a_workers_stack_is_none_of_a_workers() -> None:
    assert of_worker("[DIVIDE_BY_ZERO] Division by zero.\n\tat org.apache.spark.Task.run(Task.scala:1)") is None
