"""Sentences as the bytes of a published file, in every format; and such a file without some documents. Plain Python."""

import io
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from finerweb.formats import bio, tagging
from finerweb.formats.tagging import Sentence


class Content(NamedTuple):
    """A file: its bytes, and the sentences and spans in it."""

    bytes: bytes
    sentences: int
    spans: int


@dataclass(frozen=True)
class Shard:
    """The sentences of a file, with the columns of `examples`; what formats share is worked out once."""

    rows: Sequence[Any]
    is_multi: bool  # may a span have several labels?
    locale: str

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The sentences as the formats of characters have them."""
        return [
            {
                "id": row.example_id,
                "text": row.text,
                "char_spans": [self._span(span) for span in row.char_spans],
                "quartile": None if pd.isna(row.quartile) else int(row.quartile),
            }
            for row in self.rows
        ]

    def _span(self, span: Any) -> dict[str, Any]:
        labels = [str(label) for label in span["label"]]
        label = labels if self.is_multi else labels[0]
        return {"start": int(span["start"]), "end": int(span["end"]), "label": label}

    def fitted(self, kind: str) -> list[Sentence]:
        """The sentences with the spans that a format holds; the table `unaligned` has the others."""
        entities = [tagging.fit(row.text, tagging.entities(row.char_spans), kind)[0] for row in self.rows]
        return [Sentence(row.example_id, row.text, held) for row, held in zip(self.rows, entities, strict=True)]


def write(shard: Shard, kind: str) -> Content:
    """The sentences in one of the formats."""
    return FORMATS[kind].write(shard)


def holds(content: bytes, kind: str, documents: Collection[str]) -> bool:
    """Has a file a sentence of these documents?"""
    return any(_document(name) in documents for name in FORMATS[kind].names(content))


def without(content: bytes, kind: str, documents: Collection[str]) -> Content:
    """A file without the sentences of these documents."""
    return FORMATS[kind].without(content, documents)


def _document(sentence_id: str) -> str:
    """The document of a sentence: `document#passage-ssentence` (tables/examples.py)."""
    return sentence_id.rpartition("#")[0]


def _parquet(shard: Shard) -> Content:
    return _written(shard.records, is_multi=shard.is_multi)


def _written(records: list[dict[str, Any]], *, is_multi: bool) -> Content:
    label = pa.list_(pa.string()) if is_multi else pa.string()
    span = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("label", label)])
    spans = ("char_spans", pa.list_(span))
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), spans, ("quartile", pa.int32())])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records, schema=schema), buffer, compression="zstd")
    return Content(buffer.getvalue(), len(records), sum(len(record["char_spans"]) for record in records))


def _parquet_names(content: bytes) -> list[str]:
    return [str(name) for name in pq.read_table(pa.BufferReader(content), columns=["id"])["id"].to_pylist()]


def _parquet_without(content: bytes, documents: Collection[str]) -> Content:
    table = pq.read_table(pa.BufferReader(content))
    records = [record for record in table.to_pylist() if _document(record["id"]) not in documents]
    # As `_parquet` does it: what was read has a schema of slightly other words.
    label = table.schema.field("char_spans").type.value_type.field("label").type
    return _written(records, is_multi=pa.types.is_list(label))


class _Part(NamedTuple):
    """A sentence in a format of text: its id, its lines, and the spans in them."""

    id: str
    text: str
    spans: int


def _joined(parts: Sequence[_Part]) -> Content:
    return Content("".join(part.text for part in parts).encode(), len(parts), sum(part.spans for part in parts))


def _jsonl(shard: Shard) -> Content:
    return _joined([_line(record, "char_spans") for record in shard.records])


def _gliner(shard: Shard) -> Content:
    return _joined([_line(tagging.to_gliner(sentence, shard.locale), "ner") for sentence in shard.fitted("gliner")])


def _line(record: Mapping[str, Any], spans: str) -> _Part:
    return _Part(record["id"], f"{tagging.json_line(record)}\n", len(record[spans]))


def _bio(shard: Shard) -> Content:
    sentences = shard.fitted("bio")
    return _joined([_Part(each.id, bio.write(each, shard.locale), len(each.entities)) for each in sentences])


def _lines(content: bytes, spans: str) -> list[_Part]:
    return [_line(json.loads(line), spans) for line in content.decode().split("\n")[:-1]]


def _blocks(content: bytes) -> list[_Part]:
    text = content.decode()
    blocks = [f"{block}{bio.END}" for block in text.split(bio.END)[:-1]]
    return [_Part(each.id, block, len(each.entities)) for each, block in zip(bio.read(text), blocks, strict=True)]


class _Format(NamedTuple):
    write: Callable[[Shard], Content]
    names: Callable[[bytes], list[str]]  # the ids of its sentences
    without: Callable[[bytes, Collection[str]], Content]


def _of_text(write: Callable[[Shard], Content], read: Callable[[bytes], list[_Part]]) -> _Format:
    def names(content: bytes) -> list[str]:
        return [part.id for part in read(content)]

    def without(content: bytes, documents: Collection[str]) -> Content:
        return _joined([part for part in read(content) if _document(part.id) not in documents])

    return _Format(write, names, without)


FORMATS: Mapping[str, _Format] = {
    "parquet": _Format(_parquet, _parquet_names, _parquet_without),
    "jsonl": _of_text(_jsonl, partial(_lines, spans="char_spans")),
    "gliner": _of_text(_gliner, partial(_lines, spans="ner")),
    "bio": _of_text(_bio, _blocks),
}
