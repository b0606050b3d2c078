"""The loops over bytes and hashes, compiled: shingles, signatures, true similarities, unions.

Compiled at import, each for one signature, and remembered on disk by Numba; all of them release
the interpreter lock. Arithmetic is modulo 2^64.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.near.banding import SLOTS
from corpusforge.near.characters import ALONE

_U64 = np.uint64
_WORD_PRIME = _U64(0x100000001B3)  # FNV-1a, over code points
_WORD_START = _U64(0xCBF29CE484222325)
_SHINGLE_FACTOR = _U64(0x9E3779B97F4A7C15)
_ALONE = np.uint32(ALONE)
_EMPTY = _U64(0xFFFFFFFFFFFFFFFF)
_FIRST_TABLE = 1024

Hashes = npt.NDArray[np.uint64]


_BYTES = numba.types.Array(numba.uint8, 1, "C", readonly=True)  # Arrow's buffers are
_OFFSETS = numba.types.Array(numba.int32, 1, "C", readonly=True)
_CHARACTERS = numba.types.Array(numba.uint32, 1, "C", readonly=True)
_HASHES = numba.uint64[::1]
_NUMBERS = numba.int64[::1]


def _compiled(answer: Any, *arguments: Any) -> Any:
    return numba.njit(
        answer(*arguments), nogil=True, cache=True, boundscheck=False, error_model="numpy"
    )


@_compiled(numba.uint64, numba.uint64)
def mixed(x):
    """The finalizer of MurmurHash3: every bit of `x` moves every bit of the answer."""
    x ^= x >> _U64(33)
    x *= _U64(0xFF51AFD7ED558CCD)
    x ^= x >> _U64(33)
    x *= _U64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> _U64(33))


@_compiled(numba.int64, _BYTES, numba.int64, numba.int64, _CHARACTERS, _HASHES)
def word_hashes(data, begin, end, characters, out):
    """Hashes of the words of the UTF-8 bytes `data[begin:end]` into `out`; gives their number."""
    count = 0
    word = _WORD_START
    at = begin
    while at < end:
        byte = np.uint32(data[at])
        if byte < 0x80:
            code = byte
            at += 1
        elif byte < 0xE0:
            code = (byte & 0x1F) << 6 | data[at + 1] & 0x3F
            at += 2
        elif byte < 0xF0:
            code = (byte & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F
            at += 3
        else:
            code = (
                (byte & 0x07) << 18
                | (data[at + 1] & 0x3F) << 12
                | (data[at + 2] & 0x3F) << 6
                | data[at + 3] & 0x3F
            )
            at += 4
        lower = characters[code]
        if lower != 0 and lower < _ALONE:
            word = (word ^ _U64(lower)) * _WORD_PRIME
            continue
        if word != _WORD_START:
            out[count] = mixed(word)
            count += 1
            word = _WORD_START
        if lower != 0:
            out[count] = mixed((_WORD_START ^ _U64(lower)) * _WORD_PRIME)
            count += 1
    if word != _WORD_START:
        out[count] = mixed(word)
        count += 1
    return count


@_compiled(numba.int64, _BYTES, numba.int64, numba.int64, _CHARACTERS, numba.int64, _HASHES)
def shingle_hashes(data, begin, end, characters, size, out):
    """Hashes of all shingles of `size` words, repeated ones too; gives their number.

    A text of fewer words is one shingle, one without words has none. `out` has room for all words:
    half the bytes, and one.
    """
    words = word_hashes(data, begin, end, characters, out)
    if words == 0:
        return 0
    width = min(size, words)
    for first in range(words - width + 1):
        shingle = _U64(0)
        for word in range(first, first + width):
            shingle = (shingle ^ out[word]) * _SHINGLE_FACTOR
        out[first] = mixed(shingle)
    return words - width + 1


@_compiled(numba.int64, _HASHES, numba.int64, _HASHES)
def distinct(hashes, count, table):
    """Move the distinct ones of `hashes[:count]` to its front; gives their number.

    `table` is scratch of at least 2 × count, and no less than `_FIRST_TABLE`, rounded up to a
    power of two; only as much of it is touched as distinct values need.
    """
    size = _FIRST_TABLE
    table[:size] = _EMPTY
    found = 0
    for i in range(count):
        value = hashes[i]
        place = np.int64(value & _U64(size - 1))
        while table[place] != _EMPTY and table[place] != value:
            place = (place + 1) & (size - 1)
        if table[place] == value:
            continue
        table[place] = value
        hashes[found] = value
        found += 1
        if 2 * found >= size and i + 1 < count:
            size *= 2
            table[:size] = _EMPTY
            for j in range(found):
                place = np.int64(hashes[j] & _U64(size - 1))
                while table[place] != _EMPTY:
                    place = (place + 1) & (size - 1)
                table[place] = hashes[j]
    return found


@_compiled(numba.void, _HASHES, numba.int64, _HASHES, _HASHES, numba.uint16[::1])
def sketch(hashes, count, table, slots, out):
    """Fast similarity sketch of the set `hashes[:count]` (arxiv.org/abs/1704.04370).

    Two sets agree in a slot with a probability that is their Jaccard similarity, as with as many
    MinHash permutations; but a shingle is hashed into one slot, not permuted once for each. In
    round r every shingle falls into a random slot (from round SLOTS on, into slot r - SLOTS), the
    least value of the first round that reaches a slot stays, and a round that leaves no slot empty
    is the last one. `hashes` loses its repeated values where they would cost many rounds.
    """
    slots[:] = _EMPTY
    empty = SLOTS
    for turn in range(2 * SLOTS):
        if turn == 1 and count > 32:
            count = distinct(hashes, count, table)
        salt = _U64(turn) * _SHINGLE_FACTOR
        height = _U64(turn) << _U64(32)
        for i in range(count):
            value = hashes[i]
            if turn > 0:
                value = mixed(value + salt)
            place = np.int64(((value >> _U64(32)) * _U64(SLOTS)) >> _U64(32))
            if turn >= SLOTS:
                place = turn - SLOTS
            key = height | (value & _U64(0xFFFFFFFF))
            slots[place] = min(slots[place], key)
        empty = 0
        for place in range(SLOTS):
            empty += slots[place] == _EMPTY
        if empty == 0:
            break
    for place in range(SLOTS):
        out[place] = np.uint16(mixed(slots[place]) >> _U64(48))


@_compiled(
    numba.void,
    _BYTES,
    _OFFSETS,
    _CHARACTERS,
    numba.int64,
    _HASHES,
    _HASHES,
    numba.uint16[:, ::1],
    numba.uint32[::1],
)
def sign(data, offsets, characters, size, hashes, table, signatures, shingles):
    """Signature and number of shingles (repeated ones too) of each text of a column."""
    slots = np.empty(SLOTS, np.uint64)
    for row in range(len(shingles)):
        count = shingle_hashes(data, offsets[row], offsets[row + 1], characters, size, hashes)
        shingles[row] = count
        if count > 0:
            sketch(hashes, count, table, slots, signatures[row])
        else:
            signatures[row, :] = 0


@_compiled(numba.int64, _BYTES, _OFFSETS, _CHARACTERS, numba.int64, _HASHES, _HASHES, _NUMBERS)
def shingle_sets(data, offsets, characters, size, hashes, table, lengths):
    """Distinct shingle hashes of each text of a column, one set after the other, into `hashes`.

    Their numbers go into `lengths`, their sum is the answer.
    """
    filled = 0
    for row in range(len(lengths)):
        of_row = hashes[filled:]
        count = shingle_hashes(data, offsets[row], offsets[row + 1], characters, size, of_row)
        lengths[row] = distinct(of_row, count, table)
        filled += lengths[row]
    return filled


@_compiled(
    numba.void,
    _HASHES,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    numba.float64,
    _HASHES,
    numba.float32[::1],
)
def similarities(hashes, begins, lengths, left, right, threshold, table, out):
    """Jaccard similarity of the sets `left[i]` and `right[i]`; 0 where it is under `threshold`.

    Sets are `hashes[begins[k]:][:lengths[k]]`. Pairs with the same left side come best one after
    the other: its table is made once. `table` has room for twice the longest set, as `distinct`.
    """
    tabled = -1
    size = _FIRST_TABLE
    for i in range(len(left)):
        a, b = left[i], right[i]
        out[i] = 0
        if min(lengths[a], lengths[b]) < threshold * max(lengths[a], lengths[b]):
            continue
        if a != tabled:
            tabled = a
            size = _FIRST_TABLE
            while size < 2 * lengths[a]:
                size *= 2
            table[:size] = _EMPTY
            for j in range(begins[a], begins[a] + lengths[a]):
                place = np.int64(hashes[j] & _U64(size - 1))
                while table[place] != _EMPTY:
                    place = (place + 1) & (size - 1)
                table[place] = hashes[j]
        # J >= t means that at most (a + b) (1 - t) / (1 + t) shingles stand on one side only; half
        # of what is left of that, after the difference in length, may be missing from the right.
        allowed = (lengths[a] + lengths[b]) * (1 - threshold) / (1 + threshold)
        missing_allowed = (allowed - lengths[a] + lengths[b]) / 2 + 1e-6
        missing = 0
        for j in range(begins[b], begins[b] + lengths[b]):
            value = hashes[j]
            place = np.int64(value & _U64(size - 1))
            while table[place] != _EMPTY and table[place] != value:
                place = (place + 1) & (size - 1)
            missing += table[place] != value
            if missing > missing_allowed:
                break
        if missing <= missing_allowed:
            shared = lengths[b] - missing
            similarity = shared / (lengths[a] + lengths[b] - shared)
            if similarity >= threshold:
                out[i] = similarity


@_compiled(numba.int32, numba.int32[::1], numba.int32)
def root(parent, at):
    """The root of `at`, halving the path to it."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@_compiled(numba.void, numba.int32[::1], numba.int32[::1], numba.int32[::1], numba.boolean[::1])
def unite(parent, left, right, joins):
    """Unite both ends of each edge; the lower root stays. `joins` says which edges joined two."""
    for i in range(len(left)):
        a, b = root(parent, left[i]), root(parent, right[i])
        joins[i] = a != b
        parent[max(a, b)] = min(a, b)


@_compiled(
    numba.void, _NUMBERS, numba.int32[::1], _NUMBERS, _NUMBERS, _NUMBERS, numba.int32[::1], _NUMBERS
)
def walk(begins, others, edges, starts, stack, via, edge):
    """Reach every node of some trees from one start in each: over which neighbour and edge.

    `others[begins[n]:begins[n + 1]]` are the neighbours of n, and `edges` at the same places the
    edges to them. `via` comes filled with -1; `stack` has room for all nodes.
    """
    for start in starts:
        via[start] = start
        stack[0] = start
        height = 1
        while height > 0:
            height -= 1
            node = stack[height]
            for place in range(begins[node], begins[node + 1]):
                other = others[place]
                if via[other] < 0:
                    via[other] = node
                    edge[other] = edges[place]
                    stack[height] = other
                    height += 1
