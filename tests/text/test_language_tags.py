"""Languages as data sets write them."""

import pytest

from finerweb import settings
from finerweb.languages import Language
from finerweb.text.language_tags import Reader, script

LANGUAGES = settings.load_languages()
READER = Reader(LANGUAGES)

TAGS = {
    # FineWeb-2, FLORES, GlotLID; fastText's prefix
    "cmn_Hani": ("cmn", "Hani"),
    "zho_Hans": ("cmn", "Hani"),
    "zho_Hant": ("cmn", "Hani"),
    "eng_Latn": ("eng", "Latn"),
    "jpn_Jpan": ("jpn", "Jpan"),
    "kor_Hang": ("kor", "Hang"),
    "ko-Kore": ("kor", "Hang"),
    "ja_Hira": ("jpn", "Jpan"),
    "urd_Aran": ("urd", "Arab"),
    "__label__srp_Cyrl": ("srp", "Cyrl"),
    "eng_Zyyy": ("eng", None),
    # a region, which says a script where the language has another one there
    "en_US": ("eng", None),
    "pt-BR": ("por", None),
    "es-419": ("spa", None),
    "zh-CN": ("cmn", None),
    "zh-TW": ("cmn", "Hani"),
    "zh_Hant_TW": ("cmn", "Hani"),
    "zh-cmn-Hans-CN": ("cmn", "Hani"),
    "sr-RS": ("srp", None),
    "sr-ME": ("srp", "Latn"),
    "pa-PK": ("pan", "Arab"),
    "pa-IN": ("pan", None),
    "mn-CN": ("khk", "Mong"),
    "uz_AF": ("uzn", "Arab"),
    "az-IR": ("azj", "Arab"),
    # another script than the language's own
    "sr_Cyrl": ("srp", "Cyrl"),
    "sr-Latn": ("srp", "Latn"),
    "zh_Latn": ("cmn", "Latn"),
    "uz-Cyrl-UZ": ("uzn", "Cyrl"),
    # capitals, variants, extensions, private use, POSIX
    "EN_us": ("eng", None),
    "ZH-hANT": ("cmn", "Hani"),
    "de-1901": ("deu", None),
    "sl-rozaj-biske": ("slv", None),
    "ca-ES-valencia": ("cat", None),
    "de-DE-u-co-phonebk": ("deu", None),
    "en-x-twain": ("eng", None),
    "th-TH-t-und-cyrl": ("tha", None),
    "en_GB.UTF-8": ("eng", None),
    "sr_RS.UTF-8@latin": ("srp", "Latn"),
    "sr_RS@cyrillic": ("srp", "Cyrl"),
    " fr ": ("fra", None),
    # macrolanguages, what CLDR has in their place, codes that were withdrawn, bibliographic codes
    "zho": ("cmn", None),
    "ara": ("arb", None),
    "msa": ("zsm", None),
    "nor": (None, None),
    "iw": ("heb", None),
    "in": ("ind", None),
    "ji": ("ydd", None),
    "jw": ("jav", None),
    "mo": ("ron", None),
    "fre": ("fra", None),
    "scr": ("hrv", None),
    "sh": ("srp", "Latn"),
    "prs": ("fas", None),
    "ast": (None, None),
    # names in English: of languages.yml, and CLDR's
    "English": ("eng", None),
    "western frisian": ("fry", None),
    "Bangla": ("ben", None),
    "Chinese (Traditional)": ("cmn", "Hani"),
    "Serbian (Cyrillic)": ("srp", "Cyrl"),
    "Portuguese (Brazil)": ("por", None),
    # neither
    "ca@valencia": ("cat", None),
    "de_DE@euro": ("deu", None),
    "sr@ijekavian": ("srp", None),
    "my_Qaag": ("mya", "Mymr"),
    "Simplified Chinese": ("cmn", "Hani"),
    "Brazilian Portuguese": ("por", None),
    "American English": ("eng", None),
    "English (US)": ("eng", None),
    "Farsi": ("fas", None),
    "Standard Estonian": ("ekk", None),
    "Mandarin Chinese": ("cmn", None),
    "zh-yue": (None, None),
    "zh-min-nan": (None, None),
    "yue_Hant": (None, None),
    "kmr_Latn": (None, None),
    "Klingon": (None, None),
    "Chinese (old)": (None, None),
    "en,fr": (None, None),
    "en-US,en;q=0.9": (None, None),
    "und": (None, None),
    "xx": (None, None),
    "": (None, None),
    "-": (None, None),
    "👩🏽‍🚀": (None, None),
}


@pytest.mark.parametrize("text", TAGS)
def test_a_tag_is_read(text: str) -> None:
    assert READER.read(text) == TAGS[text]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_is_read_in_each_of_its_spellings(code: str) -> None:
    language = LANGUAGES[code]
    spellings = [
        code,
        code.upper(),
        language.name,
        language.locale,
        language.locale.replace("_", "-"),
        *language.aliases,
    ]
    assert {READER.read(spelling).code for spelling in spellings} == {code}
    codes = [code, *(alias for alias in language.aliases if " " not in alias)]  # some are names
    own = [f"{spelling}{sign}{language.script}" for spelling in codes for sign in "_-"]
    assert {READER.read(tag) for tag in own if "-hans" not in tag and "-cn" not in tag} == {(code, language.script)}


def test_another_language_is_read_by_its_locale() -> None:
    reader = Reader({"nob": Language("nob", "Norwegian", "Latn", "nb")})
    assert [reader.read(text) for text in ("nb", "nb_NO", "Norwegian Bokmål", "Norwegian", "nn")] == [
        *[("nob", None)] * 4,
        (None, None),
    ]


SCRIPTS = {
    **{"Latn": "Latn", "LATN": "Latn", "latin": "Latn", "Cyrillic": "Cyrl", "Hans": "Hani", "Simplified": "Hani"},
    **{"Kore": "Hang", "Hrkt": "Jpan", "Aran": "Arab", "Zyyy": None, "Thai": "Thai", "Xxxx": "Xxxx", "": None},
}


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_is_read(text: str) -> None:
    assert script(text) == SCRIPTS[text]
