"""In which scripts a text is written, by the names that Unicode gives its letters."""

import functools
import unicodedata
from collections import Counter

from finerweb.problems import AnswerProblem

# ISO 15924 -> the first word of its letters' names; the 25 scripts of languages.yml.
LETTERS = {
    "Arab": {"ARABIC"},
    "Armn": {"ARMENIAN"},
    "Beng": {"BENGALI"},
    "Cyrl": {"CYRILLIC"},
    "Deva": {"DEVANAGARI"},
    "Ethi": {"ETHIOPIC"},
    "Geor": {"GEORGIAN"},
    "Grek": {"GREEK"},
    "Gujr": {"GUJARATI"},
    "Guru": {"GURMUKHI"},
    "Hang": {"HANGUL"},
    "Hani": {"CJK"},
    "Hebr": {"HEBREW"},
    "Jpan": {"CJK", "HIRAGANA", "KATAKANA"},
    "Khmr": {"KHMER"},
    "Knda": {"KANNADA"},
    "Laoo": {"LAO"},
    "Latn": {"LATIN"},
    "Mlym": {"MALAYALAM"},
    "Mymr": {"MYANMAR"},
    "Orya": {"ORIYA"},
    "Sinh": {"SINHALA"},
    "Taml": {"TAMIL"},
    "Telu": {"TELUGU"},
    "Thai": {"THAI"},
}


def scripts(text: str) -> set[str]:
    """The scripts of a text's letters, such as {"LATIN", "CJK"}; none for digits and signs alone."""
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in set(text) if letter.isalpha()}


@functools.cache
def _of_letter(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def script(text: str) -> str:
    """The script (ISO 15924) of most of a text's letters; empty where it has none of those in LETTERS.

    Han letters with kana among them are Japanese.
    """
    counts = Counter(_of_letter(letter) for letter in text if letter.isalpha())
    if counts["HIRAGANA"] + counts["KATAKANA"]:
        counts["HIRAGANA"] += counts["KATAKANA"] + counts.pop("CJK", 0)
    name = max(counts, key=lambda name: (counts[name], name), default="")
    return next((code for code, names in LETTERS.items() if name in names), "")


def foreign(parts: list[str], text: str) -> AnswerProblem | None:
    """Why parts that were to be copied from a text cannot be from it; None where one is in it, or none is given.

    `wrong_script`: none shares a script with the text, as in the gibberish that constrained decoding can yield in
    scripts that a model hardly knows. `other_subject`: three or more, and none is there.
    """
    folded = text.casefold()
    names = [part.strip() for part in parts if part.strip()]
    if not names or any(name.casefold() in folded for name in names):
        return None
    written = scripts(" ".join(names))
    if written and not written & scripts(text):
        return "wrong_script"
    return "other_subject" if len(names) >= 3 else None
