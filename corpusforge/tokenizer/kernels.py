"""The loops of the remembered encoder, compiled: cut segments, look their ids up, merge new ones.

The table of segments is open addressing over pairs of uint64, key and note. The key of a segment of
up to seven bytes is those bytes and their number, so it is compared whole; that of a longer one is
a hash with _LONG_KEY in its top byte, and its bytes are compared in an arena. A note holds up to
three ids itself, or tells where more of them stand:

    bits 0 to 47    ids, 16 bits each, or a place in the array of ids
    bits 48 to 55   number of ids
    bit 63          looked up since the table was last thinned

A merge is one uint64 of 16 bits each: left symbol, right symbol, rank of what they make, and that.
It is found without a search: the upper bits of a hash of the pair choose one of the `seeds`, and
the hash times 2 * seed + 1 is the pair's own place among the `merges` (hash and displace,
cmph.sourceforge.net/papers/esa09.pdf). Indices are unsigned, so that no negative one has to be
looked out for: merging waits for one load after another, and is a third faster without.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.jit import BYTES, HASHES, NUMBERS, U64, compiled, mixed
from corpusforge.tokenizer.cut_points import CUT, JOINED, SPACE_MARK

LONGEST = 255  # bytes of a segment that is remembered
INLINE = 3  # ids in a note
_SEEN = U64(1 << 63)
_COUNT_SHIFT, _COUNT_MASK = U64(48), U64(0xFF)
_PLACE_MASK = U64((1 << 48) - 1)
_ID_MASK = U64(0xFFFF)
_SHORT = 7  # bytes of a segment that are its key
_LENGTH_SHIFT = U64(56)
_LONG_KEY = U64(0xFF << 56)
FACTOR = U64(0x9E3779B97F4A7C15)
_LENGTH_BITS = 8  # of a place in the arena of bytes, which holds the length too
_MARK = tuple(SPACE_MARK.encode())

STRANGE = 0xFFFF  # the symbol of a character that no piece has
_SYMBOL_SHIFT, _RANK_SHIFT = U64(16), U64(48)
_SYMBOL_MASK, _RANK_MASK = U64(0xFFFF), U64(0xFFFF0000)
_PAIR_SHIFT = U64(32)
_LEFT_MASK = U64(0xFFFFFFFF)
_NONE = U64(0xFFFFFFFFFFFFFFFF)  # the entry of neighbours that do not merge
_ONE = U64(1)
_FAN = 32
_MOST_SEEDS = 1 << 15

# Where things stand, in `state`.
ROW, AT, OUT, FIRST_OUT, USED, ARENA, IDS, WANTED = range(8)
STATE = 8

_IDS = numba.uint16[::1]
_WRITABLE = numba.uint8[::1]


class Vocabulary(NamedTuple):
    """What merging needs to know of a model; made by `vocabulary`."""

    pairs: npt.NDArray[np.uint8]  # `joints`
    characters: npt.NDArray[np.uint16]  # the symbol of each code point, or STRANGE
    ids: npt.NDArray[np.int32]  # of each symbol; -1 where it is given as its bytes
    seeds: npt.NDArray[np.uint16]
    merges: npt.NDArray[np.uint64]
    seed_shift: np.uint64  # of a hash, to its place among the seeds
    merge_shift: np.uint64
    byte_ids: npt.NDArray[np.uint16]
    user_firsts: npt.NDArray[np.int64]  # user-defined pieces by their first byte, longest first
    user_offsets: npt.NDArray[np.int64]
    user_bytes: npt.NDArray[np.uint8]
    user_symbols: npt.NDArray[np.uint16]  # each with a symbol of its own, which merges with nothing


class Memory(NamedTuple):
    """The segments that are remembered."""

    table: npt.NDArray[np.uint64]  # [2 * slots]: key and note
    places: npt.NDArray[np.int64]  # [slots]: where in the arena a long segment's bytes stand
    arena: npt.NDArray[np.uint8]
    ids: npt.NDArray[np.uint16]  # of segments with more than INLINE


class Scratch(NamedTuple):
    """Room to merge a segment in; made by `scratch`."""

    symbols: npt.NDArray[np.uint16]  # from 1 on, with STRANGE on either side
    starts: npt.NDArray[np.uint32]
    after: npt.NDArray[np.uint32]
    before: npt.NDArray[np.uint32]
    tree: npt.NDArray[np.uint64]  # of neighbours: rank, left place, symbol; and the least of them


def scratch(num_bytes: int) -> Scratch:
    """Room for a segment of so many bytes; of a long one, only what is used is touched."""
    places = num_bytes + 2
    return Scratch(
        symbols=np.empty(places, np.uint16),
        starts=np.empty(places, np.uint32),
        after=np.empty(places, np.uint32),
        before=np.empty(places, np.uint32),
        tree=np.empty(places + places // 16 + 8 * _FAN, np.uint64),
    )


_VOCABULARY = numba.types.NamedTuple(
    (
        numba.uint8[::1],
        _IDS,
        numba.int32[::1],
        _IDS,
        HASHES,
        numba.uint64,
        numba.uint64,
        _IDS,
        NUMBERS,
        NUMBERS,
        numba.uint8[::1],
        _IDS,
    ),
    Vocabulary,
)
_SCRATCH = numba.types.NamedTuple((_IDS, *[numba.uint32[::1]] * 3, HASHES), Scratch)
_MEMORY = numba.types.NamedTuple((HASHES, NUMBERS, _WRITABLE, _IDS), Memory)


@compiled(numba.uint64, BYTES, numba.uint64, inner=True)
def _continued(data, at):
    """What a byte that continues a character adds to its code point."""
    return U64(data[at]) & U64(0x3F)


@compiled(numba.boolean, HASHES, NUMBERS, NUMBERS, _IDS, HASHES, numba.uint64)
def place_merges(entries, firsts, order, seeds, merges, merge_shift):
    """Find seeds with which every merge has a place of its own in an empty table.

    `entries[firsts[i]:firsts[i + 1]]` share seed i, and `order` names those with most of them
    first. Gives whether there are such seeds.
    """
    for i in order:
        seed = 0
        placed = firsts[i]
        while placed < firsts[i + 1]:
            if seed == _MOST_SEEDS:
                return False
            factor = U64(seed) << _ONE | _ONE
            while placed < firsts[i + 1]:
                place = (entries[placed] >> _PAIR_SHIFT) * FACTOR * factor >> merge_shift
                if merges[place] != U64(0):
                    break
                merges[place] = entries[placed]
                placed += 1
            if placed < firsts[i + 1]:  # take them back, and try the next seed
                while placed > firsts[i]:
                    placed -= 1
                    merges[(entries[placed] >> _PAIR_SHIFT) * FACTOR * factor >> merge_shift] = 0
                seed += 1
        seeds[i] = seed
    return True


@compiled(numba.uint64, numba.uint64, numba.uint64, numba.uint64, _VOCABULARY, inner=True)
def entry(place, left, right, vocabulary):
    """The tree's entry for two neighbouring symbols, the left one at `place`."""
    pair = left << _SYMBOL_SHIFT | right
    hash = pair * FACTOR
    seed = U64(vocabulary.seeds[hash >> vocabulary.seed_shift])
    merge = vocabulary.merges[hash * (seed << _ONE | _ONE) >> vocabulary.merge_shift]
    ranked = (merge & _RANK_MASK) << _PAIR_SHIFT | place << _SYMBOL_SHIFT | merge & _SYMBOL_MASK
    return ranked if merge >> _PAIR_SHIFT == pair else _NONE


@compiled(numba.uint64, BYTES, numba.uint64, numba.uint64, _VOCABULARY, _SCRATCH, inner=True)
def first_symbols(data, begin, end, vocabulary, scratch):
    """Put the symbols that a segment is merged from into `scratch`, and where they start.

    Gives the place behind the last one.
    """
    symbols, starts = scratch.symbols, scratch.starts
    symbols[U64(0)] = STRANGE
    count = _ONE
    at = begin
    while at < end:
        byte = U64(data[at])
        symbol = U64(STRANGE)
        length = U64(0)
        for user in range(vocabulary.user_firsts[byte], vocabulary.user_firsts[byte + _ONE]):
            first = vocabulary.user_offsets[user]
            size = U64(vocabulary.user_offsets[user + 1] - first)
            if size <= end - at:
                i = _ONE
                while i < size and data[at + i] == vocabulary.user_bytes[U64(first) + i]:
                    i += _ONE
                if i == size:
                    symbol, length = U64(vocabulary.user_symbols[user]), size
                    break
        if length == 0:
            if byte < U64(0x80):
                code = byte
                length = _ONE
            elif byte < U64(0xE0):
                code = (byte & U64(0x1F)) << U64(6) | _continued(data, at + _ONE)
                length = U64(2)
            elif byte < U64(0xF0):
                code = (byte & U64(0x0F)) << U64(12) | _continued(data, at + _ONE) << U64(6)
                code |= _continued(data, at + U64(2))
                length = U64(3)
            else:
                code = (byte & U64(0x07)) << U64(18) | _continued(data, at + _ONE) << U64(12)
                code |= _continued(data, at + U64(2)) << U64(6) | _continued(data, at + U64(3))
                length = U64(4)
            symbol = U64(vocabulary.characters[code])
        symbols[count] = symbol
        starts[count] = at - begin
        count += _ONE
        at += length
    symbols[count] = STRANGE
    starts[count] = end - begin
    return count


@compiled(numba.uint64, HASHES, numba.uint64, inner=True)
def least_of_block(tree, begin):
    """The least of `tree[begin:begin + _FAN]`; a fixed length makes it a few vector minima."""
    least = _NONE
    for i in range(_FAN):
        entry = tree[begin + U64(i)]
        least = entry if entry < least else least
    return least


@compiled(numba.uint64, HASHES, numba.uint64, numba.uint64)
def lift(tree, count, block):
    """Take the least of a block of `tree[:count]` up to the root; gives the least of all.

    Above the entries stand the least ones of each _FAN of them, and so on up to one; every level is
    filled up to a multiple of _FAN.
    """
    begin, size = U64(0), count
    while True:
        least = least_of_block(tree, begin + block * U64(_FAN))
        if size <= U64(_FAN):
            return least
        blocks = (size + U64(_FAN - 1)) // U64(_FAN)
        begin += blocks * U64(_FAN)
        tree[begin + block] = least
        size = blocks
        block //= U64(_FAN)


@compiled(numba.uint64, HASHES, numba.uint64)
def planted(tree, count):
    """Make the tree over `tree[:count]`; gives the least of all."""
    begin, size = U64(0), count
    while True:
        end = (size + U64(_FAN - 1)) // U64(_FAN) * U64(_FAN)
        for i in range(begin + size, begin + end):
            tree[U64(i)] = _NONE
        if size <= U64(_FAN):
            break
        begin += end
        size = end // U64(_FAN)
    best = _NONE
    for block in range((count + U64(_FAN - 1)) // U64(_FAN)):
        best = lift(tree, count, U64(block))
    return best


@compiled(numba.int64, BYTES, numba.int64, numba.int64, _VOCABULARY, _SCRATCH, _IDS, numba.int64)
def merge(data, begin, end, vocabulary, scratch, out, filled):
    """Write the ids of the segment `data[begin:end]` to `out[filled:]`; gives their number.

    Byte-pair encoding as SentencePiece does it: of all neighbours that make a piece, those that
    make the one of the best score come first, from the left, until none are left. STRANGE, which
    merges with nothing, stands on either side, so that borders need no branch.
    """
    symbols, starts, tree = scratch.symbols, scratch.starts, scratch.tree
    after, before = scratch.after, scratch.before
    count = first_symbols(data, U64(begin), U64(end), vocabulary, scratch)
    for i in range(count):
        place = U64(i)
        tree[place] = entry(place, U64(symbols[place]), U64(symbols[place + _ONE]), vocabulary)
        after[place] = place + _ONE
        before[place + _ONE] = place
    best = planted(tree, count)
    while best != _NONE:
        left, symbol = best >> _SYMBOL_SHIFT & _LEFT_MASK, best & _SYMBOL_MASK
        right, previous = U64(after[left]), U64(before[left])
        following = U64(after[right])
        symbols[left] = symbol
        after[left] = following
        before[following] = left
        tree[previous] = _NONE
        tree[left] = _NONE
        tree[right] = _NONE
        if count <= U64(_FAN):
            # The minimum of the rest needs none of what is looked up, so both go on together.
            best = least_of_block(tree, U64(0))
            one = entry(previous, U64(symbols[previous]), symbol, vocabulary)
            other = entry(left, symbol, U64(symbols[following]), vocabulary)
            tree[previous] = one
            tree[left] = other
            one = one if one < other else other
            best = one if one < best else best
        else:
            tree[previous] = entry(previous, U64(symbols[previous]), symbol, vocabulary)
            tree[left] = entry(left, symbol, U64(symbols[following]), vocabulary)
            block = left // U64(_FAN)
            if previous // U64(_FAN) != block:
                lift(tree, count, previous // U64(_FAN))
            if right // U64(_FAN) != block:
                lift(tree, count, right // U64(_FAN))
            best = lift(tree, count, block)
    written = U64(filled)
    place = _ONE
    while place < count:
        id = vocabulary.ids[U64(symbols[place])]
        following = U64(after[place])
        if id >= 0:
            out[written] = id
            written += _ONE
        else:
            for i in range(starts[place], starts[following]):
                out[written] = vocabulary.byte_ids[U64(data[U64(begin) + U64(i)])]
                written += _ONE
        place = following
    return np.int64(written) - filled


@compiled(
    numba.void,
    *(BYTES, NUMBERS, NUMBERS),  # data, begins, ends
    *(_VOCABULARY, _MEMORY, _SCRATCH),
    *(_IDS, NUMBERS, NUMBERS),  # out, lengths, state
)
def encode(data, begins, ends, vocabulary, memory, scratch, out, lengths, state):
    """Write the ids of the documents `data[begins[i]:ends[i]]`, from where `state` stands.

    Ends before a segment that the memory has no room for, and before one that `scratch` has none
    for, with its length as what is wanted. `out` has room for INLINE more ids than there are.
    """
    pairs, table, places, arena = vocabulary.pairs, memory.table, memory.places, memory.arena
    row, at, filled, first = state[ROW], state[AT], state[OUT], state[FIRST_OUT]
    used, arena_used, ids_used = state[USED], state[ARENA], state[IDS]
    mask = U64(len(places) - 1)
    limit = len(places) // 2
    full = False
    while row < len(begins) and not full:
        end = ends[row]
        while at < end:
            begin = at
            byte = U64(data[U64(at)])
            word = byte
            hash = U64(0)
            at += 1
            while at < end:
                following = U64(data[U64(at)])
                joint = pairs[byte << U64(8) | following]
                if joint != JOINED:
                    if joint == CUT:
                        break
                    if (
                        following == _MARK[0]
                        and data[at + 1] == _MARK[1]
                        and data[at + 2] == _MARK[2]
                    ):
                        break
                    if (
                        at - begin == 3
                        and byte == _MARK[2]
                        and data[begin] == _MARK[0]
                        and data[begin + 1] == _MARK[1]
                    ):
                        break
                byte = following
                word = word << U64(8) | byte
                at += 1
                if (at - begin) & 7 == 0:
                    hash = mixed(hash ^ word)
            length = at - begin
            if length > LONGEST:
                if length > len(scratch.symbols) - 2:
                    state[WANTED] = length
                    at = begin
                    full = True
                    break
                filled += merge(data, begin, at, vocabulary, scratch, out, filled)
                continue
            if length <= _SHORT:
                key = word | U64(length) << _LENGTH_SHIFT
            else:
                key = mixed(hash ^ word ^ U64(length) * FACTOR) | _LONG_KEY
            place = mixed(key) & mask
            known = False
            while table[place << _ONE] != U64(0):
                if table[place << _ONE] == key:
                    known = True
                    if length > _SHORT:
                        known = places[place] & LONGEST == length
                        start = places[place] >> _LENGTH_BITS
                        i = np.int64(0)
                        while known and i < length:
                            known = arena[U64(start + i)] == data[U64(begin + i)]
                            i += 1
                    if known:
                        break
                place = (place + _ONE) & mask
            if known:
                note = table[place << _ONE | _ONE]
                if note & _SEEN == U64(0):
                    table[place << _ONE | _ONE] = note | _SEEN
                count = np.int64(note >> _COUNT_SHIFT & _COUNT_MASK)
                if count <= INLINE:
                    out[U64(filled)] = np.uint16(note & _ID_MASK)
                    out[U64(filled + 1)] = np.uint16(note >> U64(16) & _ID_MASK)
                    out[U64(filled + 2)] = np.uint16(note >> U64(32) & _ID_MASK)
                else:
                    start = np.int64(note & _PLACE_MASK)
                    for i in range(count):
                        out[U64(filled + i)] = memory.ids[U64(start + i)]
                filled += count
                continue
            if (
                used == limit
                or arena_used + length > len(arena)
                or ids_used + length > len(memory.ids)
            ):
                at = begin
                full = True
                break
            count = merge(data, begin, at, vocabulary, scratch, out, filled)
            note = U64(count) << _COUNT_SHIFT
            if count <= INLINE:
                for i in range(count):
                    note |= U64(out[U64(filled + i)]) << U64(16 * i)
            else:
                note |= U64(ids_used)
                for i in range(count):
                    memory.ids[U64(ids_used + i)] = out[U64(filled + i)]
                ids_used += count
            table[place << _ONE] = key
            table[place << _ONE | _ONE] = note
            used += 1
            if length > _SHORT:
                places[place] = arena_used << _LENGTH_BITS | length
                for i in range(length):
                    arena[U64(arena_used + i)] = data[U64(begin + i)]
                arena_used += length
            filled += count
        if not full:
            lengths[row] = filled - first
            first = filled
            row += 1
            if row < len(begins):
                at = begins[row]
    state[ROW], state[AT], state[OUT], state[FIRST_OUT] = row, at, filled, first
    state[USED], state[ARENA], state[IDS] = used, arena_used, ids_used


@compiled(numba.void, _MEMORY, _MEMORY, NUMBERS)
def thin(memory, emptied, state):
    """Copy the segments that were looked up again into an empty memory, half of it at most."""
    table = memory.table
    mask = len(memory.places) - 1
    used, arena_used, ids_used = np.int64(0), np.int64(0), np.int64(0)
    for slot in range(mask + 1):
        key, note = table[2 * slot], table[2 * slot + 1]
        if note & _SEEN == U64(0):
            continue
        if 4 * used > mask or 2 * arena_used > len(memory.arena) or 2 * ids_used > len(memory.ids):
            break
        place = np.int64(mixed(key)) & mask
        while emptied.table[2 * place] != U64(0):
            place = (place + 1) & mask
        if key >= _LONG_KEY:
            start, length = memory.places[slot] >> _LENGTH_BITS, memory.places[slot] & LONGEST
            emptied.places[place] = arena_used << _LENGTH_BITS | length
            for i in range(length):
                emptied.arena[arena_used + i] = memory.arena[start + i]
            arena_used += length
        count = np.int64(note >> _COUNT_SHIFT & _COUNT_MASK)
        if count > INLINE:
            start = np.int64(note & _PLACE_MASK)
            for i in range(count):
                emptied.ids[ids_used + i] = memory.ids[start + i]
            note = note & ~_PLACE_MASK | U64(ids_used)
            ids_used += count
        emptied.table[2 * place] = key
        emptied.table[2 * place + 1] = note & ~_SEEN
        used += 1
    state[USED], state[ARENA], state[IDS] = used, arena_used, ids_used
