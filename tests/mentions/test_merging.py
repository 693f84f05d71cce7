"""The table of finerweb.mentions.merging, line by line, and what it leaves open."""

from itertools import permutations

import pytest

from finerweb.mentions.merging import Claim, Entity, believe, items, merge, votes, weigh
from finerweb.mentions.reliability import Beliefs, Reliability
from finerweb.text.spans import Span

ALIKE = {("city", "town"): 0.9, ("city", "location"): 0.75, ("company", "organization"): 0.8}


def similar(a: str, b: str) -> float:
    return 1.0 if a == b else ALIKE.get((min(a, b), max(a, b)), 0.1)


def claim(start: int, end: int, label: str, annotator: str = "a", tier: str = "exact") -> Claim:
    return Claim(start, end, label, annotator, tier)


def merged(*claims: Claim) -> list[Entity]:
    """The merged entities, which are the same whatever the order."""
    results = [merge(order, similar, overlap_at=0.5, similarity_at=0.75) for order in permutations(claims)]
    assert all(result == results[0] for result in results)
    return results[0]


def test_nothing_said_is_nothing_merged() -> None:
    assert merge([], similar, overlap_at=0.5, similarity_at=0.75) == []


def test_spans_that_only_touch_both_stay() -> None:
    a, b = claim(0, 4, "city"), claim(4, 8, "city", "b")
    assert merged(a, b) == [Entity(0, 4, ["city"], [a]), Entity(4, 8, ["city"], [b])]


def test_below_the_overlap_the_longer_stays() -> None:
    a, b = claim(0, 4, "city"), claim(2, 9, "city", "b")
    assert merged(a, b) == [Entity(2, 9, ["city"], [b], [(a, "shorter")])]


def test_at_the_overlap_alike_types_merge_into_the_longer_span_with_both_types() -> None:
    a, b = claim(0, 4, "city"), claim(0, 8, "town", "b")
    assert merged(a, b) == [Entity(0, 8, ["town", "city"], [b, a])]


def test_at_the_overlap_one_type_said_twice_is_one_label() -> None:
    a, b = claim(0, 6, "city"), claim(0, 8, "city", "b")
    assert merged(a, b) == [Entity(0, 8, ["city"], [b, a])]


def test_at_the_overlap_other_types_leave_the_longer_span_and_its_type() -> None:
    a, b = claim(0, 6, "river"), claim(0, 8, "city", "b")
    assert merged(a, b) == [Entity(0, 8, ["city"], [b], [(a, "other_type")])]


def test_a_similarity_of_just_the_threshold_is_not_enough() -> None:
    a, b = claim(0, 6, "location"), claim(0, 8, "city", "b")
    assert merged(a, b) == [Entity(0, 8, ["city"], [b], [(a, "other_type")])]


def test_the_same_span_keeps_both_types_however_unlike() -> None:
    a, b = claim(0, 6, "river"), claim(0, 6, "city", "b", "normalised")
    assert merged(a, b) == [Entity(0, 6, ["river", "city"], [a, b])]


def test_of_one_length_the_earlier_annotators_span_stays() -> None:
    a, b = claim(2, 10, "river"), claim(0, 8, "city", "b")
    assert merged(a, b) == [Entity(2, 10, ["river"], [a], [(b, "other_type")])]


def test_one_annotators_nested_spans_both_stay() -> None:
    outer, inner = claim(0, 16, "university"), claim(0, 5, "city")
    assert merged(outer, inner) == [Entity(0, 5, ["city"], [inner]), Entity(0, 16, ["university"], [outer])]


def test_one_annotators_two_types_of_one_span_are_one_entity() -> None:
    a, b = claim(0, 5, "river"), claim(0, 5, "city")
    assert merged(a, b) == [Entity(0, 5, ["city", "river"], [b, a])]
    assert merged(a, b)[0].agreement == "alone"


def test_one_long_span_takes_in_several_short_ones_each_by_its_own_overlap() -> None:
    long = claim(0, 10, "city", "b")
    merging, shorter, other = claim(0, 6, "town"), claim(6, 10, "town"), claim(1, 7, "river", "c")
    assert merged(long, merging, shorter, other) == [
        Entity(0, 10, ["city", "town"], [long, merging], [(other, "other_type"), (shorter, "shorter")])
    ]


def test_a_span_between_two_gives_way_to_the_one_that_it_shares_most_with() -> None:
    left, right, between = claim(0, 10, "city"), claim(12, 20, "city"), claim(8, 15, "town", "b")
    assert merged(left, right, between) == [
        Entity(0, 10, ["city"], [left]),
        Entity(12, 20, ["city"], [right], [(between, "shorter")]),
    ]


def test_a_span_that_overlaps_only_a_loser_stays() -> None:
    winner, loser, free = claim(0, 10, "city"), claim(8, 14, "town", "b"), claim(12, 14, "river", "c")
    assert merged(winner, loser, free) == [
        Entity(0, 10, ["city"], [winner], [(loser, "shorter")]),
        Entity(12, 14, ["river"], [free]),
    ]


def test_three_annotators_on_one_span() -> None:
    a, b, c = claim(3, 9, "town"), claim(3, 9, "city", "b"), claim(3, 9, "city", "c")
    assert merged(a, b, c) == [Entity(3, 9, ["town", "city"], [a, b, c])]


def test_what_was_said_twice_counts_once() -> None:
    a = claim(0, 5, "city")
    assert merged(a, a) == [Entity(0, 5, ["city"], [a], [(a, "repeated")])]


@pytest.mark.parametrize(
    ("other", "agreement"),
    [
        (None, "alone"),
        (claim(0, 8, "city", "b"), "exact"),
        (claim(0, 6, "city", "b"), "overlap"),
        (claim(0, 6, "river", "b"), "alone"),
    ],
)
def test_agreement_is_about_the_place(other: Claim | None, agreement: str) -> None:
    assert merged(*[opinion for opinion in (claim(0, 8, "city"), other) if opinion])[0].agreement == agreement


def test_annotators_that_agree_in_full_lose_nothing() -> None:
    both = [claim(0, 16, "university"), claim(0, 16, "university", "b"), claim(0, 5, "city"), claim(0, 5, "city", "b")]
    assert merged(*both) == [Entity(0, 5, ["city"], both[2:]), Entity(0, 16, ["university"], both[:2])]


def beliefs_of(**accuracy: float) -> Beliefs:
    """Three annotators, of which each is right about places and rivers so often."""
    return Beliefs(
        Reliability(annotator, "eng", kind, right if kind else 0.5, 0.3, 0.4 if kind else 0.2, 10.0)
        for annotator, right in accuracy.items()
        for kind in ("", "place", "nature")
    )


GOOD_C = beliefs_of(a=0.5, b=0.5, c=0.9)
EQUAL = beliefs_of(a=0.7, b=0.7, c=0.7)


def weighed(*claims: Claim, beliefs: Beliefs) -> list[Entity]:
    results = [weigh(order, beliefs, overlap_at=0.5) for order in permutations(claims)]
    assert all(result == results[0] for result in results)
    return results[0]


def test_one_that_is_mostly_right_outweighs_two_that_are_not() -> None:
    a, b, c = claim(0, 4, "city", "a"), claim(0, 4, "town", "b"), claim(0, 4, "river", "c")
    (good,) = weighed(a, b, c, beliefs=GOOD_C)
    assert (good.labels, [problem for _, problem in good.lost]) == (["river"], ["other_type"] * 2)
    (equal,) = weighed(a, b, c, beliefs=EQUAL)
    assert (equal.labels, equal.lost) == (["city", "town"], [(c, "other_type")])


def test_the_place_is_that_of_whoever_is_more_often_right() -> None:
    a, c = claim(0, 8, "city", "a"), claim(0, 6, "town", "c")
    (good,) = weighed(a, c, beliefs=GOOD_C)
    assert (good.span, good.labels, good.sources) == (Span(0, 6), ["town", "city"], [c, a])
    (equal,) = weighed(a, c, beliefs=EQUAL)
    assert equal.span == Span(0, 8), "of equals the longer"


def test_of_overlapping_places_the_likelier_stays() -> None:
    a, b, c = claim(0, 10, "city", "a"), claim(0, 4, "city", "b"), claim(0, 4, "city", "c")
    (kept,) = weighed(a, b, c, beliefs=EQUAL)
    assert (kept.span, kept.lost) == (Span(0, 4), [(a, "less_likely")])
    (paper,) = merge([a, b, c], similar, overlap_at=0.5, similarity_at=0.75)
    assert paper.span == Span(0, 10), "the paper keeps the longer"


def test_nested_spans_of_one_annotator_both_stay() -> None:
    outer, inner = claim(0, 10, "city", "a"), claim(0, 4, "river", "a")
    assert [entity.span for entity in weighed(outer, inner, beliefs=EQUAL)] == [Span(0, 4), Span(0, 10)]


def test_what_more_annotators_said_is_more_certain() -> None:
    both = weighed(claim(0, 4, "city", "a"), claim(0, 4, "city", "b"), beliefs=EQUAL)
    alone = weighed(claim(0, 4, "city", "a"), beliefs=EQUAL)
    assert both[0].confidence > alone[0].confidence


def test_entities_of_the_papers_rule_have_the_confidence_of_their_places() -> None:
    a, b = claim(0, 6, "city", "a"), claim(0, 8, "river", "b")
    entities = merge([a, b], similar, overlap_at=0.5, similarity_at=0.75)
    believe(entities, [a, b], EQUAL, overlap_at=0.5)
    (kept,) = entities
    assert kept.confidence == 1.0 - EQUAL.probabilities(("place", "nature", ""))[""]


def test_an_item_has_one_span_of_an_annotator() -> None:
    a, near, b = claim(0, 10, "city", "a"), claim(0, 9, "city", "a"), claim(0, 10, "town", "b")
    assert items([b, near, a], overlap_at=0.5) == [[a, b], [near]]
    twice = claim(0, 10, "capital", "a")
    assert items([b, twice, a], overlap_at=0.5) == [[twice, a, b]]
    assert votes([twice, a, b], ["a", "b", "c"]) == ("place", "place", "")
