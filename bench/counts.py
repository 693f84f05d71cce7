"""How many mentions are put where people marked them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from aligners import Ground
from annotated import Passage
from noise import Mention

from finerweb.text.spans import Span

Key = tuple[Span | frozenset[Span], str]  # a place, or the places that are right for one mention; and the label


class Answer(NamedTuple):
    """What is named of a passage; `signs` are places at an apostrophe, a colon or a hyphen."""

    passage: Passage
    mentions: list[Mention]
    signs: frozenset[Span] = frozenset()


class Counts(NamedTuple):
    """Mentions right, given and wanted; `elsewhere`: those at another place where the text says the same."""

    right: int = 0
    given: int = 0
    wanted: int = 0
    elsewhere: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        """Of what was given, how much is right; 1 of nothing."""
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Of what was wanted, how much was given."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.given + self.wanted) if self.given + self.wanted else 1.0

    @property
    def names_f1(self) -> float:
        """F1 where a name is right at any place where the text says it: an answer of names does not tell which."""
        return self._replace(right=self.right + self.elsewhere).f1


class Row(NamedTuple):
    """A file, asked in one way: counts by rule, those at signs alone, and those of `best` by tier."""

    name: str
    language: str
    length: str
    kind: str
    rules: dict[str, Counts]
    signs: dict[str, Counts]
    tiers: dict[str, Counts]


def total(counts: Iterable[Counts]) -> Counts:
    """All together."""
    result = Counts()
    for addend in counts:
        result = result.plus(addend)
    return result


def by_rule(rows: Sequence[Row], part: str = "rules", **wanted: str) -> dict[str, Counts]:
    """The counts by rule, or of `signs` or `tiers`, of all rows of such a length, kind or language."""
    result: dict[str, Counts] = defaultdict(Counts)
    for row in rows:
        if all(getattr(row, field) == value for field, value in wanted.items()):
            for rule, counts in getattr(row, part).items():
                result[rule] = result[rule].plus(counts)
    return result


def count(answers: Sequence[Answer], locale: str, ground: Ground) -> tuple[Counts, Counts, dict[str, Counts]]:
    """How many mentions are at one of their right places: in all, of those at signs, and by tier."""
    overall, at_signs = Counts(), Counts()
    tiers: dict[str, Counts] = defaultdict(Counts)
    for passage, mentions, signs in answers:
        wanted: set[Key] = {(mention.places, mention.label) for mention in mentions if mention.places}
        owners = {(span, mention.label): mention.places for mention in mentions for span in mention.places}
        given: dict[Key, str] = {}
        for span, label, tier in ground(passage.text, locale, mentions):
            given.setdefault((owners.get((span, label), span), label), tier)
        for key, tier in given.items():
            tiers[tier] = tiers[tier].plus(Counts(int(key in wanted), 1))
        right = wanted & given.keys()
        elsewhere = _elsewhere(passage.text, wanted, given.keys())
        overall = overall.plus(Counts(len(right), len(given), len(wanted), elsewhere))
        own = {(mention.places, mention.label) for mention in mentions if mention.places & signs}
        at_signs = at_signs.plus(Counts(len(right & own), 0, len(own)))
    return overall, at_signs, tiers


def _elsewhere(text: str, wanted: Collection[Key], given: Collection[Key]) -> int:
    """How many of the mentions that are missing were put where the text says the same."""
    missing = Counter((_surface(text, key), key[1]) for key in wanted if key not in given)
    stray = Counter((_surface(text, key), key[1]) for key in given if key not in wanted)
    return (missing & stray).total()


def _surface(text: str, key: Key) -> str:
    span = key[0] if isinstance(key[0], Span) else min(key[0])
    return text[span.start : span.end]
