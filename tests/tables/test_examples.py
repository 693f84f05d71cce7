"""Passages to sentences with spans, in twelve variants."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.tables import examples
from finerweb.text.spans import Span

LANGUAGES = settings.load_languages()
LOCALES = {"eng": "en", "tha": "th"}

TEXT = "👩🏽\u200d🚀 saw Cairo. Nothing here.\r\n\r\nHe met Ame\u0301lie."
ENGLISH = ("d#0", "d", "eng", TEXT)
THAI = ("t#0", "t", "tha", "กรุงเทพ")

ENTITIES = [("d#0", "eng", 9, 14, ["City", "capital_city"], 0.9), ("t#0", "tha", 0, 7, ["City"], 0.6)]
MENTIONS = [
    ("d#0", "eng", "a", 9, 14, 0, "City", None),
    ("d#0", "eng", "b", 9, 14, 1, "capital_city", None),
    ("d#0", "eng", "b", 9, 14, 0, "City", None),
    ("d#0", "eng", "b", None, None, 2, "person", "absent"),
    ("t#0", "tha", "a", 0, 7, 0, "City", None),
]
LABELS = [
    ("City", "eng", "city", "city"),
    ("capital_city", "eng", "capital city", "capital city"),
    ("City", "tha", "city", "เมือง"),
]


def test_there_are_twelve_variants_of_two_annotators() -> None:
    assert examples.variants(["a", "b"]) == [
        f"{who}-{language}-{schema}" for who in ("a", "b", "merged") for language in ("english", "target") for schema in ("single", "multi")
    ]  # fmt: skip
    assert len(examples.variants(["a", "b"])) == 12


def test_sentences_with_their_spans_in_every_variant(spark: SparkSession) -> None:
    annotations = examples.annotations(
        spark.createDataFrame(
            ENTITIES,
            "passage_id string, language string, start int, end int, labels array<string>, confidence double",
        ),
        spark.createDataFrame(
            MENTIONS,
            "passage_id string, language string, annotator string, start int, end int, position int, label string, problem string",
        ),
        spark.createDataFrame(LABELS, "label string, language string, canonical string, name string"),
    )
    passages = spark.createDataFrame(
        [ENGLISH, THAI], "passage_id string, document_id string, language string, text string"
    )
    built = examples.build(annotations, passages, annotators=["a", "b"], languages=LANGUAGES)
    by_variant = {(row["example_id"], row["variant"]): row for row in built.collect()}
    variants = examples.variants(["a", "b"])
    sentences = {
        "d#0-s0": "👩🏽\u200d🚀 saw Cairo.",
        "d#0-s1": "Nothing here.",
        "d#0-s2": "He met Ame\u0301lie.",
    }
    assert set(by_variant) == {(example, variant) for example in [*sentences, "t#0-s0"] for variant in variants}
    assert {row["example_id"]: row["text"] for row in by_variant.values()} == {**sentences, "t#0-s0": "กรุงเทพ"}
    assert {row["example_id"]: row["start"] for row in by_variant.values()} == {
        "d#0-s0": 0,
        "d#0-s1": 16,
        "d#0-s2": 33,
        "t#0-s0": 0,
    }

    labels = {
        (example, variant): [list(span["label"]) for span in row["char_spans"]]
        for (example, variant), row in by_variant.items()
        if row["char_spans"]
    }
    both, single = ["city", "capital city"], ["city"]
    assert labels == {
        **{("d#0-s0", f"a-{language}-{schema}"): [single] for language in ("english", "target") for schema in ("single", "multi")},
        **{("d#0-s0", f"{who}-{language}-multi"): [both] for who in ("b", "merged") for language in ("english", "target")},
        **{("d#0-s0", f"{who}-{language}-single"): [["city / capital city"]] for who in ("b", "merged") for language in ("english", "target")},
        **{("t#0-s0", f"{who}-english-{schema}"): [single] for who in ("a", "merged") for schema in ("single", "multi")},
        **{("t#0-s0", f"{who}-target-{schema}"): [["เมือง"]] for who in ("a", "merged") for schema in ("single", "multi")},
    }  # fmt: skip
    for row in by_variant.values():
        assert row["has_entities"] == bool(row["char_spans"])
        assert row["quartile"] == (1 if row["char_spans"] and row["variant"].startswith("merged") else None)
        assert {row["text"][span["start"] : span["end"]] for span in row["char_spans"]} <= {"Cairo", "กรุงเทพ"}
    splits = defaultdict(set)
    for row in by_variant.values():
        splits[row["document_id"]].add(row["split"])
    assert all(len(split) == 1 and split <= {"train", "validation", "test"} for split in splits.values())


def test_quartiles_are_of_a_languages_merged_spans_and_an_example_has_its_least_sure_ones(spark: SparkSession) -> None:
    text = "Cairo met Rome in Oslo. Lima won."
    spans = [(0, 5, 0.9), (10, 14, 0.5), (18, 22, 0.7), (6, 9, 0.6), (24, 28, 0.8)]
    annotations = examples.annotations(
        spark.createDataFrame(
            [("p", "eng", start, end, ["x"], confidence) for start, end, confidence in spans],
            "passage_id string, language string, start int, end int, labels array<string>, confidence double",
        ),
        spark.createDataFrame(
            [],
            "passage_id string, language string, annotator string, start int, end int, position int, label string, problem string",
        ),
        spark.createDataFrame([("x", "eng", "x", "x")], "label string, language string, canonical string, name string"),
    )
    assert {row["start"]: row["quartile"] for row in annotations.collect()} == {0: 1, 24: 1, 18: 2, 6: 3, 10: 4}
    passages = spark.createDataFrame(
        [("p", "d", "eng", text)], "passage_id string, document_id string, language string, text string"
    )
    built = examples.build(annotations, passages, annotators=[], languages=LANGUAGES)
    assert {(row["text"], row["quartile"]) for row in built.collect()} == {
        ("Cairo met Rome in Oslo.", 4),
        ("Lima won.", 1),
    }


def test_a_split_is_a_documents_own_and_about_eight_in_ten_train(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(f"source/é👍🏽{number}",) for number in range(2000)], "document_id string")
    counts = {
        row["split"]: row["count"]
        for row in frame.select(examples.split_of("document_id").alias("split")).groupBy("split").count().collect()
    }
    assert set(counts) == {"train", "validation", "test"}
    assert 1520 < counts["train"] < 1680
    assert 140 < counts["validation"] < 260
    assert 140 < counts["test"] < 260


def built(
    text: str, spans: list[tuple[int, int, str]], language: str = "eng", annotator: str = "a"
) -> list[tuple[Any, ...]]:
    """(example_id, start, text, spans) of a passage in the variant of single English labels."""
    given = [
        {
            "annotator": annotator,
            "start": start,
            "end": end,
            "labels": [{"canonical": label, "name": label}],
            "quartile": None,
        }
        for start, end, label in spans
    ]
    passage = SimpleNamespace(
        passage_id="d#0",
        document_id="d",
        language=language,
        text=text,
        split="train",
        spans=given or None,
    )
    rows = [
        dict(zip([column.name for column in examples.TABLE.columns], row, strict=True))
        for row in examples._examples(passage, locales=LOCALES, annotators=[annotator])
    ]
    return [
        (row["example_id"], row["start"], row["text"], [(span["start"], span["end"], *span["label"]) for span in row["char_spans"]])
        for row in rows
        if row["variant"] == f"{annotator}-english-single"
    ]  # fmt: skip


def test_a_span_that_crosses_a_sentence_joins_its_sentences() -> None:
    text = "One 👍🏽. Cairo is. Big. End."
    assert built(text, [(8, 22, "place"), (8, 13, "city")]) == [
        ("d#0-s0", 0, "One 👍🏽.", []),
        ("d#0-s1", 8, "Cairo is. Big.", [(0, 5, "city"), (0, 14, "place")]),
        ("d#0-s2", 23, "End.", []),
    ]


def test_a_passage_without_spans_is_a_negative() -> None:
    assert built("e\u0301te\u0301. Fin.", []) == [("d#0-s0", 0, "e\u0301te\u0301.", []), ("d#0-s1", 7, "Fin.", [])]
    assert built(" \r\n", []) == []


def test_an_id_is_the_same_sentence_in_every_variant() -> None:
    label = [{"canonical": "place", "name": "place"}]
    passage = SimpleNamespace(
        passage_id="d#0",
        document_id="d",
        language="eng",
        text="Cairo is. Big. End.",
        split="train",
        spans=[{"annotator": "b", "start": 0, "end": 14, "labels": label, "quartile": None}],
    )
    rows = list(examples._examples(passage, locales=LOCALES, annotators=["a", "b"]))
    assert len(rows) == 2 * 8
    assert {(row[0], row[6], row[7]) for row in rows} == {("d#0-s0", 0, "Cairo is. Big."), ("d#0-s1", 15, "End.")}


def test_a_span_never_reaches_over_the_end_of_its_sentence() -> None:
    text = "In Cairo \nnow."
    for _, _, sentence, spans in built(text, [(3, 9, "city"), (10, 14, "time")]) + built(
        "In Cairo \n", [(3, 9, "city")]
    ):
        assert all(end <= len(sentence) for _, end, _ in spans)


JOINS = [
    ([], []),
    ([Span(2, 8)], [Span(0, 10), Span(10, 15)]),
    ([Span(0, 5), Span(5, 10)], [Span(0, 5), Span(5, 10), Span(10, 15)]),
    ([Span(2, 12)], [Span(0, 15)]),
    ([Span(4, 6), Span(9, 11)], [Span(0, 15)]),
]


@pytest.mark.parametrize(("spans", "wanted"), JOINS)
def test_sentences_are_joined_where_a_span_crosses(spans: list[Span], wanted: list[Span]) -> None:
    sentences = [Span(0, 5), Span(5, 10), Span(10, 15)] if spans else []
    assert examples.whole_sentences(sentences, spans) == wanted
