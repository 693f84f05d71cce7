"""The files of the published data set; writing them is how this table is made."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.formats import contents, release
from finerweb.formats.contents import Content, Shard
from finerweb.formats.release import Release
from finerweb.languages import Language
from finerweb.rows import each, flat_map
from finerweb.table import Column, Table

TABLE = Table(
    name="files",
    comment="A file of the published data set, in its current release.",
    key=("path",),
    columns=(
        Column("path", "string", "below the release's folder", nullable=False),
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

GROUP = ("variant", "language", "split")
NAMES = ", ".join(f"{name} string" for name in GROUP)
CELLS = 16  # for each shard that a group needs at least


def write(
    examples: DataFrame, *, path: str, formats: Sequence[str], languages: Mapping[str, Language], sentences: int
) -> DataFrame:
    """Write the examples below `path` in every format, at most so many sentences a file, and say what was written.

    The executors write: `path` is a URL or folder that each of them reaches. A task has one file in memory at a time,
    and writes as many as there are. The same examples make the same files, to the byte.
    """
    columns = [*GROUP, "shard", "shards", "example_id", "text", "char_spans", "quartile"]
    dealt = _dealt(examples, sentences).select(*columns).repartition(*GROUP, "shard")
    locales = {code: language.locale for code, language in languages.items()}
    write_files = partial(_write, path=path, formats=formats, locales=locales)
    return dealt.sortWithinPartitions(*GROUP, "shard", "example_id").mapInPandas(write_files, TABLE.ddl)


def _dealt(examples: DataFrame, limit: int) -> DataFrame:
    """The examples with their shard's number and how many `shards` their variant, language and split have.

    A group above the limit falls into cells by a hash of the sentence's id, many more than shards. They are counted,
    and neighbours share a shard as long as they fit: nobody sorts a whole group, and the limit holds. Bounded: by the
    groups, and CELLS rows for each shard.
    """
    counts = examples.groupBy(*GROUP).count().filter(F.col("count") > limit).collect()
    large = [(*row[:-1], CELLS * -(-row["count"] // limit)) for row in counts]
    if not large:
        return examples.withColumns({"shard": F.lit(0), "shards": F.lit(1)})
    spark = examples.sparkSession
    cells = F.broadcast(spark.createDataFrame(large, f"{NAMES}, cells int"))
    cell = F.pmod(F.xxhash64("example_id"), F.col("cells"))
    celled = examples.join(cells, on=list(GROUP), how="left").withColumn("cell", cell)
    counted: dict[tuple[str, ...], dict[int, int]] = {}
    for row in celled.filter("cells is not null").groupBy(*GROUP, "cell").count().collect():
        counted.setdefault(tuple(row[name] for name in GROUP), {})[row["cell"]] = row["count"]
    places = [(*group, *place) for group, sizes in counted.items() for place in _packed(sizes, limit)]
    packed = F.broadcast(spark.createDataFrame(places, f"{NAMES}, cell bigint, shard int, shards int"))
    return celled.join(packed, on=[*GROUP, "cell"], how="left").fillna({"shard": 0, "shards": 1})


def _packed(cells: Mapping[int, int], limit: int) -> list[tuple[int, int, int]]:
    """Cells (sentences in each) into shards of at most `limit` sentences: cell, shard, shards."""
    shard, filled, shards = 0, 0, []
    for cell, count in sorted(cells.items()):
        if filled and filled + count > limit:
            shard, filled = shard + 1, 0
        filled += count
        shards.append((cell, shard))
    return [(cell, number, shard + 1) for cell, number in shards]


def _write(
    batches: Iterable[pd.DataFrame], *, path: str, formats: Sequence[str], locales: Mapping[str, str]
) -> Iterator[pd.DataFrame]:
    rows = []
    group = attrgetter(*GROUP, "shard", "shards")
    for key, sentences in groupby(chain.from_iterable(map(each, batches)), key=group):
        variant, language, split, number, count = key
        shard = Shard(list(sentences), variant.endswith("-multi"), locales[language])
        for kind in formats:
            name = release.shard(variant, language, split, kind, number=number, count=count)
            content = contents.write(shard, kind)
            release.fill(f"{path}/{name}", content.bytes)
            rows.append(_row(content, path=name, variant=variant, language=language, split=split, format=kind))
    yield pd.DataFrame(rows, columns=[column.name for column in TABLE.columns])


def _row(content: Content, **names: str) -> tuple[Any, ...]:
    return TABLE.row(
        **names,
        sentences=content.sentences,
        spans=content.spans,
        bytes=len(content.bytes),
        sha256=hashlib.sha256(content.bytes).hexdigest(),
    )


def carry(
    files: DataFrame, *, source: str, target: str, tasks: int, documents: Collection[str] = frozenset()
) -> DataFrame:
    """Copy files (rows of this table) from one release to another, but for the sentences of these documents.

    A file that has none of them is copied as it is; one that would have no sentence left is left out.
    """
    copy = partial(_carry, source=source, target=target, documents=frozenset(documents))
    return flat_map(files.repartition(tasks, "path"), copy, TABLE.columns)


def _carry(file: Any, *, source: str, target: str, documents: frozenset[str]) -> Iterator[tuple[Any, ...]]:
    origin, copy = f"{source}/{file.path}", f"{target}/{file.path}"
    content = release.content(origin) if documents else b""
    if not (documents and contents.holds(content, file.format, documents)):
        release.copy(origin, copy, file.bytes)
        yield TABLE.row(**file._asdict())
        return
    fewer = contents.without(content, file.format, documents)
    if fewer.sentences:
        release.fill(copy, fewer.bytes)
        yield _row(fewer, **{name: getattr(file, name) for name in ("path", *GROUP, "format")})


def others(release: Release | None, languages: Collection[str] | None) -> list[tuple[Any, ...]]:
    """The files of a release in other languages than these; none where all are written anew (`languages` is None)."""
    listed = release.files if release and languages is not None else []
    return [TABLE.row(**row) for row in listed if row["language"] not in (languages or ())]


def holding(files: DataFrame, *, source: str, tasks: int, documents: Collection[str]) -> DataFrame:
    """The files of a release that have a sentence of these documents."""
    look = partial(_holding, source=source, documents=frozenset(documents))
    return flat_map(files.repartition(tasks, "path"), look, TABLE.columns)


def _holding(file: Any, *, source: str, documents: frozenset[str]) -> Iterator[tuple[Any, ...]]:
    if contents.holds(release.content(f"{source}/{file.path}"), file.format, documents):
        yield TABLE.row(**file._asdict())
