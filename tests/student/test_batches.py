"""What a batch shows: which texts, which labels, which pieces count."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from student_recipe import RECIPE

from finerweb.student import batches, likeness, sampling
from finerweb.student.examples import Example, Inventories, Names
from finerweb.student.finding import spans
from finerweb.student.pieces import Cutter
from finerweb.student.recipe import StudentRecipe
from finerweb.text.spans import Entity, Span


@pytest.fixture(scope="module")
def cutter(signed_encoder: Path) -> Cutter:
    return Cutter(signed_encoder / "tokenizer.json")


def recipe(**others: Any) -> StudentRecipe:
    return RECIPE.model_copy(update=others)


def of_language(language: str, number: int, entities: tuple[Entity, ...] = ()) -> list[Example]:
    return [Example(f"x {row}", language, entities) for row in range(number)]


def test_a_schedule_weighs_languages_by_a_power_of_their_size() -> None:
    examples = of_language("eng", 900, (Entity(0, 1, "x"),)) + of_language("tha", 100, (Entity(0, 1, "x"),))
    for exponent, share in ((1.0, 0.1), (0.5, 0.25), (0.0, 0.5)):
        plan = sampling.schedule(examples, recipe(steps=1000, batch_size=4, language_exponent=exponent))
        assert plan.shape == (1000, 4)
        assert np.mean(plan >= 900) == pytest.approx(share, abs=0.03)


def test_no_text_comes_again_before_all_have_come() -> None:
    examples = of_language("eng", 10, (Entity(0, 1, "x"),))
    plan = sampling.schedule(examples, recipe(steps=5, batch_size=4)).ravel().tolist()
    assert sorted(plan[:10]) == sorted(plan[10:]) == list(range(10))


def test_texts_without_entities_can_be_left_out() -> None:
    examples = of_language("eng", 5, (Entity(0, 1, "x"),)) + of_language("eng", 95)
    assert set(sampling.schedule(examples, recipe(empty=0.0)).ravel()) <= set(range(5))
    with_all = sampling.schedule(examples, recipe(empty=1.0, steps=50)).ravel()
    assert len(set(with_all.tolist())) == 100


def test_other_labels_are_drawn_by_the_root_of_their_frequency() -> None:
    counts = Counter({"often": 10_000, "seldom": 100, "own": 7})
    drawn = Counter(
        label
        for step in range(2000)
        for label in sampling.candidates(["own"], counts, room=2, draw=np.random.default_rng(step))
    )
    assert drawn["own"] == 2000
    assert drawn["often"] / drawn["seldom"] == pytest.approx(10, rel=0.25)


def test_more_labels_than_room_are_all_there() -> None:
    labels = sampling.candidates(["c", "a", "b"], Counter({"d": 9}), room=2, draw=np.random.default_rng(0))
    assert sorted(labels) == ["a", "b", "c"]


def test_names_are_drawn_by_kind() -> None:
    others = Names(target={"city": {"deu": ["Stadt"]}}, written={"city": ["City", "town"]})
    weights = recipe(names={"english": 0.5, "target": 0.25, "written": 0.25})
    drawn = Counter(
        sampling.names(["city"], ["deu"], others, weights, draw=np.random.default_rng(step))[0] for step in range(2000)
    )
    assert drawn["city"] / 2000 == pytest.approx(0.5, abs=0.04)
    assert drawn["Stadt"] / 2000 == pytest.approx(0.25, abs=0.04)
    assert drawn["town"] / 2000 == pytest.approx(0.125, abs=0.03)


def test_targets_and_what_counts(cutter: Cutter) -> None:
    example = Example("rich x poor y", "eng", (Entity(0, 6, "x"),), "s", (Span(12, 13),))
    other = Example("y", "eng", (Entity(0, 1, "y"),), "t")
    inventories = Inventories([example, other, Example("x", "eng", (Entity(0, 1, "z"),), "s")])
    batch = [window for shown in (example, other) for window in batches.of_example(shown, cutter, size=9, overlap=2)]
    labels = ["x", "y", "z"]
    targets = batches.targets(batch, labels)
    assert targets[0, :, 0].tolist() == [[1, 0, 1], [0, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert targets[0, :, 1:].sum() == 0
    counts = batches.counts(batch, labels, inventories, {})
    assert counts[0].tolist() == [
        [True, False, True],
        [True, False, True],
        [True, False, True],
        [False, False, False],
    ], "y was not looked for in this inventory; the last piece is disputed"
    assert counts[1].tolist() == [[False, True, False], *[[False] * 3] * 3], "the rest is padding"
    near = batches.counts(batch, labels, inventories, {"x": {"z"}})
    assert near[0, :, 2].tolist() == [False] * 4, "z is nearly x, which the text has"


def test_an_entity_that_a_window_cuts_is_whole_in_another(cutter: Cutter) -> None:
    example = Example("x y rich poor x y rich", "eng", (Entity(4, 13, "x"),))
    first, second = list(batches.of_example(example, cutter, size=4, overlap=2))[:2]
    assert [(entity.pieces, entity.label) for entity in first.entities] == [(Span(2, 4), "x")]
    assert [(entity.pieces, entity.label) for entity in second.entities] == [(Span(0, 2), "x")]
    cut, *_ = batches.of_example(example, cutter, size=3, overlap=1)
    assert cut.entities == []
    assert cut.unknown == [Span(2, 3)]


def test_a_batch_is_padded_behind_its_signs() -> None:
    ids, mask = batches.inputs([np.array([7, 8]), np.array([9])], batches.Signs(1, 2, 0))
    assert ids.tolist() == [[1, 7, 8, 2], [1, 9, 2, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("label", "other", "expected"),
    [
        ("football club", "club", True),
        ("club", "football club", False),
        ("person / writer", "writer", True),
        ("person / science fiction writer", "writer", True),
        ("club football", "club", False),
        ("airport", "port", False),
    ],
)
def test_kinds_by_name(label: str, other: str, expected: bool) -> None:
    assert likeness.is_kind_of(label, other) is expected


def test_labels_are_near_by_vector_or_by_name() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.436], [0.0, 1.0], [-1.0, 0.0]])
    labels = ["person", "human", "club", "football club"]
    assert likeness.near(labels, vectors, ["person", "club"], least=0.8) == {
        "person": {"human"},
        "club": {"football club"},
    }
    assert likeness.near(labels, vectors, [], least=0.8) == {}


def test_a_span_scores_the_least_of_its_three() -> None:
    scores = np.zeros((4, 2, 3), dtype=np.float32)
    scores[0, 1] = [0.9, 0.1, 0.8]
    scores[1, 1] = [0.2, 0.7, 0.6]
    scores[2, 1] = [0.0, 0.9, 0.1]
    scores[3, 0] = [1.0, 1.0, 1.0]
    is_edge = np.array([True, True, True, False])
    result = [(first, last, label, round(score, 3)) for first, last, label, score in spans(scores, is_edge, 0.15)]
    assert result == [(0, 1, 1, 0.6), (1, 1, 1, 0.2)], "nothing goes on to piece 2, where the inside ends"


def test_a_lone_space_inside_ends_nothing() -> None:
    scores = np.full((3, 1, 3), 0.9, dtype=np.float32)
    scores[1] = 0.0
    assert [span[:2] for span in spans(scores, np.array([True, False, True]), 0.5)] == [(0, 0), (0, 2), (2, 2)]
