"""The best that a tagger could do with the places that its tokens reach, and with no two entities overlapping."""

from collections.abc import Callable, Collection, Iterable, Sequence

from finerweb.evaluation.texts import Text
from finerweb.taggers import Tag
from finerweb.text.spans import Entity

Edges = Callable[[str], Collection[int]]


def best(entities: Iterable[Entity], edges: Collection[int] | None = None) -> list[Entity]:
    """As many entities as can be found at once: those that begin and end at an edge, no two of which share a character.

    `edges` are the code points at which a tag of the tagger may begin or end; all of them where none are given. Of two
    entities on one place the first by its label counts.
    """
    kept: list[Entity] = []
    end = 0
    for entity in sorted(set(entities), key=lambda entity: (entity.end, -entity.start, entity.label)):
        is_reached = edges is None or (entity.start in edges and entity.end in edges)
        if is_reached and entity.start >= end:
            kept.append(entity)
            end = entity.end
    return kept


def tags(texts: Sequence[Text], labels: Collection[str], edges: Edges | None) -> list[list[Tag]]:
    """The tags of a tagger that knows every answer that it can give to these labels."""
    return [
        [
            Tag(*entity, 1.0)
            for entity in best(
                (entity for entity in text.entities if entity.label in labels), edges(text.text) if edges else None
            )
        ]
        for text in texts
    ]
