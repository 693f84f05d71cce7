"""Labels that are a frequent one, misspelt or cut into words otherwise. A pure function of (label, count)."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from finerweb.labels.classes import is_listed, words

TIMES = 10  # a typo is at least so many times rarer than what was meant
SHORTEST = 6  # shorter words are too often words of their own one letter apart
LONG = 12  # from this length on, two letters may be wrong
SEEN = 3  # a word that stands in so many labels is a word, however rare
BATCH = 1000  # labels compared with all frequent ones at once


class Meant(NamedTuple):
    """What a label is a variant of, and why: the steps `joined` and `typo`."""

    label: str
    changes: tuple[str, ...]


def variants(counts: Mapping[str, int]) -> dict[str, Meant]:
    """The labels that are variants of another, with what is meant; labels are in canonical form."""
    joined = _joined(counts)
    merged: Counter[str] = Counter()
    for label, count in counts.items():
        merged[joined.get(label, label)] += count
    typos = _typos(merged)
    variants_of: dict[str, Meant] = {}
    for label in counts:
        whole = joined.get(label, label)
        meant = whole
        while meant in typos:  # each is rarer than what it is a typo of, so that this ends
            meant = typos[meant]
        changes = (*["joined"] * (whole != label), *["typo"] * (meant != whole))
        if changes and meant != label:
            variants_of[label] = Meant(meant, changes)
    return variants_of


def _joined(counts: Mapping[str, int]) -> dict[str, str]:
    """`footballclub` to `football club`: of labels with the same letters the most frequent one."""
    alike = defaultdict(list)
    for label in counts:
        alike[re.sub(r"[\s-]", "", label)].append(label)
    groups = [sorted(group, key=lambda label: (-counts[label], label)) for group in alike.values() if len(group) > 1]
    return {label: best for best, *others in groups for label in others}


def _typos(counts: Mapping[str, int]) -> dict[str, str]:
    """Each rare label near a frequent one to it: the nearest, of these the most frequent."""
    standing = Counter(word for label in counts for word in set(words(label)))
    frequent = sorted(label for label, count in counts.items() if count >= TIMES)
    rare = sorted(label for label in counts if len(label) >= SHORTEST and not re.search(r"\d", label))
    typos: dict[str, str] = {}
    for start in range(0, len(rare) if frequent else 0, BATCH):
        batch = rare[start : start + BATCH]
        distances = process.cdist(batch, frequent, scorer=OSA.distance, score_cutoff=2)
        for label, row in zip(batch, distances, strict=True):
            allowed = 2 if len(label) >= LONG else 1
            near = [(row[i], -counts[frequent[i]], frequent[i]) for i in (row <= allowed).nonzero()[0]]
            meant = [
                other
                for _, _, other in sorted(near)
                if counts[other] >= TIMES * counts[label] and _is_typo(label, other, standing)
            ]
            if meant:
                typos[label] = meant[0]
    return typos


def _is_typo(label: str, meant: str, standing: Mapping[str, int]) -> bool:
    """Do they begin with the same letter, and is no word that differs a word of its own?

    So a county is no country, and a southern region no northern one.
    """
    pairs = list(zip(words(label), words(meant), strict=False))
    is_word = [is_listed(a) or standing[a] >= SEEN for a, b in pairs if a != b]
    return label[0] == meant[0] and len(words(label)) == len(words(meant)) and not any(is_word)
