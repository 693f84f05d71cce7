"""Merge the claims of several annotators about one passage. Plain Python, no Spark.

The paper's rule (its section 3.3), with what it leaves open made explicit. Two overlapping spans, their overlap
measured as intersection over union in characters, the similarity of their types as a cosine:

    overlap           similarity     outcome
    none              -              both stay
    below `overlap`   -              the longer stays
    at least that     > similarity   merged: the longer span, both types
    at least that     at most that   the longer span, the type of its annotator
    the same span     at most that   merged: nothing says which type is wrong, so both are kept

The rule `weighted` asks instead who is more likely to be right (`reliability`): of spans that overlap at
least so much, those of the likeliest class stay, at the place of whoever is most often right about it; of spans that
overlap less, the one that is more likely an entity at all.

Of spans of one length the earlier annotator's stays. A span that gives way is kept in the `lost` of the one it gave
way to, and so is a span and type that an annotator gave twice. Spans of one annotator never compete with each other:
nesting is that annotator's statement.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from finerweb.labels.classes import coarse
from finerweb.mentions.reliability import NOTHING, Beliefs
from finerweb.problems import SpanProblem
from finerweb.text.spans import Span, overlap

RULES = ("paper", "weighted")

Similarity = Callable[[str, str], float]


class Claim(NamedTuple):
    """A span and type that one annotator gave, and how the span was found."""

    start: int
    end: int
    label: str
    annotator: str
    tier: str

    @property
    def span(self) -> Span:
        """Start and end alone."""
        return Span(self.start, self.end)


def read_claims(rows: Iterable[Mapping[str, Any]]) -> list[Claim]:
    """The claims in a table: structs of annotator, start, end, label and tier."""
    return [Claim(row["start"], row["end"], row["label"], row["annotator"], row["tier"]) for row in rows]


@dataclass
class Entity:
    """A merged span: `labels` in the order of the annotators, `sources` who said so, `lost` who gave way and why."""

    start: int
    end: int
    labels: list[str]
    sources: list[Claim]
    lost: list[tuple[Claim, SpanProblem]] = field(default_factory=list)
    confidence: float = 1.0  # that it is an entity, of one of its classes

    @property
    def span(self) -> Span:
        """Start and end alone."""
        return Span(self.start, self.end)

    @property
    def agreement(self) -> str:
        """`exact`, `overlap` or `alone`: how far the annotators agree on the place."""
        if len({source.annotator for source in self.sources}) == 1:
            return "alone"
        return "exact" if len({source.span for source in self.sources}) == 1 else "overlap"


def merge(claims: Sequence[Claim], similar: Similarity, *, overlap_at: float, similarity_at: float) -> list[Entity]:
    """The merged entities, by place. The result does not depend on the order of `claims`.

    Spans are taken from the longest to the shortest; each joins, or gives way to, the entity that it overlaps most.
    """
    kept: list[Entity] = []
    for claim in _by_length(claims):
        rival, share = _rival(claim, kept)
        if rival is None:
            kept.append(Entity(claim.start, claim.end, [claim.label], [claim]))
        elif claim in rival.sources:
            rival.lost.append((claim, "repeated"))
        elif share < overlap_at:
            rival.lost.append((claim, "shorter"))
        elif share == 1.0 or any(similar(claim.label, label) > similarity_at for label in rival.labels):
            rival.sources.append(claim)
            if claim.label not in rival.labels:
                rival.labels.append(claim.label)
        else:
            rival.lost.append((claim, "other_type"))
    return sorted(kept, key=lambda entity: (entity.start, entity.end))


def _rival(claim: Claim, kept: Sequence[Entity]) -> tuple[Entity | None, float]:
    """The kept entity that shares most with a span, of those that the same annotator did not nest it in."""
    best: Entity | None = None
    most = 0.0
    for entity in kept:
        if entity.end <= claim.start or claim.end <= entity.start:
            continue
        shared = overlap(claim.span, entity.span)
        own = any(mine.annotator == claim.annotator and overlap(mine.span, claim.span) > 0 for mine in entity.sources)
        if shared > most and (shared == 1.0 or not own):
            best, most = entity, shared
    return best, most


Item = list[Claim]  # the claims to one place, by whomever


def items(claims: Sequence[Claim], *, overlap_at: float) -> list[Item]:
    """Who means the same place: spans of several annotators that overlap at least so much, by place.

    Each span joins the one that it overlaps most; an annotator has one span in an item, with any number of labels.
    """
    items_by_place: list[Item] = []
    for claim in _by_length(claims):
        best, most = None, 0.0
        for item in items_by_place:
            if (
                item[0].end <= claim.start or claim.end <= item[0].start
            ):  # the longest: what meets none of it meets no other
                continue
            shared = max(overlap(claim.span, other.span) for other in item)
            own = [other.span for other in item if other.annotator == claim.annotator]
            if shared >= overlap_at and shared > most and all(span == claim.span for span in own):
                best, most = item, shared
        if best is None:
            items_by_place.append([claim])
        else:
            best.append(claim)
    return items_by_place


def votes(item: Item, annotators: Sequence[str]) -> tuple[str, ...]:
    """The class that each annotator gives an item, by its first label; NOTHING of who did not name it."""
    labels: dict[str, str] = {}
    for claim in item:
        labels.setdefault(claim.annotator, claim.label)
    return tuple(coarse(labels[annotator]) if annotator in labels else NOTHING for annotator in annotators)


def weigh(claims: Sequence[Claim], beliefs: Beliefs, *, overlap_at: float) -> list[Entity]:
    """The entities of the rule `weighted`, by place. The result does not depend on the order of `claims`."""
    weighed = [_weighed(item, beliefs) for item in items(claims, overlap_at=overlap_at)]
    kept: list[Entity] = []
    for entity in sorted(weighed, key=lambda item: (-item.confidence, item.start - item.end, item.start, item.labels)):
        rival = next((other for other in kept if _compete(entity, other)), None)
        if rival is None:
            kept.append(entity)
        else:
            rival.lost += [(claim, "less_likely") for claim in entity.sources] + entity.lost
    return sorted(kept, key=lambda entity: (entity.start, entity.end))


def _weighed(item: Item, beliefs: Beliefs) -> Entity:
    believed = beliefs.probabilities(votes(item, beliefs.annotators))
    classes = {claim: coarse(claim.label) for claim in item}
    named = {kind for kind in classes.values() if kind in believed}
    best = max(sorted(named), key=lambda kind: believed[kind])
    right = [claim for claim in item if classes[claim] == best]
    trust = {
        span: sum(beliefs.accuracy(claim.annotator, best) for claim in right if claim.span == span)
        for span in {claim.span for claim in right}
    }
    place = max(sorted(trust), key=lambda span: (trust[span], span.end - span.start))
    order = sorted(
        right, key=lambda claim: (-beliefs.accuracy(claim.annotator, best), claim.annotator, claim.start, claim.label)
    )
    return Entity(
        place.start,
        place.end,
        list(dict.fromkeys(claim.label for claim in order)),
        order,
        [(claim, "other_type") for claim in item if classes[claim] != best],
        1.0 - believed[NOTHING],
    )


def _compete(entity: Entity, other: Entity) -> bool:
    """Do two entities claim the same characters, and did no annotator name both?"""
    both = {claim.annotator for claim in entity.sources} & {claim.annotator for claim in other.sources}
    return overlap(entity.span, other.span) > 0 and not both


def believe(entities: Sequence[Entity], claims: Sequence[Claim], beliefs: Beliefs, *, overlap_at: float) -> None:
    """Set the confidence of entities of the paper's rule: that of the items in which they were named."""
    doubts: dict[Claim, float] = {}
    for item in items(claims, overlap_at=overlap_at):
        doubts |= dict.fromkeys(item, beliefs.probabilities(votes(item, beliefs.annotators))[NOTHING])
    for entity in entities:
        entity.confidence = 1.0 - min(doubts[claim] for claim in entity.sources)


def _by_length(claims: Sequence[Claim]) -> list[Claim]:
    return sorted(
        claims, key=lambda claim: (claim.start - claim.end, claim.annotator, claim.start, claim.label, claim.tier)
    )
