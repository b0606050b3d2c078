"""Kernels over hashes: shingles of words, their sets and the signatures of sets."""

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.jit import HASHES, NUMBERS, U64, compiled, mixed
from corpusforge.near.banding import GOLDEN_RATIO

EMPTY = U64(0xFFFFFFFFFFFFFFFF)  # a slot of a hash table, or of a signature
MIN_TABLE = 1024  # slots of the smallest hash table

Hashes = npt.NDArray[np.uint64]


@compiled(numba.void, HASHES, NUMBERS, numba.int64, NUMBERS)
def hash_shingles(words, counts, size, shingles):
    """Replace the hashes of each text's words with those of its shingles of `size` words.

    `counts` has the number of words of each text, and `shingles` receives its number of shingles,
    repeated ones included; they begin where its words did. A text of fewer words is one shingle, a
    text without words has none.
    """
    first = 0
    for row in range(len(counts)):
        count = counts[row]
        width = size
        if count < size:
            width = count
        # A rolling hash: a polynomial in the hashes of the words.
        polynomial, highest = U64(0), U64(1)
        for word in range(first, first + width - 1):
            polynomial = polynomial * GOLDEN_RATIO + words[word]
            highest *= GOLDEN_RATIO
        number = 0
        if count > 0:
            number = count - width + 1
        for begin in range(first, first + number):
            polynomial = polynomial * GOLDEN_RATIO + words[begin + width - 1]
            leaving = words[begin] * highest
            words[begin] = mixed(polynomial)
            polynomial -= leaving
        shingles[row] = number
        first += count


@compiled(numba.int64, HASHES, numba.int64, HASHES)
def keep_distinct(hashes, count, table):
    """Move the distinct values of `hashes[:count]` to the front, and return their number.

    `table` is scratch memory from `hash_table`; only as much of it is touched as distinct values
    need.
    """
    size = MIN_TABLE
    table[:size] = EMPTY
    found = 0
    for i in range(count):
        value = hashes[i]
        place = np.int64(value & U64(size - 1))
        while table[place] != EMPTY and table[place] != value:
            place = (place + 1) & (size - 1)
        if table[place] == value:
            continue
        table[place] = value
        hashes[found] = value
        found += 1
        if 2 * found >= size and i + 1 < count:
            size *= 2
            table[:size] = EMPTY
            for j in range(found):
                place = np.int64(hashes[j] & U64(size - 1))
                while table[place] != EMPTY:
                    place = (place + 1) & (size - 1)
                table[place] = hashes[j]
    return found


@compiled(numba.void, HASHES, NUMBERS, NUMBERS, HASHES, HASHES, numba.uint16[::1])
def sign_sets(hashes, counts, shingles, table, slots, out):
    """Compute signatures of sets: fast similarity sketches (arXiv 1704.04370), 0 for an empty set.

    Sets are as `hash_shingles` left them: each takes `shingles[i]` of `counts[i]` places. Two sets
    agree in a slot with a probability equal to their Jaccard similarity, as with MinHash; but each
    shingle is hashed once instead of once per slot. In round r every shingle falls into a random
    slot (from round S on, into slot r - S). A slot keeps the least value of the first round that
    reaches it, and the rounds end when no slot is empty. `hashes` loses its repeated values where
    they would cost many rounds. `slots` is scratch memory for one signature; `out` receives one
    signature after the other.
    """
    size = len(slots)
    first = 0
    for row in range(len(counts)):
        of_row = hashes[first:]
        first += counts[row]
        count = shingles[row]
        for place in range(size):
            slots[place] = EMPTY
        empty = size
        turn = 0
        while empty > 0 and count > 0:
            if turn == 1 and count > 32:
                count = keep_distinct(of_row, count, table)
            salt = U64(turn) * GOLDEN_RATIO
            height = U64(turn) << U64(32)
            for i in range(count):
                value = of_row[i]
                if turn > 0:
                    value = mixed(value + salt)
                place = np.int64(((value >> U64(32)) * U64(size)) >> U64(32))
                if turn >= size:
                    place = turn - size
                key = height | (value & U64(0xFFFFFFFF))
                if key < slots[place]:
                    slots[place] = key
            empty = 0
            for place in range(size):
                empty += slots[place] == EMPTY
            turn += 1
        for place in range(size):
            value = U64(0)
            if count > 0:
                value = mixed(slots[place]) >> U64(48)
            out[row * size + place] = np.uint16(value)


@compiled(numba.int64, HASHES, NUMBERS, NUMBERS, HASHES)
def keep_distinct_of_each(hashes, counts, lengths, table):
    """Move the distinct hashes of each text to the front, text after text; return their number.

    Of `counts[i]` places each text takes `lengths[i]`, which become its numbers of distinct hashes.
    """
    first, filled = 0, 0
    for row in range(len(counts)):
        of_row = hashes[first:]
        first += counts[row]
        count = keep_distinct(of_row, lengths[row], table)
        for i in range(count):
            hashes[filled + i] = of_row[i]
        lengths[row] = count
        filled += count
    return filled
