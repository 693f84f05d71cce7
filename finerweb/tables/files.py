"""The files of the published data set; writing them is how this table is made."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from finerweb.formats import bio, tagging
from finerweb.formats.release import DATA, ENDINGS, put
from finerweb.languages import Language
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
        Column("format", "string", "parquet, jsonl, gliner or bio", nullable=False),
        Column("sentences", "bigint", "rows in it", nullable=False),
        Column("spans", "bigint", "in all of its rows; gliner and bio count one for each label", nullable=False),
        Column("bytes", "bigint", "its size", nullable=False),
        Column("sha256", "string", "of its content", nullable=False),
    ),
    cluster=("variant", "language"),
)


def write(examples: DataFrame, *, path: str, formats: Sequence[str], languages: Mapping[str, Language]) -> DataFrame:
    """Write one file for each variant, language, split and format below `path`, and say what was written.

    The executors write: `path` is a URL or folder that each of them reaches. A file is whole or not there; writing it
    again gives the same bytes.
    """
    columns = ["variant", "language", "split", "example_id", "text", "char_spans", "quartile"]
    locales = {code: language.locale for code, language in languages.items()}

    def write_group(group: pd.DataFrame) -> pd.DataFrame:  # Spark asks for a function with hints, not a partial
        return _write(group, path=path, formats=formats, locales=locales)

    return examples.select(*columns).groupBy("variant", "language", "split").applyInPandas(write_group, TABLE.ddl)


def _write(examples: pd.DataFrame, *, path: str, formats: Sequence[str], locales: Mapping[str, str]) -> pd.DataFrame:
    variant, language, split = (str(examples[name].iloc[0]) for name in ("variant", "language", "split"))
    sentences = list(each(examples.sort_values("example_id")))
    rows = []
    for kind in formats:
        content, spans = WRITERS[kind](sentences, variant.endswith("-multi"), locales[language])
        name = f"{DATA}/{variant}/{language}/{split}{ENDINGS[kind]}"
        put(f"{path}/{name}", content)
        rows.append(
            TABLE.row(
                path=name,
                variant=variant,
                language=language,
                split=split,
                format=kind,
                sentences=len(sentences),
                spans=spans,
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    return pd.DataFrame(rows, columns=[column.name for column in TABLE.columns])


def _records(sentences: Sequence[Any], is_multi: bool) -> list[dict[str, Any]]:
    return [
        {
            "id": row.example_id,
            "text": row.text,
            "char_spans": [_span(span, is_multi) for span in row.char_spans],
            "quartile": None if pd.isna(row.quartile) else int(row.quartile),
        }
        for row in sentences
    ]


def _span(span: Any, is_multi: bool) -> dict[str, Any]:
    labels = [str(label) for label in span["label"]]
    return {"start": int(span["start"]), "end": int(span["end"]), "label": labels if is_multi else labels[0]}


def _parquet(sentences: Sequence[Any], is_multi: bool, locale: str) -> tuple[bytes, int]:
    label = pa.list_(pa.string()) if is_multi else pa.string()
    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", label)])
    spans = ("char_spans", pa.list_(span))
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), spans, ("quartile", pa.int32())])
    buffer = io.BytesIO()
    table = pa.Table.from_pylist(_records(sentences, is_multi), schema=schema)
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue(), sum(len(row.char_spans) for row in sentences)


def _jsonl(sentences: Sequence[Any], is_multi: bool, locale: str) -> tuple[bytes, int]:
    lines = [f"{tagging.json_line(record)}\n" for record in _records(sentences, is_multi)]
    return "".join(lines).encode(), sum(len(row.char_spans) for row in sentences)


def _gliner(sentences: Sequence[Any], is_multi: bool, locale: str) -> tuple[bytes, int]:
    held = _held(sentences, "gliner")
    lines = [f"{tagging.json_line(tagging.to_gliner(sentence, locale))}\n" for sentence in held]
    return "".join(lines).encode(), sum(len(sentence.entities) for sentence in held)


def _bio(sentences: Sequence[Any], is_multi: bool, locale: str) -> tuple[bytes, int]:
    held = _held(sentences, "bio")
    blocks = [bio.write(sentence, locale) for sentence in held]
    return "".join(blocks).encode(), sum(len(sentence.entities) for sentence in held)


def _held(sentences: Sequence[Any], kind: str) -> list[tagging.Sentence]:
    """The sentences with the spans that a format holds; the table `unaligned` has the others."""
    fitted = [tagging.fit(row.text, tagging.entities(row.char_spans), kind)[0] for row in sentences]
    return [tagging.Sentence(row.example_id, row.text, held) for row, held in zip(sentences, fitted, strict=True)]


# The sentences, whether spans have several labels, and the locale, to a file's content and the spans in it.
Writer = Callable[[Sequence[Any], bool, str], tuple[bytes, int]]
WRITERS: Mapping[str, Writer] = {"parquet": _parquet, "jsonl": _jsonl, "gliner": _gliner, "bio": _bio}


def paths(files: DataFrame) -> list[str]:
    """Where the files are, below the data set's folder."""
    return [row["path"] for row in files.select("path").collect()]
