"""Near-duplicates: marked, in one direction, in one language."""

from pyspark.sql import Row, SparkSession

from finerweb.tables import near_duplicates, passages

TEXT = " ".join(f"word{number}" for number in range(60))


def marked(spark: SparkSession, *texts: tuple[str, str, str]) -> list[Row]:
    rows = [(name, language, passages.bands(text, "en")) for name, language, text in texts]
    frame = spark.createDataFrame(rows, "passage_id string, language string, bands array<bigint>")
    return sorted(near_duplicates.mark(frame).collect())


def test_all_but_the_first_are_marked(spark: SparkSession) -> None:
    rows = marked(
        spark,
        ("b", "eng", TEXT),
        ("a", "eng", TEXT + " and one word more 🚢"),
        ("c", "eng", TEXT.upper()),
        ("d", "eng", " ".join(f"other{number}" for number in range(60))),
    )
    assert rows == [
        Row(passage_id="b", language="eng", duplicate_of="a"),
        Row(passage_id="c", language="eng", duplicate_of="a"),
    ]


def test_another_language_is_no_duplicate(spark: SparkSession) -> None:
    assert marked(spark, ("a", "eng", TEXT), ("b", "swh", TEXT)) == []


def test_a_text_too_short_to_compare_is_nobodys_duplicate(spark: SparkSession) -> None:
    assert passages.bands("four words are few", "en") == []
    assert marked(spark, ("a", "eng", "four words are few"), ("b", "eng", "four words are few")) == []
