"""Bands of signatures propose similar documents; short signatures rule pairs out."""

import math

import numpy as np
import numpy.typing as npt

from corpusforge.config import SIGNATURE_SLOTS as SLOTS

SIGNATURE_VERSION = 2  # raise it when the same text gets another signature
MAX_MISS_PROBABILITY = 0.01  # that a pair at the threshold meets in no band
MAX_RULED_OUT_PROBABILITY = 1e-6  # that short signatures rule out a pair at the threshold
SHORT_SIGNATURE_WORDS = SLOTS // 16  # of 64 bits: four bits of each of the first slots
GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)  # of 2^64; multiplying by it scatters numbers


def choose_bands(threshold: float, slots: int = SLOTS) -> tuple[int, int]:
    """Choose the number of bands and the rows per band.

    More rows spare comparisons, more bands miss fewer pairs: take as many rows as
    `MAX_MISS_PROBABILITY` allows, and all bands that fit. If no number of rows is low enough for
    the threshold, a band is a single row.
    """
    for rows_per_band in range(slots, 0, -1):
        bands = slots // rows_per_band
        if miss_probability(threshold, bands, rows_per_band) < MAX_MISS_PROBABILITY:
            return bands, rows_per_band
    return slots, 1


def miss_probability(similarity: float, bands: int, rows_per_band: int) -> float:
    """Probability that a pair of this Jaccard similarity meets in no band."""
    return math.pow(1 - math.pow(similarity, rows_per_band), bands)


def band_keys(
    signatures: npt.NDArray[np.uint16], bands: int, rows_per_band: int
) -> npt.NDArray[np.uint64]:
    """Hash each band of signatures: uint16[documents, slots] → uint64[bands, documents]."""
    keys = np.zeros((bands, len(signatures)), np.uint64)
    for band in range(bands):
        key = keys[band]
        for slot in range(band * rows_per_band, (band + 1) * rows_per_band):
            key ^= signatures[:, slot]
            key *= GOLDEN_RATIO
            key ^= key >> np.uint64(29)
    return keys


def min_equal_slots(threshold: float, slots: int = SLOTS) -> int:
    """Return in how many slots short signatures of a pair at the threshold must agree.

    Fewer agree with a probability of `MAX_RULED_OUT_PROBABILITY` at most. Four bits agree by chance
    in one slot of sixteen.
    """
    agree = threshold + (1 - threshold) / 16
    tail = 0.0
    for equal in range(slots):
        tail += math.comb(slots, equal) * agree**equal * (1 - agree) ** (slots - equal)
        if tail > MAX_RULED_OUT_PROBABILITY:
            return equal
    return slots


def shorten(signatures: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint64]:
    """Pack four bits of each of the first SLOTS slots.

    uint16[documents, slots] → uint64[documents, SHORT_SIGNATURE_WORDS].
    """
    low = (signatures[:, :SLOTS] & 15).astype(np.uint8)
    return (low[:, ::2] | low[:, 1::2] << 4).view(np.uint64)


def may_be_similar(
    left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64], equal_slots: int
) -> npt.NDArray[np.bool_]:
    """Whether pairs of short signatures agree in at least so many slots: bool[pairs]."""
    differ = left ^ right
    differ |= differ >> np.uint64(2)
    differ |= differ >> np.uint64(1)
    differ &= np.uint64(0x1111111111111111)
    different_slots = np.bitwise_count(differ).sum(axis=1, dtype=np.uint8)
    similar: npt.NDArray[np.bool_] = different_slots <= SLOTS - equal_slots
    return similar
