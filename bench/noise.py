"""What a language model makes of the mentions of a text: the gold ones, with the slips that models make.

Each slip happens with the probability of its name in `Noise`, from a seed; a mention has one slip in its letters at
most, so that the rates can be read off the table. `clean` makes none: the mentions in reading order, a longer one
before those inside it. `grouped` has another order: by type, as many models list them, each name once.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from annotated import Passage

from finerweb.text.spans import Span


class Mention(NamedTuple):
    """What the model names, its type, and the places that are right: none for what it made up or named twice."""

    mention: str
    label: str
    places: frozenset[Span]


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


def clean(passage: Passage) -> list[Mention]:
    """The mentions as a faultless model names them."""
    ordered = sorted(passage.gold, key=lambda gold: (gold.span.start, -gold.span.end))
    return [Mention(passage.mention(gold), gold.label, frozenset([gold.span])) for gold in ordered]


def grouped(passage: Passage) -> list[Mention]:
    """Each name once, type after type; any of its places is right."""
    places: dict[str, dict[str, set[Span]]] = {}
    for mention, label, spans in clean(passage):
        places.setdefault(label, {}).setdefault(mention, set()).update(spans)
    return [
        Mention(mention, label, frozenset(spans))
        for label, mentions in places.items()
        for mention, spans in mentions.items()
    ]


def noisy(passage: Passage, others: Sequence[str], drawn: random.Random, noise: Noise) -> list[Mention]:
    """The mentions as a real model may name them; `others` are names from other texts."""
    answer: list[Mention] = []
    late: list[tuple[int, Mention]] = []
    for index, mention in enumerate(clean(passage)):
        if drawn.random() < noise.omitted:
            continue
        written = mention._replace(mention=_written(mention.mention, drawn, noise))
        if drawn.random() < noise.moved:
            late.append((index + drawn.randint(2, 6), written))
        else:
            answer.append(written)
        if drawn.random() < noise.repeated:
            late.append((index + drawn.randint(0, 6), written._replace(places=frozenset())))
        if others and drawn.random() < noise.invented:
            other = drawn.choice(others)
            if other not in passage.text:
                answer.append(Mention(other, mention.label, frozenset()))
    for index, mention in late:
        answer.insert(min(index, len(answer)), mention)
    return answer


def _written(mention: str, drawn: random.Random, noise: Noise) -> str:
    """A mention with one slip at most."""
    rates: dict[Callable[[str, random.Random], str], float] = {
        _case: noise.case,
        _form: noise.form,
        _space: noise.space,
        _quotes: noise.quotes,
        _ending: noise.ending,
        _letter: noise.letter,
    }
    left = drawn.random()
    for slip, rate in rates.items():
        if left < rate:
            return slip(mention, drawn)
        left -= rate
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
    indexes = [index for index in range(1, len(mention) - 1) if mention[index].isalpha()]
    if len(mention) < 6 or not indexes:
        return mention
    index = drawn.choice(indexes)
    other = mention[drawn.choice(indexes)].lower()
    return mention[:index] + drawn.choice(("", other, mention[index] * 2)) + mention[index + 1 :]
