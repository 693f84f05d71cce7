"""Names as the web writes them: beside apostrophes, colons and invisible marks, in tags and compounds, and what is whole.

Each row: locale, text, names that are found in it letter by letter, parts of words that are no names.
"""

import json
from pathlib import Path

import pytest

from finerweb.mentions.grounding import Text, ground

Row = tuple[str, str, list[str], list[str]]


def outcome(text: Text, mention: str) -> str:
    """`tier:surface`, or the problem, of a mention that is named alone."""
    (((span, tier, problem),),) = ground([mention], text)
    return f"{tier}:{text.text[span.start : span.end]}" if span else str(problem)


def check(row: Row) -> None:
    locale, written, whole, cut = row
    text = Text(written, locale)
    assert {mention: outcome(text, mention) for mention in whole} == {mention: f"exact:{mention}" for mention in whole}
    assert {mention: outcome(text, mention) for mention in cut} == dict.fromkeys(cut, "inside_word")


# Endings after an apostrophe.
ENDINGS: list[Row] = [
    ("en", "Kenya's minister, the EU’s envoy, KENYA'S GOLD, Mary'll", ["Kenya", "EU", "KENYA", "Mary", "Kenya's"], ["s", "ll"]),
    ("en", "don't, can’t, won`t, Don´t, ma'am, o'clock", [], ["don", "can", "won", "Don", "t", "ma", "clock"]),
    ("en", "James' hat, Hawai'i's coast, Xi'an, the Qur'an, Ha'aretz", ["James", "Hawai'i"], ["Hawai", "Xi", "Qur", "an", "aretz"]),
    ("de", "Andrea's Laden, das Ohm'sche Gesetz, wie geht's", ["Andrea", "Ohm"], ["s", "sche"]),
    ("nl", "Obama's rede, een PvdA'er, A4'tje, Napels’ haven", ["Obama", "PvdA", "Napels"], ["er"]),
    ("nl", "In 's-Hertogenbosch en 't Gooi en 's Gravenhage", ["'s-Hertogenbosch", "Hertogenbosch", "'t Gooi", "Gooi"], []),
    ("af", "Zuma’s huis, drie LP'e", ["Zuma", "LP"], ["e"]),
    ("fy", "Ljouwert's strjitten", ["Ljouwert"], ["s"]),
    ("da", "USA's præsident, DR'erne, pc'en, SF'eren", ["USA", "DR", "pc", "SF"], ["erne"]),
    ("nb", "FrP'erens leder", ["FrP"], ["erens"]),
    ("nl", "een SMS'je, GSM'etje, VVD'ster, foto'pje", ["SMS", "GSM", "VVD"], ["etje"]),
    ("en", "ＮＡＳＡ’ｓ plan", ["ＮＡＳＡ"], []),
    ("tr", "İstanbul’da, TBMM'ye, Ankara'dakiler, Türkiye'nin, Kars'ın, Van'ın, 1990'larda", ["İstanbul", "TBMM", "Ankara", "Türkiye", "Kars", "Van", "1990"], ["da", "ye", "dakiler"]),
    ("tr", "İZMİR'DE Bölgesi'nde Avrupa'nınki Bosch'la", ["İZMİR", "Bölgesi", "Avrupa", "Bosch"], ["DE"]),
    ("tr", "Kur'an okudu, Mes'ut ve Es'ad", ["Kur'an", "Mes'ut"], ["Kur", "Mes", "Es"]),
    ("tr", "Bakanlığı'nca, TBMM'nce, Türkiye'mizin, Alman'mışlar, Ahmet’miş, Kemal'se", ["Bakanlığı", "TBMM", "Türkiye", "Alman", "Ahmet", "Kemal"], ["nce"]),
    ("tr", "Kur'ân-ı Kerîm, Ma'nâ, Mü'min, Mi'rac", [], ["Kur", "Ma", "Mü", "Mi"]),
    ("az", "BMT'nin, NATO’ya", ["BMT", "NATO"], ["nin"]),
    ("fi", "Bordeaux'n viini, Versailles’ssa", ["Bordeaux", "Versailles"], ["ssa"]),
    ("fi", "vaa'an, Raa'at, Qur'an", [], ["vaa", "Raa", "Qur"]),
    ("et", "Google’i, Wayde'iga, Yorkshire'is", ["Google", "Wayde", "Yorkshire"], ["iga"]),
    ("pl", "Kennedy'ego, Joyce’a, Remarque'iem, Chirac’owi", ["Kennedy", "Joyce", "Chirac"], ["ego"]),
    ("lt", "Mikeʼas, Hazard‘o, Google'ui", ["Mike", "Hazard", "Google"], ["as"]),
    ("eu", "Gerrard'en gola", ["Gerrard"], ["en"]),
    ("cy", "Cymru'n ennill, Mae’r, Caerdydd a'r", ["Cymru"], ["Caer"]),
    ("fil", "sina Maria't Pedro, si Rizal ako'y, bawa't, don't", ["Maria", "ako"], ["don"]),
    ("bn", "ইইউ’র নেতা, বিবিসি'কে, হ'ল, দু'টি", ["ইইউ", "বিবিসি"], ["হ", "দু"]),
    ("yi", "פעטער'ס הויז, ס'איז", ["פעטער"], []),
    ("ru", "Google'ом, iPhone’а, O’Коннор", ["Google", "iPhone"], []),
    ("ko", "정부의 '조치'를, Google의, NATO는", ["조치", "Google", "NATO"], []),
    *((locale, "der O'Hagan, Sainsbury's, L'Oreal, don't", ["Sainsbury", "Sainsbury's", "O'Hagan", "L'Oreal"], ["Hagan", "O", "don"])
      for locale in ("cs", "hu", "id", "is", "lv", "pt", "ro", "sk", "sl", "so", "sq", "sw", "uz", "vi", "xh")),
    *(("en", f"at Google{sign}s office, don{sign}t", ["Google"], ["don"]) for sign in "'’‘ʼʻ´`′＇"),
]  # fmt: skip

# Colons, hyphens, slashes.
COLONS: list[Row] = [
    ("fi", "EU:n, USA:ssa, WHO:lle, Kela:n, Suomi:Ruotsi, n:o 3, k:lo", ["EU", "USA", "WHO", "Kela", "Suomi", "Ruotsi"], ["n", "k"]),
    ("sv", "USA:s regering, H&M:s, tv:n, SVT:s, i S:t Petersburg, S:ta Lucia", ["USA", "H&M", "tv", "SVT", "S:t Petersburg", "S:ta Lucia"], ["S"]),
    ("et", "EL:i, NATO-le", ["EL", "NATO"], []),
    ("sv", "av Just D:s, för A:et", ["Just D", "A"], []),
    ("de", "Ort:Berlin, bestreikt:https://t.de", ["Ort", "Berlin", "bestreikt"], []),
    ("en", "Venue:Oslo and from:bergen", ["Venue", "Oslo", "bergen"], ["Ven"]),
    ("hy", "գնաց Երևան:Հետո", ["Երևան"], []),
    ("hu", "a NATO-nak, az EU\u2011ban", ["NATO", "EU"], []),
    ("ru", "НАТО-вский, МГУ-шник", ["НАТО", "МГУ"], []),
    ("hy", "NATO֊ի, Երևան-Մոսկվա", ["NATO", "Երևան", "Մոսկվա"], []),
    ("de", "Rhein-Main, US-Präsident, Moskau/Berlin, Köln–Bonn", ["Rhein", "Main", "US", "Moskau", "Berlin", "Köln", "Bonn"], []),
    ("en", "New York–based, Oslo·Bergen, Prague\u202f!", ["New York", "Oslo", "Bergen", "Prague"], []),
    ("ca", "col·legi, Intel·ligència", [], ["col", "legi", "Intel"]),
]  # fmt: skip

# Elision before a name.
ELISIONS: list[Row] = [
    ("fr", "de l'Italie, d’Orsay, qu'Emmanuel, jusqu’Oslo, l'ONU, d'HEC, L’Italie", ["Italie", "Orsay", "Emmanuel", "Oslo", "ONU", "HEC"], ["l", "qu"]),
    ("fr", "aujourd'hui, N'Djamena, M’Bappé, O'Neill, presqu'île, en Côte d’Ivoire", ["N'Djamena", "Côte d’Ivoire"], ["aujourd", "hui", "Djamena", "Bappé", "Neill", "île"]),
    ("it", "dell'Umbria, all’ONU, un'Opel, nell'Etna, L'Aquila, d'Italia", ["Umbria", "ONU", "Opel", "Etna", "Aquila", "Italia"], []),
    ("it", "N'Djamena, O'Brien, L'Rt", [], ["Djamena", "Brien", "Rt"]),
    ("it", "dell'F24, l'F-35, dell'M5S, dell'S&P 500, dell'F.B.I.", ["F24", "F-35", "M5S", "S&P 500", "F.B.I."], []),
    ("fr", "d'M6, l'N7, l’F-16", ["M6", "N7", "F-16"], []),
    ("ca", "l'Índia, d’Escòcia, l'FBI, s'Agaró, se'n va", ["Índia", "Escòcia", "FBI", "Agaró"], []),
    ("pt", "Estrela d'Alva, n'Os Lusíadas, N'Djamena", ["Alva", "Os Lusíadas"], ["Djamena"]),
    ("gl", "na praza d'A Coruña", ["A Coruña"], []),
    ("ga", "muintir d'Éirinn, O'Neill, na hÉireann, i nGaillimh, bhFrainc", ["Éirinn", "O'Neill", "Éireann", "Gaillimh", "Frainc"], ["Neill"]),
    ("gd", "dh'Alba, bhon dh’Astràilia", ["Alba", "Astràilia"], []),
    ("br", "d'Iwerzhon, ar c'hoar, Plouc'h, bro-C’hall", ["Iwerzhon"], ["hoar", "Plou", "hall"]),
    ("sq", "n'Elbasan, t’Amerikës, N'Djamena", ["Elbasan", "Amerikës"], ["Djamena"]),
    ("eo", "de l'Esperanto, l'mondo", ["Esperanto"], []),
    ("mg", "lohan'Imerina, an’i Rabe, Repoblikan'i Madagasikara, N'Djamena, nataon-dRadama", ["Imerina", "Rabe", "Repoblikan", "Radama"], ["Djamena"]),
    ("el", "σ'Αθήνα, απ’Αθήνα", ["Αθήνα"], []),
    ("he", "ב\"הארץ\" נכתב, ב'מעריב' נכתב, דובר צה\"ל, ג'ון", ["הארץ", "מעריב", "צה\"ל", "ג'ון"], ["ון", "צה"]),
    ("xh", "uMandela waseMzantsi, kwaZulu", ["Mandela", "Mzantsi", "Zulu"], ["andela"]),
    ("am", "በኢትዮጵያ የአዲስ አበባ ኬንያና ግብፅን", ["ኢትዮጵያ", "አዲስ አበባ", "ኬንያ", "ግብፅ"], ["ትዮጵያ"]),
    ("ar", "والقاهرة، بالرياض، الـBBC، بـمصر", ["القاهرة", "الرياض", "BBC", "مصر"], ["قاه"]),
    ("fa", "تهران‌ها، ایرانی‌هایی، می‌کند", ["تهران", "ایرانی"], ["می", "کند"]),
    ("en", "the coast of Côte d'Ivoire, O'Neill, N'Djamena's", ["Côte d'Ivoire", "O'Neill", "N'Djamena"], ["Ivoire", "Neill", "Djamena", "O", "N"]),
]  # fmt: skip

# The apostrophe is a letter.
LETTERS: list[Row] = [
    ("uz", "Toʻrtkoʻl, Oʻsh, sanʼat, Gʻor", ["Toʻrtkoʻl", "Oʻsh"], ["To", "rtko", "sh", "san", "or"]),
    ("uz", "O'sh, To‘rtko‘l", ["O'sh"], ["O", "sh", "rtko"]),
    ("uk", "Лук'янівка, м’яч, Прем'єр, Знамʼянка", ["Лук'янівка"], ["Лук", "янівка", "Прем", "Знам"]),
    ("be", "Мар'яна, Аб’яднаных", ["Мар'яна"], ["Мар", "яна", "Аб"]),
    ("sw", "ng'ombe, Ng'ang'a, mnyang'anyi", [], ["ng", "ombe", "Ng", "ang"]),
    ("om", "danda'uu, Ga’us, Bu'aa", [], ["danda", "Ga", "us", "Bu"]),
    ("so", "Go'aan, Ra'iisul, su’aal", [], ["Go", "aan", "Ra", "iisul"]),
    ("id", "Jum'at, Ma'ruf, Qur’an", ["Jum'at", "Ma'ruf"], ["Jum", "at", "Ma", "Qur"]),
    ("haw", "Hawaiʻi, Hawai'i, Oʻahu, ʻOkina", ["Hawaiʻi"], ["Hawai", "ahu"]),
    ("vi", "người H'mông", ["H'mông"], ["H", "mông"]),
    ("mk", "К'ндев, Р'нгов", ["К'ндев"], ["К", "ндев"]),
    ("hi", "ओ'हगन ने", ["ओ'हगन"], ["हगन"]),
]  # fmt: skip

MARKS = [
    "\u200e",
    "\u200f",
    "\u202c",
    "\u2069",
    "\u00ad",
    "\u200d",
    "\u200c",
    "\u2060",
    "\ufeff",
    "\ufe0f",
    "\ufe0e",
    "\u061c",
]
INVISIBLE: list[Row] = [
    *(("en", f"from {mark}Oslo{mark} to Bergen{mark}, Rome", ["Oslo", "Bergen"], ["Ber"]) for mark in MARKS),
    *(("en", f"in {mark}Oslo{mark}'s port", ["Oslo"], []) for mark in MARKS),
    *(("ar", f"في {mark}القاهرة{mark} اليوم", ["القاهرة"], []) for mark in MARKS[:4]),
    ("en", "cate\u00adgory Am\u00aderica", [], ["cate", "Am"]),
    ("fr", "Ame\u0301lie, Zoe\u0308", [], ["Ame", "Zoe"]),
    ("hy", "Երևանի՞, Հայաստա՛ն", ["Երևանի"], ["Հայ"]),
    ("hi", "दिल्ली की", ["दिल्ली"], ["द", "दिल"]),
    ("ta", "சென்னை", ["சென்னை"], ["சென", "ச"]),
    ("my", "မန္တလေး", ["မန္တလေး"], ["မန", "မန္"]),
    ("km", "ភ្នំពេញ", ["ភ្នំពេញ"], ["ភ", "ភ្"]),
    ("th", "เมืองน่าน กำ เมือง", ["น่าน"], ["น่", "ก"]),
    ("ja", "ソニーとﾊﾟﾅｿﾆｯｸ", ["ソニー", "ﾊﾟﾅｿﾆｯｸ"], ["ソニ", "ﾊ"]),
]  # fmt: skip

# Tags, handles, host names, mail, code, figures.
TAGS: list[Row] = [
    ("en", "#Oslo @nasa #OsloMarathon @FCBayern #new_york", ["Oslo", "nasa", "Marathon", "Bayern", "york"], ["Marath"]),
    ("en", "see bbc.co.uk and lena@oslo.no or www.paris.fr", ["bbc", "oslo", "lena", "paris"], ["osl"]),
    ("en", "Rome_Italy, _Lima_, __Cairo__, foo_bar, get_name()", ["Rome", "Italy", "Lima", "Cairo"], ["foo", "bar", "name"]),
    ("en", "Windows10, Euro2024, G20, A4, 3D, COVID19", ["Windows", "Euro", "COVID", "G20", "3"], ["G", "A", "Win"]),
    ("ja", "第3回と2024年", ["3", "第3回", "2024"], []),
    ("ar", "#القاهرة_الكبرى", ["القاهرة", "الكبرى"], []),
    ("hi", "दिल्ली2024", ["दिल्ली"], []),
    ("ru", "Москва2024 #МоскваСити", ["Москва", "Сити"], ["Моск"]),
    ("en", "iPhone, McDonald, eBay", ["iPhone"], ["Phone", "Donald", "Bay"]),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", [*ENDINGS, *COLONS, *ELISIONS, *LETTERS, *INVISIBLE, *TAGS], ids=lambda row: f"{row[0]}-{row[1][:16]!a}"
)
def test_a_name_is_found_without_its_clitics_and_a_part_of_a_word_is_not(row: Row) -> None:
    check(row)


def test_a_tag_or_a_host_is_found_in_small_letters_if_the_name_is_nowhere_else() -> None:
    text = Text("www.nasa.gov, @BarackObama", "en")
    assert [outcome(text, name) for name in ("NASA", "obama")] == ["normalised:nasa", "normalised:Obama"]
    assert outcome(Text("NASA at www.nasa.gov", "en"), "NASA") == "exact:NASA"


def test_a_name_in_quotes_is_found_before_an_ending_if_it_is_nowhere_else() -> None:
    assert outcome(Text("'Aamulehti'in mukaan", "fi"), "Aamulehti") == "exact:Aamulehti"
    assert outcome(Text("'Kauhava' ja 'Aamulehti'kin", "nl"), "Aamulehti") == "exact:Aamulehti"
    assert outcome(Text("'don't", "en"), "don") == "inside_word"


def test_an_elision_inside_a_sentence_may_be_a_part_of_the_name_and_is_the_last_choice() -> None:
    text = Text("Massimo D'Alema e Alema", "it")
    (((span, _, _),),) = ground(["Alema"], text)
    assert span == (18, 23)
    assert outcome(Text("Massimo D'Alema", "it"), "Alema") == "exact:Alema"


# Endings written together with the name, in scripts whose vowels are marks: the whole word is what the text says.
INFLECTED = [
    ("mr", "मुंबईत आणि पुण्यात", "मुंबई", "मुंबईत"),
    ("hi", "दिल्लीवाले", "दिल्ली", "दिल्लीवाले"),
    ("ne", "काठमाडौंमा", "काठमाडौं", "काठमाडौंमा"),
    ("bn", "ঢাকার পথে", "ঢাকা", "ঢাকার"),
    ("as", "অসমত", "অসম", "অসমত"),
    ("gu", "અમદાવાદમાં", "અમદાવાદ", "અમદાવાદમાં"),
    ("pa", "ਪੰਜਾਬੀਆਂ", "ਪੰਜਾਬੀ", "ਪੰਜਾਬੀਆਂ"),
    ("or", "ଓଡ଼ିଶାରେ", "ଓଡ଼ିଶା", "ଓଡ଼ିଶାରେ"),
    ("ta", "சென்னையில்", "சென்னை", "சென்னையில்"),
    ("te", "హైదరాబాద్‌లో", "హైదరాబాద్", "హైదరాబాద్‌లో"),
    ("kn", "ಬೆಂಗಳೂರಿನಲ್ಲಿ", "ಬೆಂಗಳೂರು", "ಬೆಂಗಳೂರಿನಲ್ಲಿ"),
    ("ml", "കൊച്ചിയിൽ", "കൊച്ചി", "കൊച്ചിയിൽ"),
    ("si", "කොළඹට", "කොළඹ", "කොළඹට"),
    # Case endings and postpositions of any length, after names of any length, and the oblique stem of names in -m.
    ("ta", "சென்னையிலிருந்து", "சென்னை", "சென்னையிலிருந்து"),
    ("ta", "சீனாவுக்கும்", "சீனா", "சீனாவுக்கும்"),
    ("ta", "ஈழத்தில்", "ஈழம்", "ஈழத்தில்"),
    ("ml", "കേരളത്തിൽ", "കേരളം", "കേരളത്തിൽ"),
    ("ml", "കോട്ടയത്തേക്ക്", "കോട്ടയം", "കോട്ടയത്തേക്ക്"),
    ("ml", "ഇന്ത്യയിൽനിന്ന്", "ഇന്ത്യ", "ഇന്ത്യയിൽനിന്ന്"),
    ("kn", "ಭಾರತದಲ್ಲಿ", "ಭಾರತ", "ಭಾರತದಲ್ಲಿ"),
    ("kn", "ಮೋದಿಯವರ", "ಮೋದಿ", "ಮೋದಿಯವರ"),
    ("te", "కడపలోని", "కడప", "కడపలోని"),
    ("mr", "भारताकडून", "भारत", "भारताकडून"),
    ("mr", "चीनमध्ये", "चीन", "चीनमध्ये"),
    ("ne", "चीनसँग", "चीन", "चीनसँग"),
    ("ne", "दाङबाट", "दाङ", "दाङबाट"),
]

# Other words that begin like a name.
NO_ENDINGS = [
    ("hi", "दिनेश आया", "दिन"),
    ("mr", "रामायण वाचले", "राम"),
    ("ne", "रामायण", "राम"),
    ("ta", "சீனிவாசன்", "சீனி"),
    ("ml", "ചൈതന്യം", "ചൈന"),
    ("kn", "ಭಾರವಾದ", "ಭಾರತ"),
    ("en", "Nigeria won", "Niger"),
    ("fr", "Bruneau", "Brune"),
]


@pytest.mark.parametrize(("locale", "text", "mention", "surface"), INFLECTED)
def test_a_name_is_found_with_an_ending_whose_vowels_are_marks(
    locale: str, text: str, mention: str, surface: str
) -> None:
    assert outcome(Text(text, locale), mention) == f"fuzzy:{surface}"


@pytest.mark.parametrize(("locale", "text", "mention"), NO_ENDINGS)
def test_another_word_that_begins_alike_is_no_form_of_a_name(locale: str, text: str, mention: str) -> None:
    assert outcome(Text(text, locale), mention) in ("inside_word", "absent")


# Behind these prepositions the article loses its first letter.
CONTRACTED = [
    ("ar", "سافر للعراق أمس", "العراق", "لعراق"),
    ("ar", "وللولايات المتحدة رأي", "الولايات المتحدة", "لولايات المتحدة"),
    ("ar", "وللأمم المتحدة", "الأمم المتحدة", "لأمم المتحدة"),
    ("he", "ישב בכנסת", "הכנסת", "כנסת"),
    ("he", "ובבית הלבן", "הבית הלבן", "בית הלבן"),
]


@pytest.mark.parametrize(("locale", "text", "mention", "surface"), CONTRACTED)
def test_a_name_is_found_behind_a_preposition_that_takes_its_article(
    locale: str, text: str, mention: str, surface: str
) -> None:
    assert outcome(Text(text, locale), mention) == f"normalised:{surface}"


@pytest.mark.parametrize(
    ("locale", "text", "mention"),
    [("ar", "عراق الأمس", "العراق"), ("he", "כנסת ישראל", "הכנסת")],
)
def test_a_name_without_its_article_is_another(locale: str, text: str, mention: str) -> None:
    assert outcome(Text(text, locale), mention) in ("absent", "inside_word")


def test_every_trial_is_grounded(shared: Path) -> None:
    trials = shared / "trials" / "cases.json"
    if not trials.is_file():
        pytest.skip(f"no trials at {trials}")
    cases = [case for case in json.loads(trials.read_text(encoding="utf-8")) if case["do"] == "ground"]
    assert cases
    for case in cases:
        places = [place for (place,) in ground(case["mentions"], Text(case["text"], case["locale"]))]
        surfaces = [case["text"][span.start : span.end] if span else problem for span, _, problem in places]
        assert surfaces == case["expected"], case["text"]
