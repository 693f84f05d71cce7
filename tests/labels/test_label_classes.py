"""The coarse classes of labels."""

import re
from pathlib import Path

import pytest

from finerweb.labels.classes import CLASSES, OTHER, coarse

COARSE = {
    "city": "place",
    "Cities": "place",
    "football clubs": "organization",
    "river": "nature",
    "natural phenomenon": "science",
    "video game": "work",
    "game character": "person",
    "date_of_birth": "date",
    "amount of money": "money",
    "e-mail address": "building",
    "web address": "building",
    "country/region": "place",
    "person / politician": "person",
    "calendar date": "date",
    "newspaper": "organization",
    "mineral": "substance",
    "programming language": "language",
    "dragon 🐉": OTHER,
    "ville e\u0301tat": OTHER,
    "": OTHER,
}


@pytest.mark.parametrize("label", [label for label in COARSE if "address" not in label])
def test_coarse(label: str) -> None:
    assert coarse(label) == COARSE[label]


@pytest.mark.parametrize("label", ["web address", "e-mail address"])
def test_an_address_on_the_web_is_of_the_web(label: str) -> None:
    assert coarse(label) == "web"


def test_a_word_of_two_classes_belongs_to_the_first() -> None:
    owners: dict[str, list[str]] = {}
    for name, words in CLASSES.items():
        for word in dict.fromkeys(words.split()):
            owners.setdefault(word, []).append(name)
    twice = {word: names for word, names in owners.items() if len(names) > 1}
    assert {word: coarse(word) for word in twice} == {word: names[0] for word, names in twice.items()}


def test_there_are_at_most_25_classes_and_each_is_its_own_but_a_medicine_is_a_product() -> None:
    assert len({*CLASSES, OTHER}) <= 25
    own = {name: coarse(name) for name in CLASSES}
    assert {name: found for name, found in own.items() if found not in (name, OTHER)} == {"medicine": "product"}


def test_the_readme_lists_the_classes() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    listed = re.search(r"one of 25 coarse classes: ([^.]*)\.", readme)
    assert listed is not None
    assert re.sub(r"\s+", " ", listed[1]) == f"{', '.join(CLASSES)}, or {OTHER}"
