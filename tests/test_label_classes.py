"""Labels in canonical form, and their coarse classes."""

import pytest

from finerweb.label_classes import CLASSES, OTHER, canonical, coarse

CANONICAL = {
    "Football_Club.": "football club",
    "  web\u00a0 address\n": "web address",
    "(date)": "date",
    "STRASSE": "strasse",
    "straße": "strasse",
    "date_)_": "date",
    "sci-fi": "sci-fi",
    "👍🏽": "👍🏽",
    "e\u0301tat": "e\u0301tat",
    "": "",
    "...": "",
}


@pytest.mark.parametrize("label", CANONICAL)
def test_canonical(label: str) -> None:
    assert canonical(label) == CANONICAL[label]


@pytest.mark.parametrize("label", [*CANONICAL, "_x_", "-date-", " /city "])
def test_a_canonical_label_stays_as_it_is(label: str) -> None:
    assert canonical(canonical(label)) == canonical(label)


COARSE = {
    "city": "place",
    "Cities": OTHER,
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
    assert len(CLASSES) <= 25
    own = {name: coarse(name) for name in CLASSES}
    assert {name: found for name, found in own.items() if found not in (name, OTHER)} == {"medicine": "product"}
