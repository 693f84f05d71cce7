"""The files of the published data set; writing them is how this table is made."""

import hashlib
import io
import json
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from finerweb.rows import each
from finerweb.table import Column, Table

TABLE = Table(
    name="files",
    comment="A file of the published data set.",
    key=("path",),
    columns=(
        Column("path", "string", "below the data set's folder", nullable=False),
        Column("variant", "string", "of the data set", nullable=False),
        Column("language", "string", "of its sentences", nullable=False),
        Column("split", "string", "train, validation or test", nullable=False),
        Column("format", "string", "parquet or jsonl", nullable=False),
        Column("sentences", "bigint", "rows in it", nullable=False),
        Column("spans", "bigint", "spans in all of its rows", nullable=False),
        Column("bytes", "bigint", "its size", nullable=False),
        Column("sha256", "string", "of its content", nullable=False),
    ),
    cluster=("variant", "language"),
)

DATA = "data"


def write(examples: DataFrame, *, path: str) -> DataFrame:
    """Write one file for each variant, language, split and format below `path`, and say what was written.

    The executors write: `path` is a URL or folder that each of them reaches. A file is whole or not there; writing it
    again gives the same bytes.
    """
    columns = ["variant", "language", "split", "example_id", "text", "char_spans"]

    def write_group(group: pd.DataFrame) -> pd.DataFrame:  # Spark asks for a function with hints, not a partial
        return _write(group, path=path)

    return examples.select(*columns).groupBy("variant", "language", "split").applyInPandas(write_group, TABLE.ddl)


def _write(examples: pd.DataFrame, *, path: str) -> pd.DataFrame:
    variant, language, split = (str(examples[name].iloc[0]) for name in ("variant", "language", "split"))
    is_multi = variant.endswith("-multi")
    records = [
        {"id": row.example_id, "text": row.text, "char_spans": [_span(span, is_multi) for span in row.char_spans]}
        for row in each(examples.sort_values("example_id"))
    ]
    spans = int(examples["char_spans"].map(len).sum())
    rows = []
    for kind, content in {"parquet": _parquet(records, is_multi), "jsonl": _jsonl(records)}.items():
        name = f"{DATA}/{variant}/{language}/{split}.{kind}"
        put(f"{path}/{name}", content)
        digest = hashlib.sha256(content).hexdigest()
        rows.append((name, variant, language, split, kind, len(records), spans, len(content), digest))
    return pd.DataFrame(rows, columns=[column.name for column in TABLE.columns])


def _span(span: Any, is_multi: bool) -> dict[str, Any]:
    labels = [str(label) for label in span["label"]]
    return {"start": int(span["start"]), "end": int(span["end"]), "label": labels if is_multi else labels[0]}


def _parquet(records: list[dict[str, Any]], is_multi: bool) -> bytes:
    label = pa.list_(pa.string()) if is_multi else pa.string()
    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", label)])
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("char_spans", pa.list_(span))])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def _jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def put(url: str, content: bytes) -> None:
    """Write a file so that it is whole or not there."""
    system, place = fsspec.core.url_to_fs(url)
    system.makedirs(place.rpartition("/")[0], exist_ok=True)
    partial_place = f"{place}.partial"
    with system.open(partial_place, "wb") as file:
        file.write(content)
    system.mv(partial_place, place)
