"""Usefulness answers to ratings, and the documents' splits."""

from pyspark.sql import SparkSession

from finerweb.tables import ratings

ANSWERS = [
    ("a#0", "gpt", "eng", '{"justification": "rich 👍🏽", "score": 4}', None),
    ("a#1", "gpt", "eng", "four", "malformed"),
    ("b#0", "gpt", "eng", "", "refused"),
    ("b#0", "gemma", "eng", '{"score": 1}', None),
    ("c#0", "gpt", "fra", "{'score': 2, 'justification': 'e\u0301te\u0301'}", "malformed"),
    ("d#0", "gpt", "fra", '{"score": 5}', None),
    ("x#0", "gpt", "fra", '{"score": 3}', None),
]
PASSAGES = [
    ("a#0", "a", "text a"),
    ("a#1", "a", "text a1"),
    ("b#0", "b", "text b"),
    ("c#0", "c", "e\u0301te\u0301 👍🏽"),
    ("d#0", "d", None),
]


def test_answers_become_ratings_or_problems(spark: SparkSession) -> None:
    completions = spark.createDataFrame(
        ANSWERS, "subject_id string, model string, language string, answer string, problem string"
    )
    passages = spark.createDataFrame(PASSAGES, "passage_id string, document_id string, text string")
    read = ratings.collect(completions, passages).cache()
    assert read.columns == [column.name for column in ratings.TABLE.columns]
    assert sorted(tuple(row) for row in read.drop("split").collect()) == [
        ("a#0", "gpt", "eng", 4, "rich 👍🏽", None),
        ("a#1", "gpt", "eng", None, None, "malformed"),
        ("b#0", "gemma", "eng", 1, "", None),
        ("b#0", "gpt", "eng", None, None, "refused"),
        ("c#0", "gpt", "fra", 2, "e\u0301te\u0301", None),  # read today, though not when it came
        ("d#0", "gpt", "fra", None, None, "malformed"),
    ]
    assert [tuple(row)[:4] for row in ratings.of_rater(read, passages, rater="gpt").collect()] == [
        ("a#0", "eng", "text a", 4),
        ("c#0", "fra", "e\u0301te\u0301 👍🏽", 2),
    ]


def test_each_language_is_split_by_document_in_proportion(spark: SparkSession) -> None:
    rows = [
        (f"{code}{number}#{part}", code, f"{code}{number}")
        for code, size in (("eng", 21), ("tha", 11))
        for number in range(size)
        for part in range(2)
    ]
    completions = spark.createDataFrame(
        [(passage, "gpt", code, '{"score": 3}', None) for passage, code, _ in rows],
        "subject_id string, model string, language string, answer string, problem string",
    )
    passages = spark.createDataFrame(
        [(passage, document) for passage, _, document in rows], "passage_id string, document_id string"
    )
    splits: dict[str, set[str]] = {}
    for row in ratings.collect(completions, passages).collect():
        splits.setdefault(row["passage_id"].split("#")[0], set()).add(row["split"])
    assert all(len(names) == 1 for names in splits.values())
    counts = {
        (code, split): sum(names == {split} for document, names in splits.items() if document.startswith(code))
        for code in ("eng", "tha")
        for split in ("train", "validation", "test")
    }
    assert sum(counts.values()) == 32
    assert counts["eng", "train"] in (16, 17, 18)
    assert counts["tha", "train"] in (8, 9)
    assert all(counts.values())
