"""What signatures say: bands in which similar documents meet, and who cannot be similar."""

import math

import numpy as np
import numpy.typing as npt

from corpusforge.config import SIGNATURE_SLOTS as SLOTS

SIGNATURE_VERSION = 2  # raise it when the same text gets another signature
MISSED = 0.01  # chance, at most, that a pair right at the threshold meets in no band
OVERLOOKED = 1e-6  # chance, at most, that `likely` is wrong about a pair at the threshold
SKETCH_WORDS = SLOTS // 16  # of 64 bits: four bits of each of the first slots
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


def least_matches(threshold: float, slots: int = SLOTS) -> int:
    """In how many slots of their sketches a pair at the threshold agrees, all but `OVERLOOKED` of
    the time; four bits agree by chance in one slot of sixteen."""
    agree = threshold + (1 - threshold) / 16
    tail = 0.0
    for matches in range(slots):
        tail += math.comb(slots, matches) * agree**matches * (1 - agree) ** (slots - matches)
        if tail > OVERLOOKED:
            return matches
    return slots


def sketches(signatures: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint64]:
    """Four bits of each of the first SLOTS slots: uint16[documents, slots] → uint64[documents,
    SKETCH_WORDS]."""
    low = (signatures[:, :SLOTS] & 15).astype(np.uint8)
    return (low[:, ::2] | low[:, 1::2] << 4).view(np.uint64)


def likely(
    left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64], matches: int
) -> npt.NDArray[np.bool_]:
    """Whether pairs of sketches agree in so many slots: uint64[pairs, SKETCH_WORDS] → [pairs]."""
    differ = left ^ right
    differ |= differ >> np.uint64(2)
    differ |= differ >> np.uint64(1)
    differ &= np.uint64(0x1111111111111111)
    alike: npt.NDArray[np.bool_] = np.bitwise_count(differ).sum(axis=1, dtype=np.uint8) <= (
        SLOTS - matches
    )
    return alike
