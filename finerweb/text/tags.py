"""Entities as a model finds them in a text: each with how sure it is, some of them over others."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from finerweb.text.spans import Span


class Tag(NamedTuple):
    """A half-open range of code points, its label as it was asked for, and how sure the tagger is, 0-1."""

    start: int
    end: int
    label: str
    score: float

    @property
    def span(self) -> Span:
        """Start and end alone."""
        return Span(self.start, self.end)


def entities(text: str, tags: Iterable[Tag], threshold: float) -> list[dict[str, Any]]:
    """The flat answer as records: the fields of each tag, and the mention that it marks in its text."""
    return [{**tag._asdict(), "mention": text[tag.start : tag.end]} for tag in flat(tags, threshold)]


def flat(tags: Iterable[Tag], threshold: float) -> list[Tag]:
    """The tags from a threshold on of which no two share a character: the surest first, then the longest, the first."""
    kept: list[Tag] = []
    for tag in sorted(tags, key=lambda tag: (-tag.score, tag.start - tag.end, tag.start, tag.label)):
        if tag.score < threshold:
            break
        if all(tag.end <= other.start or other.end <= tag.start for other in kept):
            kept.append(tag)
    return sorted(kept, key=attrgetter("span"))
