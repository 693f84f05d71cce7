"""How many mentions are put where people marked them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aligners import Ground
from annotated import Passage
from noise import Mention

from finerweb.text.spans import Span


class Answer(NamedTuple):
    """What is named of a passage; `signs` are places at an apostrophe, a colon or a hyphen."""

    passage: Passage
    mentions: list[Mention]
    signs: frozenset[Span] = frozenset()


class Counts(NamedTuple):
    """Mentions right, given and wanted."""

    right: int = 0
    given: int = 0
    wanted: int = 0

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
        wanted = {(mention.places, mention.label) for mention in mentions if mention.places}
        owners = {(span, label): places for places, label in wanted for span in places}
        given: dict[object, str] = {}
        for span, label, tier in ground(passage.text, locale, mentions):
            given.setdefault((owners.get((span, label), span), label), tier)
        for key, tier in given.items():
            tiers[tier] = tiers[tier].plus(Counts(int(key in wanted), 1))
        right = wanted & given.keys()
        overall = overall.plus(Counts(len(right), len(given), len(wanted)))
        at_signs = at_signs.plus(
            Counts(
                sum(bool(places & signs) for places, _ in right), 0, sum(bool(places & signs) for places, _ in wanted)
            )
        )
    return overall, at_signs, tiers
