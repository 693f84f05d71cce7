"""The published data set's folder: its data card, and what does not belong there any more."""

from collections.abc import Mapping
from typing import Any

import fsspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import finerweb
from finerweb import trust
from finerweb.languages import EVERY, Language
from finerweb.tables.examples import MERGED
from finerweb.tables.files import DATA, put

MAIN_VARIANT = f"{MERGED}-english-single"  # what `load_dataset(path, "tha")` gives


def card(
    *,
    files: DataFrame,
    examples: DataFrame,
    labels: DataFrame,
    measures: DataFrame,
    answers: DataFrame,
    documents: DataFrame,
    languages: Mapping[str, Language],
    name: str,
    licence: str,
) -> str:
    """The data set's README.md, from the tables alone."""
    written = [row.asDict() for row in files.filter("format = 'parquet'").orderBy("path").collect()]
    codes = sorted({row["language"] for row in written})
    per_language = (
        examples.filter(F.col("variant") == MAIN_VARIANT)
        .groupBy("language")
        .agg(
            F.countDistinct("passage_id").alias("passages"),
            F.count("*").alias("sentences"),
            F.sum(F.size("char_spans")).alias("spans"),
            F.count_if(~F.col("has_entities")).alias("without"),
        )
    )
    engines = _rows(
        answers.groupBy("question", "annotator", "engine", "prompt")
        .agg(F.count("*").alias("answers"), F.count("problem").alias("problems"))
        .orderBy("question", "annotator")
    )
    environment = Environment(
        loader=PackageLoader("finerweb"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    return environment.get_template("card.md.j2").render(
        name=name,
        licence=licence,
        version=finerweb.__version__,
        files=written,
        variants=sorted({row["variant"] for row in written}),
        main=MAIN_VARIANT,
        languages=[languages[code] for code in codes],
        example=codes[0] if codes else "eng",  # no passage may have been useful
        counts={row["language"]: row.asDict() for row in per_language.collect()},
        engines=engines,
        uses_lexicon=any(row["engine"].startswith("lexicon-") for row in engines),
        sources=_rows(
            documents.groupBy("source", "licence").agg(F.count("*").alias("documents")).orderBy("source", "licence")
        ),
        classes=_rows(
            labels.groupBy("coarse")
            .agg(F.countDistinct("canonical").alias("labels"), F.sum("mentions").alias("mentions"))
            .orderBy(F.desc("mentions"))
        ),
        unnamed=labels.filter("problem is not null").count(),
        named=labels.count(),
        gold=_by_detail(measures, "gold"),
        judges=_judges(measures),
        audited=trust.audited(_of_all(measures, "audit")),
        precisions=trust.PRECISIONS,
        retention=_means(measures, "retention"),
    )


def _rows(frame: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in frame.collect()]


def _by_detail(measures: DataFrame, metric: str) -> dict[str, float]:
    """The sum of a metric's values over the languages, by detail."""
    rows = measures.filter(F.col("metric") == metric).groupBy("detail").agg(F.sum("value").alias("value")).collect()
    return {row["detail"]: row["value"] for row in rows}


def _means(measures: DataFrame, metric: str) -> dict[str, float]:
    """The mean of a metric over the languages, by detail."""
    rows = measures.filter(F.col("metric") == metric).groupBy("detail").agg(F.avg("value").alias("value")).collect()
    return {row["detail"]: row["value"] for row in sorted(rows, key=lambda row: row["detail"])}


def _of_all(measures: DataFrame, metric: str) -> trust.Measures:
    """A metric's values of all languages together."""
    rows = measures.filter((F.col("metric") == metric) & (F.col("language") == EVERY)).collect()
    return {metric: {EVERY: {row["detail"]: row["value"] for row in rows}}}


def _judges(measures: DataFrame) -> list[dict[str, Any]]:
    """Each judge's mean grades over the languages, and the planted errors that it caught."""
    means, trusted = _means(measures, "verdicts"), _of_all(measures, "judges")
    judges = sorted({detail.rpartition("/")[0] for detail in means})
    return [
        {"judge": one, **{name: means[f"{one}/{name}"] for name in trust.SAID}, "caught": trust.caught(trusted, one)}
        for one in judges
    ]


def write_card(text: str, path: str) -> str:
    """Write the card beside the data; returns where."""
    url = f"{path}/README.md"
    put(url, text.encode())
    return url


def prune(files: DataFrame, path: str) -> None:
    """Remove the data files of earlier releases that this one does not have; other files are left alone."""
    system, root = fsspec.core.url_to_fs(f"{path}/{DATA}")
    kept = {f"{root}/{row['path'].removeprefix(DATA + '/')}" for row in files.select("path").collect()}
    for place in system.find(root):
        if place not in kept and place.endswith((".parquet", ".jsonl", ".partial")):
            system.rm(place)


def there(url: str) -> bool:
    """Is there a file or folder?"""
    system, place = fsspec.core.url_to_fs(url)
    return bool(system.exists(place))
