"""Functions on NumPy arrays: runs of consecutive places, and groups of equal values."""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


def run_places(begins: Integers, lengths: npt.NDArray[np.integer]) -> Integers:
    """The places `begins[i]` to `begins[i] + lengths[i]`, run after run: int64[sum of lengths]."""
    shifts = begins - (np.cumsum(lengths) - lengths)
    places: Integers = np.repeat(shifts, lengths) + np.arange(lengths.sum())
    return places


def group_starts(column: npt.NDArray[Any], *others: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Mark the first row of each group of equal rows in sorted columns: bool[rows]."""
    starts = np.ones(len(column), bool)
    np.not_equal(column[1:], column[:-1], out=starts[1:])
    for other in others:
        starts[1:] |= other[1:] != other[:-1]
    return starts


def sorted_unique(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Sort values and drop repeated ones.

    `np.unique` hashes integers first (since NumPy 2.3), which takes twenty times as long as sorting
    them with vector instructions.
    """
    ordered = np.sort(values)
    unique: npt.NDArray[Scalar] = ordered[group_starts(ordered)]
    return unique
