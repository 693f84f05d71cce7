"""Annotators' reliabilities, from what they said alone; the truth is known here because it was drawn here."""

import random
from collections import Counter

import pytest

from finerweb.mentions.reliability import NOTHING, Beliefs, Pattern, estimate

CLASSES = ("person", "place", "organization")

# Annotator -> how often it names an entity with its class, and how often it names a place that is none.
THREE = {"a": (0.9, 0.05), "b": (0.7, 0.2), "c": (0.8, 0.1)}
TWO = {"a": (0.9, 0.05), "b": (0.7, 0.1)}


def drawn(skills: dict[str, tuple[float, float]], language: str, places: int, seed: int) -> list[tuple[str, Pattern]]:
    """Places with what they really are, as seen by these annotators."""
    chance = random.Random(seed)
    sample = []
    for _ in range(places):
        truth = chance.choice(CLASSES) if chance.random() < 0.9 else NOTHING
        votes = []
        for named, spurious in skills.values():
            if truth == NOTHING:
                votes.append(chance.choice(CLASSES) if chance.random() < spurious else NOTHING)
            elif chance.random() < named:
                votes.append(truth)
            else:
                votes.append(chance.choice([NOTHING, *(label for label in CLASSES if label != truth)]))
        if any(votes):
            sample.append((truth, Pattern(language, tuple(votes), 1)))
    return sample


def counted(sample: list[tuple[str, Pattern]]) -> list[Pattern]:
    return [
        Pattern(*key, items)
        for key, items in Counter((pattern.language, pattern.votes) for _, pattern in sample).items()
    ]


def test_three_annotators_reveal_how_often_each_is_right() -> None:
    sample = drawn(THREE, "eng", 20_000, 1)
    accuracies = {(row.annotator, row.coarse): row.accuracy for row in estimate(counted(sample), list(THREE))}
    for annotator, (named, _) in THREE.items():
        for coarse in CLASSES:
            assert accuracies[annotator, coarse] == pytest.approx(named, abs=0.06)


def test_the_likeliest_class_is_right_more_often_than_the_majority() -> None:
    sample = drawn(THREE, "eng", 20_000, 2)
    beliefs = Beliefs(estimate(counted(sample), list(THREE)))
    right = majority = 0
    for truth, pattern in sample:
        believed = beliefs.probabilities(pattern.votes)
        right += max(set(pattern.votes) - {NOTHING}, key=lambda label: believed[label]) == truth
        majority += Counter(vote for vote in pattern.votes if vote).most_common(1)[0][0] == truth
    assert right > majority


def test_of_three_a_confidence_is_nearly_a_probability() -> None:
    sample = drawn(THREE, "eng", 20_000, 3)
    beliefs = Beliefs(estimate(counted(sample), list(THREE)))
    beliefs_and_truths = [
        (max(beliefs.probabilities(pattern.votes).values()), beliefs.probabilities(pattern.votes), truth)
        for truth, pattern in sample
    ]
    for low, high in ((0.7, 0.9), (0.9, 0.97), (0.97, 1.0)):
        some = [
            (top, max(all_, key=lambda label: all_[label]) == truth)
            for top, all_, truth in beliefs_and_truths
            if low < top <= high
        ]
        assert sum(is_right for _, is_right in some) / len(some) == pytest.approx(
            sum(top for top, _ in some) / len(some), abs=0.12
        )


def test_a_language_in_which_an_annotator_is_bad_shows_it_and_others_do_not() -> None:
    good, bad = drawn(THREE, "eng", 4_000, 4), drawn({**THREE, "a": (0.3, 0.3)}, "amh", 4_000, 5)
    accuracies = {
        (row.language, row.annotator, row.coarse): row.accuracy for row in estimate(counted(good + bad), list(THREE))
    }
    assert accuracies["eng", "a", "person"] > 0.8
    assert accuracies["amh", "a", "person"] < 0.5
    assert accuracies["amh", "c", "person"] == pytest.approx(0.8, abs=0.15)


def test_of_two_annotators_both_are_taken_for_equally_good() -> None:
    """Where they differ nothing says who is right; how often they agree says how good both are together."""
    sample = drawn(TWO, "eng", 20_000, 6)
    accuracies = {(row.annotator, row.coarse): row.accuracy for row in estimate(counted(sample), list(TWO))}
    assert accuracies["a", "person"] == accuracies["b", "person"] == pytest.approx(0.8, abs=0.06)
    beliefs = Beliefs(estimate(counted(sample), list(TWO)))
    assert (
        beliefs.probabilities(("person", "person"))["person"]
        > 0.95
        > beliefs.probabilities(("person", NOTHING))["person"]
    )


def test_a_language_with_little_data_is_taken_for_like_the_others() -> None:
    estimates = estimate(
        [*counted(drawn(THREE, "eng", 8_000, 7)), Pattern("khm", ("person", NOTHING, NOTHING), 1)], list(THREE)
    )
    accuracies = {(row.language, row.annotator, row.coarse): row.accuracy for row in estimates}
    assert accuracies["khm", "b", "person"] == pytest.approx(accuracies["eng", "b", "person"], abs=0.05)


def test_the_order_of_patterns_does_not_matter_and_nothing_comes_of_nothing() -> None:
    patterns = counted(drawn(THREE, "eng", 500, 8))
    assert estimate(patterns, list(THREE)) == estimate(patterns[::-1], list(THREE))
    assert estimate([], list(THREE)) == []


def test_what_is_believed_sums_to_one_over_all_classes() -> None:
    beliefs = Beliefs(estimate(counted(drawn(THREE, "eng", 500, 9)), list(THREE)))
    assert sum(beliefs.probabilities(CLASSES).values()) == pytest.approx(1.0)
