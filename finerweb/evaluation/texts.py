"""Texts of a benchmark: annotated by people, a bounded choice of them, and the hash that tells them from others."""

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from finerweb.text.spans import Entity


class Text(NamedTuple):
    """A text and the entities that people marked in it, overlapping ones too; `line` is where it stands, from 1.

    Texts of one `document` are drawn together when an interval is computed.
    """

    line: int
    id: str
    document: str
    language: str
    text: str
    entities: tuple[Entity, ...]


class Choice:
    """At most `limit` texts of each language, whatever comes in: memory holds no more.

    Chosen are the first by a hash of seed and id, so that a larger limit keeps what a smaller one chose.
    `labels` counts the labels of all texts, chosen or not, by language.
    """

    def __init__(self, *, limit: int, seed: int) -> None:
        self._limit, self._seed = limit, seed
        self._heaps: dict[str, list[tuple[int, int, Text]]] = {}
        self.labels: dict[str, Counter[str]] = {}

    def add(self, text: Text) -> None:
        """Take a text, or let it go."""
        self.labels.setdefault(text.language, Counter()).update(entity.label for entity in text.entities)
        digest = hashlib.blake2b(f"{self._seed}/{text.id}".encode(), digest_size=8).digest()
        entry = (-int.from_bytes(digest, "big"), -text.line, text)
        heap = self._heaps.setdefault(text.language, [])
        if len(heap) < self._limit:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)

    def texts(self) -> list[Text]:
        """The chosen ones, in the order of their lines."""
        return sorted((text for heap in self._heaps.values() for _, _, text in heap), key=lambda text: text.line)


def chosen(texts: Iterable[Text], *, limit: int, seed: int) -> Choice:
    """The choice among some texts."""
    choice = Choice(limit=limit, seed=seed)
    for text in texts:
        choice.add(text)
    return choice


def fingerprint(texts: Sequence[Text]) -> str:
    """The SHA-256 of texts, their languages and entities, whatever file and order they came in."""
    lines = sorted(json.dumps([text.language, text.text, sorted(text.entities)], ensure_ascii=False) for text in texts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
