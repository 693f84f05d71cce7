"""The data card of a small data set, and what `datasets` loads by it."""

from pathlib import Path
from typing import Any

import pytest
from datasets import get_dataset_config_names, load_dataset
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.formats import release
from finerweb.report import card, facts
from finerweb.tables import completions, documents, examples, files, labels, measures, unaligned

LANGUAGES = settings.load_languages()
VARIANTS = ("merged-english-single", "merged-english-multi")

# document, language, split, text, start, end
SENTENCES = [
    ("a", "eng", "train", "In Cairo 👍🏽.", 3, 8),
    ("b", "eng", "test", "To Giza.", 3, 7),
    ("t", "tha", "train", "เขาอยู่กรุงเทพ", 7, 14),
]


def published(spark: SparkSession, path: str, formats: list[str]) -> str:
    """Write the data set; returns its card."""
    rows = [
        (
            f"{document}#0-s0",
            variant,
            language,
            f"{document}#0",
            document,
            split,
            0,
            text,
            [(start, end, names)],
            1,
            True,
        )
        for document, language, split, text, start, end in SENTENCES
        for variant in VARIANTS
        for names in [["city", "town"] if variant.endswith("multi") else ["city"]]
    ]
    built = spark.createDataFrame(rows, examples.TABLE.schema)
    written = files.write(built, path=path, formats=formats, languages=LANGUAGES)
    label_rows = [
        ("City", "eng", "city", [], "place", "city", None, [], 2, None),
        ("City", "tha", "city", [], "place", "city", None, [], 1, "refused"),
    ]
    measured: list[tuple[Any, ...]] = [
        ("retention", "a/found/exact", "eng", 0.9),
        ("retention", "a/lost/absent", "eng", 0.1),
    ]
    read = [
        ("web/a", "eng", "Latn", "In Cairo", "web", "http://x", "2024-01-02T03", "CC-1", "CC-BY-4.0", 1.0),
        ("web/t", "tha", "Thai", "เขา", "web", None, None, None, None, None),
    ]
    frames = {
        "files": written.cache(),
        "unaligned": unaligned.find(built, formats=formats),
        "examples": built,
        "labels": spark.createDataFrame(label_rows, labels.TABLE.schema),
        "measures": spark.createDataFrame(measured, measures.TABLE.schema),
        "completions": spark.createDataFrame([], completions.TABLE.schema),
        "documents": spark.createDataFrame(read, documents.TABLE.schema),
    }
    text = card.render(facts.gather(frames, languages=LANGUAGES, name="small", licence="CC0"))
    release.write_card(text, path)
    return text


def test_a_language_is_a_configuration_and_a_split(spark: SparkSession, tmp_path: Path) -> None:
    place, cache = str(tmp_path / "set"), str(tmp_path / "cache")
    text = published(spark, place, list(files.ENDINGS))
    assert get_dataset_config_names(place) == [
        "eng-merged-english-multi", "eng", "tha-merged-english-multi", "tha", "languages", "languages-test",
    ]  # fmt: skip
    thai = [
        {"id": "t#0-s0", "text": "เขาอยู่กรุงเทพ", "char_spans": [{"start": 7, "end": 14, "label": "city"}], "quartile": 1}
    ]
    assert load_dataset(place, "tha", split="train", cache_dir=cache).to_list() == thai
    assert load_dataset(place, "languages", split="tha", cache_dir=cache).to_list() == thai
    assert list(load_dataset(place, "languages", cache_dir=cache)) == ["eng", "tha"]
    assert load_dataset(place, "languages-test", split="eng", cache_dir=cache)["text"][0] == "To Giza."
    for line in (
        "- `bio`, `<split>.bio`: on each line a token",
        "- Format gliner leaves out 0 of 9 spans.",
        "- Format bio leaves out 3 of 9 spans: 3 same_place (the span has another label already).",
        "| web | not stated | 1 | 0 | not stated | not stated |",
        "| web | CC-BY-4.0 | 1 | 1 | 2024-01-02 to 2024-01-02 | CC-1 |",
        "- 1 of 2 labels have no name in their language",
        "- Of the mentions that `a` named, 10.0 % have no place in their passage",
        "- No judge graded any language.",
        "- There is no split `test` in 1 of 2 languages (`tha`): too few documents.",
        "- The source states no licence for 1 documents.",
    ):
        assert f"\n{line}" in text


@pytest.mark.parametrize("formats", [["jsonl"], ["bio", "jsonl"]])
def test_without_parquet_the_card_leads_to_json_lines(spark: SparkSession, tmp_path: Path, formats: list[str]) -> None:
    place = str(tmp_path / "set")
    text = published(spark, place, formats)
    assert load_dataset(place, "languages", split="tha", cache_dir=str(tmp_path / "c"))["id"][0] == "t#0-s0"
    assert ("Tokens are ICU's" in text) == ("bio" in formats)
    assert "gliner" not in text
