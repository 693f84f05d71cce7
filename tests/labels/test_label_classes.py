"""The coarse classes of labels."""

import re
from pathlib import Path

import pytest

from finerweb.labels.classes import CLASSES, OTHER, TAGS, coarse
from finerweb.labels.forms import canonical

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
    # as people and models write them
    "date: 2019": "date",
    "DATE: 2019-05-01": "date",
    "politician - person": "person",
    "person (politician)": "person",
    "Person/Politician": "person",
    "person, politician": "person",
    "Organization → Company": "organization",
    "Organization -> Company": "organization",
    "location.city": "place",
    "org.": "organization",
    "Orgs": "organization",
    "org_political": "organization",
    "GPE_LOC": "place",
    "GPE_ORG": "organization",
    "city_name": "place",
    "PersonName": "person",
    "person's name": "person",
    "type=person": "person",
    '"person"': "person",
    "geopolitical entity": "place",
    # the head tells
    "university professor": "person",
    "bank manager": "person",
    "book title": "work",
    "head of state": "person",
    "city council": "organization",
    "university of technology": "organization",
    "works of art": "work",
    "place of birth": "place",
    "type of food": "product",
    # words that only look like tags stay what they were
    "per capita income": OTHER,
    "per-capita": OTHER,
    "iPhone": OTHER,
    "price per unit": "quantity",
    "e-mail": "web",
    "u-boat": OTHER,
    "b-movie": "work",
    "biography": OTHER,
    "instrument": OTHER,
    "local": OTHER,
    "contact": OTHER,
    "ville e\u0301tat": OTHER,
    "": OTHER,
}


# A tag and what its set says besides; in canonical form it is no longer told from words (`per capita`).
PARTS = {
    "person": "PER.Individual PER_NAM B_PER PER-B pers.ind persName PERderiv PER1 人物(person)",
    "place": "LOCpart GPE.Nation geo",
    "organization": "ORG2 ORG:political ORG.Commercial",
    "date": "TIMEX3 tim",
    "quantity": "MSR",
    OTHER: "per-capita per_capita iPhone McDonald",
}


@pytest.mark.parametrize("name", PARTS)
def test_a_tag_with_something_besides(name: str) -> None:
    assert {label: coarse(label) for label in PARTS[name].split()} == dict.fromkeys(PARTS[name].split(), name)


@pytest.mark.parametrize("label", [label for label in COARSE if "address" not in label])
def test_coarse(label: str) -> None:
    assert coarse(label) == COARSE[label]


# Whole tag sets, each tag with its class, as their guidelines define them.
TAG_SETS = {
    "CoNLL-2003": {"PER": "person", "ORG": "organization", "LOC": "place", "MISC": OTHER},
    "OntoNotes 5.0": {
        **{"PERSON": "person", "NORP": "group", "FAC": "building", "ORG": "organization", "GPE": "place"},
        **{"LOC": "place", "PRODUCT": "product", "EVENT": "event", "WORK_OF_ART": "work", "LAW": "law"},
        **{"LANGUAGE": "language", "DATE": "date", "TIME": "time", "PERCENT": "quantity", "MONEY": "money"},
        **{"QUANTITY": "quantity", "ORDINAL": "quantity", "CARDINAL": "quantity"},
    },
    "ACE 2005": {
        **{"PER": "person", "ORG": "organization", "GPE": "place", "LOC": "place", "FAC": "building"},
        **{"VEH": "product", "WEA": "product"},
    },
    "Universal NER": {"PER": "person", "ORG": "organization", "LOC": "place", "OTH": OTHER},
    "NorNE": {
        **{"PER": "person", "ORG": "organization", "LOC": "place", "GPE_LOC": "place", "GPE_ORG": "organization"},
        **{"PROD": "product", "EVT": "event", "DRV": OTHER, "MISC": OTHER},
    },
    "MultiNERD": {
        **{"PER": "person", "ORG": "organization", "LOC": "place", "ANIM": "biology", "BIO": "biology"},
        **{"CEL": "nature", "DIS": "medicine", "EVE": "event", "FOOD": "product", "INST": "product"},
        **{"MEDIA": "work", "MYTH": "person", "PLANT": "biology", "TIME": "time", "VEHI": "product"},
    },
    "WNUT-17": {
        **{"corporation": "organization", "creative-work": "work", "group": "group", "location": "place"},
        **{"person": "person", "product": "product"},
    },
    "WNUT-16": {
        **{"company": "organization", "facility": "building", "geo-loc": "place", "movie": "work"},
        **{"musicartist": "person", "other": OTHER, "person": "person", "product": "product"},
        **{"sportsteam": "organization", "tvshow": "work"},
    },
    "MultiCoNER": {
        "PER": "person",
        "LOC": "place",
        "CORP": "organization",
        "GRP": "group",
        "PROD": "product",
        "CW": "work",
    },
}
TAGS_OF_SETS = [(name, tag) for name, tags in TAG_SETS.items() for tag in tags]


@pytest.mark.parametrize(("name", "tag"), TAGS_OF_SETS)
def test_a_tag_set_has_its_classes(name: str, tag: str) -> None:
    written = [tag, tag.lower(), tag.title(), f"{tag}.", f'"{tag}"', f"B-{tag}", f"I-{tag.lower()}", f"S-{tag}"]
    assert {spelling: coarse(spelling) for spelling in written} == dict.fromkeys(written, TAG_SETS[name][tag])


def test_a_tag_is_no_word_of_a_class() -> None:
    listed = {word for words in CLASSES.values() for word in words.split()}
    assert {tag for tags in TAGS.values() for tag in tags.split()} & listed == set()


@pytest.mark.parametrize("label", [*COARSE, *(tag for _, tag in TAGS_OF_SETS)])
def test_a_canonical_label_has_the_class_of_its_spellings(label: str) -> None:
    assert coarse(canonical(label)) == coarse(label)


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
    assert {name: label for name, label in own.items() if label not in (name, OTHER)} == {"medicine": "product"}


def test_the_docs_list_the_classes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
    listed = re.search(r"one of 25 coarse classes: ([^.]*)\.", page)
    assert listed is not None
    assert re.sub(r"\s+", " ", listed[1]) == f"{', '.join(CLASSES)}, or {OTHER}"
