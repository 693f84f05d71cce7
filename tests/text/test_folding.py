"""What is the same letter, in every language and in one; and the way back to the text."""

import gzip
import json
import unicodedata
from pathlib import Path

import pytest

from finerweb import settings
from finerweb.languages import codes_by_alias
from finerweb.text.folding import fold

LANGUAGES = settings.load_languages()

# kind: locale, written in two ways
SAME: dict[str, list[tuple[str, str, str]]] = {
    "capitals of Turkish and Azerbaijani": [
        ("tr", "KIZILAY", "Kızılay"),
        ("tr", "İZMİR", "izmir"),
        ("tr", "IĞDIR", "Iğdır"),
        ("az", "BAKI ŞƏHƏRİ", "Bakı şəhəri"),
        ("de", "KIZILAY", "Kızılay"),
    ],
    "capitals of Greek have no accents, and its s has two forms": [
        ("el", "ΑΘΗΝΑ", "Αθήνα"),
        ("el", "ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"),
        ("el", "ΕΥΒΟΪΚΟΣ", "Ευβοϊκός"),
        ("el", "Ἀθῆναι", "ΑΘΗΝΑΙ"),
        ("en", "ΠΑΎΛΟΣ", "Παύλος"),
    ],
    "sharp s": [("de", "GROẞ", "groß"), ("de", "STRASSE", "Straße")],
    "other capitals": [("ka", "ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"), ("sr_Latn", "ǅordan", "Džordan"), ("nl", "ĲSSEL", "ijssel")],
    "Arabic yeh, kaf, heh, alef, hamza": [
        ("fa", "علي كريمي", "علی کریمی"),
        ("ar", "علي", "على"),
        ("ar", "القاهرة", "القاهره"),
        ("ar", "أحمد إيران آمنة", "احمد ايران امنة"),
        ("ar", "مؤسسة", "موسسه"),
        ("fa", "آسیائی", "اسیایی"),
        ("ur", "كراچي", "کراچی"),
        ("ur", "لاهور", "لاہور"),
        ("ps", "پښتونخوا ګ", "پښتونخوا گ"),
        ("ckb", "كوردستان", "کوردستان"),
        ("ckb", "هه‌ولێر", "هەولێر"),
        ("sd", "ڪراچي", "كراچي"),
        ("ug", "ئۈرۈمچی", "ئۈرۈمچى"),
        ("en", "علي", "علی"),
    ],
    "digits": [("ar", "٢٠٢٤", "2024"), ("fa", "۲۰۲۴", "2024"), ("bn", "২০২৪", "2024"), ("my", "၂၀၂၄", "2024")],
    "presentation forms and ligatures": [
        ("ar", "ﺍﻟﻘﺎﻫﺮﺓ", "القاهرة"),
        ("he", "ﬡבּ", "אב"),
        ("en", "ﬁnland", "finland"),
        ("hy", "Երևան", "Երեւան"),
        ("yi", "ײִדיש", "יידיש"),
        ("fr", "Œuvres", "oeuvres"),
    ],
    "letters that look like quotes": [
        *(("uz", f"O{sign}zbekiston", "O'zbekiston") for sign in "ʻʼ‘’`´ʹ′＇"),
        ("uk", "Лук’янівка", "Лукʼянівка"),
        ("he", "צה״ל", 'צה"ל'),
        ("he", "ג׳ון", "ג'ון"),
        ("hy", "Օ՚Հագան", "Օ'Հագան"),
    ],
    "half and full width": [
        ("ja", "ﾊﾟﾅｿﾆｯｸ", "パナソニック"),
        ("ja", "ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("ja", "ｳﾞｪﾈﾂｨｱ", "ヴェネツィア"),
        ("ja", "ＮＨＫ", "nhk"),
    ],
    "radicals and compatibility ideographs": [
        ("zh", "⽇本⼈", "日本人"),
        ("zh", "⻄安", "西安"),
        ("ja", "神⼾", "神戸"),
        ("ja", "⿊⽥", "黒田"),
        ("zh", "⻰⻋", "龙车"),
        ("ja", "\ufa19社", "神社"),
        ("ja", "葛\U000e0100城", "葛城"),
    ],
    "tone marks of Vietnamese": [
        ("vi", "Hoà Bình", "Hòa Bình"),
        ("vi", "Thuý khoẻ", "Thúy khỏe"),
        ("vi", "HOÀ", "hòa"),
        ("vi", "Ðà Nẵng", "Đà Nẵng"),
    ],
    "comma and cedilla": [("ro", "Iaşi Timişoara", "Iași Timișoara"), ("ro", "Constanţa", "Constanța")],
    "sara am and the order of marks": [
        ("th", "น้ำ", "นํ้า"),
        ("th", "น้ำ", "น\u0e4d\u0e49\u0e32"),
        ("th", "เเม่", "แม่"),
        ("lo", "ນ້ຳ", "ນ\u0ecd\u0ec9\u0eb2"),
        ("lo", "ໜອງ", "ຫນອງ"),
        ("km", "ស្ត្រី", "ស្រ្តី"),
        ("my", "ကို", "က\u102f\u102d"),
    ],
    "nukta, chillus, khanda ta": [
        ("hi", "क़ुतुब", "क\u093cुतुब"),
        ("bn", "ঢাকায়", "ঢাকা\u09af\u09bc"),
        ("bn", "উৎসব", "উত\u09cd\u200dসব"),
        ("as", "ৰাজ্য", "রাজ্য"),
        ("ml", "അവൻ", "അവന\u0d4d\u200d"),
        ("ml", "എന്റെ", "എൻ്റെ"),
        ("ml", "കൗ", "കൌ"),
        ("mr", "ऱ्य", "र्\u200dय"),
        ("si", "ශ්\u200dරී", "ශ්රී"),
    ],
    "signs of Devanagari and Gujarati that are written for one another": [
        ("hi", "मुंबई", "मुम्बई"),
        ("hi", "हिंदी", "हिन्दी"),
        ("hi", "क़तर", "कतर"),
        ("hi", "चाँद", "चांद"),
        ("hi", "दु:ख", "दुःख"),
        ("gu", "મુંબઈ", "મુમ્બઈ"),
    ],
    "signs typed for others that look alike": [
        ("my", "၀ါရှင်တန်", "ဝါရှင်တန်"),
        ("my", "ဉရောပ", "ဥရောပ"),
        ("kn", "ಬೆ೦ಗಳೂರು", "ಬೆಂಗಳೂರು"),
        ("te", "హైదరాబాద౦", "హైదరాబాదం"),
        ("zh", "二○○八年", "二〇〇八年"),
        ("ko", "한ㆍ미", "한·미"),
        ("he", "צה''ל", 'צה"ל'),
        ("ja", "カ゛ンタ゛ム", "ガンダム"),
    ],
    "spellings before and since": [
        ("ta", "ஶ்ரீலங்கா", "ஸ்ரீலங்கா"),
        ("vi", "Hòang Sa, Tòan, Hùynh", "Hoàng Sa, Toàn, Huỳnh"),
        ("ja", "髙橋 山﨑 𠮷野家", "高橋 山崎 吉野家"),
    ],
    "Hangul letters": [("ko", unicodedata.normalize("NFD", "서울"), "서울")],
    "letters of one language": [
        ("ru", "Королёв", "Королев"),
        ("am", "ኃይለ ሥላሴ", "ሀይለ ስላሴ"),
        ("uk", "Вінниця", "Вiнниця"),
        ("kk", "Шымкент іі", "Шымкент ii"),
        ("az", "Gǝncǝ", "Gəncə"),
    ],
    "invisible signs and points": [
        ("en", "Os\u00adlo\u200f", "Oslo"),
        ("en", "Oslo\ufe0f", "Oslo"),
        ("ar", "القَاهِـرَة", "القاهرة"),
        ("he", "יְרוּשָׁלַיִם", "ירושלים"),
        ("hy", "Երևա՞ն", "Երևան"),
    ],
    "dots between names": [("zh", "巴拉克·奥巴马", "巴拉克・奥巴马"), ("ja", "ジョン・スミス", "ジョン･スミス")],
}  # fmt: skip

# Names that are two: locale, one, the other.
OTHER = [
    ("ur", "بھارت", "بہارت"),
    ("sd", "ڪار", "کار"),
    ("ug", "ئى", "ئي"),
    ("en", "ёлка", "елка"),
    ("be", "ёлка", "елка"),
    ("fr", "pêche", "pèche"),
    ("de", "Bär", "Bar"),
    ("bn", "বড", "বড়"),  # the dot tells letters apart outside Devanagari
    ("kn", "೧೦", "೧ಂ"),
    ("my", "၁၀ရာ", "၁ဝရာ"),
    ("vi", "má", "mà"),
    ("bn", "রাজা", "ৰাজা"),
    ("ja", "ハ", "パ"),
    ("th", "ก่า", "ก้า"),
    ("fa", "پدر", "بدر"),
    ("ar", "سعيد", "سعد"),
    ("cs", "Šárka", "Sárka"),
    ("is", "Ð", "Đ"),
    ("hi", "दिल", "दील"),
]

SAME_ROWS = [(kind, *row) for kind, rows in SAME.items() for row in rows]


@pytest.mark.parametrize(("kind", "locale", "first", "second"), SAME_ROWS)
def test_the_same_letters_fold_alike(kind: str, locale: str, first: str, second: str) -> None:
    assert fold(first, locale).text == fold(second, locale).text


@pytest.mark.parametrize(("locale", "first", "second"), OTHER)
def test_other_letters_do_not(locale: str, first: str, second: str) -> None:
    assert fold(first, locale).text != fold(second, locale).text


def test_what_is_left_out_at_the_end_is_no_part_of_the_source_but_a_mark_is() -> None:
    oslo, zoe, ideograph, latin = "Oslo\u200f.", "Zoe\u0308.", "辻\U000e0100、", "Oslo\ufe0f."
    ends = [fold(text).ends[-2] for text in (oslo, zoe, ideograph, latin)]
    assert ends == [4, 4, 2, 4]


def test_every_place_of_a_folded_text_is_a_whole_cluster_in_every_language(shared: Path) -> None:
    """In two texts of each language no source ends before a mark, and folding again changes nothing."""
    codes = codes_by_alias(LANGUAGES)
    seen: dict[str, int] = dict.fromkeys(LANGUAGES, 0)
    with gzip.open(shared / "data" / "documents" / "dev_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            code = codes.get(record["language"].lower())
            if code is None or seen[code] == 2:
                continue
            seen[code] += 1
            text, locale = record["text"][:3000], LANGUAGES[code].locale
            folded = fold(text, locale)
            assert fold(folded.text, locale).text == folded.text, code
            assert folded.starts == sorted(folded.starts)
            assert folded.ends == sorted(folded.ends)
            for start, end in zip(folded.starts, folded.ends, strict=True):
                assert start < end <= len(text)
                assert end == len(text) or not unicodedata.combining(text[end]) or not fold(text[end]).text, code
    assert all(seen.values())
