"""What `datasets` loads of a published folder: every configuration, of every format alone, with the schema declared."""

from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from datasets import Features, List, Value, get_dataset_config_names, load_dataset
from publishing import Example, published
from pyspark.sql import SparkSession

from finerweb import settings
from finerweb.languages import Language

# Codes that YAML or `datasets` would take for something else, beside those of languages.yml.
LANGUAGES = {
    **settings.load_languages(),
    "no": Language("no", "Norwegian", "Latn", "no"),
    "all": Language("all", "Allar", "Mlym", "ml"),
    "pt-BR": Language("pt-BR", "Brazilian Portuguese", "Latn", "pt"),
}
VARIANTS = ("1.0-target-multi", "merged-english-multi", "merged-english-single")
SENTENCES = [
    # The first language has no span anywhere: nothing in its files tells what a label is.
    Example("a", "all", "train", "ഒന്നുമില്ല", []),
    Example("e1", "eng", "train", "Oslo is big 👍🏽.", [(0, 4, ["city"])]),
    Example("e2", "eng", "train", "Nothing.", []),
    Example("e3", "eng", "validation", "Nothing at all.", []),
    Example("n1", "no", "train", "no", [(0, 2, ["no"])]),
    Example("n2", "no", "train", "1.0", [(0, 3, ["1.0", "null"])]),
    # Not the date alone: Arrow takes a JSON column of dates for times, before the card's schema is applied.
    Example("n3", "no", "train", "2019-01-01.", [(0, 4, ["2019-01-01"]), (5, 7, ["yes: no", "#x"])]),
    Example("n4", "no", "test", "~", [(0, 1, ["~", "true", "👩🏽\u200d🚀"])]),
    Example("p", "pt-BR", "train", "Nada.", []),
]
FORMATS = [["jsonl"], ["parquet"], ["jsonl", "parquet"], ["gliner", "bio", "jsonl"]]
SINGLE, MULTI = Value("string"), List(Value("string"))


def features(label: Any) -> Features:
    spans = List({"start": Value("int32"), "end": Value("int32"), "label": label})
    return Features({"id": Value("string"), "text": Value("string"), "char_spans": spans, "quartile": Value("int32")})


def record(sentence: Example, variant: str) -> dict[str, Any]:
    spans = [
        {"start": start, "end": end, "label": list(names) if variant.endswith("-multi") else " / ".join(names)}
        for start, end, names in sentence.spans
    ]
    identity = f"{sentence.document}#0-s0"
    return {"id": identity, "text": sentence.text, "char_spans": spans, "quartile": 1 if spans else None}


def records_of(language: str, split: str, variant: str) -> list[dict[str, Any]]:
    return [
        record(sentence, variant) for sentence in SENTENCES if (sentence.language, sentence.split) == (language, split)
    ]


def wanted() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Configuration -> split -> records, in the order of their ids."""
    splits: dict[str, list[str]] = {}
    for sentence in SENTENCES:
        splits.setdefault(sentence.language, []).append(sentence.split)
    loaded = {
        code if variant == "merged-english-single" else f"{code}-{variant}": {
            split: records_of(code, split, variant) for split in names
        }
        for code, names in splits.items()
        for variant in VARIANTS
    }
    for name, split in (("languages", "train"), ("languages-validation", "validation"), ("languages-test", "test")):
        loaded[name] = {
            {"all": "all_", "pt-BR": "pt_BR"}.get(code, code): records_of(code, split, "merged-english-single")
            for code, names in splits.items()
            if split in names
        }
    return loaded


@pytest.mark.parametrize("formats", FORMATS, ids="-".join)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_every_configuration_loads(spark: SparkSession, tmp_path: Path, formats: list[str], streaming: bool) -> None:
    place = str(tmp_path / "my set")
    published(
        spark,
        place,
        SENTENCES,
        formats=formats,
        languages=LANGUAGES,
        variants=VARIANTS,
        name="yes: no",
        sentences_per_file=1,
    )
    names = get_dataset_config_names(place)
    assert sorted(names) == sorted(wanted())
    for name in names:
        splits = load_dataset(place, name, cache_dir=str(tmp_path / "cache"), streaming=streaming)
        records = {split: sorted(data, key=itemgetter("id")) for split, data in splits.items()}
        assert records == wanted()[name], "in the order of their ids: those of the first shard come first"
        label = MULTI if name.endswith("-multi") else SINGLE
        assert {split: data.features for split, data in splits.items()} == dict.fromkeys(splits, features(label))
