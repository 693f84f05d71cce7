"""What answers cost, and when to stop asking."""

import pytest

from finerweb.cost import Allowance, Budget, Price, Tally


@pytest.mark.parametrize(
    ("budget", "permitted"),
    [
        (Budget(), 100),
        (Budget(tokens=0), 0),
        # 100 tokens read and 50 written are expected of each.
        (Budget(tokens=450), 3),
        (Budget(usd=0.0004), 2),  # 0.0002 each
        (Budget(usd=1.0, tokens=299), 1),
    ],
)
def test_no_more_is_in_flight_than_the_budget_bears(budget: Budget, permitted: int) -> None:
    allowance = Allowance(budget, Price(input=1, output=2), 50)
    assert sum(allowance.permits(f"r{number}", 300) for number in range(100)) == permitted


def test_what_answers_really_cost_counts_from_then_on() -> None:
    allowance = Allowance(Budget(tokens=1000), None, 400)
    assert allowance.permits("r0", 300)
    allowance.spend("r0", Tally(1, 0, 0, 60, 40, 0))  # not 500, as was guessed
    assert sum(allowance.permits(f"r{number}", 300) for number in range(1, 100)) == 9


def test_a_budget_is_shared_and_gets_less() -> None:
    assert Budget(usd=1.0, tokens=100).less(Tally(1, 0, 0, 30, 10, 250_000)) == Budget(usd=0.75, tokens=60)
    assert Budget(usd=0.1).less(Tally(micro_usd=500_000)) == Budget(usd=0.0)
    assert Budget(usd=1.0, tokens=100).share(4) == Budget(usd=0.25, tokens=25)
    assert Budget().share(4) == Budget()
