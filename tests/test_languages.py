"""The 91 languages of conf/languages.yml: every tool takes them, and no spelling stands for two."""

import pytest
from babel import Locale

from finerweb import settings
from finerweb.errors import BadSettings
from finerweb.languages import Language, codes_by_alias
from finerweb.text import segment

LANGUAGES = settings.load_languages()

SCRIPTS = "Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Jpan Khmr Knda Laoo Latn Mlym Mymr Orya Sinh Taml Telu Thai"


def test_there_are_91_languages_in_25_scripts() -> None:
    assert len(LANGUAGES) == 91
    assert sorted({language.script for language in LANGUAGES.values()}) == SCRIPTS.split()
    assert len(SCRIPTS.split()) == 25


def test_they_are_the_papers(shared) -> None:  # type: ignore[no-untyped-def]
    lines = (shared / "data" / "lists" / "finerweb_91_languages.csv").read_text(encoding="utf-8").splitlines()[1:]
    wanted = sorted((code, script) for code, _, script in (line.split(",")[:3] for line in lines))
    assert sorted((code, language.script) for code, language in LANGUAGES.items()) == wanted


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_tool_takes_the_language(code: str) -> None:
    language = LANGUAGES[code]
    locale = Locale.parse(language.locale)
    name = locale.get_display_name(locale) or locale.english_name
    assert name
    text = f"{name} 👍🏽. {name} e\u0301."
    assert "".join(text[start:end] for start, end in segment.sentences(text, language.locale)) == text
    assert "".join(text[start:end] for start, end, _ in segment.pieces(text, language.locale)) == text
    assert segment.words(text, language.locale)


@pytest.mark.parametrize("code", LANGUAGES)
def test_babel_writes_the_language_in_the_script_of_its_line(code: str) -> None:
    """By CLDR's likely subtags, where Chinese, Japanese and Korean have their own ways to say it."""
    from babel.core import get_global

    language = LANGUAGES[code]
    likely = get_global("likely_subtags").get(language.locale.split("_")[0], "")
    same = {"Hans": "Hani", "Kore": "Hang"}
    script = likely.split("_")[1] if likely.count("_") == 2 else ""
    wanted = language.locale.split("_")[1] if "_" in language.locale else same.get(script, script)
    assert wanted in ("", language.script)


def test_every_code_the_detector_may_give_belongs_to_the_detector() -> None:
    codes = {
        "af",
        "als",
        "am",
        "an",
        "ar",
        "arz",
        "as",
        "ast",
        "av",
        "az",
        "azb",
        "ba",
        "bar",
        "bcl",
        "be",
        "bg",
        "bh",
        "bn",
        "bo",
        "bpy",
        "br",
        "bs",
        "bxr",
        "ca",
        "cbk",
        "ce",
        "ceb",
        "ckb",
        "co",
        "cs",
        "cv",
        "cy",
        "da",
        "de",
        "diq",
        "dsb",
        "dty",
        "dv",
        "el",
        "eml",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fr",
        "frr",
        "fy",
        "ga",
        "gd",
        "gl",
        "gn",
        "gom",
        "gu",
        "gv",
        "he",
        "hi",
        "hif",
        "hr",
        "hsb",
        "ht",
        "hu",
        "hy",
        "ia",
        "id",
        "ie",
        "ilo",
        "io",
        "is",
        "it",
        "ja",
        "jbo",
        "jv",
        "ka",
        "kk",
        "km",
        "kn",
        "ko",
        "krc",
        "ku",
        "kv",
        "kw",
        "ky",
        "la",
        "lb",
        "lez",
        "li",
        "lmo",
        "lo",
        "lrc",
        "lt",
        "lv",
        "mai",
        "mg",
        "mhr",
        "min",
        "mk",
        "ml",
        "mn",
        "mr",
        "mrj",
        "ms",
        "mt",
        "mwl",
        "my",
        "myv",
        "mzn",
        "nah",
        "nap",
        "nds",
        "ne",
        "new",
        "nl",
        "nn",
        "no",
        "oc",
        "or",
        "os",
        "pa",
        "pam",
        "pfl",
        "pl",
        "pms",
        "pnb",
        "ps",
        "pt",
        "qu",
        "rm",
        "ro",
        "ru",
        "rue",
        "sa",
        "sah",
        "sc",
        "scn",
        "sco",
        "sd",
        "sh",
        "si",
        "sk",
        "sl",
        "so",
        "sq",
        "sr",
        "su",
        "sv",
        "sw",
        "ta",
        "te",
        "tg",
        "th",
        "tk",
        "tl",
        "tr",
        "tt",
        "tyv",
        "ug",
        "uk",
        "ur",
        "uz",
        "vec",
        "vep",
        "vi",
        "vls",
        "vo",
        "wa",
        "war",
        "wuu",
        "xal",
        "xmf",
        "yi",
        "yo",
        "yue",
        "zh",
    }
    assert {detected for language in LANGUAGES.values() for detected in language.detect} - codes == set()
    assert sorted(code for code, language in LANGUAGES.items() if not language.detect) == ["gaz", "xho"]


def test_right_to_left_is_known_by_the_script() -> None:
    right_to_left = [code for code, language in LANGUAGES.items() if language.direction == "rtl"]
    assert right_to_left == ["arb", "ckb", "fas", "heb", "pbt", "snd", "uig", "urd", "ydd"]


def test_every_spelling_leads_to_its_language() -> None:
    codes = codes_by_alias(LANGUAGES)
    assert {codes[spelling] for spelling in ("cmn", "zh", "zho", "zh-cn", "zh-hans")} == {"cmn"}
    assert len(codes) == 91 + sum(len(language.aliases) for language in LANGUAGES.values())
    assert all(spelling == spelling.lower() for spelling in codes)


def test_a_spelling_of_two_languages_is_an_error() -> None:
    bokmal = Language("nob", "Norwegian", "Latn", "nb", aliases=("NO",))
    nynorsk = Language("nno", "Nynorsk", "Latn", "nn", aliases=("no",))
    wanted = "languages.yml: 'no' stands for both nob and nno; keep it in one line"
    with pytest.raises(BadSettings, match=f"^{wanted}$"):
        codes_by_alias({"nob": bokmal, "nno": nynorsk})


def test_a_spelling_that_is_another_languages_code_is_an_error() -> None:
    farsi = Language("fas", "Persian", "Arab", "fa", aliases=("tha",))
    with pytest.raises(BadSettings, match=r"^languages.yml: 'tha' stands for both tha and fas; keep it in one line$"):
        codes_by_alias({"tha": LANGUAGES["tha"], "fas": farsi})
