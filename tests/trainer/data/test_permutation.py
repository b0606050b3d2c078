"""Keyed permutations: bijections whose every bit is mixed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.permutation import permute, unpermute


@given(size=st.integers(1, 3000), key=st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_permutation_is_a_bijection(size: int, key: int) -> None:
    """Every index appears exactly once, for any size."""
    order = permute(np.arange(size), np.full(size, size), np.full(size, key, np.uint64))
    assert np.array_equal(np.sort(order), np.arange(size))
    back = unpermute(order, np.full(size, size), np.full(size, key, np.uint64))
    assert np.array_equal(back, np.arange(size))


def test_every_bit_of_the_index_moves_every_bit_of_the_permutation() -> None:
    """Flipping one bit of the input flips each bit of the output half the time, the lowest too."""
    bits = 14
    index = np.arange(1 << bits)
    size, key = np.full(1 << bits, 1 << bits), np.full(1 << bits, 12345, np.uint64)
    order = permute(index, size, key)
    for input_bit in range(bits):
        changed = order ^ permute(index ^ (1 << input_bit), size, key)
        rates = [float(((changed >> output_bit) & 1).mean()) for output_bit in range(bits)]
        assert 0.47 < min(rates) <= max(rates) < 0.53


def test_keys_give_unrelated_permutations() -> None:
    """Neighbouring keys map as few indices to the same place as chance does."""
    size = np.full(4096, 4096)
    first = permute(np.arange(4096), size, np.full(4096, 1, np.uint64))
    second = permute(np.arange(4096), size, np.full(4096, 2, np.uint64))
    assert (first == second).sum() < 10
