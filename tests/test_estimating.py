"""What is still to be asked, estimated from literal answers: each figure, its interval, and what nobody can know."""

import numpy as np
import pytest

from finerweb.cost import Price
from finerweb.estimating import Answered, Estimate, Range, Waiting, estimate
from finerweb.intervals import wilson

PRICE = Price(input=1, output=2)
# Of two answers each resample is one of them, so that the ends of an interval are the answers themselves.
TWO = [Answered("eng", 100, 110, 300, 2, is_lost=False), Answered("eng", 100, 130, 500, 4, is_lost=False)]
TEN = [Waiting("eng", 10, 1000)]


def test_what_waits_is_like_what_was_answered() -> None:
    assert estimate(TEN, TWO, price=PRICE, tokens_out=400) == Estimate(
        requests=10,
        answers=2,
        tokens_in=Range(1200, 1100, 1300),  # a fifth more than was guessed
        tokens_out=Range(4000, 3000, 5000),
        seconds=Range(30, 20, 40),
        usd=Range(0.0092, 0.0071, 0.0113),
        lost=Range(0, 0, pytest.approx(10 * wilson(0, 2)[1])),
        is_measured=True,
    )


def test_without_an_answer_lengths_are_guessed_and_nothing_is_known_of_time_and_losses() -> None:
    guessed = estimate(TEN, [], price=PRICE, tokens_out=400)
    assert guessed == Estimate(10, 0, Range(1000), Range(4000), None, Range(0.009), None)
    assert guessed.basis == "no answer yet: lengths are guessed"


def test_one_answer_has_no_interval_but_of_what_is_lost() -> None:
    single = estimate(TEN, TWO[:1], price=PRICE, tokens_out=400)
    low, high = wilson(0, 1)
    assert single == Estimate(
        10,
        1,
        Range(1100),
        Range(3000),
        Range(20),
        Range(0.0071),
        Range(0, pytest.approx(10 * low), pytest.approx(10 * high)),
        ("eng",),
        is_measured=True,
    )
    assert single.basis == "as 1 answer so far; with fewer than two in its language, as all of them: eng"


def test_a_cost_that_nobody_knows_is_not_nothing() -> None:
    assert estimate(TEN, TWO, price=None, tokens_out=400).usd is None
    assert estimate(TEN, [], price=Price(hour=3600), tokens_out=400).usd is None
    assert estimate(TEN, TWO, price=Price(hour=3600), tokens_out=400).usd == Range(30, 20, 40)
    assert estimate([], [], price=Price(hour=3600), tokens_out=400).usd == Range(0)


def test_each_language_is_like_its_own_answers_and_one_without_is_like_all() -> None:
    answered = [*TWO, *(row._replace(language="tha", tokens_out=1000) for row in TWO)]
    waiting = [Waiting("tha", 10, 1000), Waiting("khm", 1, 100), Waiting("eng", 1, 100)]
    mixed = estimate(waiting, answered, price=None, tokens_out=400)
    assert mixed.tokens_out.value == 10 * 1000 + 700 + 400
    assert mixed.pooled == ("khm",)
    assert mixed.tokens_out[1:] == (10_000 + 300 + 300, 10_000 + 1000 + 500), "of Khmer any of the four may be typical"
    assert mixed.basis == "as 4 answers so far; with fewer than two in its language, as all of them: khm"


def test_a_server_that_counts_no_tokens_is_not_taken_for_free() -> None:
    silent = [row._replace(tokens_in=0, tokens_out=0) for row in TWO]
    uncounted = estimate(TEN, silent, price=PRICE, tokens_out=400)
    assert (uncounted.tokens_in, uncounted.tokens_out) == (Range(1000, 1000, 1000), Range(4000, 4000, 4000))
    assert uncounted.seconds == Range(30, 20, 40)
    assert uncounted.basis == "as 2 answers so far, whose tokens nobody counted: lengths are guessed"


def test_the_interval_is_as_wide_as_theory_says() -> None:
    lengths = [200 + (number * 37) % 101 for number in range(40)]
    answered = [Answered("eng", 100, 100, length, 1, is_lost=False) for length in lengths]
    value, low, high = estimate(TEN, answered, price=None, tokens_out=400).tokens_out
    error = 10 * np.std(lengths, ddof=1) / 40**0.5
    assert value == pytest.approx(10 * np.mean(lengths))
    assert low is not None
    assert high is not None
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.06)


def test_of_three_answers_in_each_language_the_interval_is_as_wide_as_theory_says() -> None:
    codes = [f"{number:02}" for number in range(30)]
    drawn = {code: np.array([100, 100 + (place * 37) % 101, 300]) for place, code in enumerate(codes)}
    answered = [Answered(code, 100, 100, length, 1, is_lost=False) for code in codes for length in drawn[code]]
    waiting = [Waiting(code, 10, 1000) for code in codes]
    _, low, high = estimate(waiting, answered, price=None, tokens_out=400).tokens_out
    error = 10 * sum(np.var(lengths, ddof=1) / 3 for lengths in drawn.values()) ** 0.5
    assert low is not None
    assert high is not None
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.06)


def test_losses_are_weighed_by_what_waits() -> None:
    english = [TWO[0]._replace(is_lost=number < 2) for number in range(10)]
    thai = [TWO[0]._replace(language="tha") for _ in range(10)]
    waiting = [Waiting("eng", 900, 90_000), Waiting("tha", 100, 10_000)]
    effective = 1000**2 / (900**2 / 10 + 100**2 / 10)
    low, high = wilson(0.18 * effective, effective)
    assert estimate(waiting, [*english, *thai], price=None, tokens_out=400).lost == Range(
        180, pytest.approx(1000 * low), pytest.approx(1000 * high)
    )


def test_nothing_left_to_ask_takes_nothing() -> None:
    rest = estimate([], TWO, price=PRICE, tokens_out=400)
    nothing = Range(0, 0, 0)
    assert rest == Estimate(0, 2, nothing, nothing, nothing, nothing, nothing, is_measured=True)


def test_a_share_of_a_range_has_an_interval_where_the_range_has_one() -> None:
    assert (Range(10, 4, 16).over(4), Range(10).over(4)) == (Range(2.5, 1, 4), Range(2.5))
