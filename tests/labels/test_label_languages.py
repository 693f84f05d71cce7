"""Names of types that are not English."""

import pytest

from finerweb import settings
from finerweb.labels.languages import is_english

LANGUAGES = settings.load_languages()
FOREIGN = {
    "por": ["pessoa", "organizacao", "tempo", "organização"],
    "spa": ["ciudad", "ciudades", "compañía"],
    "deu": ["stadt", "unternehmen", "gebäude"],
    "fra": ["ville", "personne", "état"],
    "ind": ["kota", "tempat", "negara"],
    "nld": ["persoon", "stad"],
    "tur": ["ülke", "şehir"],
    "tha": ["ประเทศ"],
    "eng": ["страна", "état"],
    "swh": ["国家"],
}
ENGLISH = """person|location|organization|date|quantity|concept|city|scientific concept|cultural reference|time period
football club|technology|animal|hospital|agency|video game|music album|percentage|political party|calendar date
amount of money|web address|e-mail address|religious figure|festival|mineral|café|gpe|x1""".replace("\n", "|").split(
    "|"
)


def detect(code: str) -> str | None:
    return LANGUAGES[code].detect[0] if LANGUAGES[code].detect and code != "eng" else None


@pytest.mark.parametrize("code", FOREIGN)
def test_a_name_in_the_language_of_its_passages(code: str) -> None:
    assert [label for label in FOREIGN[code] if is_english(label, detect(code))] == []


@pytest.mark.parametrize("code", ["por", "spa", "deu", "fra", "ind", "nld", "swh", "tha", "eng"])
def test_english_names_in_passages_of_any_language(code: str) -> None:
    assert [label for label in ENGLISH if not is_english(label, detect(code))] == []


def test_a_language_that_the_detector_does_not_know() -> None:
    assert is_english("mahali", None)
    assert not is_english("mahalï", None)
    assert is_english("", None)
