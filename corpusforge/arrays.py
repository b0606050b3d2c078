"""Functions on NumPy arrays: runs of different lengths in one array, and sorted sets."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


def run_places(
    begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """The places `begins[i]` to `begins[i] + lengths[i]`, run after run: int64[sum of lengths]."""
    shifts = begins - (np.cumsum(lengths) - lengths)
    places: npt.NDArray[np.int64] = np.repeat(shifts, lengths) + np.arange(lengths.sum())
    return places


def distinct(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """The values, each once, in order.

    `np.unique` hashes integers first (since NumPy 2.3), which takes twenty times as long as sorting
    them by vector instructions.
    """
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    once: npt.NDArray[Scalar] = ordered[first]
    return once
