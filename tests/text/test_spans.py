"""Half-open spans: how much two share, and how they move."""

import pytest

from finerweb.text.spans import Span, overlap, shift

OVERLAPS = [
    (Span(0, 4), Span(0, 4), 1.0),
    (Span(0, 4), Span(4, 8), 0.0),
    (Span(0, 4), Span(6, 8), 0.0),
    (Span(0, 4), Span(2, 4), 0.5),
    (Span(0, 4), Span(2, 6), 1 / 3),
    (Span(0, 10), Span(9, 10), 0.1),
    (Span(3, 3), Span(3, 3), 0.0),
]


@pytest.mark.parametrize(("a", "b", "share"), OVERLAPS)
def test_overlap_is_intersection_over_union_either_way(a: Span, b: Span, share: float) -> None:
    assert overlap(a, b) == overlap(b, a) == pytest.approx(share)


def test_a_span_of_a_sentence_is_counted_from_the_sentence() -> None:
    text = "Hi 👋🏽. Ame\u0301lie sails."
    sentence = Span(7, len(text))
    name = Span(7, 14)
    moved = shift(name, sentence.start)
    assert (moved, text[sentence.start :][moved.start : moved.end]) == (Span(0, 7), "Ame\u0301lie")
