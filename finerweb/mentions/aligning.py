"""Align a whole list of mentions with the places where each could be: one place each, in the order of the list.

A model names what it reads in the order in which it reads it, most of the time. So the list is aligned at once: of all
ways to place the mentions, one that keeps the most of them in reading order, at the lowest cost; whoever is out of
order is placed afterwards, where there is room. A greedy rule takes the first place that fits, and errs for the rest
of the list where that was wrong. Some models name one type after the other; such a list is aligned type by type. Plain
Python.
"""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import NamedTuple

from finerweb.text.spans import Span

WIDE = 1 << 32  # more than a text is long

# Costs, where to be in order is worth 1. A place inside a longer mention's is the last choice of its kind: names are
# rarely annotated inside others, but for those that are nowhere else.
COVERED = 0.1
SHARED = 0.15  # the place of another mention, if its label is another one
BESIDE = 0.05  # gained by a place right after the mention before: "@" of "@ NASA" is not the "@" of another name


class Place(NamedTuple):
    """Where a mention could be, and what it costs to believe that."""

    span: Span
    tier: str
    cost: float


class Placed(NamedTuple):
    """Where a mention is, and whether that is in the order of the list."""

    place: Place
    is_in_order: bool


class _Link(NamedTuple):
    """A mention at a place, after the mentions before it."""

    mention: int
    place: Place
    before: "_Link | None"


def align(places: Sequence[Sequence[Place]], labels: Sequence[Hashable]) -> list[Placed | None]:
    """Where each mention is, of its `places`; None where others have all of them.

    Two mentions share a place only if their labels differ. A list that is not in reading order but goes from label to
    label is aligned label by label.
    """
    alignment = _Alignment(places, labels)
    alignment.add(range(len(places)))
    blocks = [list(block) for _, block in groupby(range(len(labels)), key=lambda mention: labels[mention])]
    if 1 < len(blocks) == len(set(labels)) and not alignment.is_in_order:
        alignment = _Alignment(places, labels)
        for block in blocks:
            alignment.add(block)
    return alignment.chosen


class _Alignment:
    """The places chosen so far."""

    def __init__(self, places: Sequence[Sequence[Place]], labels: Sequence[Hashable]) -> None:
        self.places = places
        self.labels = labels
        self.chosen: list[Placed | None] = [None] * len(places)
        self._covered = _covered(places) if any(len(options) > 1 for options in places) else set()
        self._taken: set[tuple[Span, Hashable]] = set()
        self._used: set[Span] = set()

    @property
    def is_in_order(self) -> bool:
        """Is every mention that has a place where the order of the list wants it?"""
        return all(placed is None or placed.is_in_order for placed in self.chosen)

    def add(self, mentions: Sequence[int]) -> None:
        """Choose the places of mentions: of as many as possible in reading order, then of the others."""
        link = self._chain(mentions)
        while link:
            self._choose(link.mention, Placed(link.place, True))
            link = link.before
        cursor = 0
        for mention in mentions:
            placed = self.chosen[mention]
            if placed is None:
                self._place(mention, cursor)
            elif placed.is_in_order:
                cursor = placed.place.span.start

    def _choose(self, mention: int, placed: Placed) -> None:
        self.chosen[mention] = placed
        self._taken.add((placed.place.span, self.labels[mention]))
        self._used.add(placed.place.span)

    def _place(self, mention: int, cursor: int) -> None:
        """The cheapest place that is free, if possible behind the mention before."""
        label = self.labels[mention]
        free = [place for place in self.places[mention] if (place.span, label) not in self._taken]
        if free:
            place = min(free, key=lambda place: (self._cost(place), place.span.start < cursor, place.span.start))
            self._choose(mention, Placed(place, False))

    def _cost(self, place: Place) -> float:
        return place.cost + COVERED * (place.span in self._covered) + SHARED * (place.span in self._used)

    def _chain(self, mentions: Sequence[int]) -> _Link | None:
        """The best chain of mentions in reading order: a longer span before those that it holds."""
        chains = _Chains(self.labels)
        for mention in mentions:
            places = [place for place in self.places[mention] if (place.span, self.labels[mention]) not in self._taken]
            chains.lengthen(mention, [(place, 1.0 - self._cost(place)) for place in places])
        return chains.best


class _Chains:
    """The best chains by the key of their last place, each worth more than those before it."""

    def __init__(self, labels: Sequence[Hashable]) -> None:
        self._labels = labels
        self._keys: list[int] = []
        self._worth: list[float] = []
        self._links: list[_Link] = []
        self._last: list[tuple[int, float, _Link]] = []

    @property
    def best(self) -> _Link | None:
        """The end of the chain that is worth most."""
        return self._links[-1] if self._links else None

    def lengthen(self, mention: int, places: Sequence[tuple[Place, float]]) -> None:
        """Put a mention at the end of chains, at each of its places with what that is worth."""
        ends = {link.place.span.end: (worth, link) for _, worth, link in self._last}
        self._last = []
        for place, gain in places:
            key = place.span.start * WIDE - place.span.end
            worth, before = self._longest_before(key, mention)
            for end in (place.span.start, place.span.start - 1):
                if end in ends and ends[end][0] + BESIDE > worth:
                    worth, before = ends[end][0] + BESIDE, ends[end][1]
            self._last.append((key, worth + gain, _Link(mention, place, before)))
        for key, worth, link in self._last:  # after all were tried: a mention has one place
            self._insert(key, worth, link)

    def _longest_before(self, key: int, mention: int) -> tuple[float, _Link | None]:
        index = bisect_left(self._keys, key)
        worth, before = (self._worth[index - 1], self._links[index - 1]) if index else (0.0, None)
        if index < len(self._keys) and self._keys[index] == key:
            link, shared = self._links[index], self._worth[index] - SHARED
            if self._labels[link.mention] != self._labels[mention] and shared > worth:
                return shared, link
        return worth, before

    def _insert(self, key: int, worth: float, link: _Link) -> None:
        keys, worths = self._keys, self._worth
        index = bisect_left(keys, key)
        is_worse = index < len(keys) and keys[index] == key and worths[index] >= worth
        if is_worse or (index and worths[index - 1] >= worth):
            return
        end = index
        while end < len(keys) and worths[end] <= worth:
            end += 1
        keys[index:end], worths[index:end], self._links[index:end] = [key], [worth], [link]


def _covered(places: Sequence[Sequence[Place]]) -> set[Span]:
    """The places that lie inside another place."""
    spans = sorted({place.span for options in places for place in options}, key=lambda span: (span.start, -span.end))
    covered = set()
    reach = -1
    for span in spans:
        if span.end <= reach:
            covered.add(span)
        reach = max(reach, span.end)
    return covered
