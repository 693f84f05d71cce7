"""The variants of labels as they are found by comparing all with all: what the search by keys is held against."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from finerweb.labels.classes import is_listed, words

Meanings = dict[str, tuple[str, list[str]]]  # label -> what is meant, and the steps


def meanings(counts: Mapping[str, int]) -> Meanings:
    """The labels that are variants of another."""
    alike = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        alike[re.sub(r"[\s-]", "", label)].append(label)
    wholes = {label: group[0] for group in alike.values() for label in group}
    merged: Counter[str] = Counter()
    for label, count in counts.items():
        merged[wholes[label]] += count
    typos = _typos(merged)
    every: Meanings = {}
    for label, whole in wholes.items():
        meant = whole
        while meant in typos:
            meant = typos[meant]
        steps = ["joined"] * (whole != label) + ["typo"] * (meant != whole)
        if meant != label:
            every[label] = meant, steps
    return every


def _typos(counts: Mapping[str, int]) -> dict[str, str]:
    standing = Counter(word for label in counts for word in set(words(label)))
    typos = {}
    for label in counts:
        if len(label) < 6 or re.search(r"\d", label):
            continue
        allowed = 2 if len(label) >= 12 else 1
        near = [
            (wrong, -counts[other], other)
            for other in counts
            if counts[other] >= 10 * counts[label]
            and (wrong := OSA.distance(label, other, score_cutoff=allowed)) <= allowed
            and _is_typo(label, other, standing)
        ]
        if near:
            typos[label] = min(near)[2]
    return typos


def _is_typo(label: str, meant: str, standing: Mapping[str, int]) -> bool:
    pairs = list(zip(words(label), words(meant), strict=False))
    is_word = [is_listed(own) or standing[own] >= 3 for own, other in pairs if own != other]
    return label[0] == meant[0] and len(words(label)) == len(words(meant)) and not any(is_word)
