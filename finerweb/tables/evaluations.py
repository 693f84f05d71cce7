"""How good taggers are on texts that people annotated: one figure set a row, kept for ever."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.rows import only
from finerweb.table import Column, Table

FREQUENT = 100_000  # labels that a benchmark's may be near to; seconds to compare, a few megabytes

TABLE = Table(
    name="evaluations",
    comment="What a tagger reaches on a benchmark, or on a part of it. Only appended to; the newest run counts.",
    key=("run", "tagger", "benchmark", "names", "measure", "other", "subset", "language", "script", "label"),
    columns=(
        Column("run", "string", "the run of the job or of the experiment that measured it", nullable=False),
        Column("evaluated", "timestamp", "when", nullable=False),
        Column("experiment", "string", "the experiment that it belongs to; null for none"),
        Column("kind", "string", "the tagger's file in finerweb/taggers", nullable=False),
        Column("tagger", "string", "which model, and which version of it", nullable=False),
        Column("benchmark", "string", "its name in the setting evaluate.benchmarks", nullable=False),
        Column("names", "string", "how labels were asked for: english, target, paraphrase", nullable=False),
        Column(
            "measure",
            "string",
            "tagger; oracle (the best flat answer with the places that its tokens reach); difference (F1 of the tagger "
            "minus F1 of `other`, on the same texts)",
            nullable=False,
        ),
        Column("other", "string", "of a difference, the tagger that it is to; empty otherwise", nullable=False),
        Column(
            "subset",
            "string",
            "all; seen, near, unseen (of its labels, by the first tagger's training); uncontaminated (without texts "
            "that share a run of words with the training passages)",
            nullable=False,
        ),
        Column("language", "string", "the language; * for all together", nullable=False),
        Column("script", "string", "the script of its texts; * for all together", nullable=False),
        Column("label", "string", "the label in English, of the 100 most frequent; * for all together", nullable=False),
        Column("familiarity", "string", "of a label: seen, near or unseen; null for all together"),
        Column("nearest", "string", "of a label: the training label nearest to it"),
        Column("texts", "bigint", "texts that were read", nullable=False),
        Column("documents", "bigint", "documents that these are from: what the interval draws", nullable=False),
        Column("gold", "bigint", "entities that people marked there", nullable=False),
        Column("predicted", "bigint", "that the tagger gave, no two of which share a character"),
        Column("correct", "bigint", "of these with the start, end and label of a marked one"),
        Column("precision", "double", "correct / predicted; null where nothing is predicted"),
        Column("recall", "double", "correct / gold; null where nothing is marked"),
        Column("f1", "double", "2 correct / (predicted + gold); of a difference, F1 minus F1"),
        Column("low", "double", "where the 95 % interval of f1 begins: 1,000 bootstrap resamples of documents"),
        Column("high", "double", "where it ends"),
        Column("auprc", "double", "average precision over all thresholds, after the selection of a flat answer"),
        Column("threshold", "double", "from which score on a tag counts: the tagger's own"),
        Column("sha256", "string", "of the texts, their languages and entities", nullable=False),
        Column("labels", "array<string>", "what was asked for, in English", nullable=False),
        Column("text_limit", "bigint", "at most so many texts of a language were taken", nullable=False),
        Column("seed", "bigint", "which", nullable=False),
        Column("refused", "bigint", "lines of the benchmark that could not be used", nullable=False),
        Column("contaminated", "bigint", "texts that share a run of words with the training passages", nullable=False),
    ),
    constraints={
        "names_name": "names in ('english', 'target', 'paraphrase')",
        "measure_name": "measure in ('tagger', 'oracle', 'difference')",
        "other_name": "(other <> '') = (measure = 'difference')",
        "subset_name": "subset in ('all', 'seen', 'near', 'unseen', 'uncontaminated')",
    },
    cluster=("benchmark", "tagger"),
)

OPTIONAL = {"other": ""} | dict.fromkeys(("predicted", "correct", "precision", "recall", "auprc", "threshold"))


def row(figures: Mapping[str, Any], *, run: str, evaluated: datetime, experiment: str | None = None) -> tuple[Any, ...]:
    """A row of figures as finerweb/evaluation/evaluating.py gives them."""
    return TABLE.row(**{**OPTIONAL, **figures, "run": run, "evaluated": evaluated, "experiment": experiment})


def newest(evaluations: DataFrame) -> DataFrame:
    """The rows of the last run for each experiment, tagger and benchmark."""
    # bounded: figures of one benchmark, in all runs
    of_tagger = Window.partitionBy("experiment", "tagger", "benchmark")
    last = F.max(F.struct("evaluated", "run")).over(of_tagger)
    return evaluations.withColumn("last", last).filter("run = last.run").drop("last")


def marked(gold: DataFrame, documents: DataFrame) -> DataFrame:
    """Documents in which people marked entities: id, document_id, language, text, entities."""
    # bounded: the entities of a document
    entities = gold.groupBy("document_id").agg(
        F.sort_array(F.collect_list(F.struct("start", "end", F.array("label").alias("label")))).alias("entities")
    )
    return (
        documents.join(entities, on="document_id", how="inner")
        .select(F.col("document_id").alias("id"), "document_id", "language", "text", "entities")
        .orderBy("id")
    )


def tested(examples: DataFrame, *, variant: str) -> DataFrame:
    """The test split of a variant of our own data: id, document_id, language, text, entities."""
    return (
        examples.filter(f"variant = '{variant}' and split = 'test'")
        .select(
            F.col("example_id").alias("id"), "document_id", "language", "text", F.col("char_spans").alias("entities")
        )
        .orderBy("id")
    )


def trained(
    examples: DataFrame, passages: DataFrame, *, variant: str, documents: Collection[str] | None = None
) -> DataFrame:
    """The passages that a student of this variant learns or chooses from: of these documents, where they are known."""
    ids = examples.filter(f"variant = '{variant}' and split <> 'test'").select("passage_id").distinct()
    own = passages.join(ids, on="passage_id", how="left_semi")
    return own if documents is None else only(own, "document_id", documents)


def label_counts(examples: DataFrame, of_benchmarks: Collection[str], *, variant: str) -> dict[str, int]:
    """How often a label stands in the training split of a variant: the FREQUENT commonest, and those that are asked."""
    labels = examples.filter(f"variant = '{variant}' and split = 'train'").select(
        F.explode(F.flatten("char_spans.label")).alias("label")
    )
    counted = labels.groupBy("label").count()
    commonest = counted.orderBy(F.desc("count"), "label").limit(FREQUENT)
    # bounded: FREQUENT, and those that are asked for
    return {row["label"]: row["count"] for row in commonest.union(only(counted, "label", of_benchmarks)).collect()}


def vocabulary(labels: DataFrame, codes: Iterable[str], of_benchmarks: Collection[str]) -> dict[str, dict[str, str]]:
    """Language -> label that is asked for -> its name there, where it has one of its own: the commonest's."""
    most = F.max_by("name", F.struct("mentions", "label")).alias("name")
    own = labels.filter(F.col("language").isin(list(codes)) & F.col("problem").isNull())
    named = only(own, "canonical", of_benchmarks)
    names: dict[str, dict[str, str]] = {}
    # bounded: a row for each label that is asked for, and language
    for entry in named.groupBy("language", "canonical").agg(most).collect():
        names.setdefault(entry["language"], {})[entry["canonical"]] = entry["name"]
    return names
