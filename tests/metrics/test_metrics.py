"""Metrics on rows made by hand."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from finerweb import metrics
from finerweb.errors import WrongTable
from finerweb.intervals import wilson
from finerweb.lake import Lake
from finerweb.metrics import acceptance, agreement, audit, coverage, gold, judges, ratings, retention, verdicts, volume
from finerweb.table import Table
from finerweb.tables import audits, measures
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
    entities = spark.createDataFrame(FOUND, "passage_id string, language string, start int, end int, label string")
    rows = [(row[0], row[0] != "n#0") for row in PASSAGES]
    selected = spark.createDataFrame(rows, "passage_id string, is_selected boolean")
    measured = gold.measure(marked, entities, places, selected).collect()
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


def test_coverage_says_how_much_was_scored_and_how_much_of_that_was_useful(spark: SparkSession) -> None:
    rows = [("eng", 0.9, 0.5), ("eng", 0.5, 0.5), ("eng", None, 0.5), ("eng", None, 0.5), ("tha", None, 0.7)]
    selected = spark.createDataFrame(rows, "language string, score double, threshold double")
    assert sorted(tuple(row) for row in coverage.measure(selected).collect()) == [
        ("scored", "eng", 0.5),
        ("scored", "tha", 0.0),
        ("threshold", "eng", 0.5),
        ("threshold", "tha", 0.7),
        ("useful", "eng", 0.5),
        ("useful", "tha", 0.0),
    ]


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
        ("p", "eng", 0, 5, "Cairo", "city", ["city"], "exact", 0.9, [a, b], [], "Cairo"),
        ("p", "eng", 9, 12, "👍🏽", "x", ["x"], "alone", 0.6, [a], [(*b, "shorter")], "👍🏽"),
    ]
    entities = spark.createDataFrame(rows, entities_table.TABLE.schema)
    assert sorted(tuple(row) for row in agreement.measure(entities).collect()) == [
        ("entities/alone", "eng", 0.5),
        ("entities/exact", "eng", 0.5),
        ("kept/a", "eng", 1.0),
        ("kept/b", "eng", 0.5),
    ]


def test_verdicts_are_means_and_errors_an_entity(spark: SparkSession) -> None:
    rows = [
        ("p", "j", "plain", "eng", 5, 3, ["👍🏽"], [], ["a", "b"], None),
        ("q", "j", "plain", "eng", 4, 4, [], [], [], None),
        ("r", "j", "plain", "eng", None, None, None, None, None, "refused"),
        ("p", "j", "swapped", "eng", 1, 1, ["x"], ["x"], ["x"], None),  # copies say nothing of the data
        ("p", "j", "planted", "eng", 1, 1, ["x"], ["x"], ["x"], None),
    ]
    columns = (
        "passage_id string, judge string, copy string, language string, faithfulness int, completeness int, missing array<string>, "
        "extra array<string>, wrong array<string>, problem string"
    )
    entities = spark.createDataFrame([("p",)] * 4, "passage_id string")
    measured = verdicts.measure(spark.createDataFrame(rows, columns), entities).collect()
    assert sorted(tuple(row) for row in measured) == [
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


def test_judges_are_trusted_by_the_planted_errors_they_caught(spark: SparkSession) -> None:
    columns = (
        "passage_id string, judge string, copy string, language string, faithfulness int, completeness int, "
        "extra array<string>, wrong array<string>, planted_kind string, is_caught boolean, problem string"
    )
    rows = [
        ("p", "a", "plain", "eng", 5, 3, ["👍🏽"], ["👍🏽", "e\u0301tat"], None, None, None),
        ("q", "a", "plain", "tha", 4, 4, [], [], None, None, None),
        ("r", "a", "plain", "eng", None, None, None, None, None, None, "refused"),
        ("p", "b", "plain", "eng", 2, 3, [], [], None, None, None),
        ("p", "a", "swapped", "eng", 4, 3, ["x"], [], None, None, None),
        ("q", "a", "swapped", "tha", None, None, None, None, None, None, "malformed"),
        ("p", "a", "planted", "eng", 4, 3, [], [], "removed", True, None),
        ("s", "a", "planted", "eng", 4, 3, [], [], "removed", False, None),
        ("q", "a", "planted", "tha", 4, 3, [], [], "invented", False, None),
        ("r", "a", "planted", "eng", None, None, None, None, "invented", None, "refused"),
    ]
    entities = spark.createDataFrame([("p",)] * 4 + [("q",)], "passage_id string")
    measured = judges.measure(spark.createDataFrame(rows, columns), entities).collect()
    assert sorted((row["language"], row["detail"], round(row["value"], 4)) for row in measured) == sorted(
        [
            ("eng", "a/planted", 2.0),
            ("eng", "a/caught", 0.5),
            ("eng", "a/planted/removed", 2.0),
            ("eng", "a/caught/removed", 0.5),
            ("tha", "a/planted", 1.0),
            ("tha", "a/caught", 0.0),
            ("tha", "a/planted/invented", 1.0),
            ("tha", "a/caught/invented", 0.0),
            ("*", "a/planted", 3.0),
            ("*", "a/caught", 0.3333),
            ("*", "a/planted/removed", 2.0),
            ("*", "a/caught/removed", 0.5),
            ("*", "a/planted/invented", 1.0),
            ("*", "a/caught/invented", 0.0),
            ("eng", "a/flagged", 0.5),  # two mentions of four, one of them in both lists
            ("tha", "a/flagged", 0.0),
            ("*", "a/flagged", 0.4),
            ("eng", "b/flagged", 0.0),
            ("*", "b/flagged", 0.0),
            ("eng", "a/swapped", 1.0),
            ("eng", "a/order/faithfulness", 1.0),
            ("eng", "a/order/completeness", 0.0),
            ("*", "a/swapped", 1.0),
            ("*", "a/order/faithfulness", 1.0),
            ("*", "a/order/completeness", 0.0),
            ("eng", "a and b/judged", 1.0),
            ("eng", "a and b/faithfulness", 3.0),
            ("eng", "a and b/completeness", 0.0),
            ("*", "a and b/judged", 1.0),
            ("*", "a and b/faithfulness", 3.0),
            ("*", "a and b/completeness", 0.0),
        ]
    )


AUDITS = [
    # Passage p has five entities, all seen by Ada, some by Bo too.
    ("p", "eng", 0, 5, "city", "Cairo", "Ada", "ok", None),
    ("p", "eng", 0, 5, "city", "Cairo", "Bo", "ok", None),
    ("p", "eng", 6, 8, "sign", "👍🏽", "Ada", "not_entity", None),
    ("p", "eng", 9, 14, "river", "e\u0301tat", "Ada", "wrong_type", None),
    ("p", "eng", 9, 14, "river", "e\u0301tat", "Bo", "ok", None),  # as many votes: the worse counts
    ("p", "eng", 15, 19, "town", "Oslo", "Ada", "wrong_span", None),
    ("p", "eng", 20, 24, "town", "Rome", "Ada", "ok", None),
    ("p", "eng", 0, 0, "", "", "Ada", None, ["Bergen"]),
    ("p", "eng", 0, 0, "", "", "Bo", None, ["Bergen", "Asker"]),  # who did not see all of it
    ("t", "tha", 0, 7, "city", "กรุงเทพ", "Ada", "ok", None),
    ("t", "tha", 0, 0, "", "", "Ada", None, []),
    ("t", "tha", 7, 9, "city", "ok", "Ada", "not_entity", None),  # merging has dropped it since
]
ENTITIES = [*{row[:5] for row in AUDITS if row[7] and row[:4] != ("t", "tha", 7, 9)}]


def test_an_audit_gives_precision_and_completeness_with_intervals(spark: SparkSession) -> None:
    opinions = spark.createDataFrame(AUDITS, audits.TABLE.schema)
    entities = spark.createDataFrame(ENTITIES, "passage_id string, language string, start int, end int, label string")
    none = spark.createDataFrame(
        [], "passage_id string, judge string, copy string, extra array<string>, wrong array<string>, problem string"
    )
    measured = audit.measure(opinions, entities, none).collect()
    details = {(row["language"], row["detail"]): round(row["value"], 4) for row in measured}
    assert len(details) == len(measured)
    shares = {
        "eng": {"span": (3, 5), "type": (2, 3), "both": (2, 5), "completeness": (4, 5)},
        "tha": {"span": (1, 1), "type": (1, 1), "both": (1, 1), "completeness": (1, 1)},
        "*": {"span": (4, 6), "type": (3, 4), "both": (3, 6), "completeness": (5, 6)},
    }
    wanted = {(code, "audited"): float(n) for code, n in {"eng": 5, "tha": 1, "*": 6}.items()}
    wanted |= {(code, "passages"): float(n) for code, n in {"eng": 1, "tha": 1, "*": 2}.items()}
    for code, values in shares.items():
        for name, (part, whole) in values.items():
            low, high = wilson(part, whole)
            wanted |= {(code, name): round(part / whole, 4), (code, f"{name}/low"): round(low, 4)}
            wanted |= {(code, f"{name}/high"): round(high, 4)}
    assert details == wanted


def test_judges_are_compared_with_what_people_say(spark: SparkSession) -> None:
    opinions = spark.createDataFrame(AUDITS, audits.TABLE.schema)
    entities = spark.createDataFrame(ENTITIES, "passage_id string, language string, start int, end int, label string")
    verdicts = spark.createDataFrame(
        [
            ("p", "j", "plain", ["👍🏽 (a sign)"], ["Cairo"], None),
            ("p", "j", "planted", ["Rome"], ["e\u0301tat"], None),
            ("t", "j", "plain", None, None, "refused"),
            ("t", "k", "plain", [], [], None),
        ],
        "passage_id string, judge string, copy string, extra array<string>, wrong array<string>, problem string",
    )
    measured = audit.measure(opinions, entities, verdicts).collect()
    values = {(row["language"], row["detail"]): row["value"] for row in measured if row["detail"].startswith("judge ")}
    of_j = {"judge j/compared": 4.0, "judge j/agrees": 0.5, "judge j/sees": 0.5, "judge j/alarms": 0.5}
    of_k = {"judge k/compared": 1.0, "judge k/agrees": 1.0, "judge k/alarms": 0.0}
    assert values == {
        **{("eng", detail): value for detail, value in of_j.items()},
        **{("tha", detail): value for detail, value in of_k.items()},
        **{("*", detail): value for detail, value in {**of_j, **of_k}.items()},
    }


def test_every_metric_gives_the_same_columns_and_only_the_audits_may_be_missing(spark: SparkSession) -> None:
    optional: dict[str, bool] = {}

    def read(table: Table, *, or_empty: bool = False) -> DataFrame:
        optional[table.name] = or_empty
        return spark.createDataFrame([], table.schema)

    assert measures.gather(*metrics.measure_all(read)).columns == ["detail", "language", "value", "metric"]
    assert [name for name in optional if optional[name]] == ["audits"]


def test_a_table_that_must_be_there_is_still_missed(lake: Lake) -> None:
    with pytest.raises(WrongTable, match="table selection: nothing at"):
        next(metrics.measure_all(lake.read))


INTERVALS = [
    ((0, 5), (0.0, 0.4345)),
    ((3, 3), (0.4385, 1.0)),
    ((81, 100), (0.7222, 0.8749)),
    ((5, 10), (0.2366, 0.7634)),
]


@pytest.mark.parametrize(("counts", "interval"), INTERVALS)
def test_an_interval_is_wilsons(counts: tuple[int, int], interval: tuple[float, float]) -> None:
    low, high = wilson(*counts)
    assert (round(low, 4), round(high, 4)) == interval
