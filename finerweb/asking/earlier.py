"""The spool of before segments: JSON lines, which a run that died under an earlier finerweb may have left."""

import json
from collections.abc import Sequence

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from finerweb.asking.spool import Spool
from finerweb.tables import completions

LINES = ".jsonl"  # how their names end


def rows(spark: SparkSession, spool: Spool, names: Sequence[str]) -> DataFrame:
    """The answers in such files, with today's names of their columns."""
    today = {old: new for renamed in completions.TABLE.earlier.values() for old, new in renamed.items()}
    lines = [json.loads(line) for name in names for line in (spool.read(name) or b"").splitlines()]
    renamed = ({today.get(name, name): value for name, value in row.items()} for row in lines)
    frame = pd.DataFrame(list(renamed), columns=[column.name for column in completions.TABLE.columns])
    # The fraction was left out at microsecond 0; without a format pandas takes the first one's for all.
    frame["answered"] = pd.to_datetime(frame["answered"], utc=True, format="ISO8601")
    return spark.createDataFrame(frame, completions.TABLE.schema)
