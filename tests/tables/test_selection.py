"""Which passages are annotated, and why the others are not."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from finerweb.tables import selection

# passage_id, document_id, language, position, is_target_language -> score, duplicate of
PASSAGES = [
    ("a#0", "a", "eng", 0, True, 0.2, None),
    ("a#1", "a", "eng", 1, True, 0.6, None),
    ("a#2", "a", "eng", 2, True, 0.9, None),
    ("b#0", "b", "eng", 0, False, 0.9, None),
    ("b#1", "b", "eng", 1, True, 0.5, None),
    ("c#0", "c", "eng", 0, True, 0.9, "a#1"),
    ("d#0", "d", "eng", 0, True, None, None),
    ("é👍🏽#0", "é👍🏽", "eng", 0, True, 0.8, None),
    ("f#0", "f", "eng", 0, True, 0.7, None),
    ("g#0", "g", "eng", 0, True, None, None),
    ("t#0", "t", "tha", 0, True, 0.51, None),
    ("u#0", "u", "tha", 0, True, 0.45, None),
]
UNSCORED = [("g#0", None, "over_long")]
THRESHOLDS = {"eng": 0.5, "tha": 0.45}


def chosen(spark: SparkSession, *, per_language: int) -> dict[str, tuple[int | None, bool, str | None]]:
    columns = "passage_id string, document_id string, language string, position int, is_target_language boolean"
    passages = spark.createDataFrame([row[:5] for row in PASSAGES], columns)
    scored = [(row[0], row[5], None) for row in PASSAGES if row[5]] + UNSCORED
    scores = spark.createDataFrame(scored, "passage_id string, score double, problem string")
    near = [(row[0], row[6]) for row in PASSAGES if row[6]]
    near_duplicates = spark.createDataFrame(near, "passage_id string, duplicate_of string")
    frame = selection.choose(passages, scores, near_duplicates, per_language=per_language, thresholds=THRESHOLDS)
    assert {row["language"]: row["threshold"] for row in frame.collect()} == THRESHOLDS
    assert frame.columns == [column.name for column in selection.TABLE.columns]
    return {row["passage_id"]: (row["rank"], row["is_selected"], row["problem"]) for row in frame.collect()}


WHY_NOT = {
    "a#0": (None, False, "not_useful"),
    "a#2": (None, False, "another_of_document"),
    "b#0": (None, False, "other_language"),
    "b#1": (None, False, "not_useful"),
    "c#0": (None, False, "near_duplicate"),
    "d#0": (None, False, "not_scored"),
    "g#0": (None, False, "over_long"),
    "u#0": (None, False, "not_useful"),
}


def test_a_documents_first_useful_passage_is_chosen_and_the_others_have_their_reason(spark: SparkSession) -> None:
    outcomes = chosen(spark, per_language=9)
    assert {passage: outcomes.pop(passage) for passage in WHY_NOT} == WHY_NOT
    assert outcomes.pop("t#0") == (1, True, None)
    assert set(outcomes) == {"a#1", "é👍🏽#0", "f#0"}
    assert sorted(outcomes.values()) == [(1, True, None), (2, True, None), (3, True, None)]


def test_a_quota_takes_the_same_first_ones_each_time(spark: SparkSession) -> None:
    everyone = chosen(spark, per_language=9)
    limited = chosen(spark, per_language=2)
    for passage, (rank, _, problem) in everyone.items():
        full = rank is not None and rank > 2
        assert limited[passage] == ((None, False, "quota_full") if full else (rank, rank is not None, problem))


def test_parts_of_a_language_are_ranked_as_the_whole(spark: SparkSession) -> None:
    """Documents of a hash, two passages each; one in five is not useful, and some parts have more than their share."""
    names = spark.range(900).select(F.concat(F.lit("d"), "id").alias("document_id"), "id")
    places = names.select("*", F.explode(F.array(F.lit(0), F.lit(1))).alias("position"))
    passages = places.select(
        F.concat_ws("#", "document_id", "position").alias("passage_id"),
        "document_id",
        F.when(F.col("id") < 600, "eng").otherwise("tha").alias("language"),
        "position",
        F.lit(True).alias("is_target_language"),
    )
    scores = passages.select(
        "passage_id", (F.pmod(F.hash("passage_id"), F.lit(5)) / 4).alias("score"), F.lit(None).alias("problem")
    )
    none = spark.createDataFrame([], "passage_id string, duplicate_of string")
    frame = selection.choose(passages, scores, none, per_language=100, thresholds={"eng": 0, "tha": 0}).toPandas()
    useful = frame[frame["problem"].isin(["quota_full"]) | frame["is_selected"]]
    turns = {row.document_id: row.turn for row in names.select("document_id", selection.turn().alias("turn")).collect()}
    for _, rows in useful.groupby("language"):
        in_turn = rows.iloc[rows["document_id"].map(turns).argsort()]
        assert list(in_turn["rank"][:100]) == list(range(1, 101))
        assert set(in_turn["problem"][100:]) == {"quota_full"}
        assert len(in_turn) > 250


def test_what_is_chosen_leads_back_to_passages_and_documents(spark: SparkSession) -> None:
    rows = [("a#0", "a", True), ("a#1", "a", False), ("👍🏽#0", "👍🏽", False)]
    selected = spark.createDataFrame(rows, "passage_id string, document_id string, is_selected boolean")
    passages = spark.createDataFrame([("a#0", "x"), ("a#1", "y"), ("👍🏽#0", None)], "passage_id string, text string")
    documents = spark.createDataFrame([("a", "x"), ("👍🏽", None)], "document_id string, text string")
    assert [tuple(row) for row in selection.chosen(selected, passages).collect()] == [("a#0", "x")]
    assert [tuple(row) for row in selection.documents_of(selected, documents).collect()] == [("a", "x")]
