"""How a signature is cut into bands, so that similar documents meet in one of them."""

import math

import numpy as np
import numpy.typing as npt

SLOTS = 128  # of a signature
SIGNATURE_VERSION = 1  # raise it when the same text gets another signature
MISSED = 0.01  # chance, at most, that a pair right at the threshold meets in no band
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def choose_bands(threshold: float, slots: int = SLOTS) -> tuple[int, int]:
    """Bands and rows a band: as many rows as may be, and all the bands that fit.

    More rows spare comparisons, more bands miss fewer pairs; `MISSED` is the limit. A threshold
    too low for any number of rows gets single rows.
    """
    for rows in range(slots, 0, -1):
        bands = slots // rows
        if missed(threshold, bands, rows) < MISSED:
            return bands, rows
    return slots, 1


def missed(similarity: float, bands: int, rows: int) -> float:
    """Chance that a pair of this Jaccard similarity meets in no band."""
    return math.pow(1 - math.pow(similarity, rows), bands)


def band_keys(signatures: npt.NDArray[np.uint16], bands: int, rows: int) -> npt.NDArray[np.uint64]:
    """A hash of each band of signatures: uint16[documents, slots] → uint64[bands, documents]."""
    keys = np.zeros((bands, len(signatures)), np.uint64)
    for band in range(bands):
        key = keys[band]
        for slot in range(band * rows, (band + 1) * rows):
            key ^= signatures[:, slot]
            key *= _FACTOR
            key ^= key >> np.uint64(29)
    return keys
