"""A capitalised word of a real text, named as it stands there without its clitic, is found there: in all languages."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from finerweb import settings
from finerweb.languages import Language, codes_by_alias
from finerweb.mentions.grounding import Text
from finerweb.text import segment
from finerweb.text.characters import belong_together
from finerweb.text.spans import Span

LANGUAGES = settings.load_languages()
CASED = ("Latn", "Cyrl", "Grek")
LETTERS = 25_000  # of each language
LOST = 0.002  # of a language's words

# Where an apostrophe is a letter, a word is named with it.
CLITIC = {"Dh", "Bh", "Mb", "Qu"}  # with the capital of a sentence
APOSTROPHE_IS_A_LETTER = {"uzn", "gaz", "som", "bel", "ukr", "swh", "bre"}
SIGN = "['’ʼ‘ʻ´`:]"
WORD = re.compile(rf"[^\W\d_][\w·]+(?:{SIGN}[^\W\d_][\w·]*)*|[^\W\d_]{SIGN}[^\W\d_][\w·]+")
PART = re.compile(r"[^'’ʼ‘ʻ´`:]+")


def names(text: str, language: Language) -> Iterator[Span]:
    """Words that begin with a capital and have two letters, without what is small before or behind a sign.

    In scripts without capitals, ICU's words, but not where it parts a letter from one that belongs to it.
    """
    if language.script not in CASED:
        padded = f" {text} "
        for start, end in segment.words(padded, language.locale):
            if not any(belong_together(padded[index - 1], padded[index]) for index in (start, end)):
                yield Span(start - 1, end - 1)
        return
    for word in WORD.finditer(text):
        parts = [Span(*part.span()) for part in PART.finditer(text, *word.span())]
        if language.code in APOSTROPHE_IS_A_LETTER:
            parts = [Span(*word.span())]
        while len(parts) > 1 and text[parts[0].start].islower():
            parts.pop(0)
        while len(parts) > 1 and text[parts[-1].start].islower() and text[slice(*parts[-1])] != "t":
            parts.pop()
        span = Span(parts[0].start, parts[-1].end)
        if text[span.start].isupper() and span.end - span.start > 1 and text[slice(*span)] not in CLITIC:
            yield span


def test_a_capitalised_word_is_found_where_it_stands(shared: Path) -> None:
    codes = codes_by_alias(LANGUAGES)
    letters: Counter[str] = Counter()
    total: Counter[str] = Counter()
    lost: dict[str, list[str]] = defaultdict(list)
    with gzip.open(shared / "data" / "documents" / "dev_docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            code = codes.get(record["language"].lower())
            if code is None or letters[code] >= LETTERS:
                continue
            written = record["text"][:5_000]
            letters[code] += len(written)
            text = Text(written, LANGUAGES[code].locale)
            places: dict[str, set[Span]] = {}
            for span in names(written, LANGUAGES[code]):
                name = written[span.start : span.end]
                if name not in places:
                    places[name] = {place.span for place in text.places(name, text.exact(name))}
                total[code] += 1
                if span not in places[name]:
                    lost[code].append(
                        f"{written[max(0, span.start - 4) : span.start]}[{name}]{written[span.end :][:6]}"
                    )
    assert set(total) == set(LANGUAGES)
    assert {code: words for code, words in lost.items() if len(words) > max(1, LOST * total[code])} == {}
