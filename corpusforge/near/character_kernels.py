"""The kernel that hashes characters, for shingles of characters instead of words."""

import numba
import numpy as np

from corpusforge.jit import BYTES, HASHES, NUMBERS, OFFSETS, compiled, mixed
from corpusforge.near.characters import SINGLE
from corpusforge.near.word_kernels import CHARACTERS, code_point

_CODE_POINT = np.uint32(SINGLE - 1)
_SPACE = np.uint64(32)


@compiled(numba.void, BYTES, OFFSETS, CHARACTERS, HASHES, NUMBERS)
def hash_characters(data, offsets, characters, out, counts):
    """Hash the lower-case letters, digits and underscores of each text; count them per text.

    Anything between two of them counts as one space.
    """
    filled = 0
    for row in range(len(counts)):
        first = filled
        at, end = numba.int64(offsets[row]), numba.int64(offsets[row + 1])
        gap = False
        while at < end:
            code, at = code_point(data, at)
            lower = characters[code] & _CODE_POINT
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
