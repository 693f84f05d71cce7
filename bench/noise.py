"""What a language model makes of the mentions of a text: the gold ones, with the slips that models make.

Each slip happens with the probability of its name in `Noise`, from a seed; a mention has one slip in its letters at
most, so that the rates can be read off the table. `clean` makes none: the mentions in reading order, a longer one
before those inside it.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from finerweb.text.spans import Span


class Gold(NamedTuple):
    """What a person marked."""

    span: Span
    label: str


class Said(NamedTuple):
    """What the model says: a mention and its type; where it was read, None for what it made up or said twice."""

    mention: str
    label: str
    span: Span | None


@dataclass(frozen=True)
class Noise:
    """How often each slip is made, per mention. In all a third of the mentions are not as they were marked."""

    case: float = 0.04  # lower, upper or title case
    form: float = 0.04  # another Unicode form: decomposed, or compatibility characters
    space: float = 0.03  # a space more, a no-break space, a line break
    quotes: float = 0.02  # typographic quotes and dashes made plain, or the other way round
    ending: float = 0.04  # another ending, as of the base form: the last letter lost or another one
    letter: float = 0.03  # one letter wrong, lost or doubled
    moved: float = 0.04  # named later than its turn
    omitted: float = 0.08
    repeated: float = 0.03  # named once more than it is there
    invented: float = 0.03  # a name from another text


def clean(text: str, gold: Sequence[Gold]) -> list[Said]:
    """The mentions as a faultless model names them."""
    ordered = sorted(gold, key=lambda one: (one.span.start, -one.span.end))
    return [Said(text[one.span.start : one.span.end], one.label, one.span) for one in ordered]


def noisy(text: str, gold: Sequence[Gold], others: Sequence[str], drawn: random.Random, how: Noise) -> list[Said]:
    """The mentions as a real model may name them; `others` are names from other texts."""
    said: list[Said] = []
    late: list[tuple[int, Said]] = []
    for at, one in enumerate(clean(text, gold)):
        if drawn.random() < how.omitted:
            continue
        written = one._replace(mention=_written(one.mention, drawn, how))
        if drawn.random() < how.moved:
            late.append((at + drawn.randint(2, 6), written))
        else:
            said.append(written)
        if drawn.random() < how.repeated:
            late.append((at + drawn.randint(0, 6), written._replace(span=None)))
        if others and drawn.random() < how.invented:
            other = drawn.choice(others)
            if other not in text:
                said.append(Said(other, one.label, None))
    for at, one in late:
        said.insert(min(at, len(said)), one)
    return said


def _written(mention: str, drawn: random.Random, how: Noise) -> str:
    """A mention with one slip at most."""
    rates: dict[Callable[[str, random.Random], str], float] = {
        _case: how.case,
        _form: how.form,
        _space: how.space,
        _quotes: how.quotes,
        _ending: how.ending,
        _letter: how.letter,
    }
    at = drawn.random()
    for slip, rate in rates.items():
        if at < rate:
            return slip(mention, drawn)
        at -= rate
    return mention


def _case(mention: str, drawn: random.Random) -> str:
    return drawn.choice((str.lower, str.upper, str.title))(mention)


def _form(mention: str, drawn: random.Random) -> str:
    return unicodedata.normalize(drawn.choice(("NFD", "NFKD", "NFKC")), mention)


def _space(mention: str, drawn: random.Random) -> str:
    if " " not in mention:
        return drawn.choice((f" {mention}", f"{mention} ", f"{mention}\u200b"))
    return mention.replace(" ", drawn.choice(("  ", "\u00a0", "\n", "\u2009")))


PLAIN = str.maketrans("‘’“”„«»–—‐", '\'\'"""""---')
CURLED = str.maketrans("'\"-", "’”–")


def _quotes(mention: str, drawn: random.Random) -> str:
    return mention.translate(drawn.choice((PLAIN, CURLED)))


def _ending(mention: str, drawn: random.Random) -> str:
    if len(mention) < 6 or not mention[-2:].isalpha():
        return mention
    return drawn.choice((mention[:-1], mention[:-1] + drawn.choice(mention).lower(), mention + mention[-1]))


def _letter(mention: str, drawn: random.Random) -> str:
    places = [at for at in range(1, len(mention) - 1) if mention[at].isalpha()]
    if len(mention) < 6 or not places:
        return mention
    at = drawn.choice(places)
    other = mention[drawn.choice(places)].lower()
    return mention[:at] + drawn.choice(("", other, mention[at] * 2)) + mention[at + 1 :]
