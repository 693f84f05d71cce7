"""Merge what several annotators said of one passage. Plain Python, no Spark.

The paper's rule (its section 3.3), with what it leaves open made explicit. Two overlapping spans, their overlap
measured as intersection over union in characters, the similarity of their types as a cosine:

    overlap           similarity     outcome
    none              -              both stay
    below `overlap`   -              the longer stays
    at least that     > similarity   merged: the longer span, both types
    at least that     at most that   the longer span, the type of its annotator
    the same span     at most that   merged: nothing says which type is wrong, so both are kept

Of spans of one length the earlier annotator's stays. A span that gives way is kept in the `lost` of the one it gave
way to, and so is a span and type that an annotator gave twice. Spans of one annotator never compete with each other:
nesting is that annotator's statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from finerweb.spans import Span, overlap

Similarity = Callable[[str, str], float]


@dataclass(frozen=True)
class Said:
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


@dataclass
class Entity:
    """A merged span: `labels` in the order of the annotators, `sources` who said so, `lost` who gave way and why."""

    start: int
    end: int
    labels: list[str]
    sources: list[Said]
    lost: list[tuple[Said, str]] = field(default_factory=list)

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
    annotators = sorted({one.annotator for one in said})
    order = sorted(said, key=lambda one: (one.start - one.end, annotators.index(one.annotator), one.start, one.label))
    kept: list[Entity] = []
    for one in order:
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
        shared = overlap(one.span, entity.span)
        own = any(mine.annotator == one.annotator and overlap(mine.span, one.span) > 0 for mine in entity.sources)
        if shared > most and (shared == 1.0 or not own):
            best, most = entity, shared
    return best, most
