"""The first rows of groups, and rows that the driver holds."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb import rows


def test_the_first_rows_are_the_same_in_parts_and_as_a_whole(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = spark.range(700).select(F.concat(F.lit("p"), "id").alias("key"), F.pmod("id", F.lit(2)).alias("group"))
    whole = rows.first(frame, 40, within=["group"], key="key")
    assert "WindowGroupLimit" in whole._jdf.queryExecution().toString()  # each task lets go no more than 40 of a group
    monkeypatch.setattr(rows, "LIMITED", 39)
    in_parts = rows.first(frame, 40, within=["group"], key="key")
    assert sorted(in_parts.collect()) == sorted(whole.collect())
    assert in_parts.groupBy("group").count().collect() == [(0, 40), (1, 40)]


def test_the_driver_holds_no_more_than_it_may(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", 1), ("👍🏽", None)], "name string, number int")
    held = rows.held(frame)
    assert held is not frame
    assert held.schema == frame.schema
    assert held.collect() == frame.collect()
    assert rows.held(frame, most=1) is frame
