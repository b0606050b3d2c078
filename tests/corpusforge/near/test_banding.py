"""Bands are chosen so that few pairs are missed."""

import numpy as np
import pytest

from corpusforge.near.banding import band_keys, choose_bands, miss_probability


@pytest.mark.parametrize(
    ("threshold", "chosen"),
    [(0.5, (42, 3)), (0.7, (32, 4)), (0.8, (21, 6)), (0.9, (12, 10)), (1.0, (1, 128))],
)
def test_a_pair_at_the_threshold_is_missed_with_less_than_one_percent(
    threshold: float, chosen: tuple[int, int]
) -> None:
    """As many rows per band as possible, and as many bands as fit."""
    assert choose_bands(threshold) == chosen
    bands, rows = chosen
    assert miss_probability(threshold, bands, rows) < 0.01
    assert miss_probability(threshold, 128 // (rows + 1), rows + 1) >= 0.01 or rows == 128


def test_published_chances_are_met() -> None:
    """Those of FineWeb's 14 × 8 and The Stack's 25 × 10."""
    assert 1 - miss_probability(0.8, 14, 8) == pytest.approx(0.924, abs=0.001)
    assert 1 - miss_probability(0.7, 25, 10) == pytest.approx(0.511, abs=0.001)


def test_a_key_is_of_its_own_slots_alone() -> None:
    """A changed slot changes only the key of its band."""
    signatures = np.arange(256, dtype=np.uint16).reshape(2, 128)
    before = band_keys(signatures, 21, 6)
    signatures[0, 7] += 1
    changed = np.argwhere(before != band_keys(signatures, 21, 6)).tolist()
    assert changed == [[1, 0]]
