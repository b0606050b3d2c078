"""The loops over hashes, compiled: shingles of words, their sets and sketches.

Like those of `words`, compiled at import, each for one signature, and remembered on disk by Numba;
all of them release the interpreter lock. Arithmetic is modulo 2^64.
"""

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.jit import HASHES, NUMBERS, U64, compiled, mixed

_SHINGLE_FACTOR = U64(0x9E3779B97F4A7C15)
EMPTY = U64(0xFFFFFFFFFFFFFFFF)
FIRST_TABLE = 1024

Hashes = npt.NDArray[np.uint64]


@compiled(numba.void, HASHES, NUMBERS, numba.int64, NUMBERS)
def shingle(words, counts, size, shingles):
    """Turn the hashes of each text's words into those of its shingles of `size` words, repeated
    ones too, which begin where its words did; `shingles` gets their numbers.

    A text of fewer words is one shingle, one without words has none.
    """
    first = 0
    for row in range(len(counts)):
        count = counts[row]
        width = size
        if count < size:
            width = count
        # A polynomial in the hashes of its words, from one shingle to the next by what comes and
        # goes.
        polynomial, highest = U64(0), U64(1)
        for word in range(first, first + width - 1):
            polynomial = polynomial * _SHINGLE_FACTOR + words[word]
            highest *= _SHINGLE_FACTOR
        number = 0
        if count > 0:
            number = count - width + 1
        for begin in range(first, first + number):
            polynomial = polynomial * _SHINGLE_FACTOR + words[begin + width - 1]
            leaving = words[begin] * highest
            words[begin] = mixed(polynomial)
            polynomial -= leaving
        shingles[row] = number
        first += count


@compiled(numba.int64, HASHES, numba.int64, HASHES)
def distinct(hashes, count, table):
    """Move the distinct ones of `hashes[:count]` to its front; gives their number.

    `table` is scratch of at least 2 × count, and no less than `FIRST_TABLE`, rounded up to a
    power of two; only as much of it is touched as distinct values need.
    """
    size = FIRST_TABLE
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
def sketch(hashes, counts, shingles, table, slots, out):
    """Fast similarity sketches (arxiv.org/abs/1704.04370) of sets, as `shingle` left them: of
    `counts[i]` places each set takes `shingles[i]`. Zeros for an empty set.

    Two sets agree in a slot with a probability that is their Jaccard similarity, as with as many
    MinHash permutations; but a shingle is hashed into one slot, not permuted once for each. In
    round r every shingle falls into a random slot (from round S on, into slot r - S), the
    least value of the first round that reaches a slot stays, and a round that leaves no slot empty
    is the last one. `hashes` loses its repeated values where they would cost many rounds; `slots`
    is scratch, as long as a sketch, and `out` has room for one after the other.
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
                count = distinct(of_row, count, table)
            salt = U64(turn) * _SHINGLE_FACTOR
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
def distinct_sets(hashes, counts, shingles, table):
    """Move the distinct shingles of each text, as `shingle` left them, one after the other.

    Their numbers take the place of `shingles`, their sum is the answer.
    """
    first, filled = 0, 0
    for row in range(len(counts)):
        of_row = hashes[first:]
        first += counts[row]
        count = distinct(of_row, shingles[row], table)
        for i in range(count):
            hashes[filled + i] = of_row[i]
        shingles[row] = count
        filled += count
    return filled
