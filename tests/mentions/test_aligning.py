"""A list of mentions aligned with the places where each could be."""

from collections.abc import Sequence

from finerweb.mentions.aligning import Place, align
from finerweb.text.spans import Span


def places(*spans: tuple[int, int]) -> list[Place]:
    return [Place(Span(*span), "exact", 0.0) for span in spans]


def spans(options: Sequence[Sequence[Place]], labels: Sequence[str] | None = None) -> list[tuple[int, int] | None]:
    """Where each mention is."""
    placed = align(options, labels or ["x"] * len(options))
    return [tuple(placement.place.span) if placement else None for placement in placed]


def test_nothing_is_aligned_with_nothing() -> None:
    assert spans([]) == []
    assert spans([[], places((0, 1))]) == [None, (0, 1)]


def test_the_most_mentions_stay_in_order_even_if_the_first_place_is_passed_over() -> None:
    again, other = places((0, 1), (2, 3), (8, 9)), places((5, 6), (20, 21))
    assert spans([again, other, again]) == [(0, 1), (5, 6), (8, 9)]
    assert spans([other, places((10, 12)), other]) == [(5, 6), (10, 12), (20, 21)]
    assert spans([places((10, 12)), other]) == [(10, 12), (20, 21)], "a greedy rule that looks back takes 5"


def test_one_out_of_order_is_placed_where_there_is_room() -> None:
    placed = align([places((8, 9)), places((0, 1)), places((4, 5))], ["x"] * 3)
    assert [(tuple(placement.place.span), placement.is_in_order) for placement in placed if placement] == [
        ((8, 9), False),
        ((0, 1), True),
        ((4, 5), True),
    ]


def test_a_place_is_given_once_to_a_label_and_once_to_each_other_one() -> None:
    option = places((0, 4))
    assert spans([option, option]) == [(0, 4), None]
    assert spans([option, option], ["city", "capital"]) == [(0, 4), (0, 4)]
    assert spans([places((0, 4), (9, 13))] * 2, ["city", "capital"]) == [(0, 4), (9, 13)]


def test_an_outer_span_comes_before_those_inside_it() -> None:
    assert spans([places((0, 13)), places((0, 3), (20, 23)), places((4, 8))]) == [(0, 13), (0, 3), (4, 8)]


def test_a_name_inside_another_is_the_last_choice() -> None:
    york = places((4, 8), (20, 24))
    assert spans([places((0, 13)), york]) == [(0, 13), (20, 24)]
    assert spans([places((0, 13)), york, york]) == [(0, 13), (4, 8), (20, 24)]


def test_of_equal_places_the_one_beside_the_next_mention_is_meant() -> None:
    options = places((0, 1), (10, 11))
    assert spans([options, places((12, 20))]) == [(10, 11), (12, 20)]


def test_a_cheaper_place_is_taken_and_a_dearer_one_if_that_keeps_the_order() -> None:
    either = [Place(Span(0, 2), "normalised", 0.2), Place(Span(9, 11), "exact", 0.0)]
    assert spans([either]) == [(9, 11)]
    assert spans([either, places((4, 6))]) == [(0, 2), (4, 6)]


def test_a_list_by_label_is_aligned_label_by_label() -> None:
    """Two persons, then two cities, as they stand in turns: each is in the order of its label, and none is passed over."""
    turns = [places((0, 4), (20, 24)), places((30, 34)), places((6, 9), (40, 43)), places((25, 28))]
    by_label = align(turns, ["person", "person", "city", "city"])
    assert [(*placed.place.span, placed.is_in_order) for placed in by_label if placed] == [
        (0, 4, True),
        (30, 34, True),
        (6, 9, True),
        (25, 28, True),
    ]


def test_a_label_does_not_take_the_place_of_another_if_it_has_one_of_its_own() -> None:
    washington = places((0, 10), (50, 60))
    assert spans([places((70, 75)), washington, places((20, 25)), washington], ["a", "a", "b", "b"]) == [
        (70, 75),
        (0, 10),
        (20, 25),
        (50, 60),
    ]


def test_a_list_in_reading_order_is_aligned_as_a_whole_whatever_its_labels() -> None:
    again = places((0, 4), (30, 34))
    assert spans([places((10, 14)), again], ["person", "city"]) == [(10, 14), (30, 34)]
