"""Texts in which people marked names: the sets of a folder, alone and joined into passages."""

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from finerweb import settings
from finerweb.text import segment
from finerweb.text.spans import Span

WORDS = 256
LOCALES = {"srp": "sr", "nob": "nb", "nno": "nn"}  # languages of the sets that finerweb does not list


class Gold(NamedTuple):
    """What a person marked."""

    span: Span
    label: str


class Passage(NamedTuple):
    """A text and what is marked in it."""

    text: str
    gold: list[Gold]

    def mention(self, gold: Gold) -> str:
        """What the text says there."""
        return self.text[gold.span.start : gold.span.end]


class Annotated(NamedTuple):
    """A file: the name of its set, its language, its texts."""

    name: str
    language: str
    passages: list[Passage]


def files(folders: Sequence[Path], prefixes: Sequence[str] = ()) -> list[Path]:
    """The first folder's files, and of the others those of languages that no earlier one has."""
    chosen: list[Path] = []
    for folder in folders:
        languages = {_named(file)[1] for file in chosen}
        chosen += [file for file in sorted(folder.glob("*.jsonl.gz")) if _named(file)[1] not in languages]
    return [file for file in chosen if not prefixes or file.name.startswith(tuple(prefixes))]


def read(file: Path, texts: int | None = None) -> Annotated:
    """A file, or its first texts."""
    name, language = _named(file)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return Annotated(name, language, list(_passages(lines))[:texts])


def _passages(lines: Iterable[str]) -> Iterator[Passage]:
    for row in map(json.loads, lines):
        gold = [Gold(Span(entity["start"], entity["end"]), entity["label"]) for entity in row["entities"]]
        yield Passage(row["text"], gold)


def _named(file: Path) -> tuple[str, str]:
    name, language = file.name.removesuffix(".jsonl.gz").rsplit(".", 2)[:2]
    return name, language


@lru_cache
def locale(language: str) -> str:
    """ICU's name of a language."""
    languages = settings.load_languages()
    return languages[language].locale if language in languages else LOCALES[language]


def joined(passages: Sequence[Passage], language: str) -> list[Passage]:
    """Texts one after the other, in passages of at most 256 words, or of one text."""
    result: list[Passage] = []
    gold: list[Gold] = []
    text, words = "", 0
    for passage in passages:
        more = len(segment.words(passage.text, locale(language)))
        if text and words + more > WORDS:
            result.append(Passage(text, gold))
            text, gold, words = "", [], 0
        offset = len(text) + 1 if text else 0
        text = f"{text}\n{passage.text}" if text else passage.text
        gold = gold + [Gold(Span(span.start + offset, span.end + offset), label) for span, label in passage.gold]
        words += more
    return [*result, Passage(text, gold)] if text else result
