"""Sentences with their spans, in the twelve variants: annotator x language of the labels x one label or several."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from finerweb.languages import Language
from finerweb.rows import flat_map
from finerweb.table import Column, Table
from finerweb.text import segment
from finerweb.text.spans import Span, shift

MERGED = "merged"
LABEL_LANGUAGES = ("english", "target")
SCHEMAS = ("single", "multi")

TABLE = Table(
    name="examples",
    comment="A sentence of a passage with its spans, in one variant of the data set.",
    key=("example_id", "variant"),
    columns=(
        Column("example_id", "string", "passage_id-s<sentence>", nullable=False),
        Column("variant", "string", "annotator-labellanguage-schema, such as merged-english-single", nullable=False),
        Column("language", "string", "its language", nullable=False),
        Column("passage_id", "string", "the passage", nullable=False),
        Column("document_id", "string", "the document, all of whose sentences are in one split", nullable=False),
        Column("split", "string", "train, validation or test: 80, 10 and 10 % of the documents", nullable=False),
        Column("start", "int", "first code point of the sentence in the passage's text", nullable=False),
        Column("text", "string", "the sentence", nullable=False),
        Column(
            "char_spans",
            "array<struct<start: int, end: int, label: array<string>>>",
            "code points of the sentence; one label in a single variant",
            nullable=False,
        ),
        Column(
            "quartile",
            "int",
            "1 (surest) to 4, of its least sure span among the language's merged ones; null where it has none",
        ),
        Column("has_entities", "boolean", "sentences without entities are kept as negatives", nullable=False),
    ),
    constraints={
        "quartile_name": "quartile is null or quartile between 1 and 4",
        "split_name": "split in ('train', 'validation', 'test')",
        "flag": "has_entities = (size(char_spans) > 0)",
    },
    # Delta's CHECK grammar has no lambdas, so that these bind our own writes only.
    invariants={
        "spans_inside_text": "forall(char_spans, s -> 0 <= s.start and s.start < s.end and s.end <= length(text))",
        "labelled": "forall(char_spans, s -> size(s.label) >= 1)",
        "one_label_if_single": "variant like '%-multi' or forall(char_spans, s -> size(s.label) = 1)",
    },
)


class Labelled(NamedTuple):
    """A span of a passage, who labelled it, its labels in English and in the passage's language."""

    span: Span
    annotator: str
    english: list[str]
    target: list[str]
    quartile: int | None


def variants(annotators: Sequence[str]) -> list[str]:
    """The names of all variants: twelve for two annotators."""
    return ["-".join(parts) for parts in product([*annotators, MERGED], LABEL_LANGUAGES, SCHEMAS)]


def annotations(entities: DataFrame, mentions: DataFrame, labels: DataFrame) -> DataFrame:
    """Who put which labels where: passage_id, annotator (or `merged`), start, end, labels with their names, quartile.

    A quartile is a quarter of the language's merged spans, by confidence, the surest first; of equals, by their key.
    """
    # bounded: the entities of `select.per_language` passages
    surest_first = Window.partitionBy("language").orderBy(F.desc("confidence"), "passage_id", "start", "end")
    place = ("passage_id", "language", "annotator", "start", "end")
    merged = entities.withColumns({"annotator": F.lit(MERGED), "quartile": F.ntile(4).over(surest_first)}).select(
        *place, "quartile", F.posexplode("labels").alias("order", "label")
    )
    single = mentions.filter("problem is null").select(
        *place, F.lit(None).cast("int").alias("quartile"), F.col("position").alias("order"), "label"
    )
    names = labels.select("label", "language", "canonical", "name")
    # bounded: the labels of a span
    return (
        merged.unionByName(single)
        .join(names, on=["label", "language"], how="inner")
        .groupBy("passage_id", "annotator", "start", "end")
        .agg(
            F.sort_array(F.collect_list(F.struct("order", "canonical", "name"))).alias("labels"),
            F.max("quartile").alias("quartile"),
        )
    )


def build(
    annotations: DataFrame, passages: DataFrame, *, annotators: Sequence[str], languages: Mapping[str, Language]
) -> DataFrame:
    """The examples of the annotated passages, sentence by sentence, in every variant.

    The sentences are the same in all variants: a span that crosses the end of a sentence, whoever gave it, joins the
    two sentences, so that none is lost. Where an annotator said nothing there are sentences without spans.
    """
    # bounded: the spans of a passage
    spans = annotations.groupBy("passage_id").agg(
        F.collect_list(F.struct("annotator", "start", "end", "labels", "quartile")).alias("spans")
    )
    annotated = (
        passages.select("passage_id", "document_id", "language", "text")
        .join(spans, on="passage_id", how="left")
        .withColumn("split", split_of("document_id"))
    )
    locales = {code: language.locale for code, language in languages.items()}
    return flat_map(annotated, partial(_examples, locales=locales, annotators=[*annotators, MERGED]), TABLE.columns)


def split_of(document_id: str) -> Expression:
    """80, 10 and 10 % of documents by a hash of their id, whatever else is in the corpus."""
    bucket = F.pmod(F.xxhash64(document_id), F.lit(10))
    return F.when(bucket < 8, "train").when(bucket < 9, "validation").otherwise("test")


def _examples(passage: Any, *, locales: Mapping[str, str], annotators: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    labelled = sorted(map(_labelled, [] if passage.spans is None else passage.spans), key=lambda entity: entity[:2])
    sentences = whole_sentences(
        segment.sentences(passage.text, locales[passage.language]), [entity.span for entity in labelled]
    )
    for number, sentence in enumerate(sentences):
        inside = [entity for entity in labelled if sentence.start <= entity.span.start < sentence.end]
        # Without the white space at its end, unless an annotator has it in a span.
        written = len(passage.text[slice(*sentence)].rstrip())
        length = max([written, *(entity.span.end - sentence.start for entity in inside)])
        if not length:
            continue
        for annotator, language, schema in product(annotators, LABEL_LANGUAGES, SCHEMAS):
            mine = [entity for entity in inside if entity.annotator == annotator]
            spans = [
                {**shift(entity.span, sentence.start)._asdict(), "label": _labels(getattr(entity, language), schema)}
                for entity in mine
            ]
            yield TABLE.row(
                example_id=f"{passage.passage_id}-s{number}",
                variant=f"{annotator}-{language}-{schema}",
                language=passage.language,
                passage_id=passage.passage_id,
                document_id=passage.document_id,
                split=passage.split,
                start=sentence.start,
                text=passage.text[sentence.start : sentence.start + length],
                char_spans=spans,
                quartile=max((entity.quartile for entity in mine if entity.quartile is not None), default=None),
                has_entities=bool(spans),
            )


def _labelled(span: Any) -> Labelled:
    return Labelled(
        Span(span["start"], span["end"]),
        span["annotator"],
        list(dict.fromkeys(label["canonical"] for label in span["labels"])),
        list(dict.fromkeys(label["name"] for label in span["labels"])),
        span["quartile"],
    )


def _labels(labels: list[str], schema: str) -> list[str]:
    return labels if schema == "multi" else [" / ".join(labels)]


def whole_sentences(sentences: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """The sentences, joined where a span crosses from one into the next."""
    joined: list[Span] = []
    for sentence in sentences:
        crosses = joined and any(span.start < sentence.start < span.end for span in spans)
        if crosses:
            joined[-1] = Span(joined[-1].start, sentence.end)
        else:
            joined.append(sentence)
    return joined


# What a student is trained on, besides the columns of an example.
STUDY = (
    Column("inventory", "string", "whose set of labels the annotators looked for; one for all where labels are open"),
    Column("disputed", "array<struct<start: int, end: int>>", "spans that other annotators have, and this variant not"),
)


def studied(
    examples: DataFrame,
    documents: DataFrame,
    *,
    variant: str,
    quartiles: Sequence[int] | None,
    languages: Sequence[str],
    per_language: int | None,
    inventory: str,
) -> DataFrame:
    """The examples of a variant as a student is trained on them, with `inventory` and `disputed`.

    `quartiles` leaves out examples whose least sure span is of another one; those without spans stay. Of each of the
    `languages` (none: of all) at most `per_language` passages, drawn by a hash. The inventory is the `source` of their
    document, or one for the whole `vocabulary`.
    """
    chosen = examples.filter(F.col("variant") == variant)
    if quartiles is not None:
        chosen = chosen.filter(F.col("quartile").isNull() | F.col("quartile").isin(list(quartiles)))
    if languages:
        chosen = chosen.filter(F.col("language").isin(list(languages)))
    if per_language is not None:
        # bounded: the examples of `select.per_language` passages
        turn = Window.partitionBy("language").orderBy(F.xxhash64("passage_id"), "passage_id")
        chosen = chosen.withColumn("turn", F.dense_rank().over(turn)).filter(F.col("turn") <= per_language).drop("turn")
    if inventory == "source":
        sources = documents.select("document_id", F.col("source").alias("inventory"))
        chosen = chosen.join(sources, on="document_id", how="inner")
    else:
        chosen = chosen.withColumn("inventory", F.lit(""))
    return _with_disputed(chosen, examples, variant)


def _with_disputed(chosen: DataFrame, examples: DataFrame, variant: str) -> DataFrame:
    """With the spans that variants of other annotators have there, and this one has not."""
    _, _, kind = variant.partition("-")
    others = (
        examples.filter((F.col("variant") != variant) & F.col("variant").endswith(f"-{kind}"))
        .select("example_id", F.explode("char_spans").alias("span"))
        .groupBy("example_id")
        .agg(F.collect_set(F.struct("span.start", "span.end")).alias("all"))  # bounded: the spans of an example
    )
    own = F.transform("char_spans", lambda span: F.struct(span["start"].alias("start"), span["end"].alias("end")))
    disputed = F.array_sort(F.array_except(F.coalesce("all", F.array().cast(STUDY[1].type)), own))
    return chosen.join(others, on="example_id", how="left").withColumn("disputed", disputed).drop("all")
