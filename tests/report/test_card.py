"""The data card of a small data set: what it says of it."""

from pathlib import Path
from typing import Any

import pytest
from publishing import Example, published
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.formats.release import ENDINGS

LANGUAGES = settings.load_languages()
VARIANTS = ("merged-english-single", "merged-english-multi")
SENTENCES = [
    Example("a", "eng", "train", "In Cairo 👍🏽.", [(3, 8, ["city", "town"])]),
    Example("b", "eng", "test", "To Giza.", [(3, 7, ["city", "town"])]),
    Example("t", "tha", "train", "เขาอยู่กรุงเทพ", [(7, 14, ["city", "town"])]),
]
LABELLED = [
    ("City", "eng", "city", [], "place", "city", None, [], 2, None),
    ("City", "tha", "city", [], "place", "city", None, [], 1, "refused"),
]
MEASURED = [("retention", "a/found/exact", "eng", 0.9), ("retention", "a/lost/absent", "eng", 0.1)]
READ: list[tuple[Any, ...]] = [
    ("web/a", "eng", "Latn", "In Cairo", "web", "http://x", "2024-01-02T03", "CC-1", "CC-BY-4.0", 1.0),
    ("web/t", "tha", "Thai", "เขา", "web", None, None, None, "mine | yours", None),
    ("web/u", "tha", "Thai", "เขา", "web", None, None, None, None, None),
]


def made(spark: SparkSession, path: Path, formats: list[str]) -> str:
    return published(
        spark,
        str(path),
        SENTENCES,
        formats=formats,
        languages=LANGUAGES,
        variants=VARIANTS,
        measured=MEASURED,
        labelled=LABELLED,
        read=READ,
    ).card


def test_the_card_says_what_is_there_and_what_is_not(spark: SparkSession, tmp_path: Path) -> None:
    text = made(spark, tmp_path, list(ENDINGS))
    for line in (
        'load_dataset("path/to/this/folder", "eng", split="test")',
        'load_dataset("path/to/this/folder", "languages", split="eng")',
        "- `bio`, `<split>-00000-of-0000N.bio`: on each line a token",
        "- Format gliner leaves out 0 of 9 spans.",
        "- Format bio leaves out 3 of 9 spans: 3 same_place (the span has another label already).",
        "| web | not stated | 1 | 0 | not stated | not stated |",
        "| web | mine \\| yours | 1 | 0 | not stated | not stated |",
        "| web | CC-BY-4.0 | 1 | 1 | 2024-01-02 to 2024-01-02 | CC-1 |",
        "- 1 of 2 labels have no name in their language",
        "- Of the mentions that `a` named, 10.0 % have no place in their passage",
        "- No judge graded any language.",
        "- There is no split `test` in 1 of 2 languages (`tha`): too few documents.",
        "- The source states no licence for 1 documents.",
    ):
        assert f"\n{line}" in text


@pytest.mark.parametrize("formats", [["jsonl"], ["bio", "jsonl"]])
def test_tokens_are_explained_where_a_format_has_them(spark: SparkSession, tmp_path: Path, formats: list[str]) -> None:
    text = made(spark, tmp_path, formats)
    assert ("Tokens are ICU's" in text) == ("bio" in formats)
    assert "gliner" not in text


def test_where_nothing_was_annotated_there_is_nothing_to_load(spark: SparkSession, tmp_path: Path) -> None:
    text = published(spark, str(tmp_path), [], formats=["parquet"], languages=LANGUAGES, variants=VARIANTS).card
    assert "**There is nothing to load: no passage was annotated.**" in text
    assert "load_dataset(" not in text
