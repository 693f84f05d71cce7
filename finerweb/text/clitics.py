"""What a language writes before and after a name with an apostrophe or a colon between. Plain Python.

UAX #29 breaks no word at an apostrophe or a colon between letters, and leaves it to each language to say more (its
section 4). Here each language says it: which words are elided before a name (French l', Italian dell'), and which
endings follow one (English 's, Turkish 'da, Finnish :n). What no rule allows stays whole: don't, O'Neill, N'Djamena,
Kur'an. Each rule names the orthography or grammar that it follows; "documents" are those of the 91 languages on which
it was tried, where an orthography says nothing of it or none was at hand.
"""

import functools
import re
import unicodedata
from enum import Enum, IntEnum
from typing import NamedTuple

from finerweb.text import characters

# Letters whose names begin with a vowel in the Romance languages: l'FBI, but not n'Djamena.
_VOCALIC_NAMES = frozenset("FHLMNRSX")
_VOWELS = frozenset("aeiouyhwœæøıαεηιουω")

# English (New Hart's Rules, "Apostrophe"), and what it leaves in texts of other languages that quote it: Sainsbury's,
# I'm, you're.
ENGLISH = r"s|ll|d|ve|re|m"
_ENGLISH = re.compile(ENGLISH)

# Suffixes of Turkish and Azerbaijani after proper names (TDK, Yazım Kılavuzu, "Kesme işareti"): possessive and cases,
# plural, copula, evidential, conditional, -ki, -li, -siz, -ca. No suffix is "an" or "ut", or has a circumflex: Kur'an,
# Kur'ân and Mes'ut stay whole. Azerbaijani has had no apostrophe since 2004 (Orfoqrafiya qaydaları, decree 108): there
# it is from documents.
TURKIC = (
    r"[yns]?[ıiuü](?:n\w*|m[ıiuü]?z?(?:[dn]?[aeəıiuü]\w*)?|y[dlms]\w*|d[ıiuü]r\w*|z\w*)?"
    r"|[yn]?[aeə](?:d[ıiuü]r\w*|y[dms]\w*)?|n?[dt][aeə](?:n\w*|k[iı]\w*|y\w*|d[ıiuü]r\w*|ş\w*)?|n[aeəıiuü]\w*"
    r"|[dt][ıiuü](?:r\w*)?|y[dmsl]\w+|y?k[ae]n|y?l[aeə](?:r\w*|y\w*|d[ıiuü]r\w*)?|l[ıiuü]\w{0,8}|s[ıiuü]z\w*"
    r"|m[ıiuü][şz]\w*|s[aeə](?:m|k|n\w{0,3}|l[aeə]r)?|n?[cç][aeəıiuü]\w{0,4}|ki\w*|gil\w*"
)
# Cases of foreign names in Estonian (EKI, Eesti ortograafia, "Ülakoma") and Finnish (Kielitoimiston ohjepankki,
# "Heittomerkki"). Not "an", so that Qur'an and vaa'an stay whole.
ESTONIAN = r"s?[aeiu]?(?:d|de|te|tel|tes|test|id|s|sse|st|le|l|lt|ks|ni|na|ta|ga|t|de\w{1,3}|lik\w*)?(?:gi|ki)?"
FINNISH = (
    r"s?i?(?:n|n[aä]|t[aä]?|[st]?s[aä]|st[aä]|l[lt][aä]|l?le|l?l[aä]|ksi|tta|ttä|h[aeiouyäö]n|in|den|ten|ill[aäe])"
    r"(?:k[oö]|kin|k[aä][aä]n|h[aä]n|ni|si|ns[aä]|mme|nne)*"
)
# Polish declines foreign names after an apostrophe (PWN, Zasady pisowni, "Apostrof"). In Czech and Slovak orthography
# the sign has other uses (Pravidlá slovenského pravopisu, 2000): there it is from documents, and the endings are those
# of foreign names (Internetová jazyková příručka of the ÚJČ).
POLISH = r"s?(?:a|owi|em|ie|e|u|y|i|ów|om|ami|ach|owie|e?go|e?mu|m|im|ym|ą|ę|owsk\w+|owej)"
CZECH = r"s?(?:a|ov[aáéoyu]?|ovi|ové|em|ův|e|u|y|ů|i|ho|mu|m)"
# An ending behind another language's 's: Sainsbury'sa. It joins the unchanged foreign name (Hrvatski pravopis of the
# IHJJ, 2013, "Pisanje oblika i posvojnih pridjeva"); that names with an 's are such is from documents.
SLAVIC = r"s(?:a|u|om|em|e|i|ov\w{0,3}|in\w{0,2})"
# VLKK, "Nelietuviškos pavardės": an ending after the unchanged foreign name.
LITHUANIAN = (
    r"s?(?:i|j)?(?:as|o|ui|ą|u|e|ai|ų|ams|us|ais|uose|is|į|yje|y|ė|ės|ei|ę|a|os|oje|umi|imi|aus|umą|ės|ėje|ius)"
)
# Swedish after a colon (Svenska skrivregler, "Kolon"), Finnish too (Kielitoimiston ohjepankki, "Kaksoispiste").
SWEDISH = r"(?:s|n|t|a|e|en|et|er|ar|ts?|ns|ens|ets|ers|ars|arna|erna|na|are|aren|arnas|ernas|nas)"
SWEDISH_SAINT = ("t", "ta", "te")
ANY_ENDING = r"\w{1,12}"
# Danish inflects abbreviations after an apostrophe (Retskrivningsordbogen, "Apostrof"): AM'er, pc'en. Norwegian has a
# hyphen there, and the apostrophe before a genitive s after small letters, and in Kupper'n (Språkrådet, "Apostrof").
SCANDINAVIAN = r"s|er(?:e|en|ens|es|ne|nes|s)?|en|ens|et|ets|e|ene|enes"

# And, the, in, to, from, as, that: written together with the word that follows, the seven letters of "Moses and Caleb"
# (Gesenius-Kautzsch-Cowley, Hebrew Grammar, 35, 36, 102, 104).
HEBREW = re.compile(r"[\u05D5\u05D4\u05D1\u05DC\u05DE\u05DB\u05E9]{1,3}")
PROCLITICS = {
    "he": HEBREW,
    # And, then; in, to, like; the, in this order (Alotaiby et al. 2010, Clitics in Arabic Language).
    "ar": re.compile(r"[\u0648\u0641]?[\u0628\u0644\u0643]?(?:\u0627\u0644)?\u0640?"),
    # Amharic: about, like, until, without; of, in, to, from (FSI, Amharic Basic Course, notes 4.6 and 5.5).
    "am": re.compile(
        r"(?:\u1235\u1208|\u12A5\u1295\u12F0|\u12A5\u1235\u12A8|\u12EB\u1208)?[\u12E8\u1260\u1208\u12A8]?"
    ),
}
# Behind these prepositions the article loses its first letter: للعراق is "to" العراق, בכנסת "in" הכנסת.
ARTICLES = {"ar": ("\u0627\u0644", ("\u0644",)), "he": ("\u05d4", ("\u05d1", "\u05dc", "\u05db"))}
# Amharic: the object, and, also, the article (the first and last: FSI, note 4.5; the others from documents).
AMHARIC_PARTICLE = re.compile(r"\u1295\u121D|\u1295\u1293|[\u1295\u1293\u121D\u12CD\u1235]")
# Irish sets n, t, h and the letters of eclipsis before a capital (An Caighdeán Oifigiúil), Malagasy the consonants
# that euphony adds (Parker, A Concise Grammar of the Malagasy Language, pp. 8-9), Xhosa its noun prefixes (documents):
# na hÉireann, nataon-dRabe, kwaZulu.
PREFIXES = {
    "ga": re.compile(r"bhf|[bdgmnth]"),
    "mg": re.compile(r"[bdgjkpt]|dr|ts"),
    "xh": re.compile(r"[a-z]{1,6}"),
}
# Endings of Persian, Pashto, Kurdish behind a zero-width non-joiner: plural, possessive, copula, comparison. The sign
# is the narrow space of the Academy of Persian (Dastur-e khatt-e farsi; Unicode Standard, 23.2), in Sorani it stands
# behind a heh that is a vowel (Pournader 2014, The right hehs); the list of endings is from documents.
PERSIAN_ENDING = re.compile(r"(?:ها|ای|ام|ات|اش|ایم|اید|اند|مان|تان|شان|ترین|تر|ی|دا|ەکان)\w{0,4}")
PERSIAN_PREFIX = re.compile(r"ن?می|بی|نا")


class Beside(Enum):
    """What an elided word must stand beside."""

    VOWEL = "a vowel, an h, or an abbreviation read letter by letter"
    ANYTHING = "any word"
    CAPITAL = "a capital letter"


class Cut(IntEnum):
    """Whether a name may begin or end at a place: never, only if it is nowhere else, or always."""

    NEVER = 0
    SEAM = 1
    EDGE = 2


class Rule(NamedTuple):
    """A language's patterns, of whole words in lower case."""

    elided: str = ""  # before the sign
    beside: Beside = Beside.VOWEL
    after_name: str = ""  # endings of a word with a capital, or in a script without capitals of two letters
    after_word: str = ""  # endings of any word
    after_vowel: str = ""  # endings of any word that ends in a vowel
    after_colon: str = ""
    is_letter: bool = False  # the apostrophe is a letter here: only another language's genitive is cut off


_LETTER = Rule(is_letter=True)
_RULES = {
    # Elided words. French has a closed list (Grevisse, Le bon usage, "L'élision"); presqu'île and quelqu'un are words.
    "fr": Rule(r"[cdjlmnst]|qu|(?:jus|lors|puis|quoi)qu"),
    # Italian elides any final vowel (Serianni, Grammatica italiana, "Elisione").
    "it": Rule(r"\w*[bcdfghlmnprstvz]"),
    # IEC, Ortografia catalana (2017), "L'apòstrof": l', d' before; 'n, 'ls behind a verb.
    "ca": Rule(r"[ldsnmt]", after_vowel=r"m|t|s|n|l|ls|ns"),
    "pt": Rule(r"[dnlmt]"),  # Acordo Ortográfico of 1945, 35 and 36, of 1990, base XVIII: d'Os Lusíadas, m'O
    "gl": Rule(r"[dnc]|pol|tod"),  # RAG, Normas ortográficas (2003), "Apóstrofo"
    "ga": Rule(r"m?b|[dm]|th"),  # An Caighdeán Oifigiúil; the O of O'Neill is none
    "gd": Rule(r"[db]h|[dmb]|th"),  # Gaelic Orthographic Conventions
    # Breton: d' is in the older grammars, the others are from documents. The sign of c'h is a letter.
    "br": Rule(r"[dmnb]"),
    "sq": Rule(r"[tsmnçc]", Beside.ANYTHING),  # Drejtshkrimi i gjuhës shqipe (1973), 19
    "eo": Rule(r"l|d|un|dank", Beside.ANYTHING),  # PMEG, "Apostrofo"
    # Triantafyllidis, Neoelliniki grammatiki, "Ekthlipsi"; also the older forms before a rough breathing: αφ', καθ'.
    "el": Rule(r"[σμτθνδ]|γι|κι|απ|παρ|κατ|επ|υπ|αφ|εφ|μεθ|καθ|ανθ|αλλ|ουτ|ολ|ουδ|μηδ", Beside.ANYTHING),
    # Malagasy writes its linking n, and -na, -ka, -tra before a vowel, with an apostrophe: lohan'Imerina, Repoblikan'i
    # Madagasikara (Parker, A Concise Grammar of the Malagasy Language, pp. 9, 33).
    "mg": Rule(r"\w+[nkr]|\w+ts?", Beside.CAPITAL, after_name=r"i|ny|ireo|ilay|ity|iza[oy]|izany|io|iny|itsy|izy"),
    # The one-letter words that Hebrew writes before the next one, here before a quoted name: ב'הארץ'. The pronouns and
    # endings of Yiddish are from documents.
    "he": Rule(r"[וש]?[בלמכה]|[וש]", Beside.ANYTHING),
    "yi": Rule(r"[סכמרד]", Beside.ANYTHING, after_word=r"ס|ן|ען|ין|ער|ט"),
    # Endings.
    "en": Rule(after_word=ENGLISH),
    "de": Rule(after_word=r"s", after_name=r"sche?[mnrs]?"),  # Duden, D 16: Grimm'sche, Andrea's
    "nl": Rule(after_word=r"s|(?:e?t|p)?jes?|(?:st)?ers?|en"),  # Het Groene Boekje, "Apostrof": A4'tje, sms'je, PvdA'er
    "af": Rule(after_word=r"s|tjies?|e|ers?"),  # Afrikaanse Woordelys en Spelreëls, "Afkappingsteken"
    "fy": Rule(after_word=r"s|tsjes?|ers?|en"),  # Fryske Akademy, Taalweb, "Apostrof": CDA'er
    "da": Rule(after_word=SCANDINAVIAN),
    "nb": Rule(after_word=SCANDINAVIAN),
    "nn": Rule(after_word=SCANDINAVIAN),
    "sv": Rule(after_colon=SWEDISH),
    "fi": Rule(after_name=FINNISH, after_colon=ANY_ENDING),
    "et": Rule(after_name=ESTONIAN, after_colon=ANY_ENDING),
    "tr": Rule(after_word=TURKIC),
    "az": Rule(after_word=TURKIC),
    "pl": Rule(after_name=POLISH),
    "cs": Rule(after_name=CZECH),
    "sk": Rule(after_name=CZECH),
    "lt": Rule(after_name=LITHUANIAN),
    # Basque joins its cases or sets a hyphen (Euskaltzaindia, rule 184); with an apostrophe they are from documents.
    "eu": Rule(after_name=r"en|ek|i|k|ra|tik|ren|rekin|ekin|eko|ko|ri"),
    **dict.fromkeys(("hr", "bs", "sr", "sl"), Rule(after_name=SLAVIC)),
    "cy": Rule(after_vowel=r"[rniuwms]|th|ch"),  # Morris-Jones, A Welsh Grammar, 114: 'r the; 'n in
    "fil": Rule(after_vowel=r"y|t"),  # ay, at behind a vowel (the kudlit of the KWF): Maria't Pedro
    # Bengali and Odia set cases off after abbreviations: ইইউ’র (documents). Not inside words: হ'ল, দু'টি.
    "bn": Rule(after_name=r"র|এর|কে|তে|য়|য়|রা|দের|এ|ও"),
    "or": Rule(after_name=r"ର|ରେ|କୁ|ରୁ"),
    # Uzbek oʻ and gʻ (law 71-I of 1995), Oromo hudhaa (Samuel and Welde 2017), the first letter of the Somali alphabet,
    # Swahili ng' (Hartell, Alphabets of Africa, 1993), the hamza of Indonesian, Malay, Javanese, Sundanese (documents).
    **dict.fromkeys(("uz", "om", "so", "sw", "id", "ms", "jv", "su"), _LETTER),
}
_NONE = Rule()


class Clitics:
    """The rule of one language."""

    def __init__(self, language: str) -> None:
        rule = _RULES.get(language, _NONE)
        self.rule = rule
        self._elided = re.compile(rule.elided)
        self._after_name = re.compile(rule.after_name)
        self._after_word = re.compile(rule.after_word)
        self._after_vowel = re.compile(rule.after_vowel)
        self._after_colon = re.compile(rule.after_colon)

    def before(self, word: str, name: str, *, is_at_start: bool) -> Cut:
        """Is `word` elided before `name`? Only if nothing else is to be had where it may be a part of it: D'Alema."""
        small = word.lower()
        if not word or not self.rule.elided or not self._elided.fullmatch(small):
            return Cut.NEVER
        is_vowel = _begins_with_vowel(name)
        if self.rule.beside is Beside.CAPITAL:
            return Cut.EDGE if name[0].isupper() else Cut.NEVER
        if not is_vowel and (self.rule.beside is Beside.VOWEL or word != small):
            return Cut.NEVER
        return Cut.EDGE if word == small or is_at_start or name.isupper() else Cut.SEAM

    def after(self, name: str, ending: str) -> bool:
        """May `ending` follow `name` after an apostrophe?"""
        ending = unicodedata.normalize("NFKC", ending)  # of full width
        small = ending.lower()
        if ending != small and not (name.isupper() and ending.isupper()):
            return False
        if is_contracted(name, ending):
            return False
        is_name = name != name.lower() or (name == name.upper() and len(name) > 1)
        if is_name and characters.script(name[0]) == "LATIN" and _ENGLISH.fullmatch(small):
            return not self.rule.is_letter or (small == "s" and len(name) > 2)
        if (is_name and self._after_name.fullmatch(small)) or self._after_word.fullmatch(small):
            return True
        return bool(self._after_vowel.fullmatch(small)) and _base(name[-1]) in _VOWELS

    def after_colon(self, name: str, ending: str, *, is_compound: bool) -> bool:
        """May `ending` follow `name` after a colon? Not in the abbreviations S:t, S:ta, k:a and n:o."""
        is_abbreviation = len(name) == 1 and (name.islower() or ending in SWEDISH_SAINT) and not is_compound
        return not is_abbreviation and ending == ending.lower() and bool(self._after_colon.fullmatch(ending))


def is_contracted(word: str, rest: str) -> bool:
    """Is it English not, in whatever language it is quoted: don't?"""
    return rest.lower() == "t" and word[-1] in "nN"


@functools.cache
def load(language: str) -> Clitics:
    """The clitics of a language, by its code in the locale."""
    return Clitics(language)


def _begins_with_vowel(name: str) -> bool:
    small = _base(name[0])
    is_abbreviation = name[0] in _VOCALIC_NAMES and not name[1:2].islower()  # F24, F.B.I., S&P too
    return small in _VOWELS or is_abbreviation or name[:2].lower() == "fh"


def _base(letter: str) -> str:
    """A letter in lower case without its accents."""
    return unicodedata.normalize("NFD", letter.lower())[0]
