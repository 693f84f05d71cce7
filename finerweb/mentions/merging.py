"""Merge what several annotators said of one passage. Plain Python, no Spark.

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


class Said(NamedTuple):
    """A span and type that one annotator gave, and how the span was found."""

    start: int
    end: int
    label: str
    annotator: str
    tier: str

    @property
    def span(self) -> Span:
        """Its place."""
        return Span(self.start, self.end)


def read_said(rows: Iterable[Mapping[str, Any]]) -> list[Said]:
    """What stands in a table: structs of annotator, start, end, label and tier."""
    return [Said(one["start"], one["end"], one["label"], one["annotator"], one["tier"]) for one in rows]


@dataclass
class Entity:
    """A merged span: `labels` in the order of the annotators, `sources` who said so, `lost` who gave way and why."""

    start: int
    end: int
    labels: list[str]
    sources: list[Said]
    lost: list[tuple[Said, SpanProblem]] = field(default_factory=list)
    confidence: float = 1.0  # that it is an entity, of one of its classes

    @property
    def span(self) -> Span:
        """Its place."""
        return Span(self.start, self.end)

    @property
    def agreement(self) -> str:
        """`exact`, `overlap` or `alone`: how far the annotators agree on the place."""
        if len({source.annotator for source in self.sources}) == 1:
            return "alone"
        return "exact" if len({source.span for source in self.sources}) == 1 else "overlap"


def merge(said: Sequence[Said], similar: Similarity, *, overlap_at: float, similarity_at: float) -> list[Entity]:
    """The merged entities, by place. The result does not depend on the order of `said`.

    Spans are taken from the longest to the shortest; each joins, or gives way to, the entity that it overlaps most.
    """
    kept: list[Entity] = []
    for one in _by_length(said):
        rival, share = _rival(one, kept)
        if rival is None:
            kept.append(Entity(one.start, one.end, [one.label], [one]))
        elif one in rival.sources:
            rival.lost.append((one, "repeated"))
        elif share < overlap_at:
            rival.lost.append((one, "shorter"))
        elif share == 1.0 or any(similar(one.label, label) > similarity_at for label in rival.labels):
            rival.sources.append(one)
            if one.label not in rival.labels:
                rival.labels.append(one.label)
        else:
            rival.lost.append((one, "other_type"))
    return sorted(kept, key=lambda entity: (entity.start, entity.end))


def _rival(one: Said, kept: Sequence[Entity]) -> tuple[Entity | None, float]:
    """The kept entity that shares most with a span, of those that the same annotator did not nest it in."""
    best: Entity | None = None
    most = 0.0
    for entity in kept:
        if entity.end <= one.start or one.end <= entity.start:
            continue
        shared = overlap(one.span, entity.span)
        own = any(mine.annotator == one.annotator and overlap(mine.span, one.span) > 0 for mine in entity.sources)
        if shared > most and (shared == 1.0 or not own):
            best, most = entity, shared
    return best, most


Item = list[Said]  # what was said of one place, by whomever


def items(said: Sequence[Said], *, overlap_at: float) -> list[Item]:
    """Who means the same place: spans of several annotators that overlap at least so much, by place.

    Each span joins the one that it overlaps most; an annotator has one span in an item, with any number of labels.
    """
    found: list[Item] = []
    for one in _by_length(said):
        best, most = None, 0.0
        for item in found:
            if (
                item[0].end <= one.start or one.end <= item[0].start
            ):  # the longest: what meets none of it meets no other
                continue
            shared = max(overlap(one.span, other.span) for other in item)
            own = [other.span for other in item if other.annotator == one.annotator]
            if shared >= overlap_at and shared > most and all(span == one.span for span in own):
                best, most = item, shared
        if best is None:
            found.append([one])
        else:
            best.append(one)
    return found


def votes(item: Item, annotators: Sequence[str]) -> tuple[str, ...]:
    """The class that each annotator gives an item, by its first label; NOTHING of who did not name it."""
    labels: dict[str, str] = {}
    for one in item:
        labels.setdefault(one.annotator, one.label)
    return tuple(coarse(labels[one]) if one in labels else NOTHING for one in annotators)


def weigh(said: Sequence[Said], beliefs: Beliefs, *, overlap_at: float) -> list[Entity]:
    """The entities of the rule `weighted`, by place. The result does not depend on the order of `said`."""
    weighed = [_weighed(item, beliefs) for item in items(said, overlap_at=overlap_at)]
    kept: list[Entity] = []
    for entity in sorted(weighed, key=lambda one: (-one.confidence, one.start - one.end, one.start, one.labels)):
        rival = next((one for one in kept if _compete(entity, one)), None)
        if rival is None:
            kept.append(entity)
        else:
            rival.lost += [(one, "less_likely") for one in entity.sources] + entity.lost
    return sorted(kept, key=lambda entity: (entity.start, entity.end))


def _weighed(item: Item, beliefs: Beliefs) -> Entity:
    believed = beliefs.of(votes(item, beliefs.annotators))
    classes = {one: coarse(one.label) for one in item}
    said = {kind for kind in classes.values() if kind in believed}
    best = max(sorted(said), key=lambda kind: believed[kind])
    right = [one for one in item if classes[one] == best]
    trust = {
        span: sum(beliefs.accuracy(one.annotator, best) for one in right if one.span == span)
        for span in {one.span for one in right}
    }
    place = max(sorted(trust), key=lambda span: (trust[span], span.end - span.start))
    order = sorted(right, key=lambda one: (-beliefs.accuracy(one.annotator, best), one.annotator, one.start, one.label))
    return Entity(
        place.start,
        place.end,
        list(dict.fromkeys(one.label for one in order)),
        order,
        [(one, "other_type") for one in item if classes[one] != best],
        1.0 - believed[NOTHING],
    )


def _compete(one: Entity, other: Entity) -> bool:
    """Do two entities claim the same characters, and did no annotator name both?"""
    both = {said.annotator for said in one.sources} & {said.annotator for said in other.sources}
    return overlap(one.span, other.span) > 0 and not both


def believe(entities: Sequence[Entity], said: Sequence[Said], beliefs: Beliefs, *, overlap_at: float) -> None:
    """Set the confidence of entities of the paper's rule: that of the items in which they were named."""
    of: dict[Said, float] = {}
    for item in items(said, overlap_at=overlap_at):
        of |= dict.fromkeys(item, beliefs.of(votes(item, beliefs.annotators))[NOTHING])
    for entity in entities:
        entity.confidence = 1.0 - min(of[one] for one in entity.sources)


def _by_length(said: Sequence[Said]) -> list[Said]:
    return sorted(said, key=lambda one: (one.start - one.end, one.annotator, one.start, one.label, one.tier))
