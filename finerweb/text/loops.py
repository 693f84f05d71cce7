"""A text that repeats itself to its end, as a looping language model writes it: recognised from the text alone.

A list is no loop because it names the same thing often: what it is a list of may do so too (`source`).
"""

import itertools
import re
from typing import NamedTuple

ROUNDS, LENGTH = 4, 240  # the fewest rounds of a loop, and characters of all of them
COUNTED = 20  # the fewest rounds of one that counts: Item 1, Item 2, ...
GROWN, STRINGS = 8, 4  # the fewest rounds of one whose item grows: Rhine, Rhine Rhine, ...; the most strings of an item
PROBE = 48  # characters whose earlier places are the candidates for a period
PLACES = 200  # of these that are looked at: a loop's own come first

_ENDING = " \t\r\n]})\"'`,.;…"  # may stand behind a loop, where a bound or a grammar has ended it
_OPENING = re.compile(r"[\[{(]")
_STRING = re.compile(r"([\"'])((?:\\.|[^\"\\\n]){1,300}?)\1(\s*:)?")
_NUMBER = re.compile(r"\d+")


class Loop(NamedTuple):
    """From text[start] to the end of the text, or nearly, every `period` characters are the same."""

    start: int
    period: int
    rounds: int


def find(text: str, source: str = "") -> Loop | None:
    """The repetition with which a text ends; None for what the source repeats as often."""
    for body in dict.fromkeys([text, text.rstrip(_ENDING)]):
        loop = _repeated(body) or _counted(body, source) or _grown(body)
        if loop and not _is_of(source, body[_round(body, loop)], loop.rounds):
            return loop
    return None


def without(text: str, source: str = "") -> str:
    """A text up to the end of its loop's first round, of whole items where it has items; itself if it has no loop."""
    loop = find(text, source)
    return text[: _round(text, loop).stop] if loop else text


def _round(text: str, loop: Loop) -> slice:
    """The first round, from where an item begins in it."""
    opening = _OPENING.search(text, loop.start, loop.start + loop.period)
    start = opening.start() if opening else loop.start
    return slice(start, start + loop.period)


def _repeated(body: str) -> Loop | None:
    probe, end = body[-PROBE:], len(body)
    if end < LENGTH:
        return None
    place = body.rfind(probe, 0, end - 1)
    for _ in range(PLACES):
        period = end - PROBE - place
        if place < 0 or period * ROUNDS > end:
            return None
        unit = body[-period:]
        if body.endswith(unit * ROUNDS):
            return _extended(body, period)
        place = body.rfind(probe, 0, place + PROBE - 1)
    return None


def _extended(body: str, period: int) -> Loop | None:
    """The loop of this period, as far back as it goes."""
    unit, start = body[-period:], len(body) - period * ROUNDS
    while start >= period and body.startswith(unit, start - period):
        start -= period
    while start and body[start - 1] == body[start - 1 + period]:
        start -= 1
    length = len(body) - start
    return Loop(start, period, length // period) if length >= LENGTH else None


def _counted(body: str, source: str) -> Loop | None:
    """A loop but for its numbers, which go up or down by the same step each round."""
    plain = _NUMBER.sub("0", body)
    loop = _repeated(plain)
    if loop is None or loop.rounds < COUNTED:
        return None
    first = plain[loop.start : loop.start + loop.period]
    rounds = list(re.finditer(r"(\d+)".join(map(re.escape, first.split("0"))), body[_place(body, plain, loop.start) :]))
    if len(rounds) < COUNTED or not any(map(_is_a_row, zip(*(match.groups() for match in rounds), strict=True))):
        return None
    last = {string for match in rounds[-3:] for string in _quoted(match[0] * 2) if _NUMBER.search(string)}
    if any(string in source.casefold() for string in last):
        return None
    return Loop(_place(body, plain, loop.start), len(rounds[0][0]), len(rounds))


def _grown(body: str) -> Loop | None:
    """A list in which one string of each item is that of the item before, and the same again."""
    strings = [match for match in _STRING.finditer(body) if not match[3]]
    for offset, stride in itertools.combinations(range(STRINGS + 1), 2):
        row = strings[::-1][offset::stride]
        pairs = itertools.pairwise(row)
        more = [later[2][len(before[2]) :] if later[2].startswith(before[2]) else "" for later, before in pairs]
        rounds = 1 + next((index for index, part in enumerate(more) if not part or part != more[0]), len(more))
        if rounds >= GROWN and row[rounds - 1][2].endswith(more[0].strip()):
            first, second = row[rounds - 1].start(), row[rounds - 2].start()
            start = max(body.rfind(sign, 0, first) for sign in "[{(,")
            return Loop(max(0, start), second - first, rounds)
    return None


def _place(body: str, plain: str, place: int) -> int:
    """Where in a text a place is of the same text with its numbers as 0."""
    numbers = plain.count("0", 0, place)
    longer = sum(len(number[0]) - 1 for number in itertools.islice(_NUMBER.finditer(body), numbers))
    return place + longer


def _is_a_row(numbers: tuple[str, ...]) -> bool:
    steps = {int(later[-15:]) - int(earlier[-15:]) for earlier, later in itertools.pairwise(numbers)}
    return len(steps) == 1 and steps != {0}


def _is_of(source: str, unit: str, rounds: int) -> bool:
    """Does the source say what a round quotes, or the round itself, as often as the loop does?"""
    folded = source.casefold()
    return any(folded.count(text) >= rounds for text in _quoted(unit) or {unit.strip().casefold()} if text)


def _quoted(unit: str) -> set[str]:
    """The strings in a piece of JSON, small, but for the names of members."""
    return {match[2].strip().casefold() for match in _STRING.finditer(unit) if not match[3]}
