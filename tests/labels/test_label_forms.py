"""Labels in canonical form, and English plurals."""

import json
from pathlib import Path

import pytest

from finerweb.labels.forms import canonical, form, problem
from finerweb.labels.plurals import singular

CANONICAL = {
    "Football_Club.": "football club",
    "FootballClub": "football club",
    "football-clubs": "football club",
    "  web\u00a0 address\n": "web address",
    "(date)": "date",
    "date_)_": "date",
    '"Cities"': "city",
    "STRASSE": "strasse",
    "straße": "strasse",
    "İL": "il",
    "e\u0301tat": "état",
    "ﬁlm": "film",
    "per\u00adson": "person",
    "natural\u2010disaster": "natural disaster",
    "sci-fi": "sci-fi",
    "e-mail address": "e-mail address",
    "YouTube channel": "youtube channel",
    "iPhone": "iphone",
    "Organisations": "organization",
    "neighbourhood sports centres": "neighborhood sports center",
    "visual colour": "visual color",
    "works of art": "work of art",
    "Movie (2019 film)": "movie",
    "person (fictional": "person (fictional",
    "organization/police force": "police force",
    "person / politician": "politician",
    "location > country > Capital_Cities": "capital city",
    "date: year": "year",
    "date - year": "year",
    "date: 2019": "date",
    "1990 / 2000": "1990 / 2000",
    "Organization → Company": "company",
    "location / other": "location",
    "km/h": "km/h",
    "👍🏽": "👍🏽",
    "ประเทศ": "ประเทศ",
    "": "",
    "...": "",
}

SINGULAR = {
    "company": "companies",
    "city": "cities",
    "match": "matches",
    "hero": "heroes",
    "shoe": "shoes",
    "movie": "movies",
    "tie": "ties",
    "class": "classes",
    "box": "boxes",
    "waltz": "waltzes",
    "prize": "prizes",
    "bus": "buses",
    "virus": "viruses",
    "house": "houses",
    "cause": "causes",
    "disease": "diseases",
    "archive": "archives",
    "leaf": "leaves",
    "analysis": "analyses",
    "phenomenon": "phenomena",
    "metric": "metrics",
    "sub-district": "sub-districts",
}
SAME = "series species news chess glasses bus gas lens politics physics address campus analysis gps pays1 ສສສs city"


@pytest.mark.parametrize("label", CANONICAL)
def test_canonical(label: str) -> None:
    assert canonical(label) == CANONICAL[label]


@pytest.mark.parametrize("label", [*CANONICAL, "_x_", "-date-", " /city ", "a / (b)", "TVShows", "x" * 500])
def test_a_canonical_label_stays_as_it_is(label: str) -> None:
    assert canonical(canonical(label)) == canonical(label)


def test_real_labels_stay_as_they_are_once_they_are_canonical(shared: Path) -> None:
    schemes = json.loads((shared / "data/ner/label_names.json").read_text(encoding="utf-8"))
    names = {name for scheme in schemes.values() for pair in scheme.items() for name in pair}
    assert {name for name in names if canonical(canonical(name)) != canonical(name)} == set()
    assert {canonical(name) for name in ("ORGANIZATION", "organization")} == {"organization"}


def test_what_changed_a_label_is_told() -> None:
    assert form("location/Football_Clubs") == (
        "football club",
        ["spacing", "slash", "case", "plural"],
    )
    assert form("city") == ("city", [])


def test_other_languages_have_other_plurals() -> None:
    assert form("Ciudades", is_english=False).text == "ciudades"


@pytest.mark.parametrize("noun", SINGULAR)
def test_singular(noun: str) -> None:
    assert singular(SINGULAR[noun]) == noun
    assert singular(noun) == noun


@pytest.mark.parametrize("word", SAME.split())
def test_what_is_no_plural_stays(word: str) -> None:
    assert singular(word) == word


def test_what_names_no_type_has_a_problem() -> None:
    names = ["", "…", "1990", "👍🏽", "x" * 500, "x" * 81, "x" * 80, "นก"]
    assert [problem(canonical(name)) for name in names] == [
        *["no_letters"] * 4,
        *["long_label"] * 2,
        *[None] * 2,
    ]
