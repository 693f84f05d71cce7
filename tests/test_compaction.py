"""Files stay few, and what only moves rows about gives no job anything to do."""

import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from typer.testing import CliRunner

from finerweb.__main__ import app
from finerweb.lake import Lake, history
from finerweb.lake.compacting import LOOK_EVERY, Compaction, Size
from finerweb.lake.history import History
from finerweb.running.failures import failures
from finerweb.running.runner import Runner
from finerweb.settings import Settings
from finerweb.table import Table
from finerweb.tables import measures, near_duplicates, runs

PAIRS = [("b 👩🏽\u200d🚀", "tha", "a"), ("c", "eng", "a")]


def pairs(spark: SparkSession, rows: list[tuple[Any, ...]], files: int = 1) -> DataFrame:
    return rows_in(spark, near_duplicates.TABLE, rows, files)


def rows_in(spark: SparkSession, table: Table, rows: list[tuple[Any, ...]], files: int) -> DataFrame:
    return spark.createDataFrame(spark.sparkContext.parallelize(rows, files), table.schema)


def detail(lake: Lake, table: Table) -> Row:
    return lake.spark.sql(f"DESCRIBE DETAIL {lake.name(table)}").collect()[0]


def count_pairs(lake: Lake, _: Settings) -> None:
    """A job that makes a table of another."""
    value = float(lake.read(near_duplicates.TABLE).count())
    row = measures.TABLE.row(metric="pairs", detail="", language="*", value=value)
    lake.replace(measures.TABLE, lake.spark.createDataFrame([row], measures.TABLE.schema))


def test_maintenance_gives_a_job_nothing_to_do_and_a_change_does(
    spark: SparkSession, lake: Lake, chosen: Settings
) -> None:
    lake.append(near_duplicates.TABLE, pairs(spark, PAIRS, files=2))

    def is_current() -> bool:
        return Runner(lake, chosen).run("count_pairs", count_pairs).is_current

    assert (is_current(), is_current()) == (False, True)
    spark.sql(f"OPTIMIZE {lake.name(near_duplicates.TABLE)}")
    spark.sql(f"ALTER TABLE {lake.name(measures.TABLE)} CLUSTER BY (language)")
    assert (lake.version(near_duplicates.TABLE), lake.version(measures.TABLE)) == (2, 2)
    assert is_current()
    spark.sql(f"INSERT INTO {lake.name(near_duplicates.TABLE)} VALUES ('d', 'eng', 'a')")
    assert not is_current()


def test_a_table_is_told_by_the_last_version_that_changed_it(spark: SparkSession, lake: Lake) -> None:
    lake.append(near_duplicates.TABLE, pairs(spark, PAIRS, files=2))
    name = lake.name(near_duplicates.TABLE)
    for statement, last, changed in (
        (f"OPTIMIZE {name}", 2, 1),
        (f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.logRetentionDuration' = '60 days')", 3, 1),
        (f"DELETE FROM {name} WHERE passage_id = 'c'", 4, 4),
        (f"RESTORE TABLE {name} TO VERSION AS OF 3", 5, 5),
    ):
        spark.sql(statement)
        assert (lake.version(near_duplicates.TABLE), lake.state(near_duplicates.TABLE).version) == (last, changed)
    lake.begin("find_nothing_new")
    lake.append(near_duplicates.TABLE, pairs(spark, []))
    assert (lake.version(near_duplicates.TABLE), lake.state(near_duplicates.TABLE).version) == (6, 5)


def nothing(_: Lake, __: Settings) -> None:
    """A job without work."""


def run_of(name: str, *, job: str) -> tuple[Any, ...]:
    """A row of `runs`."""
    what: dict[str, Any] = {"settings": {}, "code": "", "inputs": {}, "outputs": {}, "rows": {}}
    return runs.TABLE.row(run_id=name, job=job, started=datetime(2026, 1, 2), seconds=1.0, **what)


def commit(operation: str, *, mode: str = "", rows: str | None = None, version: int = 7) -> Row:
    parameters = {"mode": mode} if mode else {}
    metrics = {"numOutputRows": rows} if rows else {}
    return Row(version=version, operation=operation, operationParameters=parameters, operationMetrics=metrics)


def test_a_commit_that_nobody_knows_is_a_change() -> None:
    kept = ["OPTIMIZE", "REORG", "VACUUM START", "VACUUM END", "COMPUTE STATS", "CLUSTER BY", "SET TBLPROPERTIES"]
    assert not any(history.changes(commit(name)) for name in kept)
    changed = ["DELETE", "MERGE", "UPDATE", "TRUNCATE", "RESTORE", "FSCK", "ADD COLUMNS", "STREAMING UPDATE", "👩🏽"]
    assert all(history.changes(commit(name)) for name in [*changed, "CREATE OR REPLACE TABLE AS SELECT"])
    assert not history.changes(commit("WRITE", mode="Append", rows="0"))
    assert history.changes(commit("WRITE", mode="Append", rows="1"))
    assert history.changes(commit("WRITE", mode="Append"))  # metrics may be switched off
    assert history.changes(commit("WRITE", mode="Overwrite", rows="0"))


def test_of_a_table_whose_changes_were_forgotten_the_oldest_commit_counts() -> None:
    assert History((commit("OPTIMIZE", version=9), commit("VACUUM END", version=8))).changed == 8
    assert (History().last, History().written, History().changed) == (-1, -1, -1)


def test_a_change_is_found_however_long_a_table_was_only_tended(spark: SparkSession, lake: Lake) -> None:
    lake.append(near_duplicates.TABLE, pairs(spark, PAIRS))
    state = lake.state(near_duplicates.TABLE)
    for number in range(history.RECENT):
        column = near_duplicates.TABLE.columns[number % 2].name
        spark.sql(f"ALTER TABLE {lake.name(near_duplicates.TABLE)} CLUSTER BY ({column})")
    assert lake.version(near_duplicates.TABLE) == 1 + history.RECENT
    assert lake.state(near_duplicates.TABLE) == state
    assert state.version == 1


def test_runs_and_other_tables_of_many_small_files_are_compacted_as_they_grow(lake: Lake, chosen: Settings) -> None:
    files = []
    for number in range(LOOK_EVERY):
        lake.begin(f"import {number}")
        rows = [run_of(f"{number}-{position}", job=f"job {position % 2}") for position in range(20)]
        assert lake.append(runs.TABLE, rows_in(lake.spark, runs.TABLE, rows, files=20)) == 20
        files.append(detail(lake, runs.TABLE)["numFiles"])
    assert files == [20, 40, 60, 1]
    assert (lake.log.rows, lake.written(runs.TABLE).count()) == ({"runs": 20}, 20)
    stored = lake.read(runs.TABLE)
    assert (stored.count(), stored.select("run_id").distinct().count()) == (80, 80)
    assert detail(lake, runs.TABLE)["clusteringColumns"] == ["job"]
    assert [Runner(lake, chosen).run("look_up", nothing).is_current for _ in range(2)] == [False, True]


def test_large_files_are_left_as_they_are() -> None:
    assert Size(files=65, bytes=1000).is_scattered
    assert not Size(files=64, bytes=1000).is_scattered
    assert Size(files=2561, bytes=10 * 1024**3).is_scattered
    assert not Size(files=2560, bytes=10 * 1024**3).is_scattered


def test_a_failed_compaction_fails_no_job_and_is_told_in_the_log(
    spark: SparkSession, lake: Lake, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lake.append(near_duplicates.TABLE, pairs(spark, [(str(number), "eng", "a") for number in range(70)], files=70))
    lost = sorted(Path(lake.place(near_duplicates.TABLE)).glob("*.parquet"))[0]
    lost.unlink()
    with failures(tmp_path / "finerweb.log"):
        for number in range(LOOK_EVERY - 1):
            assert lake.append(near_duplicates.TABLE, pairs(spark, [(f"later {number}", "tha", "a")])) == 1
    text = (tmp_path / "finerweb.log").read_text(encoding="utf-8")
    assert text.count("table near_duplicates: not compacted; a later append will try again\nTraceback") == 1
    assert lost.name in text
    assert "not compacted" not in capfd.readouterr().err
    assert detail(lake, near_duplicates.TABLE)["numFiles"] == 70 + LOOK_EVERY - 1


def test_what_others_append_during_a_compaction_stays(spark: SparkSession, lake: Lake) -> None:
    lake.append(near_duplicates.TABLE, pairs(spark, [(str(number), "eng", "a") for number in range(40)], files=40))
    compactions: list[Compaction | None] = []
    for number in range(5):
        thread = threading.Thread(target=lambda: compactions.append(lake.compact(near_duplicates.TABLE)))
        thread.start()
        rows = [(f"{number} of others {position}", "tha", "a") for position in range(8)]
        Lake(spark, lake.location).append(near_duplicates.TABLE, pairs(spark, rows, files=8))
        thread.join()
        if were_together(lake, near_duplicates.TABLE):
            break
    assert were_together(lake, near_duplicates.TABLE)
    assert None not in compactions
    assert lake.read(near_duplicates.TABLE).count() == 40 + 8 * (number + 1)


def were_together(lake: Lake, table: Table) -> bool:
    """Did the later one of the last two commits begin before the other ended?"""
    last, before = lake.spark.sql(f"DESCRIBE HISTORY {lake.name(table)} LIMIT 2").collect()
    return {last["operation"], before["operation"]} == {"OPTIMIZE", "WRITE"} and last["readVersion"] < before["version"]


def test_a_compaction_that_a_change_overtakes_is_left_for_later(spark: SparkSession, lake: Lake) -> None:
    rows = [(f"{number}", "eng", "a") for number in range(80)]
    result: list[Compaction | None] = []
    for _ in range(5):
        lake.append(near_duplicates.TABLE, pairs(spark, rows, files=80))
        thread = threading.Thread(target=lambda: result.append(lake.compact(near_duplicates.TABLE)))
        thread.start()
        while thread.is_alive() and not spark.sparkContext.statusTracker().getActiveJobsIds():
            thread.join(0.01)
        with suppress(PySparkException):  # where the compaction was first, the next round may be the other way round
            spark.sql(f"DELETE FROM {lake.name(near_duplicates.TABLE)}")
        thread.join()
        if result[-1] is None:
            break
    assert result[-1] is None
    assert lake.read(near_duplicates.TABLE).count() == 0


def test_the_command_says_what_became_of_each_table(spark: SparkSession, lake: Lake) -> None:
    for row in [*PAIRS, ("d", "eng", "a")]:
        lake.append(near_duplicates.TABLE, pairs(spark, [row]))
    lake.create(measures.TABLE)

    def compact(*names: str) -> list[str]:
        result = CliRunner().invoke(
            app, ["compact", *names, "--conf", "conf/test.yml", "--set", f"lake.location={lake.location}"]
        )
        return [str(result.exit_code), *result.stderr.splitlines()]

    stay = (
        "The files from before stay, for older versions and whoever reads them now, until the tables are vacuumed: by "
        "VACUUM, or finerweb take_down --vacuum"
    )
    idle = "  measures           nothing to do"
    assert compact() == ["0", idle, "  near_duplicates    3 -> 1 files · 0.0 -> 0.0 MB", stay]
    assert compact("near_duplicates", "measures") == ["0", "  near_duplicates    nothing to do", idle]
    unknown = compact("mesures")
    assert unknown[0] == "1"
    assert unknown[1].startswith("finerweb: UnknownName: no finerweb.tables.mesures; there are: audits, ")
    assert unknown[1].endswith(". Did you mean 'measures'?")
    assert compact("tags")[1] == (
        f"finerweb: WrongTable: table tags: nothing at {lake.location}/tags; run the job that writes it first "
        "(finerweb run)"
    )
