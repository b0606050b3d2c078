"""Packing documents into windows, compared with the textbook's loop over single documents."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.data.packing import Packing, pack


def _windows(packing: Packing) -> list[list[tuple[int, int]]]:
    """Segments as (first token, length), by window."""
    segments = list(zip(packing.first.tolist(), packing.length.tolist(), strict=True))
    bounds = packing.begins.tolist()
    return [segments[begin:end] for begin, end in pairwise(bounds)]


def test_documents_are_packed_into_the_fullest_window_that_has_room() -> None:
    """5 + 3, 4 + 4 and 2 + 1 of 8; in each, the longest comes first."""
    packing = pack(np.array([2, 4, 1, 5, 4, 3]), 8)
    # They lie at 0, 2, 6, 7, 12 and 16.
    assert _windows(packing) == [[(7, 5), (16, 3)], [(2, 4), (12, 4)], [(0, 2), (6, 1)]]


def test_a_long_document_is_cut_where_a_window_is_full() -> None:
    """Its last piece opens a window that whole documents share."""
    packing = pack(np.array([3, 19, 5, 1]), 8)
    assert _windows(packing) == [[(3, 8)], [(11, 8)], [(19, 3), (22, 5)], [(0, 3), (27, 1)]]
    assert packing.continued == range(1, 3)


@pytest.mark.parametrize("length", [8, 16])
def test_a_document_that_fits_exactly_fills_its_windows(length: int) -> None:
    """Nothing is left over to open another."""
    windows = _windows(pack(np.array([length]), 8))
    assert windows == [[(start, 8)] for start in range(0, length, 8)]


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=60), capacity=st.integers(2, 24))
@settings(deadline=None)
def test_packing_is_best_fit_decreasing(lengths: list[int], capacity: int) -> None:
    """Windows are those of the textbook; every token appears once; only long documents are cut."""
    packing = pack(np.array(lengths), capacity)
    windows = _windows(packing)
    covered = sorted(
        token for segments in windows for first, n in segments for token in range(first, first + n)
    )
    assert covered == list(range(sum(lengths)))

    starts = np.cumsum(lengths) - lengths
    whole = {(int(start), n) for start, n in zip(starts, lengths, strict=True) if n <= capacity}
    assert whole <= {segment for segments in windows for segment in segments}
    for number, segments in enumerate(windows):
        begins_whole = segments[0][0] in starts.tolist()
        assert begins_whole != (number in packing.continued)
        assert set(segments[1:]) <= whole

    rooms = [0 for n in lengths for _ in range((n - 1) // capacity)]  # full pieces
    rooms += [capacity - ((n - 1) % capacity + 1) for n in lengths if n > capacity]
    for length in sorted((n for n in lengths if n <= capacity), reverse=True):
        fits = [number for number, room in enumerate(rooms) if room >= length]
        if fits:
            rooms[min(fits, key=lambda number: rooms[number])] -= length
        else:
            rooms.append(capacity - length)
    mine = [capacity - sum(n for _, n in segments) for segments in windows]
    assert sorted(mine) == sorted(rooms)
