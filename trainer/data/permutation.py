"""Keyed permutations of any size without a table: memory and start-up are O(1)."""

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers

Bits = npt.NDArray[np.uint64]

_FEISTEL_ROUNDS = 6


def permute(index: Integers, size: Integers, key: Bits) -> Integers:
    """Map each index by a keyed permutation of [0, size); each index has its own size and key.

    A balanced Feistel network over the next power of four is applied until the result is inside
    (cycle walking). A walk follows a cycle of a bijection and so returns to the inside, which makes
    the result a bijection too.
    """
    return _walk(index, size, key, backwards=False)


def unpermute(index: Integers, size: Integers, key: Bits) -> Integers:
    """The inverse of `permute`: the same cycle, walked in the other direction."""
    return _walk(index, size, key, backwards=True)


def mix64(value: Bits) -> Bits:
    """The finalizer of SplitMix64, after its increment: every input bit flips half of the output
    bits on average (doi.org/10.1145/2714064.2660195)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _walk(index: Integers, size: Integers, key: Bits, *, backwards: bool) -> Integers:
    bits = np.frexp(size - 1)[1]  # bit length, exact below 2^53
    half_bits = np.maximum(1, (bits + 1) // 2).astype(np.uint64)
    rounds: Bits = np.arange(_FEISTEL_ROUNDS, dtype=np.uint64)
    keys = mix64(np.add.outer(key, rounds))
    value = index.astype(np.uint64)
    outside = np.arange(len(index))
    while len(outside):
        step = _feistel(value[outside], half_bits[outside], keys[outside], backwards)
        value[outside] = step
        outside = outside[step >= size[outside].astype(np.uint64)]
    return value.astype(np.int64)


def _feistel(value: Bits, half_bits: Bits, keys: Bits, backwards: bool) -> Bits:
    """One pass of the network; `keys` has a key per round: uint64[values, rounds]."""
    mask = (np.uint64(1) << half_bits) - np.uint64(1)
    left, right = value >> half_bits, value & mask
    rounds = range(_FEISTEL_ROUNDS)
    # With the halves swapped and the rounds reversed, the network is its own inverse.
    if backwards:
        left, right, rounds = right, left, rounds[::-1]
    for number in rounds:
        left, right = right, left ^ (mix64(right + keys[:, number]) & mask)
    if backwards:
        left, right = right, left
    return left << half_bits | right
