"""What the data card says, gathered from the tables as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from finerweb.formats.release import ENDINGS
from finerweb.formats.tagging import FORMATS
from finerweb.languages import EVERY, Language
from finerweb.report import counts
from finerweb.report.counts import Frames, Rows
from finerweb.report.trust import Measures
from finerweb.report.weaknesses import Evidence
from finerweb.tables.examples import MERGED

MAIN_VARIANT = f"{MERGED}-english-single"  # what `load_dataset(path, "tha")` gives


@dataclass(frozen=True)
class Facts:
    """All that the card says, as plain data.

    rows of    have
    files      the columns of the table `files`
    left_out   format, problems (problem -> spans), out, total: of each format of tokens
    engines    question, model, engine, prompt, answers, problems
    sources    source, licence, documents, urls, dumps, first, last
    classes    coarse, labels, mentions
    """

    name: str
    licence: str
    languages: Sequence[Language]  # in which something is published, by code
    files: Rows
    left_out: Rows
    counts: Mapping[str, Mapping[str, int]]  # language -> passages, sentences, spans, without
    engines: Rows
    sources: Rows
    classes: Rows
    measures: Measures
    evidence: Evidence

    @property
    def formats(self) -> list[str]:
        """The formats that are published, the one that `datasets` loads first."""
        published = {row["format"] for row in self.files}
        return [name for name in ENDINGS if name in published]

    @property
    def loaded(self) -> Rows:
        """The files that `datasets` loads: those of one format."""
        first = self.formats[:1]
        return [row for row in self.files if row["format"] in first]

    @property
    def variants(self) -> list[str]:
        """The names of the variants that have files, sorted."""
        return sorted({row["variant"] for row in self.files})

    @property
    def gold(self) -> dict[str, float]:
        """The sums over the languages of what people marked, what was found, and both; empty without gold."""
        by_language = [values for code, values in self.measures.get("gold", {}).items() if code != EVERY]
        return {name: sum(values[name] for values in by_language) for name in ("gold", "found", "both") if by_language}

    def means(self, metric: str) -> dict[str, float]:
        """The means of a metric's details over the languages that have them."""
        values: dict[str, list[float]] = {}
        for code, details in self.measures.get(metric, {}).items():
            for detail, value in details.items() if code != EVERY else ():
                values.setdefault(detail, []).append(value)
        return {detail: sum(values[detail]) / len(values[detail]) for detail in sorted(values)}


def gather(frames: Frames, *, languages: Mapping[str, Language], name: str, licence: str) -> Facts:
    """The facts of a release, from its tables: files, unaligned, examples, labels, measures, completions, documents.

    Of `examples` and `documents` what is published.
    """
    files = counts.rows(frames["files"].orderBy("path"))
    codes = sorted({row["language"] for row in files})
    measures = counts.measures(frames["measures"])
    return Facts(
        name=" ".join(name.split()),
        licence=" ".join(licence.split()),
        languages=[languages[code] for code in codes],
        files=files,
        left_out=_left_out(files, frames["unaligned"]),
        counts=_counts(frames["examples"]),
        engines=_engines(frames["completions"]),
        sources=sources(frames["documents"]),
        classes=counts.classes(frames["labels"]),
        measures=measures,
        evidence=Evidence(
            languages=codes,
            splits={code: {row["split"] for row in files if row["language"] == code} for code in codes},
            **_names(frames["labels"]),
            graded=list(measures.get("verdicts", {})),
            audited=sum(len(details) for details in measures.get("audit", {}).values()),
            lost=_lost(measures),
            unlicensed=frames["documents"].filter("licence is null").count(),
        ),
    )


def _left_out(files: Rows, unaligned: DataFrame) -> Rows:
    """For each format of tokens the spans that it leaves out, of how many, and why; one for each label."""
    counted = unaligned.groupBy("format", "problem").agg(F.count("*").alias("spans")).orderBy("problem").collect()
    rows = []
    for name in FORMATS:
        held = [row["spans"] for row in files if row["format"] == name]
        problems = {row["problem"]: row["spans"] for row in counted if row["format"] == name}
        out = sum(problems.values())
        if held:
            rows.append({"format": name, "problems": problems, "out": out, "total": sum(held) + out})
    return rows


def _counts(examples: DataFrame) -> dict[str, dict[str, int]]:
    counted = (
        examples.filter(F.col("variant") == MAIN_VARIANT)
        .groupBy("language")
        .agg(
            F.countDistinct("passage_id").alias("passages"),
            F.count("*").alias("sentences"),
            F.sum(F.size("char_spans")).alias("spans"),
            F.count_if(~F.col("has_entities")).alias("without"),
        )
    )
    return {row["language"]: row.asDict() for row in counted.collect()}


def _engines(completions: DataFrame) -> Rows:
    counted = completions.groupBy("question", "model", "engine", "prompt").agg(
        F.count("*").alias("answers"), F.count("problem").alias("problems")
    )
    return counts.rows(counted.orderBy("question", "model"))


def sources(documents: DataFrame) -> Rows:
    """The sources of documents and their licences: counts, and when they were crawled."""
    counted = documents.groupBy("source", "licence").agg(
        F.count("*").alias("documents"),
        F.count("url").alias("urls"),
        F.array_sort(F.collect_set("dump")).alias("dumps"),
        F.substring(F.min("date"), 1, 10).alias("first"),
        F.substring(F.max("date"), 1, 10).alias("last"),
    )
    return counts.rows(counted.orderBy("source", "licence"))


def _names(labels: DataFrame) -> dict[str, Any]:
    """How many labels a language has, and how many of them without a name of their own."""
    counted = labels.groupBy("language").agg(F.count("*").alias("labels"), F.count("problem").alias("unnamed"))
    rows = counted.collect()
    return {name: {row["language"]: row[name] for row in rows} for name in ("labels", "unnamed")}


def _lost(measures: Measures) -> dict[str, dict[str, float]]:
    """Annotator -> language -> the share of its mentions that were lost."""
    lost: dict[str, dict[str, float]] = {}
    for code, details in measures.get("retention", {}).items():
        for detail, share in details.items():
            annotator, outcome, _ = detail.rsplit("/", 2)
            shares = lost.setdefault(annotator, {})
            shares[code] = shares.get(code, 0.0) + (share if outcome == "lost" else 0.0)
    return lost
