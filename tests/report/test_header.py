"""The card's header: YAML in which everything is what it was."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard

from finerweb.languages import Language
from finerweb.report import card, header
from finerweb.report.facts import Facts
from finerweb.report.weaknesses import Evidence

NAMES = [
    *("no", "1.0", "null", "~", "yes: no", "#x", "a #b", "2019-01-01", "12:30:45", "0x10", "1_000", ".nan", "=", "<<"),
    *(
        "- a",
        "? a",
        "&a *b",
        "!x",
        "%TAG",
        "@x",
        "`x`",
        "{x: [1]}",
        "'q' \"d\" \\",
        "---",
        "...",
        "naïve 数据集 👩🏽\u200d🚀",
    ),
]


def facts(**changes: Any) -> Facts:
    """Facts of a data set with a sentence in each of two languages."""
    rows = [
        {
            "path": f"data/{variant}/{code}/train-00000-of-00001.jsonl",
            "variant": variant,
            "language": code,
            "split": "train",
        }
        | {"format": "jsonl", "spans": 1}
        for code in ("all", "no")
        for variant in ("merged-english-multi", "merged-english-single")
    ]
    languages = [Language("all", "Allar", "Mlym", "ml"), Language("no", "Norwegian", "Latn", "no")]
    count = {"passages": 1, "sentences": 1, "spans": 1, "without": 0}
    values: dict[str, Any] = {
        "name": "small",
        "licence": "CC0-1.0",
        "languages": languages,
        "files": rows,
        "left_out": [],
        "counts": dict.fromkeys(("all", "no"), count),
        "engines": [],
        "sources": [],
        "classes": [],
        "measures": {},
        "evidence": Evidence([], {}, {}, {}, [], 1, {}, 0),
    }
    return Facts(**{**values, **changes})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_and_a_licence_are_what_they_were(tmp_path: Path, name: str) -> None:
    (tmp_path / "README.md").write_text(card.render(facts(name=name, licence=name)), encoding="utf-8")
    data = DatasetCard.load(tmp_path / "README.md").data
    assert (data.pretty_name, data.license, data.license_details) == (name, "other", name)
    assert data.language == ["all", "no"]


def test_a_licence_that_a_hub_knows_is_named_as_there() -> None:
    read = yaml.safe_load(header.write(facts()))
    assert (read["license"], "license_details" in read) == ("cc0-1.0", False)


def test_configurations_have_their_files_and_their_features() -> None:
    read = yaml.safe_load(header.write(facts()))
    assert read["configs"] == [
        {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in paths]}
        for name, paths in (
            ("all-merged-english-multi", [("train", "data/merged-english-multi/all/train-?????-of-?????.jsonl")]),
            ("all", [("train", "data/merged-english-single/all/train-?????-of-?????.jsonl")]),
            ("no-merged-english-multi", [("train", "data/merged-english-multi/no/train-?????-of-?????.jsonl")]),
            ("no", [("train", "data/merged-english-single/no/train-?????-of-?????.jsonl")]),
            (
                "languages",
                [
                    ("all_", "data/merged-english-single/all/train-?????-of-?????.jsonl"),
                    ("no", "data/merged-english-single/no/train-?????-of-?????.jsonl"),
                ],
            ),
        )
    ]
    assert [info["config_name"] for info in read["dataset_info"]] == [entry["config_name"] for entry in read["configs"]]
    labels = [info["features"][2]["list"][2] for info in read["dataset_info"]]
    several, single = {"name": "label", "list": "string"}, {"name": "label", "dtype": "string"}
    assert labels == [several, single, several, single, single]


def test_without_files_there_is_nothing_to_load() -> None:
    read = yaml.safe_load(header.write(facts(files=[], languages=[])))
    assert (read["configs"], read["dataset_info"], read["language"]) == ([], [], [])


@pytest.mark.parametrize("name", [*NAMES, "a ---", "a\u2028b"])
def test_a_split_without_a_file_goes_from_the_header(name: str) -> None:
    whole = facts(name=name)
    gone = [row for row in whole.files if (row["language"], row["variant"]) != ("no", "merged-english-single")]
    text = header.narrowed(card.render(whole), gone)
    assert text == card.render(whole).replace(header.write(whole), header.write(facts(name=name, files=gone)))
