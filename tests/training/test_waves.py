"""How many documents are drawn next."""

import pytest

from finerweb.training import waves
from finerweb.training.waves import FIRST, LAST, State


def turn(share: float) -> int:
    """The turn by which such a share of the documents is drawn."""
    return FIRST + round(share * (LAST - FIRST))


def share(state: State, *, per_language: int = 10, at_most: int | None = None) -> float | None:
    """The share of a language's turns that are drawn next, if its documents came as evenly as they should."""
    until = turn(state.drawn / state.documents)
    drawn = waves.draw({"tha": state}, {"tha": until}, per_language=per_language, at_most=at_most)
    return (drawn["tha"] - FIRST) / (LAST - FIRST) if drawn else None


def test_as_many_documents_are_drawn_as_are_wanted_before_anything_is_known() -> None:
    assert share(State(1000, 1000), per_language=100) == pytest.approx(0.1)


def test_then_as_many_as_the_rate_so_far_makes_likely() -> None:
    # 19 of 99 useful: one in five. 80 more documents want 400, of which 50 are open and are read on.
    half = State(10_000, 10_000, drawn=150, scored=99, useful=19, accepted=20, open=50)
    assert share(half, per_language=100) == pytest.approx((150 + 350) / 10_000)


def test_a_rate_that_is_known_from_little_is_not_trusted_far() -> None:
    barren = State(1_000_000, 1_000_000, drawn=100, scored=100)
    assert share(barren, per_language=100) == pytest.approx((100 + waves.GROWTH * 100) / 1_000_000)


def test_a_wave_has_some_documents_even_if_one_is_wanted() -> None:
    almost = State(1000, 1000, drawn=20, scored=20, useful=9, accepted=9)
    assert share(almost) == pytest.approx((20 + waves.FEWEST) / 1000)


def test_all_are_drawn_where_there_are_few() -> None:
    assert share(State(3, 3)) == pytest.approx(1.0)


def test_a_full_quota_waits_for_the_documents_before_its_last_one() -> None:
    full = State(100, 100, drawn=50, scored=60, useful=12, accepted=12, open=9, full_at=123, open_before=4)
    assert waves.draw({"tha": full}, {"tha": 500}, per_language=10, at_most=None) == {"tha": 123}
    assert share(full._replace(open_before=0)) is None


def test_the_end_of_the_corpus_is_the_end_when_every_document_is_decided() -> None:
    end = State(100, 100, drawn=100, scored=150, useful=3, accepted=3, open=2)
    assert waves.draw({"tha": end}, {"tha": 77}, per_language=10, at_most=None) == {"tha": 77}
    assert share(end._replace(open=0)) is None


def test_no_more_are_scored_than_is_allowed() -> None:
    some = State(10_000, 10_000, drawn=100, scored=100, useful=20, accepted=20)
    assert share(some, per_language=100, at_most=100) is None
    assert share(some, per_language=100, at_most=130) == pytest.approx(130 / 10_000)


def test_documents_that_came_early_or_late_do_not_stop_the_next_ones() -> None:
    # By half of the turns 70 of 100 documents came, by a hash's chance; 16 of the 30 left are wanted, wherever they are.
    state = State(100, 100, drawn=70, scored=70, useful=9, accepted=9)
    drawn = waves.draw({"tha": state}, {"tha": turn(0.5)}, per_language=10, at_most=None)
    assert (drawn["tha"] - FIRST) / (LAST - FIRST) == pytest.approx(0.5 + 0.5 * 16 / 30)


def test_the_last_ones_are_drawn_whatever_their_turn() -> None:
    state = State(4, 4, drawn=0, scored=0)
    assert waves.draw({"tha": state}, {"tha": LAST - 5}, per_language=1, at_most=None) == {"tha": LAST}


def test_each_language_goes_its_own_way() -> None:
    states = {"tha": State(100, 100, drawn=100, scored=100, accepted=10, useful=10, full_at=5), "eng": State(20, 20)}
    assert list(waves.draw(states, {}, per_language=10, at_most=None)) == ["eng"]
