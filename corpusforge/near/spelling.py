"""Characters instead of words, for shingles of characters; compiled when somebody asks for them."""

import numba
import numpy as np

from corpusforge.jit import BYTES, HASHES, NUMBERS, OFFSETS, compiled, mixed
from corpusforge.near.characters import ALONE
from corpusforge.near.words import CHARACTERS, code_point

_CASE = np.uint32(ALONE - 1)
_SPACE = np.uint64(32)


@compiled(numba.void, BYTES, OFFSETS, CHARACTERS, HASHES, NUMBERS)
def character_hashes(data, offsets, characters, out, counts):
    """Hashes of the lower-case letters, digits and underscores of each text, and their numbers;
    whatever stands between two of them is one space."""
    filled = 0
    for row in range(len(counts)):
        first = filled
        at, end = numba.int64(offsets[row]), numba.int64(offsets[row + 1])
        gap = False
        while at < end:
            code, at = code_point(data, at)
            lower = characters[code] & _CASE
            if lower == 0:
                gap = filled > first
                continue
            if gap:
                out[filled] = mixed(_SPACE)
                filled += 1
                gap = False
            out[filled] = mixed(np.uint64(lower))
            filled += 1
        counts[row] = filled - first
