"""Data sets of a hub, tried on a folder of data files: the same loader, shards and all."""

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from finerweb.settings import Source
from finerweb.sources import hub, records


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    for shard in range(2):
        rows = [(f"{shard}-{row}", f"Text {row} 🚢", "tha", "Thai", 0.9) for row in range(3)]
        frame = pd.DataFrame(rows, columns=["id", "text", "language", "language_script", "language_score"])
        frame.to_parquet(tmp_path / f"train-{shard}.parquet")
    return tmp_path


def test_every_shard_is_read_once(spark: SparkSession, data_set: Path) -> None:
    assert hub.stream(str(data_set), None, "train", None).num_shards == 2
    frame = hub.read(spark, str(data_set), configs=[], split="train", revision=None, limit=0)
    assert sorted(row["id"] for row in frame.collect()) == ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"]


def test_a_limit_takes_the_first_records(spark: SparkSession, data_set: Path) -> None:
    frame = hub.read(spark, str(data_set), configs=[], split="train", revision=None, limit=4)
    assert [row["id"] for row in frame.collect()] == ["0-0", "0-1", "0-2", "1-0"]


def test_a_source_of_the_hub_gives_records(spark: SparkSession, data_set: Path) -> None:
    source = Source(name="hub", format="hub", path=str(data_set), language="swh", limit=1)
    frame, lines = records.read(spark, source)
    assert lines.count() == 0
    row = frame.collect()[0]
    assert (row["id"], row["text"], row["language"], row["script"], row["language_score"]) == (
        "0-0",
        "Text 0 🚢",
        "swh",
        None,
        0.9,
    )
