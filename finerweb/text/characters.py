"""Classes of characters that `re` and `str` lack: marks, invisible signs, apostrophes, scripts without spaces.

From the Unicode Character Database; where Python does not carry the property, its code points are written out here.
"""

import functools
import re
import unicodedata

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt) without the Hangul fillers: soft hyphen, zero-width signs,
# bidi marks, word joiner, BOM, variation selectors. A text looks the same without them.
IGNORABLE = (
    r"\u00AD\u034F\u061C\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF"
    r"\U000E0000-\U000E0FFF"
)
SELECTORS = r"\uFE00-\uFE0F\U000E0100-\U000E01EF"

# Armenian signs of emphasis, exclamation and question stand over the vowel that bears them, in the middle of a word.
ARMENIAN_STRESS = r"\u055B\u055C\u055E"
INVISIBLE = re.compile(f"[{IGNORABLE}{ARMENIAN_STRESS}]")

# Variation sequences exist of these alone (StandardizedVariants.txt, emoji-variation-sequences.txt, the IVD): signs,
# digits, ideographs, Burmese. There a selector belongs to its base; behind other letters it is debris.
VARIED = r"[^\w\s]|[0-9]|[\u1000-\u109F\u2E80-\u2FDF\u3400-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]"

# What is typed for an apostrophe: Single_Quote and the quotes and letters that look like it (confusables.txt, UTS #39),
# full-width, Greek, Armenian and Hebrew forms.
APOSTROPHES = "'‘’‛ʹʻʼʽʾʿˈˊˋ´`′‵＇᾽᾿՚׳ꞌ"
COLONS = ":\uff1a\ua789"

# Letters of these scripts follow each other without spaces (Line_Break SA and ID), so that a word break says little
# about a name's edge. Half-width katakana among them.
UNSPACED = re.compile(
    r"[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\u2FDF\u3005-\u3007\u3040-\u30FF\u31F0-\u31FF\u3400-\u4DBF"
    r"\u4E00-\u9FFF\uA9E0-\uA9FE\uAA60-\uAA7F\uF900-\uFAFF\uFF66-\uFF9F\U00020000-\U0003FFFF]"
)
HANGUL = re.compile(r"[\u1100-\u11FF\uA960-\uA97C\uAC00-\uD7FB]")
HANGUL_INNER = re.compile(r"[\u1160-\u11FF\uD7B0-\uD7FB]")  # vowels and finals, which belong to the jamo before them

# Scripts with spaces whose vowels are marks, by the first word of their letters' names.
ABUGIDAS = frozenset(
    ["BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "MALAYALAM", "ORIYA", "SINHALA", "TAMIL", "TELUGU"]
)

# Vowels that are written before their consonant (Logical_Order_Exception), and those written after it as letters.
_LEADING = re.compile(r"[\u0E40-\u0E44\u0EC0-\u0EC4]")
_FOLLOWING = re.compile(r"[\u0E30\u0E32\u0E33\u0E45\u0EB0\u0EB2\u0EB3\u0EBD]")
# The next consonant is written below (Indic_Syllabic_Category Invisible_Stacker).
_STACKING = "\u1039\u17d2"
# Small kana and the long mark (Line_Break CJ) go with the kana before them; hiragana's small tsu may begin "って".
_SMALL_KANA = re.compile(r"[\u30A1\u30A3\u30A5\u30A7\u30A9\u30C3\u30E3\u30E5\u30E7\u30EE\u30FC\uFF67-\uFF70]")
_KATAKANA = re.compile(r"[\u30A1-\u30FC\uFF66-\uFF9D]")
_VOICED_MARKS = "\uff9e\uff9f"  # half-width, letters by category, Grapheme_Extend by property


def is_mark(character: str) -> bool:
    """Does the character belong to the one before it: a combining mark, a vowel sign, a half-width voiced mark?"""
    return unicodedata.category(character)[0] == "M" or character in _VOICED_MARKS


def is_letter(character: str) -> bool:
    """A letter or a mark: `str.isalpha` denies the vowel signs of the scripts of India and South-East Asia."""
    return character.isalpha() or is_mark(character)


def are_letters(text: str) -> bool:
    """Is a text made of letters and their marks alone?"""
    return bool(text) and all(map(is_letter, text))


def belong_together(before: str, after: str) -> bool:
    """May no span end between these two, because they are parts of one written unit?"""
    if is_mark(after) or before in _STACKING:
        return True
    if _LEADING.match(before) or _FOLLOWING.match(after) or HANGUL_INNER.match(after):
        return True
    return bool(_SMALL_KANA.match(after) and _KATAKANA.match(before))


@functools.lru_cache(maxsize=16_384)
def script(letter: str) -> str:
    """The script of a letter by the first word of its name, as in "LATIN"; empty for what has none of its own."""
    name = unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""
    return "" if name in _COMMON else name


_COMMON = {"MODIFIER", "MICRO", "FEMININE", "MASCULINE", "FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "DOUBLE-STRUCK"}


def ranges(codes: set[int]) -> str:
    """The inside of a character class of `re`."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in runs)


@functools.cache
def marks() -> str:
    """All combining marks and half-width voiced marks, as the inside of a character class of `re`."""
    return ranges({code for code in range(0x300, 0x1F000) if is_mark(chr(code))} | {*range(0xE0100, 0xE01F0)})
