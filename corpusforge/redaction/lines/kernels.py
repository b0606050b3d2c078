"""The kernel that finds long lines."""

import numba
import numpy as np

from corpusforge.jit import BYTES, HASHES, NUMBERS, OFFSETS, U64, compiled, mixed
from corpusforge.near.word_kernels import eight_bytes

_LINE_FEED, _SPACE = np.uint8(10), np.uint8(32)


@compiled(numba.void, BYTES, OFFSETS, numba.int64, HASHES, NUMBERS, NUMBERS, NUMBERS)
def find_long_lines(data, offsets, least, hashes, begins, ends, counts):
    """Find the lines of each text of a column that have at least `least` characters.

    ASCII white space around a line does not count. Write a hash of each line, its first byte and
    its end in the text (with white space and line break), and the number of lines per text. The
    arrays have room for a line in every `least` bytes, and one more per text.
    """
    found = 0
    for row in range(len(counts)):
        first = found
        begin, end = numba.int64(offsets[row]), numba.int64(offsets[row + 1])
        after = begin
        while after < end:
            at = after
            while after < end and data[after] != _LINE_FEED:
                after += 1
            left, right = at, after
            after += 1
            while left < right and data[left] <= _SPACE:
                left += 1
            while right > left and data[right - 1] <= _SPACE:
                right -= 1
            if right - left < least:
                continue
            characters = 0
            for place in range(left, right):
                characters += data[place] & 0xC0 != 0x80
            if characters < least:
                continue
            line = U64(right - left)
            while right - left >= 8:
                line = mixed(line ^ eight_bytes(data, U64(left)))
                left += 8
            rest = U64(0)
            while left < right:
                rest = rest << U64(8) | U64(data[left])
                left += 1
            hashes[found] = mixed(line ^ rest)
            begins[found] = at - begin
            ends[found] = min(after, end) - begin
            found += 1
        counts[row] = found - first
