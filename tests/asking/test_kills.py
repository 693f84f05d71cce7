"""Whatever dies half-way (the driver, a Python worker, the endpoint), no answer is paid for twice and none is missing."""

from pathlib import Path

import pytest
from kills import PASSAGES, Kill, kill_driver, kill_endpoint, kill_worker, run_killed


@pytest.mark.parametrize("kill", [kill_driver, kill_worker, kill_endpoint])
def test_what_dies_half_way_costs_at_most_two_in_a_hundred(kill: Kill, tmp_path: Path) -> None:
    counted = run_killed(kill, tmp_path)
    assert len(counted) == PASSAGES, "every passage was asked about"
    assert counted.total() <= 1.02 * PASSAGES
