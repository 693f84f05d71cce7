"""Strict counts beside two others' counts, the curve beside scikit-learn's, intervals beside what is known of them."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from nervaluate import Evaluator
from sklearn.metrics import average_precision_score

from finerweb.evaluation import counting, oracle, resampling
from finerweb.evaluation.counting import Outcome
from finerweb.evaluation.texts import Text
from finerweb.taggers import Tag, flat
from finerweb.text.spans import Entity

LABELS = ("city", "person", "event")
SIZE = 40  # characters of a text

Draw = Callable[[random.Random], list[Entity]]


def any_spans(chance: random.Random) -> list[Entity]:
    """Spans that overlap, nest and repeat."""
    starts = [chance.randrange(SIZE - 6) for _ in range(chance.randrange(7))]
    return [Entity(start, start + chance.randint(1, 6), chance.choice(LABELS)) for start in starts]


def apart(chance: random.Random) -> list[Entity]:
    """Spans of which no two touch, as BIO can hold them."""
    spans, start = [], 0
    while (start := start + chance.randint(1, 8)) < SIZE - 6:
        spans.append(Entity(start, start := start + chance.randint(1, 5), chance.choice(LABELS)))
    return spans


def text(entities: list[Entity], number: int = 0, document: str = "") -> Text:
    return Text(number + 1, str(number), document or str(number), "eng", "x" * SIZE, tuple(entities))


def tagged(chance: random.Random, gold: list[Entity], draw: Draw) -> list[Tag]:
    """Some of the gold, and what is wrong."""
    mine = [entity for entity in gold if chance.random() < 0.6] + draw(chance)
    return [Tag(*entity, round(chance.random(), 2)) for entity in mine]


def compared(seed: int, draw: Draw, threshold: float = 0.5) -> tuple[list[list[Entity]], list[list[Tag]], Outcome]:
    chance = random.Random(seed)
    gold = [draw(chance) for _ in range(12)]
    tags = [tagged(chance, entities, draw) for entities in gold]
    texts = [text(entities, number) for number, entities in enumerate(gold)]
    return gold, tags, counting.compare(texts, tags, LABELS, threshold)


def strict(outcome: Outcome) -> counting.Figures:
    return counting.figures(counting.per_text(outcome, *outcome.everything))


@pytest.mark.parametrize("draw", [any_spans, apart])
@pytest.mark.parametrize("seed", range(25))
def test_strict_counts_are_those_of_nervaluate(seed: int, draw: Draw) -> None:
    gold, tags, outcome = compared(seed, draw)

    def inclusive(entities: list[Entity]) -> list[dict[str, object]]:
        return [
            {"label": label, "start": start, "end": end - 1} for start, end, label in sorted(dict.fromkeys(entities))
        ]

    kept = [[Entity(*tag[:3]) for tag in flat(own, 0.5)] for own in tags]
    evaluator = Evaluator(
        [inclusive(own) for own in gold], [inclusive(own) for own in kept], tags=list(LABELS), loader="dict"
    )
    other = evaluator.evaluate()["overall"]["strict"]
    mine = strict(outcome)
    assert (mine.correct, mine.predicted, mine.gold) == (other.correct, other.actual, other.possible)
    assert mine.f1 == pytest.approx(other.f1)


@pytest.mark.parametrize("seed", range(25))
def test_strict_counts_are_those_of_tags_of_characters(seed: int) -> None:
    """As seqeval counts: both sides written as B-, I- and O, and read again."""

    def read(entities: list[Entity]) -> set[Entity]:
        tags = ["O"] * SIZE
        for start, end, label in entities:
            tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        chunks: set[Entity] = set()
        begin = 0
        for place, tag in enumerate([*tags, "O"]):
            before = tags[place - 1] if place else "O"
            if before != "O" and not tag.startswith("I-"):
                chunks.add(Entity(begin, place, before[2:]))
            if tag.startswith("B-"):
                begin = place
        return chunks

    gold, tags, outcome = compared(seed, apart)
    marked = [read(own) for own in gold]
    predicted = [read([Entity(*tag[:3]) for tag in flat(own, 0.5)]) for own in tags]
    both = sum(len(left & right) for left, right in zip(marked, predicted, strict=True))
    assert strict(outcome)[:3] == (sum(map(len, marked)), sum(map(len, predicted)), both)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.77, 1.0])
def test_a_threshold_keeps_of_the_flat_tags_what_it_would_keep_if_it_came_first(threshold: float) -> None:
    _, tags, outcome = compared(3, any_spans, threshold)
    assert strict(outcome).predicted == sum(len(flat(own, threshold)) for own in tags)


@pytest.mark.parametrize("seed", range(10))
def test_the_area_is_average_precision_up_to_what_no_tag_reaches(seed: int) -> None:
    _, _, outcome = compared(seed, any_spans)
    tags, gold = outcome.tags, len(outcome.gold)
    reached = tags["is_correct"].sum() / gold
    expected = average_precision_score(tags["is_correct"], tags["score"]) * reached
    assert counting.auprc(outcome, *outcome.everything) == pytest.approx(expected)


def test_the_area_by_hand() -> None:
    """Right at 0.9; wrong and right at 0.5; one of three is never found: 1/3 x 1 + 1/3 x 2/3."""
    gold = [Entity(0, 2, "city"), Entity(4, 6, "city"), Entity(8, 9, "city")]
    tags = [Tag(0, 2, "city", 0.9), Tag(4, 6, "city", 0.5), Tag(10, 12, "city", 0.5)]
    outcome = counting.compare([text(gold)], [tags], LABELS, 0.6)
    assert counting.auprc(outcome, *outcome.everything) == pytest.approx(1 / 3 + 2 / 9)
    assert strict(outcome) == (3, 1, 1, 1.0, 1 / 3, 0.5)


def test_nothing_marked_and_nothing_found_is_no_figure() -> None:
    outcome = counting.compare([text([])], [[]], LABELS, 0.5)
    assert strict(outcome) == (0, 0, 0, None, None, None)
    assert counting.auprc(outcome, *outcome.everything) is None
    spurious = counting.compare([text([])], [[Tag(0, 1, "city", 0.9)]], LABELS, 0.5)
    assert strict(spurious) == (0, 1, 0, 0.0, None, 0.0)
    missed = counting.compare([text([Entity(0, 1, "city")])], [[]], LABELS, 0.5)
    assert strict(missed) == (1, 0, 0, None, 0.0, 0.0)
    assert counting.auprc(missed, *missed.everything) == 0.0


def test_a_label_that_nobody_asks_for_does_not_count() -> None:
    gold = [Entity(0, 1, "city"), Entity(2, 3, "river")]
    outcome = counting.compare([text(gold)], [[Tag(0, 1, "city", 0.9), Tag(2, 3, "river", 0.9)]], ("city",), 0.5)
    assert strict(outcome)[:3] == (1, 1, 1)


def test_the_oracle_takes_as_many_as_fit_and_only_what_can_be_reached() -> None:
    nested = [Entity(0, 10, "event"), Entity(0, 4, "city"), Entity(4, 10, "person"), Entity(4, 10, "city")]
    assert oracle.best(nested) == [Entity(0, 4, "city"), Entity(4, 10, "city")]
    assert oracle.best(nested, {0, 10}) == [Entity(0, 10, "event")]
    assert oracle.best(nested, {1, 2}) == []
    own = oracle.tags([text(nested)], ["city"], lambda _: {0, 4})
    assert own == [[Tag(0, 4, "city", 1.0)]]


@pytest.mark.parametrize("seed", range(20))
def test_no_choice_is_larger_than_the_oracles(seed: int) -> None:
    entities = any_spans(random.Random(seed))
    subsets = [
        [entity for place, entity in enumerate(entities) if number >> place & 1] for number in range(2 ** len(entities))
    ]
    fitting = [
        own
        for own in subsets
        if all(a.end <= b.start or b.end <= a.start for i, a in enumerate(own) for b in own[i + 1 :])
    ]
    assert len(oracle.best(entities)) == max(map(len, fitting))


def counts(*rows: tuple[int, int, int]) -> counting.Counts:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def test_an_interval_is_as_wide_as_the_texts_differ() -> None:
    same = resampling.interval(counts(*[(3, 4, 4)] * 50))
    assert same == pytest.approx((0.75, 0.75, 0.75))
    mixed = counts(*[(0, 2, 2), (2, 2, 2)] * 100)
    narrow, wide = resampling.interval(mixed), resampling.interval(mixed[:20])
    assert narrow is not None
    assert wide is not None
    assert narrow.low < 0.5 < narrow.high
    # Of a mean of 200 fair coins the standard deviation is 0.035.
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 * 0.5 / 200**0.5, rel=0.15)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert resampling.interval(mixed) == narrow


def test_a_pair_is_drawn_together() -> None:
    """Texts differ much, taggers always by as much: the difference is sure, each alone is not."""
    chance = np.random.default_rng(1)
    right = chance.integers(0, 10, size=200)
    better = np.stack([right + 1, np.full(200, 12), np.full(200, 12)], axis=1)
    other = np.stack([right, np.full(200, 12), np.full(200, 12)], axis=1)
    mean, low, high = resampling.difference(better, other) or (0, 0, 0)
    assert (mean, low, high) == pytest.approx((1 / 12,) * 3)
    alone = resampling.interval(better)
    assert alone is not None
    assert alone.high - alone.low > 0.05


def test_no_documents_and_no_entities_have_no_interval() -> None:
    assert resampling.interval(counts()) is None
    assert resampling.interval(counts((0, 0, 0), (0, 0, 0))) is None
    assert resampling.difference(counts((0, 0, 0)), counts((0, 0, 0))) is None


def test_texts_of_a_document_are_one_row() -> None:
    summed = resampling.by_document(counts((1, 1, 1), (0, 2, 1), (4, 4, 4)), ["b", "a", "b"])
    assert summed.tolist() == [[0, 2, 1], [5, 5, 5]]
