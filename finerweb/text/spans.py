"""Places in a text: half-open code-point spans, `text[start:end]`."""

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of code points."""

    start: int
    end: int


class Entity(NamedTuple):
    """A half-open range of code points and the type of what it names."""

    start: int
    end: int
    label: str

    @property
    def span(self) -> Span:
        """Start and end alone, to compare entities whatever their type."""
        return Span(self.start, self.end)


def overlap(a: Span, b: Span) -> float:
    """Intersection over union in characters: 0 for spans that only touch, 1 for the same span."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    if shared <= 0:
        return 0.0
    return shared / ((a.end - a.start) + (b.end - b.start) - shared)


def shift(span: Span, by: int) -> Span:
    """The span seen from a text that starts `by` code points later."""
    return Span(span.start - by, span.end - by)
