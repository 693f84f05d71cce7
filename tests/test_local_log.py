"""What Delta's log on this machine's disk tells of a table: what DESCRIBE HISTORY does, without a Spark job."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from finerweb.lake import Lake, history, local_log
from finerweb.lake.history import History
from finerweb.tables import near_duplicates as table


@pytest.fixture
def grown(lake: Lake) -> Lake:
    """A table that was made, appended to, replaced, and compacted again and again."""
    rows = [(f"s/{number}#0", "eng", f"s/{number}#1") for number in range(3)]
    lake.append(table.TABLE, lake.spark.createDataFrame(rows[:2], table.TABLE.schema))
    lake.append(table.TABLE, lake.spark.createDataFrame([], table.TABLE.schema))
    lake.replace(table.TABLE, lake.spark.createDataFrame(rows, table.TABLE.schema))
    for number in range(history.RECENT):
        lake.spark.sql(f"ALTER TABLE {lake.name(table.TABLE)} SET TBLPROPERTIES ('note' = '{number} 👍🏽')")
    return lake


def commits_of(history: History) -> list[tuple[object, ...]]:
    """What is read of commits, but for their times: those of the log's files, which Delta spaces out."""
    names = ("version", "operation", "operationParameters", "operationMetrics", "userMetadata")
    return [tuple(commit[name] for name in names) for commit in history.commits]


def test_the_log_tells_what_delta_tells(grown: Lake) -> None:
    folder = Path(grown.place(table.TABLE))
    by_delta, by_file = history.read(grown.spark, grown.name(table.TABLE)), local_log.read(folder.parent, folder.name)
    assert by_file is not None
    assert commits_of(by_file) == commits_of(by_delta)
    assert (by_file.state, by_file.rows, by_file.last) == (by_delta.state, 3, 3 + history.RECENT)
    detail = grown.spark.sql(f"DESCRIBE DETAIL {grown.name(table.TABLE)}").collect()[0]
    assert local_log.properties(folder.parent, folder.name) == detail["properties"]
    times = [(a["timestamp"], b["timestamp"]) for a, b in zip(by_file.commits, by_delta.commits, strict=True)]
    assert max(abs((a - b).total_seconds()) for a, b in times) < 1


def test_a_table_that_is_not_there_or_says_nothing_of_its_commits_is_left_to_delta(grown: Lake) -> None:
    folder = Path(grown.place(table.TABLE))
    assert local_log.read(folder.parent, "nothing") is local_log.properties(folder.parent, "nothing") is None
    newest = max((folder / local_log.LOG).glob("*.json"))
    newest.write_text('{"metaData": {}}\n', encoding="utf-8")
    assert local_log.read(folder.parent, folder.name) is local_log.properties(folder.parent, folder.name) is None
    shutil.rmtree(folder)
    assert not grown.exists(table.TABLE)


def test_only_folders_of_this_machine_are_looked_into(spark: SparkSession, tmp_path: Path) -> None:
    assert local_log.folder(spark, f"file:{tmp_path}") == tmp_path
    assert local_log.folder(spark, "dbfs:/Volumes/a/b") in (Path("/Volumes/a/b"), None)
    assert local_log.folder(spark, "moon://a/b") is None
