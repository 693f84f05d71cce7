"""Labels that are a frequent one, misspelt or cut into words otherwise.

Which labels may be meant is looked for by keys that two labels near each other share, and never by comparing all with
all: the number of pairs grows with the labels, not with their square. meanings.py does the same over many tasks.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from rapidfuzz.distance import OSA

from finerweb.labels.classes import is_listed, words

TIMES = 10  # a typo is at least so many times rarer than what was meant
SHORTEST = 6  # shorter words are too often words of their own one letter apart
LONG = 12  # from this length on, two letters may be wrong
SEEN = 3  # a word that stands in so many labels is a word, however rare


class Meant(NamedTuple):
    """What a label is a variant of, and why: the steps `joined` and `typo`."""

    label: str
    changes: tuple[str, ...]


def variants(counts: Mapping[str, int]) -> dict[str, Meant]:
    """The labels that are variants of another, with what is meant; labels are in canonical form. 2 KB a label."""
    alike = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        alike[letters(label)].append(label)
    wholes = {label: group[0] for group in alike.values() for label in group}
    merged = {group[0]: sum(counts[label] for label in group) for group in alike.values()}
    ended = dict(ends(_typos(merged)))
    meant = {label: ended.get(whole, whole) for label, whole in wholes.items()}
    return {
        label: Meant(meant[label], (*["joined"] * (whole != label), *["typo"] * (whole in ended)))
        for label, whole in wholes.items()
        if meant[label] != label
    }


def _typos(counts: Mapping[str, int]) -> dict[str, str]:
    """Each rare label near a frequent one to it: the nearest, of these the most frequent."""
    standing = Counter(word for label in counts for word in set(words(label)))
    frequent: dict[int, list[str]] = defaultdict(list)
    for label, count in counts.items():
        for key in meant_keys(label) if count >= TIMES else ():
            frequent[key].append(label)
    typos = {}
    for label, count in counts.items():
        keys = typo_keys(label) if may_be_typo(label) else []
        others = {other for key in keys for other in frequent.get(key, ()) if counts[other] >= TIMES * count}
        near = [(wrong, -counts[other], other) for other in others if (wrong := distance(label, other)) is not None]
        own = [best for best in near if not any(standing[word] >= SEEN for word in differing(label, best[2]))]
        if own:
            typos[label] = min(own)[2]
    return typos


def letters(label: str) -> str:
    """A label without what parts its words: `footballclub` and `football club` are one in it."""
    return re.sub(r"[\s-]", "", label)


def may_be_typo(label: str) -> bool:
    """Is it long enough to be one, and without a digit?"""
    return len(label) >= SHORTEST and not re.search(r"\d", label)


def typo_keys(label: str) -> list[int]:
    """Keys of a label that may be a typo: it shares one with each label that may be meant.

    One letter wrong: both have a form in common that lacks one letter at most. Two: one of the halves has one wrong at
    most, also where two letters have changed places across the middle.
    """
    middle = len(label) // 2
    parts = {("first", label[:middle]), ("last", label[middle:])} if len(label) >= LONG else {("whole", label)}
    return _keys(label, parts)


def meant_keys(label: str) -> list[int]:
    """Keys of a label that may be meant: of each label that may be a typo of it, wherever its middle comes to lie."""
    size = len(label)
    parts = {("whole", label)} if size <= LONG else set()
    for length in range(max(LONG, size - 2), size + 3):
        for moved in (-1, 0, 1):
            parts.add(("first", label[: length // 2 + moved]))
            parts.add(("last", label[size - (length - length // 2) + moved :]))
    return _keys(label, parts)


def _keys(label: str, parts: Collection[tuple[str, str]]) -> list[int]:
    """Hashes of parts of a label and of all that lack one of their letters; only labels that begin alike share any."""
    keys: set[int] = set()
    for kind, part in parts:
        start = zlib.crc32(f"{kind}{label[:1]}{len(words(label))} ".encode())
        forms = {part, *(part[:index] + part[index + 1 :] for index in range(len(part)))}
        keys.update(zlib.crc32(form.encode(), start) for form in forms)
    return sorted(keys)


def distance(label: str, other: str) -> int | None:
    """How many letters of a label are wrong if another is meant; None where that cannot be.

    They begin with the same letter, have as many words, and no word that differs is one of a class. So a county is no
    country.
    """
    if label[0] != other[0] or len(words(label)) != len(words(other)) or any(map(is_listed, differing(label, other))):
        return None
    wrong = OSA.distance(label, other, score_cutoff=2)
    return wrong if wrong <= (2 if len(label) >= LONG else 1) else None


def differing(label: str, other: str) -> list[str]:
    """The words of a label that another of as many words does not have in their place."""
    return [word for word, meant in zip(words(label), words(other), strict=True) if word != meant]


def ends(typos: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each typo with what is meant in the end: each is rarer than what it is a typo of, so that it comes to an end."""
    for label, meant in typos.items():
        last = meant
        while last in typos:
            last = typos[last]
        yield label, last
