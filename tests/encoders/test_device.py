"""Batches by padded size."""

import numpy as np
import pytest

from finerweb.encoders import device

LENGTHS = [[], [5], [5, 5, 5], [9, 1, 3, 3, 7, 512, 2], list(range(1, 200)), [0, 0, 4], [600, 600, 1]]


@pytest.mark.parametrize("tokens", [1, 16, 512, 4096])
@pytest.mark.parametrize("lengths", LENGTHS, ids=len)
def test_every_row_is_in_one_batch_of_at_most_so_many_padded_tokens(lengths: list[int], tokens: int) -> None:
    batches = [batch.tolist() for batch in device.batches(np.array(lengths, dtype=np.int64), tokens)]
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[row] for row in batch)
        assert len(batch) == 1 or len(batch) * longest <= tokens


def test_rows_of_like_length_are_together_the_longest_first() -> None:
    batches = [batch.tolist() for batch in device.batches(np.array([2, 9, 3, 9, 2]), 18)]
    assert batches == [[1, 3], [2, 0, 4]]
