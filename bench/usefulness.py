"""Passages of human-annotated text, with a usefulness of 1 to 4 that is counted from their entities.

A passage is a run of texts that stand beside each other in their file, joined by a space until it has as many words as
a number drawn for it (20 to 120). Only persons, places and organizations count, since nearly every set has those.

    1  no entity
    2  some
    3  at least 4 of them in 100 words, of two kinds, three different ones
    4  at least 8 of them in 100 words, of all three kinds, five different ones

Words are ICU's. Density asks for much in little text, variety that it is not one name again and again.
"""

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from finerweb.languages import Language
from finerweb.text import segment

SHORTEST, LONGEST = 20, 120  # words of a passage
EDGES = ((0, 0, 1), (4, 2, 3), (8, 3, 5))  # of ratings 2, 3, 4: entities in 100 words, kinds, different ones
BLOCK = 12  # passages that go to the same split together: neighbours are often of one document

# What sets call the three kinds. Facilities, nationalities and groups are left out: few sets have them.
KINDS = {
    "person": {"PER", "PERSON", "PERS", "Person", "person"},
    "place": {"LOC", "LOCATION", "GPE", "PLACE", "GPE_LOC", "Location", "LocOrg", "location"}
    | {"LOCATION_CITY", "LOCATION_STOP", "LOCATION_STREET", "LOCATION_ROUTE"},
    "organization": {"ORG", "ORGANIZATION", "ORGANISATION", "ORGANIZATION_COMPANY", "GPE_ORG", "Org", "organization"},
}
KIND = {label: kind for kind, labels in KINDS.items() for label in labels}

# Sets whose types cannot be mapped to the three kinds, or that leave out most names on purpose.
LEFT_OUT = ("crossner", "wnut17", "thai-nner", "indonlu-nerp", "masakhaner1.swh")


class Passage(NamedTuple):
    """A passage with its rating, and the block of its file that it is from."""

    language: str
    script: str
    text: str
    rating: int
    block: str


def rate(words: int, entities: list[tuple[str, str]]) -> int:
    """The usefulness of a passage of so many words with these entities (kind, mention)."""
    density, kinds, different = 100 * len(entities) / words, len({kind for kind, _ in entities}), len(set(entities))
    if not entities:
        return 1
    return 1 + sum(density >= least and kinds >= many and different >= names for least, many, names in EDGES)


def passages(file: Path, language: Language) -> Iterator[Passage]:
    """The passages of one file."""
    drawn = random.Random(zlib.crc32(file.name.encode()))
    texts: list[str] = []
    entities: list[tuple[str, str]] = []
    words, wanted, number = 0, drawn.randint(SHORTEST, LONGEST), 0
    for record in _records(file):
        texts.append(record["text"].strip())
        words += len(segment.words(record["text"], language.locale))
        entities += [
            (KIND[entity["label"]], entity["text"].casefold())
            for entity in record["entities"]
            if entity["label"] in KIND
        ]
        if words >= wanted:
            block = f"{file.name}#{number // BLOCK}"
            yield Passage(language.code, language.script, " ".join(texts), rate(words, entities), block)
            texts, entities, words, wanted, number = [], [], 0, drawn.randint(SHORTEST, LONGEST), number + 1


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file) as lines:
        yield from map(json.loads, lines)


def read(files: list[Path], languages: dict[str, Language]) -> pd.DataFrame:
    """All passages of files, each text once: columns language, script, text, rating, block."""
    rows = [
        passage
        for file in files
        if not file.name.startswith(LEFT_OUT)
        for passage in passages(file, languages[file.name.split(".")[-4]])
    ]
    return pd.DataFrame(rows, columns=list(Passage._fields)).drop_duplicates("text")
