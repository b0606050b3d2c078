"""The kernel that searches for the anchors of secrets."""

import numba
import numpy as np

from corpusforge.jit import BYTES, NUMBERS, U64, compiled

_BYTES = numba.uint8[::1]


@compiled(
    numba.int64,
    BYTES,
    *(_BYTES, NUMBERS, NUMBERS, _BYTES, NUMBERS, _BYTES),  # anchors, see `find.Anchors`
    *(NUMBERS, NUMBERS, NUMBERS),
)
def find_anchors(data, pairs, firsts, offsets, letters, pair_at, fold, places, anchors, state):
    """Write the places and numbers of anchors in `data[state[0] - 1:]`; return how many.

    An anchor is compared only where the group of two neighbouring bytes (`pairs`) has it. The
    search stops when `places` is full: `state` is then where to go on, and places may repeat.
    """
    found = 0
    end = U64(len(data))
    at = U64(state[0])
    while at < end:
        group = pairs[U64(data[at - U64(1)]) << U64(8) | U64(data[at])]
        if group:
            for anchor in range(firsts[group - 1], firsts[group]):
                place = np.int64(at) - 1 - pair_at[anchor]
                length = offsets[anchor + 1] - offsets[anchor]
                if place < 0 or place + length > len(data):
                    continue
                mask = np.uint8(0x20) if fold[anchor] else np.uint8(0)
                i = 0
                while (
                    i < length
                    and data[U64(place + i)] | mask == letters[U64(offsets[anchor] + i)] | mask
                ):
                    i += 1
                if i == length:
                    if found == len(places):
                        state[0] = at
                        return found
                    places[found] = place
                    anchors[found] = anchor
                    found += 1
        at += U64(1)
    return found
