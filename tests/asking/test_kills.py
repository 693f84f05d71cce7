"""Whatever dies half-way (the driver, Python workers, the endpoint), no answer is paid for twice and none is missing."""

from pathlib import Path

from kills import kill_driver, kill_endpoint, kill_worker, run_killed

PASSAGES = 1200


def test_what_dies_one_after_another_costs_at_most_two_in_a_hundred(tmp_path: Path) -> None:
    kills = [(kill_driver, 0.25), (kill_worker, 0.5), (kill_endpoint, 0.75)]
    counted = run_killed(kills, tmp_path, passages=PASSAGES)
    assert len(counted) == PASSAGES, "every passage was asked about"
    assert counted.total() <= 1.02 * PASSAGES
