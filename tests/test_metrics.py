"""Metrics on rows made by hand."""

from pyspark.sql import SparkSession

from finerweb.metrics import acceptance, agreement, gold, ratings, retention, verdicts, volume
from finerweb.tables import entities as entities_table

GOLD = [
    ("d", "eng", 0, 5),
    ("d", "eng", 10, 15),
    ("d", "eng", 18, 22),
    ("d", "eng", 30, 34),
    ("e", "fra", 0, 3),
    ("n", "tha", 0, 3),
]
PASSAGES = [("d#0", "d", 0, 20), ("d#1", "d", 20, 40), ("e#0", "e", 0, 9), ("u#0", "u", 0, 9), ("n#0", "n", 0, 9)]
FOUND = [
    ("d#0", "eng", 0, 5, "city"),
    ("d#0", "eng", 0, 5, "town"),  # the same place twice counts once
    ("d#0", "eng", 10, 16, "river"),
    ("d#1", "eng", 10, 14, "👍🏽"),  # 30-34 of the document
    ("u#0", "eng", 0, 5, "city"),  # of a document that nobody marked
    ("e#0", "fra", 4, 6, "e\u0301tat"),
]


def test_gold_compares_places_in_annotated_passages(spark: SparkSession) -> None:
    marked = spark.createDataFrame(GOLD, "document_id string, language string, start int, end int")
    places = spark.createDataFrame(PASSAGES, "passage_id string, document_id string, start int, end int")
    found = spark.createDataFrame(FOUND, "passage_id string, language string, start int, end int, label string")
    rows = [(row[0], row[0] != "n#0") for row in PASSAGES]
    selected = spark.createDataFrame(rows, "passage_id string, is_selected boolean")
    measured = gold.measure(marked, found, places, selected).collect()
    # Of d's 4, 18-22 crosses the end of its passage and cannot be found; 3 were found, 2 of them right.
    third = round(2 / 3, 6)
    assert sorted((row["language"], row["detail"], round(row["value"], 6)) for row in measured) == sorted(
        [
            ("eng", "gold", 4.0),
            ("eng", "found", 3.0),
            ("eng", "both", 2.0),
            ("eng", "precision", third),
            ("eng", "recall", 0.5),
            ("eng", "f1", round(4 / 7, 6)),
            ("fra", "gold", 1.0),
            ("fra", "found", 1.0),
            ("fra", "both", 0.0),
            ("fra", "precision", 0.0),
            ("fra", "recall", 0.0),
            ("fra", "f1", 0.0),
        ]
    )


def test_gold_of_nothing_found_is_nought_and_without_gold_nothing(spark: SparkSession) -> None:
    places = spark.createDataFrame(PASSAGES, "passage_id string, document_id string, start int, end int")
    none = spark.createDataFrame([], "passage_id string, language string, start int, end int, label string")
    selected = spark.createDataFrame([("e#0", True)], "passage_id string, is_selected boolean")
    columns = "document_id string, language string, start int, end int"
    nothing_found = gold.measure(spark.createDataFrame(GOLD, columns), none, places, selected).collect()
    assert sorted((row["detail"], row["value"]) for row in nothing_found) == [
        ("both", 0.0),
        ("f1", 0.0),
        ("found", 0.0),
        ("gold", 1.0),
        ("precision", 0.0),
        ("recall", 0.0),
    ]
    assert gold.measure(spark.createDataFrame([], columns), none, places, selected).collect() == []


def test_acceptance_and_ratings_are_shares_of_a_language(spark: SparkSession) -> None:
    rows = [("eng", None), ("eng", "not_useful"), ("eng", None), ("eng", "quota_full"), ("tha", None)]
    selected = spark.createDataFrame(rows, "language string, problem string")
    assert sorted(tuple(row) for row in acceptance.measure(selected).collect()) == [
        ("not_useful", "eng", 0.25),
        ("quota_full", "eng", 0.25),
        ("selected", "eng", 0.5),
        ("selected", "tha", 1.0),
    ]
    rated = [("gpt", "eng", 4, None), ("gpt", "eng", None, "refused"), ("👍🏽", "eng", 4, None)]
    frame = spark.createDataFrame(rated, "rater string, language string, rating int, problem string")
    assert sorted(tuple(row) for row in ratings.measure(frame).collect()) == [
        ("gpt/4", "eng", 0.5),
        ("gpt/refused", "eng", 0.5),
        ("👍🏽/4", "eng", 1.0),
    ]


def test_retention_is_what_was_found_by_each_tier_and_lost_to_each_problem(spark: SparkSession) -> None:
    rows = [
        ("r", 0, "a", "eng", "exact", None),
        ("r", 1, "a", "eng", "exact", None),
        ("r", 1, "a", "eng", "exact", None),  # the same mention in another place: the policy `all`
        ("r", 2, "a", "eng", None, "absent"),
        ("r", 3, "a", "eng", "normalised", None),
        ("s", -1, "b", "tha", None, "unreadable"),
    ]
    columns = "request_id string, position int, annotator string, language string, tier string, problem string"
    mentions = spark.createDataFrame(rows, columns)
    assert sorted(tuple(row) for row in retention.measure(mentions).collect()) == [
        ("a/found/exact", "eng", 0.5),
        ("a/found/normalised", "eng", 0.25),
        ("a/lost/absent", "eng", 0.25),
        ("b/lost/unreadable", "tha", 1.0),
    ]


def test_agreement_is_of_entities_and_of_what_each_annotator_keeps(spark: SparkSession) -> None:
    a, b = ("a", 0, 5, "city", "exact"), ("b", 0, 5, "city", "exact")
    rows = [
        ("p", "eng", 0, 5, "Cairo", "city", ["city"], "exact", [a, b], [], "Cairo"),
        ("p", "eng", 9, 12, "👍🏽", "x", ["x"], "alone", [a], [(*b, "shorter")], "👍🏽"),
    ]
    entities = spark.createDataFrame(rows, entities_table.TABLE.schema)
    assert sorted(tuple(row) for row in agreement.measure(entities).collect()) == [
        ("entities/alone", "eng", 0.5),
        ("entities/exact", "eng", 0.5),
        ("kept/a", "eng", 1.0),
        ("kept/b", "eng", 0.5),
    ]


def test_verdicts_are_means_and_errors_an_entity(spark: SparkSession) -> None:
    rows = [("p", "j", "eng", 5, 3, ["👍🏽"], [], ["a", "b"], None), ("q", "j", "eng", 4, 4, [], [], [], None), ("r", "j", "eng", None, None, None, None, None, "refused")]  # fmt: skip
    columns = (
        "passage_id string, judge string, language string, faithfulness int, completeness int, missing array<string>, "
        "extra array<string>, wrong array<string>, problem string"
    )
    entities = spark.createDataFrame([("p",)] * 4, "passage_id string")
    found = verdicts.measure(spark.createDataFrame(rows, columns), entities).collect()
    assert sorted(tuple(row) for row in found) == [
        ("j/completeness", "eng", 3.5),
        ("j/extra", "eng", 0.0),
        ("j/faithfulness", "eng", 4.5),
        ("j/missing", "eng", 0.25),
        ("j/wrong", "eng", 0.5),
    ]


def test_volume_counts_each_language(spark: SparkSession) -> None:
    documents = spark.createDataFrame([("eng",), ("tha",)], "language string")
    passages = spark.createDataFrame([("eng", 7), ("eng", 5), ("tha", 0)], "language string, words int")
    selection = spark.createDataFrame([("eng", True), ("eng", False)], "language string, is_selected boolean")
    entities = spark.createDataFrame(
        [("eng", "city"), ("eng", "city"), ("eng", "e\u0301tat")], "language string, label string"
    )
    assert sorted(tuple(row) for row in volume.measure(documents, passages, selection, entities).collect()) == [
        ("annotated", "eng", 1.0),
        ("documents", "eng", 1.0),
        ("documents", "tha", 1.0),
        ("entities", "eng", 3.0),
        ("labels", "eng", 2.0),
        ("passages", "eng", 2.0),
        ("passages", "tha", 1.0),
        ("words", "eng", 12.0),
        ("words", "tha", 0.0),
    ]
