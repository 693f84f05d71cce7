"""A stand-in for a language model: names from CLDR, patterns for dates, numbers, money and web addresses.

It lets the whole pipeline run on a machine without a model, a GPU or a key. What it says is no annotation to publish:
it knows no person and no organization.

Settings
  profile   `broad`: general types, quantities, words that begin with a name (inflection), weekday and date as one;
            `strict`: specific types, whole words only. So the two differ in spans and in types, and merging has work.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError

from finerweb.cost import Price
from finerweb.engines import Answer, Engine, Request, Spec
from finerweb.engines._lexicon.label_names import LABEL_NAMES
from finerweb.errors import BadSettings
from finerweb.text import segment
from finerweb.text.characters import UNSPACED, marks

OPTIONS = frozenset({"profile"})
NEUTRAL: frozenset[str] = frozenset()
PRICE = Price()
VERSION = "3"  # part of the engine's fingerprint: raise it when an answer would change

PROFILES = {
    "broad": {"city": "location", "date": "date", "money": "money", "email": "web address"},
    "strict": {"city": "city", "date": "calendar date", "money": "amount of money", "email": "e-mail address"},
}

NUMBER = r"\d+(?:[.,\u066B\u066C\u00A0\u202F ]\d{3})*(?:[.,\u066B]\d+)?"
INSIDE_NUMBER = r"(?<=\d[.,\u066B\u066C\u00A0\u202F ])(?=\d{3}(?!\d))"
PATTERNS = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "web address": r"(?:https?://|www\.)[^\s<>\"'()\[\]،。]*[\w/]",
    "percentage": rf"{NUMBER}\s?[%٪]",
    "time": r"(?<!\d)(?:[01]?\d|2[0-3])[:.][0-5]\d(?![\d.])",
}
DATES = [
    r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)",
    r"(?<!\d)\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)",
    r"\d{4}\s?[年년](?:\s?\d{1,2}\s?[月월](?:\s?\d{1,2}\s?[日일])?)?",
    r"\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]",
]
# A letter of a script with spaces, or a mark (`\w` denies vowel signs); what is left of a word after a name of CLDR.
LETTER = rf"(?:(?!{UNSPACED.pattern})[^\W\d_]|[{marks()}\u200C\u200D])"
ENDING = rf"{LETTER}{{0,4}}(?!{LETTER})"
# A number and the word after it; in scripts without spaces the word's end would be a guess. `5,000` with a preposition
# before it (Amharic, Hebrew) is none: what is left of it, `000`, neither.
QUANTITY = rf"(?<!\w)(?!{INSIDE_NUMBER}){NUMBER}[ \u00A0](?!{UNSPACED.pattern})[^\W\d_]{LETTER}+(?![\w'’])"
SYMBOLS = "€$£¥₹₽₺₴₪฿₩₫₦₱៛֏₾৳"


class Find(NamedTuple):
    """A span and its kind."""

    start: int
    end: int
    kind: str


@functools.lru_cache(maxsize=128)
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return Locale("en")  # its patterns of dates and numbers are the plainest


@functools.lru_cache(maxsize=128)
def names(code: str) -> dict[str, list[tuple[str, str]]]:
    """CLDR's names in a locale: their first two characters -> [(name, kind)], the longest first."""
    locale = _locale(code)
    kinds: dict[str, str] = {}
    for zone in locale.time_zones.values():
        kinds[zone.get("city") or ""] = "city"
    kinds.update({name: "language" for key, name in locale.languages.items() if len(key) <= 3})
    kinds.update({name: "country" for key, name in locale.territories.items() if key.isalpha() and len(key) == 2})
    kinds.update({name: "date" for width in ("wide",) for name in locale.days["format"][width].values()})
    index: dict[str, list[tuple[str, str]]] = {}
    for name, kind in kinds.items():
        if len(name) > 2 or (len(name) == 2 and not name.isascii()):
            index.setdefault(name[:2].casefold(), []).append((name, kind))
    return {start: sorted(entries, key=lambda entry: -len(entry[0])) for start, entries in index.items()}


@functools.lru_cache(maxsize=128)
def patterns(code: str) -> list[tuple[str, re.Pattern[str]]]:
    """The patterns of a locale, by kind: its months and currencies stand in the middle of them."""
    locale = _locale(code)
    months = {name for context in ("format", "stand-alone") for name in locale.months[context]["wide"].values()}
    month = "|".join(sorted(map(re.escape, months - {""}), key=len, reverse=True)) or r"(?!)"
    money = {name for code, name in locale.currencies.items() if len(name) > 2}
    unit = "|".join(sorted(map(re.escape, money), key=len, reverse=True)) or r"(?!)"
    dates = [*DATES, rf"\d{{1,2}}\.?\s?(?:\w{{1,2}}\s)?(?:{month}){ENDING}(?:\s(?:\w{{1,2}}\s)?\d{{4}})?"]
    if locale.language == "en":
        dates.insert(0, rf"(?:{month})\s\d{{1,2}}(?:,?\s\d{{4}})?")
    by_kind = {
        **PATTERNS,
        "date": "|".join(f"(?:{pattern})" for pattern in dates),
        "quantity": QUANTITY,
        "money": rf"[{SYMBOLS}]\s?{NUMBER}|{NUMBER}\s?(?:[{SYMBOLS}]|(?:{unit}){ENDING})",
    }
    return [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in by_kind.items()]


def find(text: str, locale: str, *, whole_words: bool) -> list[Find]:
    """Everything the lexicon knows in a text, without overlaps: the earliest, and of these the longest.

    A quantity gives way to any other kind that starts where it does. `whole_words` leaves quantities out.
    """
    finds = [
        Find(*match.span(), kind)
        for kind, pattern in patterns(locale)
        if not (whole_words and kind == "quantity")
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    finds += _names(text, locale, whole_words=whole_words)
    kept: list[Find] = []
    for candidate in sorted(finds, key=lambda item: (item.start, item.kind == "quantity", -item.end)):
        if not kept or candidate.start >= kept[-1].end:
            kept.append(candidate)
    return kept if whole_words else _joined(text, kept)


def _names(text: str, locale: str, *, whole_words: bool) -> Iterator[Find]:
    """The names of CLDR that begin where a word does, and end where one does, or not before an ending."""
    index = names(locale)
    words = segment.words(text, locale)
    ends = {word.end for word in words}
    for word in words:
        for name, kind in index.get(text[word.start : word.start + 2].casefold(), ()):
            end = word.start + len(name)
            if text[word.start : end].casefold() != name.casefold():
                continue
            if end in ends:
                yield Find(word.start, end, kind)
                break
            if not whole_words and word.start < end < word.end <= end + 3:  # an ending, as in "Москва" + "х"
                yield Find(word.start, word.end, kind)
                break


def _joined(text: str, finds: list[Find]) -> list[Find]:
    """A weekday and the date beside it as one."""
    joined: list[Find] = []
    for item in finds:
        last = joined[-1] if joined else None
        if last and last.kind == item.kind == "date" and text[last.end : item.start] in (" ", ", "):
            joined[-1] = Find(last.start, item.end, item.kind)
        else:
            joined.append(item)
    return joined


class Lexicon:
    """Answers the five questions from CLDR and patterns."""

    def __init__(self, spec: Spec) -> None:
        profile = spec.settings.get("profile", "broad")
        if profile not in PROFILES:
            raise BadSettings(f"engine lexicon: profile {profile!r}; wanted one of {', '.join(PROFILES)}")
        self.types = PROFILES[profile]
        self.whole_words = profile == "strict"

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for each request, in order."""
        for request in requests:
            answer = getattr(self, f"_{request.question}")(request)
            if answer is None:
                yield Answer(request.request_id, "", finish_reason="refused", problem="refused")
            else:
                text = json.dumps(answer, ensure_ascii=False)
                yield Answer(
                    request.request_id, text, tokens_in=len(request.prompt.split()), tokens_out=len(text.split())
                )

    def _entities(self, request: Request) -> list[dict[str, str]]:
        text = request.payload["text"]
        finds = find(text, request.payload["locale"], whole_words=self.whole_words)
        return [{"mention": text[start:end], "type": self.types.get(kind, kind)} for start, end, kind in finds]

    def _ner(self, request: Request) -> dict[str, Any]:
        return {"entities": self._entities(request)}

    def _usefulness(self, request: Request) -> dict[str, Any]:
        text = request.payload["text"]
        entities = self._entities(request)
        words = max(1, len(segment.words(text, request.payload["locale"])))
        sentences = segment.sentences(text, request.payload["locale"])
        kinds = {entity["type"] for entity in entities}
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        separators = sum(text.count(sign) for sign in "|»›•·©")
        is_prose = words >= 20 and words / max(1, len(sentences)) >= 6 and separators * 25 < words
        is_prose = is_prose and len(set(lines)) == len(lines)
        density = len(entities) / words
        points = [
            bool(entities),
            is_prose,
            is_prose and len(kinds) >= 3,
            is_prose and len(kinds) >= 4 and density > 0.06,
        ]
        reason = f"{len(entities)} known names and numbers of {len(kinds)} kinds in {words} words; prose: {is_prose}"
        return {"justification": reason, "score": max(1, sum(points))}

    def _judge(self, request: Request) -> dict[str, Any]:
        given = {entity["mention"]: entity["label"] for entity in request.payload["entities"]}
        types = {entity["mention"]: entity["type"] for entity in self._entities(request)}
        missing = [mention for mention in types if mention not in given]
        wrong = [mention for mention, type in types.items() if mention in given and type not in given[mention]]
        share_missing = len(missing) / max(1, len(types))
        share_wrong = len(wrong) / max(1, len(given))
        return {
            "explanation": f"compared with {len(types)} names and numbers of the lexicon",
            "faithfulness": 5 - min(4, round(share_wrong * 8)),
            "completeness": 5 - min(4, round(share_missing * 8)),
            "missing": missing[:100],
            "extra": [],
            "wrong": wrong[:100],
        }

    def _label_name(self, request: Request) -> dict[str, str] | None:
        name = LABEL_NAMES.get(request.payload["label"], {}).get(request.language)
        return {"name": name} if name else None

    def _label_english(self, request: Request) -> dict[str, str] | None:
        """English to a name in the request's language, or to a label of the lexicon's own."""
        label = request.payload["label"]
        if label in LABEL_NAMES:
            return {"english": label}
        english = [name for name, names in LABEL_NAMES.items() if names.get(request.language) == label]
        return {"english": english[0]} if english else None


def load(spec: Spec) -> Engine:
    """A lexicon of the profile that the spec asks for."""
    return Lexicon(spec)
