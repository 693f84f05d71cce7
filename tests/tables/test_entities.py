"""Mentions of several annotators to entities, passage by passage."""

from pyspark.sql import DataFrame, Row, SparkSession

from finerweb.tables import entities, reliabilities

TEXT = "👩🏽\u200d🚀 Cairo University, Nile"
PASSAGES = [
    ("p", "eng", TEXT),
    ("q", "fra", "e\u0301te\u0301 a\u0300 Paris"),
    ("r", "eng", "nothing"),
    ("s", "eng", "Nile Delta"),
]
MENTION = "passage_id string, language string, annotator string, start int, end int, label string, tier string, problem string"
MENTIONS = [
    ("p", "eng", "b", 5, 10, "city", "exact", None),
    ("p", "eng", "a", 5, 21, "university", "exact", None),
    ("p", "eng", "a", 23, 27, "river", "exact", None),
    ("p", "eng", "b", 23, 27, "body of water", "elsewhere", None),
    ("p", "eng", "b", None, None, "person", None, "absent"),
    ("q", "fra", "a", 9, 14, "city", "exact", None),
    ("q", "fra", "b", 6, 14, "town", "normalised", None),
    ("s", "eng", "a", 0, 10, "region", "exact", None),
    ("s", "eng", "b", 0, 9, "region", "exact", None),
    ("r", "eng", "a", None, None, None, None, "unreadable"),
]
SIMILARITIES = [("city", "town", 0.9), ("body of water", "river", 0.1), ("city", "university", 0.99)]


def merged(spark: SparkSession, rows: list[tuple[object, ...]], rule: str = "paper") -> DataFrame:
    mentions = spark.createDataFrame(rows, MENTION)
    passages = spark.createDataFrame(PASSAGES, "passage_id string, language string, text string")
    similarities = spark.createDataFrame(SIMILARITIES, "label string, other string, similarity float")
    estimates = reliabilities.estimate(mentions, annotators=["b", "a"], overlap=0.5)
    return entities.merge_annotators(
        reliabilities.claims(mentions), passages, similarities, estimates, overlap=0.5, similarity=0.75, rule=rule
    )


def test_entities_of_each_passage_say_who_said_so(spark: SparkSession) -> None:
    frame = merged(spark, MENTIONS)
    confidences = frame.select("passage_id", "start", "confidence").collect()
    assert all(0 < row["confidence"] < 1 for row in confidences)
    confidence = {(row["passage_id"], row["start"]): row["confidence"] for row in confidences}
    assert confidence["s", 0] > confidence["p", 5], "both said it, and one alone"
    source = Row("annotator", "start", "end", "label", "tier")
    lost = Row("annotator", "start", "end", "label", "tier", "problem")
    assert sorted(tuple(row) for row in frame.drop("confidence").collect()) == [
        (
            "p", "eng", 5, 21, "Cairo University", "university", ["university"], "alone",
            [source("a", 5, 21, "university", "exact")],
            [lost("b", 5, 10, "city", "exact", "shorter")],
            TEXT,
        ),
        (
            "p", "eng", 23, 27, "Nile", "river / body of water", ["river", "body of water"], "exact",
            [source("a", 23, 27, "river", "exact"), source("b", 23, 27, "body of water", "elsewhere")],
            [],
            TEXT,
        ),
        (
            "q", "fra", 6, 14, "a\u0300 Paris", "town / city", ["town", "city"], "overlap",
            [source("b", 6, 14, "town", "normalised"), source("a", 9, 14, "city", "exact")],
            [],
            PASSAGES[1][2],
        ),
        (
            "s", "eng", 0, 10, "Nile Delta", "region", ["region"], "overlap",
            [source("a", 0, 10, "region", "exact"), source("b", 0, 9, "region", "exact")],
            [],
            "Nile Delta",
        ),
    ]  # fmt: skip


def test_the_likelier_class_stays_by_the_weighted_rule(spark: SparkSession) -> None:
    kept = {
        (row["passage_id"], row["mention"]): (row["label"], tuple(span["problem"] for span in row["lost"]))
        for row in merged(spark, MENTIONS, "weighted").collect()
    }
    assert kept["s", "Nile Delta"] == ("region", ())
    assert kept["q", "a\u0300 Paris"] == ("city / town", ()), "both are places"
    ((_, (label, lost)),) = [entry for entry in kept.items() if entry[0] in {("p", "Cairo University"), ("p", "Cairo")}]
    assert (label, lost) in {("university", ("less_likely",)), ("city", ("less_likely",))}, "one gives way to the other"


def test_no_mentions_no_entities(spark: SparkSession) -> None:
    frame = merged(spark, MENTIONS[-1:])
    assert frame.columns == [column.name for column in entities.TABLE.columns]
    assert frame.collect() == []
