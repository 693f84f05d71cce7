"""Mentions of several annotators to entities, passage by passage."""

from pyspark.sql import Row, SparkSession

from finerweb.tables import entities

TEXT = "👩🏽\u200d🚀 Cairo University, Nile"
PASSAGES = [
    ("p", "eng", TEXT),
    ("q", "fra", "e\u0301te\u0301 a\u0300 Paris"),
    ("r", "eng", "nothing"),
    ("s", "eng", "Nile Delta"),
]
MENTIONS = [
    ("p", "b", 5, 10, "city", "exact", None),
    ("p", "a", 5, 21, "university", "exact", None),
    ("p", "a", 23, 27, "river", "exact", None),
    ("p", "b", 23, 27, "body of water", "elsewhere", None),
    ("p", "b", None, None, "person", None, "absent"),
    ("q", "a", 9, 14, "city", "exact", None),
    ("q", "b", 6, 14, "town", "normalised", None),
    ("s", "a", 0, 10, "region", "exact", None),
    ("s", "b", 0, 9, "region", "exact", None),
    ("r", "a", None, None, None, None, "unreadable"),
]
SIMILARITIES = [("city", "town", 0.9), ("body of water", "river", 0.1), ("city", "university", 0.99)]


def test_entities_of_each_passage_say_who_said_so(spark: SparkSession) -> None:
    mentions = spark.createDataFrame(
        MENTIONS, "passage_id string, annotator string, start int, end int, label string, tier string, problem string"
    )
    passages = spark.createDataFrame(PASSAGES, "passage_id string, language string, text string")
    similarities = spark.createDataFrame(SIMILARITIES, "label string, other string, similarity float")
    merged = entities.merge_annotators(mentions, passages, similarities, overlap=0.5, similarity=0.75)
    said = Row("annotator", "start", "end", "label", "tier")
    lost = Row("annotator", "start", "end", "label", "tier", "problem")
    assert sorted(tuple(row) for row in merged.collect()) == [
        (
            "p", "eng", 5, 21, "Cairo University", "university", ["university"], "alone",
            [said("a", 5, 21, "university", "exact")],
            [lost("b", 5, 10, "city", "exact", "shorter")],
            TEXT,
        ),
        (
            "p", "eng", 23, 27, "Nile", "river / body of water", ["river", "body of water"], "exact",
            [said("a", 23, 27, "river", "exact"), said("b", 23, 27, "body of water", "elsewhere")],
            [],
            TEXT,
        ),
        (
            "q", "fra", 6, 14, "a\u0300 Paris", "town / city", ["town", "city"], "overlap",
            [said("b", 6, 14, "town", "normalised"), said("a", 9, 14, "city", "exact")],
            [],
            PASSAGES[1][2],
        ),
        (
            "s", "eng", 0, 10, "Nile Delta", "region", ["region"], "overlap",
            [said("a", 0, 10, "region", "exact"), said("b", 0, 9, "region", "exact")],
            [],
            "Nile Delta",
        ),
    ]  # fmt: skip


def test_no_mentions_no_entities(spark: SparkSession) -> None:
    mentions = spark.createDataFrame(
        MENTIONS[-1:],
        "passage_id string, annotator string, start int, end int, label string, tier string, problem string",
    )
    passages = spark.createDataFrame(PASSAGES, "passage_id string, language string, text string")
    similarities = spark.createDataFrame([], "label string, other string, similarity float")
    merged = entities.merge_annotators(mentions, passages, similarities, overlap=0.5, similarity=0.75)
    assert merged.columns == [column.name for column in entities.TABLE.columns]
    assert merged.collect() == []
