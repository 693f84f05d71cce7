"""Align a whole list of mentions with the places where each could be: one place each, in the order of the list.

A model names what it reads in the order in which it reads it, most of the time. So the list is aligned at once: of all
ways to place the mentions, one that keeps the most of them in reading order, at the lowest cost; whoever is out of
order is placed afterwards, where there is room. A greedy rule takes the first place that fits, and errs for the rest
of the list where that was wrong. Plain Python.
"""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
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

    Two mentions share a place only if their labels differ.
    """
    covered = _covered(places) if any(len(one) > 1 for one in places) else set()
    chosen: list[Placed | None] = [None] * len(places)
    link = _chain(places, labels, covered)
    while link:
        chosen[link.mention] = Placed(link.place, True)
        link = link.before
    taken = {(placed.place.span, labels[at]) for at, placed in enumerate(chosen) if placed}
    used = {span for span, _ in taken}
    cursor = 0
    for at, options in enumerate(places):
        placed = chosen[at]
        if placed is None and options:
            free = [one for one in options if (one.span, labels[at]) not in taken]
            if not free:
                continue
            best = min(
                free,
                key=lambda one: (
                    one.cost + COVERED * (one.span in covered) + SHARED * (one.span in used),
                    one.span.start < cursor,
                    one.span.start,
                ),
            )
            chosen[at] = placed = Placed(best, False)
            taken.add((best.span, labels[at]))
            used.add(best.span)
        if placed and placed.is_in_order:
            cursor = placed.place.span.start
    return chosen


def _chain(places: Sequence[Sequence[Place]], labels: Sequence[Hashable], covered: set[Span]) -> _Link | None:
    """The best chain of mentions in reading order: a longer span before those that it holds.

    `links` are the best chains by the key of their last place, each worth more than those before it.
    """
    keys: list[int] = []
    worth: list[float] = []
    links: list[_Link] = []
    found: list[tuple[int, float, _Link]] = []
    for mention, options in enumerate(places):
        beside = {link.place.span.end: (value, link) for _, value, link in found}
        found = []
        for place in options:
            key = place.span.start * WIDE - place.span.end
            at = bisect_left(keys, key)
            value, before = (worth[at - 1], links[at - 1]) if at else (0.0, None)
            if at < len(keys) and keys[at] == key and labels[links[at].mention] != labels[mention]:
                shared = worth[at] - SHARED
                if shared > value:
                    value, before = shared, links[at]
            for end in (place.span.start, place.span.start - 1):
                if end in beside and beside[end][0] + BESIDE > value:
                    value, before = beside[end][0] + BESIDE, beside[end][1]
            gain = 1.0 - place.cost - (COVERED if place.span in covered else 0.0)
            found.append((key, value + gain, _Link(mention, place, before)))
        for key, value, link in found:  # after all were found: a mention has one place
            at = bisect_left(keys, key)
            if (at < len(keys) and keys[at] == key and worth[at] >= value) or (at and worth[at - 1] >= value):
                continue
            end = at
            while end < len(keys) and worth[end] <= value:
                end += 1
            keys[at:end], worth[at:end], links[at:end] = [key], [value], [link]
    return links[-1] if links else None


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
