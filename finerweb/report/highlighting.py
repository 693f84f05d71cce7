"""A text with its entities marked, as HTML whose text content is the text."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from finerweb.labels.classes import CLASSES, OTHER

GOLDEN_ANGLE = 137.508  # degrees: so that neighbours in a list are far apart on the colour circle


class Mark(NamedTuple):
    """An entity in a passage: half-open code points, its label and the label's coarse class."""

    start: int
    end: int
    label: str
    coarse: str


class Segment(NamedTuple):
    """A piece of a text, where it starts, and the marks that cover all of it, the outermost first."""

    start: int
    text: str
    marks: tuple[Mark, ...]


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """Cut a text wherever a mark begins or ends; the segments, joined, are the text.

    Marks may nest and cross. Raises ValueError for one that is empty or not inside the text.
    """
    for mark in marks:
        if not 0 <= mark.start < mark.end <= len(text):
            raise ValueError(f"mark {mark.label!r} at {mark.start}:{mark.end}; wanted a place in 0:{len(text)}")
    order = sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.label))
    cuts = sorted({0, len(text), *(mark.start for mark in marks), *(mark.end for mark in marks)})
    return [
        Segment(start, text[start:end], tuple(mark for mark in order if mark.start <= start and end <= mark.end))
        for start, end in pairwise(cuts)
    ]


def highlighted(text: str, marks: Sequence[Mark]) -> Markup:
    """A text as HTML whose text content is the text; labels are attributes, for the style sheet to show."""
    return Markup("").join(_element(segment) for segment in segments(text, marks))


def _element(segment: Segment) -> Markup:
    element = _exact(segment.text)
    for mark in reversed(segment.marks):
        opens = " opens" if mark.start == segment.start else ""
        # The label stands once, after the end of the mark.
        closes = mark.end == segment.start + len(segment.text)
        label = Markup(' data-label="{}"').format(mark.label) if closes else Markup("")
        element = Markup('<mark class="c-{}{}"{}>{}</mark>').format(mark.coarse, opens, label, element)
    return element


def _exact(text: str) -> Markup:
    """Escaped text that HTML's parser does not change: it would read a carriage return as a line feed."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))


def colours(marks: Iterable[Mark]) -> dict[str, Any]:
    """The `hues` of the coarse classes (the last has none), and the classes that a `legend` of these marks needs."""
    classes, marked = [*CLASSES, OTHER], {mark.coarse for mark in marks}
    return {
        "hues": {name: round(place * GOLDEN_ANGLE) % 360 for place, name in enumerate(classes)},
        "legend": [name for name in classes if name in marked],
    }
