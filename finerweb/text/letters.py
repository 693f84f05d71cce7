"""Which letters are the same, beyond Unicode's case folding and NFKC: for all languages, and for one. Plain Python.

Tables of one letter to one letter, so that offsets stand, but for SEQUENCES, which are folded as a unit.
"""

import functools
import re
from typing import NamedTuple

# CJK Radicals Supplement (EquivalentUnifiedIdeograph.txt); PDFs hold radicals for ideographs. NFKC has Kangxi's.
_RADICALS = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳"
    "⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥"
    "⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳"
)
_IDEOGRAPHS = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁"
    "冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼"
    "鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)
RADICALS = str.maketrans(_RADICALS, _IDEOGRAPHS)

# Written as several characters or as one, with nothing that NFKC knows of.
SEQUENCES = {
    # Malayalam chillus before Unicode 5.1 (The Unicode Standard, 12.9), and the three spellings of nta.
    "\u0d23\u0d4d\u200d": "\u0d7a",
    "\u0d28\u0d4d\u200d": "\u0d7b",
    "\u0d30\u0d4d\u200d": "\u0d7c",
    "\u0d32\u0d4d\u200d": "\u0d7d",
    "\u0d33\u0d4d\u200d": "\u0d7e",
    "\u0d15\u0d4d\u200d": "\u0d7f",
    "\u0d28\u0d4d\u0d31": "\u0d7b\u0d31",
    "\u0d7b\u0d4d\u0d31": "\u0d7b\u0d31",
    "\u09a4\u09cd\u200d": "\u09ce",  # Bengali khanda ta before Unicode 4.1 (12.2)
    "\u0931\u094d": "\u0930\u094d",  # Marathi eyelash ra: with its own letter, or ra and a joiner (12.1)
    "\u0e40\u0e40": "\u0e41",  # Thai and Lao: two signs that look like one
    "\u0ec0\u0ec0": "\u0ec1",
    "\u17d2\u178a": "\u17d2\u178f",  # Khmer: da and ta look alike below a letter (16.4)
    "\u17c1\u17b8": "\u17be",
    "\u17c1\u17b6": "\u17c4",
    "\u0bb6\u0bcd\u0bb0\u0bc0": "\u0bb8\u0bcd\u0bb0\u0bc0",  # Tamil shri, before Unicode 4.1 and since (12.6)
    # Devanagari and Gujarati: a nasal before a letter of its class, or the point for it (12.1); Hindi writes both.
    **{f"{nasal}\u094d": "\u0902" for nasal in "\u0919\u091e\u0923\u0928\u092e"},
    **{f"{nasal}\u0acd": "\u0a82" for nasal in "\u0a99\u0a9e\u0aa3\u0aa8\u0aae"},
}

# One for another, whatever the language. The capital of dotless i is I, which folds to i (CaseFolding.txt, T), so that
# KIZILAY is Kızılay; only Turkish and Azerbaijani have it. DUCET sorts the Yiddish digraphs and oe as two letters. No
# language tells the comma of Romanian from a cedilla. The Malayalam au sign has an old form and a new one (12.9). The
# ideographs are variants of one (Unihan, kZVariant): radicals become them in NFKC, Japanese names have them. A circle
# is typed for the zero. Candrabindu and anusvara are written for one another (Lucene's HindiNormalizer).
SPELLINGS = str.maketrans(
    {
        "\u05f0": "\u05d5\u05d5",
        "\u05f1": "\u05d5\u05d9",
        "\u05f2": "\u05d9\u05d9",
        "ı": "i",
        "œ": "oe",
        "ș": "ş",
        "ț": "ţ",
        "\u0d4c": "\u0d57",
        "\u6236": "\u6237",
        "\u6238": "\u6237",
        "\u9ec3": "\u9ec4",
        "\u9ed2": "\u9ed1",
        "\u9ad9": "\u9ad8",
        "\ufa11": "\u5d0e",
        "\U00020bb7": "\u5409",
        "\u25cb": "\u3007",
        "\u0901": "\u0902",
        "\u0a81": "\u0a82",
    }
)

# Arabic script: what keyboards and fonts take for one another (Lucene's ArabicNormalizer and PersianNormalizer): yeh
# and alef maksura, kaf and keheh, the forms of heh, letters with and without hamza or madda.
_ARABIC = {
    **dict.fromkeys("\u0649\u06cc\u0626", "\u064a"),
    **dict.fromkeys("\u06a9\u06aa", "\u0643"),
    **dict.fromkeys("\u06c1\u06be\u06d5\u06c0\u06c2\u0629\u06c3", "\u0647"),
    **dict.fromkeys("\u0623\u0625\u0622\u0671\u0672\u0673\u0675", "\u0627"),
    "\u0624": "\u0648",
    "\u06ab": "\u06af",
}


def _arabic_but(distinct: str, others: dict[str, str] | None = None) -> dict[str, str]:
    """The table of Arabic script for a language that tells some of its letters apart."""
    return {letter: same for letter, same in _ARABIC.items() if letter not in distinct} | (others or {})


def _amharic() -> dict[str, str]:
    """Syllables that sound alike in Amharic and are written for one another: whole series, and ha and hā.

    Nigatu et al. 2025 (arXiv 2507.15142), who advise against it in texts that are learned; here texts stay as they are.
    """
    series = {0x1210: 0x1200, 0x1280: 0x1200, 0x1220: 0x1230, 0x12D0: 0x12A0, 0x1340: 0x1338}
    table = {chr(rare + order): chr(common + order) for rare, common in series.items() for order in range(7)}
    table |= {chr(0x1203): chr(0x1200), chr(0x12A3): chr(0x12A0)}
    return {letter: table.get(same, same) for letter, same in table.items()}


_DJE = {"ð": "đ"}  # eth for d with stroke: their capitals look alike
_LATIN_I = {"і": "i"}  # typed with the Latin letter (confusables.txt, UTS #39)
_TONES = {
    f"{first}{old}": f"{new}{last}"
    for first, last, olds, news in (
        ("o", "a", "àáảãạ", "òóỏõọ"),
        ("o", "e", "èéẻẽẹ", "òóỏõọ"),
        ("u", "y", "ỳýỷỹỵ", "ùúủũụ"),
    )
    for old, new in zip(olds, news, strict=True)
}
_VIETNAMESE = re.compile("|".join(_TONES))  # old tools set them so in closed syllables too: Hòang

# The zero of a script, which looks like its wa or anusvara, typed for it: no digit stands there (confusables.txt).
# Digits are folded to those of ASCII.
_ZEROS = {
    "my": (re.compile(r"(?<!\d)0(?=[\u1000-\u103F])"), "\u101d"),
    "kn": (re.compile(r"(?<=[\u0C85-\u0CCD])0(?!\d)"), "\u0c82"),
    "te": (re.compile(r"(?<=[\u0C05-\u0C4D])0(?!\d)"), "\u0c02"),
}
_VISARGA = {":": "\u0903"}  # typed with a colon: दु:ख

_TABLES = {
    "az": {"ǝ": "ə", "ә": "ə"},  # schwa, typed with the African or the Cyrillic letter
    "ru": {"ё": "е"},  # the dots may be left out (Rules of 1956, 10)
    "uk": _LATIN_I,
    "be": _LATIN_I,
    "kk": _LATIN_I | {"һ": "h", "ә": "ə"},
    **dict.fromkeys(("hi", "mr", "ne", "sa"), _VISARGA),
    "my": {"\u1009": "\u1025"},  # nya, typed for the letter u
    "as": {"\u09b0": "\u09f0"},  # ra, typed as in Bengali
    "am": _amharic(),
    "vi": _DJE,
    "hr": _DJE,
    "bs": _DJE,
    "sr": _DJE,
    "sl": _DJE,
    "ur": _arabic_but("\u06be\u0626"),  # two-eyed heh marks aspirates
    "ps": _arabic_but("\u0626"),
    "ckb": _arabic_but("\u0626"),
    "sd": _arabic_but("\u06a9\u06be\u0626"),  # keheh is kh
    "ug": _arabic_but("\u0649\u06be\u0626", {"\u06cc": "\u0649"}),  # alef maksura is i, yeh is y
}


class _Letters(NamedTuple):
    """What a language changes in folded text."""

    pattern: re.Pattern[str]
    table: dict[int, str]
    has_tones: bool
    zero: tuple[re.Pattern[str], str] | None


@functools.cache
def _letters(locale: str) -> _Letters:
    language = re.split("[_-]", locale)[0]
    table = _TABLES.get(language, {})
    if not any("\u0600" <= letter < "\u0700" for letter in table):
        table = _ARABIC | table
    return _Letters(re.compile(f"[{''.join(table)}]"), str.maketrans(table), language == "vi", _ZEROS.get(language))


def alike(folded: str, locale: str) -> str:
    """A folded text of the same length, in which letters that a locale's language takes for one another are one."""
    if folded.isascii():
        return folded
    pattern, table, has_tones, zero = _letters(locale)
    if pattern.search(folded):
        folded = folded.translate(table)
    if zero:
        folded = zero[0].sub(zero[1], folded)
    return _VIETNAMESE.sub(lambda match: _TONES[match[0]], folded) if has_tones else folded
