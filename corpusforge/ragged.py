"""Ragged arrays: runs of different lengths in one array, such as documents in a shard."""

import numpy as np
import numpy.typing as npt


def run_places(
    begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """The places `begins[i]` to `begins[i] + lengths[i]`, run after run: int64[sum of lengths]."""
    shifts = begins - (np.cumsum(lengths) - lengths)
    places: npt.NDArray[np.int64] = np.repeat(shifts, lengths) + np.arange(lengths.sum())
    return places
