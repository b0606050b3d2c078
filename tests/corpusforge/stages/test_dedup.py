"""Of equal texts the first stays."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.stages.dedup import _HASH, first_of_equal


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60))
@settings(deadline=None)
def test_the_first_of_equal_hashes_is_the_survivor(hashes: list[tuple[int, int]]) -> None:
    """The same answer as a dictionary gives, one row at a time."""
    seen: dict[tuple[int, int], int] = {}
    expected = [seen.setdefault(value, row) for row, value in enumerate(hashes)]
    assert first_of_equal(np.array(hashes, _HASH)).tolist() == expected
