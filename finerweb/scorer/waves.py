"""How many documents of each language are drawn and scored next, from how many were useful so far. No Spark."""

import math
from collections.abc import Mapping
from typing import NamedTuple

# Turns are 64-bit hashes: evenly spread, so that a share of those still to come is a share of the documents to come.
FIRST, LAST = -(2**63), 2**63 - 1
GROWTH = 4  # times the documents drawn so far, at most: a rate that is known from a few is not trusted far
FEWEST = 16  # documents are worth a wave


class State(NamedTuple):
    """Of a language: the row of `scores.progress`, and how many `documents` there are."""

    documents: int
    drawn: int = 0
    scored: int = 0
    useful: int = 0
    accepted: int = 0
    open: int = 0
    waiting: int = 0
    full_at: int | None = None
    open_before: int = 0


def draw(
    states: Mapping[str, State], until: Mapping[str, int], *, per_language: int, at_most: int | None
) -> dict[str, int]:
    """The turn up to which documents are drawn now, of each language that goes on; empty where all have enough.

    A language has enough when the quota is full and every document before the last one of it is decided: then more
    scores could not change which documents are selected.
    """
    found = {}
    for code, state in states.items():
        if at_most is not None and state.scored >= at_most:
            continue
        turn = _draw(state, until.get(code, FIRST), per_language, at_most)
        if turn is not None:
            found[code] = turn
    return found


def _draw(state: State, until: int, per_language: int, at_most: int | None) -> int | None:
    if state.full_at is not None:
        return state.full_at if state.open_before else None
    if state.drawn >= state.documents:
        return until if state.open else None
    rate = (state.useful + 1) / (state.scored + 1)  # of passages; nothing is known at first, and that many are needed
    wanted = math.ceil((per_language - state.accepted) / rate) - state.open
    if at_most is not None:
        wanted = min(wanted, at_most - state.scored)
    wanted = min(max(wanted, FEWEST), max(FEWEST, GROWTH * state.drawn, per_language))
    step = math.ceil((LAST - until) * wanted / (state.documents - state.drawn))
    return min(LAST, until + step)  # a float is not exact at 64 bits


def expected(state: State, until: int, turn: int) -> int:
    """About how many passages a wave has that draws up to `turn`: those that wait, and one of each new document."""
    new = (state.documents - state.drawn) * (turn - until) / (LAST - until) if turn > until else 0
    return state.waiting + math.ceil(new)
