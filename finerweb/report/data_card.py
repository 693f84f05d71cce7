"""The data set's card, from the tables alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import finerweb
from finerweb import plugins, questions
from finerweb.formats.release import ENDINGS
from finerweb.formats.tagging import FORMATS
from finerweb.languages import EVERY, Language
from finerweb.report import trust, weaknesses
from finerweb.report.weaknesses import Known
from finerweb.tables.examples import MERGED

BY_LANGUAGE = "languages"  # the configuration with a split for each language
MAIN_VARIANT = f"{MERGED}-english-single"  # what `load_dataset(path, "tha")` gives


def card(
    *,
    files: DataFrame,
    unaligned: DataFrame,
    examples: DataFrame,
    labels: DataFrame,
    measures: DataFrame,
    answers: DataFrame,
    documents: DataFrame,
    languages: Mapping[str, Language],
    name: str,
    licence: str,
) -> str:
    """The data set's README.md."""
    written = _rows(files.orderBy("path"))
    formats = [name for name in ENDINGS if name in {row["format"] for row in written}]
    loaded = [row for row in written if row["format"] == next(iter(formats), None)]
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
        loader=PackageLoader("finerweb.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    return environment.get_template("card.md.j2").render(
        name=name,
        licence=licence,
        version=finerweb.__version__,
        files=loaded,
        formats={name: ENDINGS[name] for name in formats},
        by_language=_by_language(loaded),
        left_out=_left_out(written, unaligned),
        variants=sorted({row["variant"] for row in loaded}),
        main=MAIN_VARIANT,
        languages=[languages[code] for code in codes],
        example=codes[0] if codes else "eng",  # no passage may have been useful
        counts={row["language"]: row.asDict() for row in per_language.collect()},
        engines=engines,
        prompts=_prompts(engines),
        uses_lexicon=any(row["engine"].startswith("lexicon-") for row in engines),
        sources=_sources(documents),
        classes=_rows(
            labels.groupBy("coarse")
            .agg(F.countDistinct("canonical").alias("labels"), F.sum("mentions").alias("mentions"))
            .orderBy(F.desc("mentions"))
        ),
        gold=_by_detail(measures, "gold"),
        judges=_judges(measures),
        audited=trust.audited(_of_all(measures, "audit")),
        precisions=trust.PRECISIONS,
        retention=_means(measures, "retention"),
        weaknesses=list(weaknesses.sentences(_known(codes, loaded, labels, measures, documents))),
    )


def _by_language(files: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The configurations that have a split for each language, and their files: the main variant, split by split."""
    names = {"train": BY_LANGUAGE, "validation": f"{BY_LANGUAGE}-validation", "test": f"{BY_LANGUAGE}-test"}
    of = {
        name: [row for row in files if (row["variant"], row["split"]) == (MAIN_VARIANT, split)]
        for split, name in names.items()
    }
    return {name: rows for name, rows in of.items() if rows}


def _left_out(files: Sequence[Mapping[str, Any]], unaligned: DataFrame) -> list[dict[str, Any]]:
    """For each format of tokens the spans that it leaves out, of how many, and why; one for each label."""
    rows = _rows(unaligned.groupBy("format", "problem").agg(F.count("*").alias("spans")).orderBy("problem"))
    return [
        {"format": kind, "problems": problems, "out": sum(problems.values()), "of": held + sum(problems.values())}
        for kind in FORMATS
        if any(row["format"] == kind for row in files)
        for held in [sum(row["spans"] for row in files if row["format"] == kind)]
        for problems in [{row["problem"]: row["spans"] for row in rows if row["format"] == kind}]
    ]


def _prompts(engines: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The instructions of each question; without those whose wording has changed since."""
    asked = sorted({(row["question"], row["prompt"]) for row in engines})
    return [
        {"question": question, "prompt": prompt, "text": plugins.load("finerweb.questions", question).PROMPT}
        for question, prompt in asked
        if question in plugins.names("finerweb.questions") and questions.fingerprint(question) == prompt
    ]


def _sources(documents: DataFrame) -> list[dict[str, Any]]:
    return _rows(
        documents.groupBy("source", "licence")
        .agg(
            F.count("*").alias("documents"),
            F.count("url").alias("urls"),
            F.array_sort(F.collect_set("dump")).alias("dumps"),
            F.substring(F.min("date"), 1, 10).alias("first"),
            F.substring(F.max("date"), 1, 10).alias("last"),
        )
        .orderBy("source", "licence")
    )


def _known(
    codes: Sequence[str],
    files: Sequence[Mapping[str, Any]],
    labels: DataFrame,
    measures: DataFrame,
    documents: DataFrame,
) -> Known:
    named = _rows(labels.groupBy("language").agg(F.count("*").alias("labels"), F.count("problem").alias("unnamed")))
    lost: dict[str, dict[str, float]] = {}
    for row in measures.filter("metric = 'retention'").collect():
        annotator, outcome, _ = row["detail"].rsplit("/", 2)
        of = lost.setdefault(annotator, {})
        of[row["language"]] = of.get(row["language"], 0.0) + (row["value"] if outcome == "lost" else 0.0)
    return Known(
        languages=codes,
        splits={code: [row["split"] for row in files if row["language"] == code] for code in codes},
        labels={row["language"]: row["labels"] for row in named},
        unnamed={row["language"]: row["unnamed"] for row in named},
        graded=[row[0] for row in measures.filter("metric = 'verdicts'").select("language").distinct().collect()],
        audited=measures.filter("metric = 'audit'").count(),
        lost=lost,
        unlicensed=documents.filter("licence is null").count(),
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
