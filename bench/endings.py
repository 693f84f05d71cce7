"""What orthographies set off from a name by an apostrophe, a colon or a hyphen: endings after it, elisions before it.

`bare` takes endings off names that people marked with them (`Pekin'i`, `EU:n`, `UN-a`): the name alone is what is
looked for. `added` writes some at names that have none, where a language has such signs but its set seldom does. These
are synthetic: the right sign at the right kind of name, not always the case or article that the sentence wants.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from annotated import Gold, Passage

from finerweb.text.spans import Span

APOSTROPHES = "'’ʼ‘"
HYPHENS = r"\-\u2010\u2011"
AT_END = re.compile(rf"[{APOSTROPHES}:{HYPHENS}][^\W\d_]|(?<=[sxzß])[{APOSTROPHES}](?=[\s.,])")
AT_START = re.compile(rf"[^\W\d_][{APOSTROPHES}{HYPHENS}]")
OFTEN, SELDOM = 0.25, 1.0  # shares of the names that get an ending: where any name may, and where few may

NAME, NAME_BUT_IN_S = r"[^\W\d_]", r"[^\W\d_sßxz]"
ANY = (NAME, NAME_BUT_IN_S)
ACRONYM = r"(?<!\w)[A-ZÀ-ÞŠŽČĆĐ]{2,6}"
SILENT = r"(?:eaux|[aeio]ux|[ao]is|[eo]t|oy|y|e)"  # written at the end of foreign names, and not spoken
BACK = re.compile(r"[aouıáóúåâ][^aeiouyäöüáéíóúőűåıâ]*$")


class Ending(NamedTuple):
    """A sign, and endings after it, for names whose last vowel is a back one or a front one.

    `after` is what the end of a name looks like that takes them, `marked` what is taken off a name that was marked with
    its ending; empty where people do not mark it.
    """

    sign: str
    endings: tuple[tuple[str, str], ...]
    after: str
    marked: str
    source: str


def _same(*endings: str) -> tuple[tuple[str, str], ...]:
    return tuple((ending, ending) for ending in endings)


TURKISH = (("da", "de"), ("dan", "den"), ("ın", "in"), ("nın", "nin"), ("ı", "i"), ("a", "e"), ("ya", "ye"))
FINNISH = (("n", "n"), ("ssa", "ssä"), ("lla", "llä"), ("lle", "lle"), ("sta", "stä"), ("ta", "tä"))
HUNGARIAN = (
    ("nak", "nek"),
    ("ban", "ben"),
    ("ból", "ből"),
    ("ra", "re"),
    ("tól", "től"),
    ("hoz", "hez"),
    ("val", "vel"),
)
HUNGARIAN_MARKED = (
    r"(?<=\w)-(?:n[ae]k|b[ae]n?|b[óő]l|r[ae]|t[óő]l|h[eo]z|[vj][ae]l|[aeo]?t|r[óő]l|[oeö]?n|ig|ért|ék?|n[áé]l)"
)

ENDINGS: dict[str, tuple[Ending, ...]] = {
    "eng": (
        Ending("'", _same("s"), NAME, "", "New Hart's Rules: possession"),
        Ending("'", _same(""), "s", "", "New Hart's Rules: possession, plurals and names in s"),
    ),
    "tur": (Ending("'", TURKISH, NAME, r"(?<=\w)['’][a-zçğıöşü]{1,8}", "TDK, Yazım Kılavuzu: Kesme İşareti"),),
    "fin": (
        Ending(":", FINNISH, ACRONYM, r"(?<=\w):[a-zäö]{1,6}", "Kielitoimiston ohjepankki: kaksoispiste"),
        Ending("'", FINNISH, SILENT, r"(?<=\w)['’][a-zäö]{1,6}", "Kielitoimiston ohjepankki: heittomerkki"),
    ),
    "swe": (Ending(":", _same("s", "n", "en"), ACRONYM, r"(?<=[A-ZÅÄÖ]):[a-zåäö]{1,4}", "Svenska skrivregler: kolon"),),
    "ekk": (
        Ending("'", _same("i", "sse", "st", "le"), SILENT, r"(?<=\w)['’][a-zäöüõ]{1,5}", "Eesti õigekeel: ülakoma"),
        Ending("-", _same("i", "sse", "st", "le"), ACRONYM, r"(?<=[A-Z])-[a-zäöüõ]{1,4}", "Eesti õigekeel: lühendid"),
    ),
    "hun": (
        Ending("-", HUNGARIAN, f"(?:{ACRONYM}|{SILENT})", HUNGARIAN_MARKED, "A magyar helyesírás szabályai: kötőjel"),
    ),
    "ron": (Ending("-", _same("ul", "ului"), ACRONYM, r"(?<=\w)-(?:ul|ului|uri(?:le|lor)|i?lor|ei)", "DOOM: cratima"),),
    "hrv": (Ending("-", _same("a", "u", "om"), ACRONYM, r"(?<=[A-ZŠŽČĆĐ])-[a-z]{1,4}", "Hrvatski pravopis: pokrate"),),
    "srp": (Ending("-", _same("a", "u", "om"), ACRONYM, r"(?<=[A-ZŠŽČĆĐ])-[a-z]{1,4}", "Pravopis: skraćenice"),),
    "dan": (Ending("'", _same("s"), ACRONYM, r"(?<=[A-ZÆØÅ])['’]s", "Retskrivningsordbogen: apostrof"),),
    "nob": (Ending("'", _same(""), "[sxz]", "", "Språkrådet: apostrof ved genitiv"),),
    "nno": (Ending("'", _same(""), "[sxz]", "", "Språkrådet: apostrof ved genitiv"),),
    "deu": (
        Ending("'", _same(""), "(?:[sßxz]|ce)", "", "Amtliches Regelwerk, § 96"),
        Ending("'", _same("s"), NAME_BUT_IN_S, "", "Amtliches Regelwerk, § 97 E"),
    ),
    "ind": (Ending("-", _same("nya", "lah"), ACRONYM, r"(?<=[A-Z])-(?:nya|lah|mu)", "EYD V: tanda hubung"),),
}


class Elision(NamedTuple):
    """Articles and prepositions that lose their vowel before a name that begins with one."""

    articles: tuple[str, ...]
    source: str


VOWEL = re.compile(r"[AEIOUÀÁÂÈÉÊÌÍÎÒÓÔÙÚÛ]")
ELISIONS: dict[str, Elision] = {
    "fra": Elision(("l'", "d'", "qu'"), "Grevisse, Le bon usage: élision"),
    "ita": Elision(("l'", "d'", "dell'", "nell'", "all'"), "Serianni, Grammatica italiana: elisione"),
    "cat": Elision(("l'", "d'"), "IEC, Ortografia catalana: apòstrof"),
    "por": Elision(("d'", "n'"), "Acordo Ortográfico de 1990, base XVIII"),
}


def bare(passage: Passage, language: str) -> Passage:
    """What is marked, without the endings that its orthography sets off; each place and label once."""
    patterns = [ending.marked for ending in ENDINGS.get(language, ()) if ending.marked]
    if not patterns:
        return passage
    marked = re.compile(f"(?:{'|'.join(patterns)})$")
    gold = []
    for span, label in passage.gold:
        match = marked.search(passage.text, span.start, span.end)
        gold.append(Gold(Span(span.start, match.start()) if match and match.start() > span.start else span, label))
    return passage._replace(gold=list(dict.fromkeys(gold)))


def added(passage: Passage, language: str, drawn: random.Random) -> Iterator[tuple[int, str]]:
    """Endings and elisions to write, with their places: at names inside no longer one, beside spaces or marks."""
    yield from _endings(passage, language, drawn)
    yield from _elisions(passage, language, drawn)


def _endings(passage: Passage, language: str, drawn: random.Random) -> Iterator[tuple[int, str]]:
    for end in sorted({gold.span.end for gold in passage.gold}):
        names = [gold.span for gold in passage.gold if gold.span.start < end <= gold.span.end]
        if any(span.end > end for span in names) or not re.match(r"[\s,.;!?)]|$", passage.text[end : end + 1]):
            continue
        name = passage.text[min(span.start for span in names) : end]
        is_name = name.split()[-1][0].isupper()
        fitting = [ending for ending in ENDINGS.get(language, ()) if re.search(f"{ending.after}$", name)]
        share = OFTEN if any(ending.after in ANY for ending in fitting) else SELDOM
        if is_name and fitting and drawn.random() < share:
            ending = drawn.choice(fitting)
            yield end, ending.sign + drawn.choice(ending.endings)[not BACK.search(name.replace("İ", "i").lower())]


def _elisions(passage: Passage, language: str, drawn: random.Random) -> Iterator[tuple[int, str]]:
    articles = ELISIONS[language].articles if language in ELISIONS else ()
    for start in sorted({gold.span.start for gold in passage.gold} if articles else ()):
        is_inside = any(gold.span.start < start < gold.span.end for gold in passage.gold)
        is_apart = not passage.text[:start] or passage.text[start - 1] in " (\n"
        if is_apart and not is_inside and VOWEL.match(passage.text, start) and drawn.random() < OFTEN:
            yield start, drawn.choice(articles)


def at_sign(text: str, span: Span) -> bool:
    """Does the name stand directly at an apostrophe, a colon or a hyphen with a letter beyond it?"""
    return bool(AT_END.match(text, span.end) or AT_START.match(text[max(0, span.start - 2) : span.start]))
