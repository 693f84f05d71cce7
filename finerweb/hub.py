"""Data sets of the Hugging Face Hub, read by the executors, shard by shard."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import pandas as pd
from datasets import IterableDataset, load_dataset
from pyspark.sql import DataFrame, SparkSession

from finerweb.rows import each

FIELDS = ("id", "text", "language", "language_script", "url", "date", "dump", "license", "language_score")
SCHEMA = ", ".join(f"{name} string" for name in FIELDS)
BATCH = 1000  # records


def stream(path: str, config: str | None, split: str, revision: str | None) -> IterableDataset:
    """A data set of the Hub (or a local folder of data files), streamed: nothing is downloaded whole."""
    return load_dataset(path, name=config, split=split, revision=revision, streaming=True)


def read(
    spark: SparkSession, path: str, *, configs: Sequence[str], split: str, revision: str | None, limit: int
) -> DataFrame:
    """The records of a data set, one task a shard; `limit` records of each config, 0 for all.

    Every worker must reach the Hub; HF_TOKEN is taken from its environment.
    """
    chosen: Sequence[str | None] = configs or [None]
    parts = [
        (config, shard, 1 if limit else shards, limit)
        for config in chosen
        for shards in [stream(path, config, split, revision).num_shards]
        for shard in range(1 if limit else shards)  # "the first N" is one task's work
    ]
    frame = spark.createDataFrame(parts, "config string, shard int, shards int, limit int").repartition(
        len(parts), "config", "shard"
    )
    return frame.mapInPandas(partial(_read, path=path, split=split, revision=revision), SCHEMA)


def _read(batches: Iterable[pd.DataFrame], *, path: str, split: str, revision: str | None) -> Iterator[pd.DataFrame]:
    for batch in batches:
        for part in each(batch):
            data: Any = stream(path, part.config, split, revision)
            if part.shards > 1:
                data = data.shard(num_shards=part.shards, index=part.shard)
            records = iter(islice(data, part.limit) if part.limit else data)
            while rows := list(islice(records, BATCH)):
                yield pd.DataFrame([[_text(row.get(name)) for name in FIELDS] for row in rows], columns=list(FIELDS))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
