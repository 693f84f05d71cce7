"""How far a job is: each lake shows it on the console that it was given, and on no other."""

import io
import threading
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from finerweb.lake import Lake
from finerweb.progress import SILENT, Progress, Show
from finerweb.rows import slices
from finerweb.table import Column, Table

BIRDS = Table("birds", "A bird.", ("bird_id",), (Column("bird_id", "bigint", "its id", False),), cluster=("bird_id",))


def console(*, is_terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=is_terminal, width=100)


def drawn(progress_console: Console) -> str:
    assert isinstance(progress_console.file, io.StringIO)
    return progress_console.file.getvalue()


def test_two_lakes_in_one_process_draw_on_their_own_consoles(spark: SparkSession, tmp_path: Path) -> None:
    consoles = {name: console(is_terminal=True) for name in ("crows", "owls 🦉")}
    both_draw = threading.Barrier(2, timeout=120)
    failures = []

    def work(name: str) -> None:
        try:
            lake = Lake(spark, f"{tmp_path}/{name[:4]}", progress=Progress(consoles[name]))

            def make(part: DataFrame) -> DataFrame:
                both_draw.wait()  # each has a bar now
                return part

            with lake.progress.job(f"count {name}", spark):
                lake.append_parts(
                    BIRDS,
                    slices(spark.range(9).toDF("bird_id"), key="bird_id", rows=5, total=9),
                    make,
                    total=9,
                    unit=name,
                )
                both_draw.wait()
            assert lake.read(BIRDS).count() == 9
        except Exception as error:
            failures.append(error)
            both_draw.abort()

    threads = [threading.Thread(target=work, args=(name,)) for name in consoles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    crows, owls = map(drawn, consoles.values())
    assert "count crows" in crows
    assert "9/9 crows" in crows
    assert "owls" not in crows
    assert "count owls 🦉" in owls
    assert "9/9 owls 🦉" in owls
    assert "crows" not in owls


def test_a_notebook_draws_nothing(spark: SparkSession, lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert lake.progress is SILENT
    quiet = console(is_terminal=False)
    for progress in (lake.progress, Progress(quiet)):
        mine = Lake(spark, f"{lake.location}/{id(progress)}", progress=progress)
        with progress.job("read", spark), progress.polled(fails):
            mine.append_parts(
                BIRDS,
                slices(spark.range(3).toDF("bird_id"), key="bird_id", rows=3, total=3),
                lambda part: part,
                total=3,
                unit="birds",
            )
    assert drawn(quiet) == ""
    assert capsys.readouterr() == ("", "")


def fails(show: Show) -> None:
    raise AssertionError("nobody looks at how things stand where nothing is shown")


def test_what_is_polled_is_shown_in_the_end_even_after_a_failure(spark: SparkSession) -> None:
    answers = 0
    screen = console(is_terminal=True)
    progress = Progress(screen)

    def stand(show: Show) -> None:
        show(answers, 10, "answers", "1,234 tokens", 1234)

    def work() -> None:
        nonlocal answers
        with progress.job("annotate", spark), progress.polled(stand, every=60):
            answers = 7
            raise RuntimeError("the engine is gone")

    with pytest.raises(RuntimeError, match="the engine is gone"):
        work()
    assert "7/10 answers" in drawn(screen)
    assert "1,234 tokens" in drawn(screen)
