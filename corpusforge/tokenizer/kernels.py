"""Compiled loops of the cached encoder: cut text into segments, look up ids, merge new segments.

The cache is an open-addressing hash table of uint64 pairs: key and value. The key of a segment of
at most seven bytes is those bytes and their number, so comparing keys compares segments. The key of
a longer segment is a hash with _LONG_KEY in its top byte; its bytes are compared in an arena. A
value holds up to three ids, or the position of more of them:

    bits 0 to 47    ids, 16 bits each, or a position in the array of ids
    bits 48 to 55   number of ids
    bit 63          hit: looked up since it was added or since the last eviction

A merge is a uint64 of four 16-bit fields: left symbol, right symbol, rank of the merged symbol, and
the merged symbol. It is found without a search: the upper bits of a hash of the symbol pair choose
one of the `seeds`, and the hash times 2 * seed + 1 gives the pair's own slot in `merges` (hash and
displace, cmph.sourceforge.net/papers/esa09.pdf). Indices are unsigned so that no code is compiled
for negative ones: merging is a chain of dependent loads, and is a third faster this way.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers
from corpusforge.jit import BYTES, HASHES, NUMBERS, U64, compiled, mixed
from corpusforge.tokenizer.cut_points import CUT, JOINED, SPACE_MARK

MAX_CACHED_BYTES = 255  # a longer segment is merged every time; masks the length of a span
INLINE_IDS = 3  # ids that a value can hold
_HIT = U64(1 << 63)
_COUNT_SHIFT, _COUNT_MASK = U64(48), U64(0xFF)
_POSITION_MASK = U64((1 << 48) - 1)
_ID_MASK = U64(0xFFFF)
_SHORT = 7  # a segment of at most so many bytes is its own key
_LENGTH_SHIFT = U64(56)
_LONG_KEY = U64(0xFF << 56)
HASH_FACTOR = U64(0x9E3779B97F4A7C15)
_LENGTH_BITS = 8  # of a span in the arena; the bits above them are its position
_MARK = tuple(SPACE_MARK.encode())

NO_SYMBOL = 0xFFFF  # of a character that is in no piece; merges with nothing
_SYMBOL_SHIFT = U64(16)
_SYMBOL_MASK, _RANK_MASK = U64(0xFFFF), U64(0xFFFF0000)
_PAIR_SHIFT = U64(32)
_LEFT_MASK = U64(0xFFFFFFFF)
_NO_MERGE = U64(0xFFFFFFFFFFFFFFFF)  # the candidate of two symbols that do not merge
_ONE = U64(1)
_FANOUT = 32
_MAX_SEEDS = 1 << 15

# Indices of `state`, which `encode` reads at its start and updates at its end.
ROW, POSITION, NUM_IDS, ROW_START, NUM_SEGMENTS, ARENA_USED, IDS_USED, WANTED_BYTES = range(8)
STATE_SIZE = 8

_IDS = numba.uint16[::1]
_WRITABLE = numba.uint8[::1]


class MergeTables(NamedTuple):
    """The parts of a model that segments and merges depend on; made by `merge_tables`."""

    byte_pairs: npt.NDArray[np.uint8]  # `cut_points.byte_pair_table`
    character_symbols: npt.NDArray[np.uint16]  # the symbol of each code point, or NO_SYMBOL
    symbol_ids: npt.NDArray[np.int32]  # -1 for a symbol that is encoded as its bytes
    seeds: npt.NDArray[np.uint16]
    merges: npt.NDArray[np.uint64]
    seed_shift: np.uint64  # from a hash to an index into `seeds`
    merge_shift: np.uint64  # from a hash to an index into `merges`
    byte_ids: npt.NDArray[np.uint16]
    user_firsts: Integers  # user-defined pieces by first byte, longest first
    user_offsets: Integers
    user_bytes: npt.NDArray[np.uint8]
    user_symbols: npt.NDArray[np.uint16]  # each has a symbol of its own, which merges with nothing


class SegmentCache(NamedTuple):
    """Segments and their ids."""

    table: npt.NDArray[np.uint64]  # [2 * slots]: key and value
    spans: Integers  # [slots]: position and length of a long segment in the arena
    arena: npt.NDArray[np.uint8]
    ids: npt.NDArray[np.uint16]  # of segments with more than INLINE_IDS


class MergeBuffers(NamedTuple):
    """Working memory for merging one segment; made by `merge_buffers`."""

    symbols: npt.NDArray[np.uint16]  # from index 1 on, with NO_SYMBOL on either side
    starts: npt.NDArray[np.uint32]
    after: npt.NDArray[np.uint32]
    before: npt.NDArray[np.uint32]
    tree: npt.NDArray[np.uint64]  # candidates (rank, left index, symbol), then block minima


def merge_buffers(num_bytes: int) -> MergeBuffers:
    """Allocate buffers for segments of up to `num_bytes`."""
    size = num_bytes + 2
    return MergeBuffers(
        symbols=np.empty(size, np.uint16),
        starts=np.empty(size, np.uint32),
        after=np.empty(size, np.uint32),
        before=np.empty(size, np.uint32),
        tree=np.empty(size + size // 16 + 8 * _FANOUT, np.uint64),
    )


_TABLES = numba.types.NamedTuple(
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
    MergeTables,
)
_BUFFERS = numba.types.NamedTuple((_IDS, *[numba.uint32[::1]] * 3, HASHES), MergeBuffers)
_CACHE = numba.types.NamedTuple((HASHES, NUMBERS, _WRITABLE, _IDS), SegmentCache)


@compiled(numba.uint64, BYTES, numba.uint64, inner=True)
def _continued(data, at):
    """The six bits that a continuation byte adds to a code point."""
    return U64(data[at]) & U64(0x3F)


@compiled(numba.boolean, HASHES, NUMBERS, NUMBERS, _IDS, HASHES, numba.uint64)
def place_merges(entries, firsts, order, seeds, merges, merge_shift):
    """Find seeds that give each merge its own slot in an empty table; False if there are none.

    `entries[firsts[i]:firsts[i + 1]]` share seed i; `order` lists the seeds with the most entries
    first.
    """
    for i in order:
        seed = 0
        placed = firsts[i]
        while placed < firsts[i + 1]:
            if seed == _MAX_SEEDS:
                return False
            factor = U64(seed) << _ONE | _ONE
            while placed < firsts[i + 1]:
                slot = (entries[placed] >> _PAIR_SHIFT) * HASH_FACTOR * factor >> merge_shift
                if merges[slot] != U64(0):
                    break
                merges[slot] = entries[placed]
                placed += 1
            if placed < firsts[i + 1]:  # free the slots again and try the next seed
                while placed > firsts[i]:
                    placed -= 1
                    slot = (entries[placed] >> _PAIR_SHIFT) * HASH_FACTOR * factor >> merge_shift
                    merges[slot] = 0
                seed += 1
        seeds[i] = seed
    return True


@compiled(numba.uint64, numba.uint64, numba.uint64, numba.uint64, _TABLES, inner=True)
def candidate(index, left, right, tables):
    """The merge of two adjacent symbols, the left one at `index`, as the tree compares it."""
    pair = left << _SYMBOL_SHIFT | right
    hash = pair * HASH_FACTOR
    seed = U64(tables.seeds[hash >> tables.seed_shift])
    merge = tables.merges[hash * (seed << _ONE | _ONE) >> tables.merge_shift]
    ranked = (merge & _RANK_MASK) << _PAIR_SHIFT | index << _SYMBOL_SHIFT | merge & _SYMBOL_MASK
    return ranked if merge >> _PAIR_SHIFT == pair else _NO_MERGE


@compiled(numba.uint64, BYTES, numba.uint64, numba.uint64, _TABLES, _BUFFERS, inner=True)
def initial_symbols(data, begin, end, tables, buffers):
    """Write the symbols of a segment before any merge, and where they start, to `buffers`.

    Returns the index after the last symbol.
    """
    symbols, starts = buffers.symbols, buffers.starts
    symbols[U64(0)] = NO_SYMBOL
    count = _ONE
    at = begin
    while at < end:
        byte = U64(data[at])
        symbol = U64(NO_SYMBOL)
        length = U64(0)
        for user in range(tables.user_firsts[byte], tables.user_firsts[byte + _ONE]):
            first = tables.user_offsets[user]
            size = U64(tables.user_offsets[user + 1] - first)
            if size <= end - at:
                i = _ONE
                while i < size and data[at + i] == tables.user_bytes[U64(first) + i]:
                    i += _ONE
                if i == size:
                    symbol, length = U64(tables.user_symbols[user]), size
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
            symbol = U64(tables.character_symbols[code])
        symbols[count] = symbol
        starts[count] = at - begin
        count += _ONE
        at += length
    symbols[count] = NO_SYMBOL
    starts[count] = end - begin
    return count


@compiled(numba.uint64, HASHES, numba.uint64, inner=True)
def block_minimum(tree, begin):
    """The minimum of `tree[begin:begin + _FANOUT]`; the fixed length compiles to vector minima."""
    least = _NO_MERGE
    for i in range(_FANOUT):
        candidate = tree[begin + U64(i)]
        least = candidate if candidate < least else least
    return least


@compiled(numba.uint64, HASHES, numba.uint64, numba.uint64)
def update_minimum(tree, count, block):
    """Propagate the minimum of a block of `tree[:count]` to the root; returns the overall minimum.

    Each level of the tree holds the minima of the blocks of _FANOUT values below it, padded to a
    multiple of _FANOUT. The last level is a single block.
    """
    begin, size = U64(0), count
    while True:
        least = block_minimum(tree, begin + block * U64(_FANOUT))
        if size <= U64(_FANOUT):
            return least
        blocks = (size + U64(_FANOUT - 1)) // U64(_FANOUT)
        begin += blocks * U64(_FANOUT)
        tree[begin + block] = least
        size = blocks
        block //= U64(_FANOUT)


@compiled(numba.uint64, HASHES, numba.uint64)
def build_tree(tree, count):
    """Build the levels above `tree[:count]`; returns the overall minimum."""
    begin, size = U64(0), count
    while True:
        end = (size + U64(_FANOUT - 1)) // U64(_FANOUT) * U64(_FANOUT)
        for i in range(begin + size, begin + end):
            tree[U64(i)] = _NO_MERGE
        if size <= U64(_FANOUT):
            break
        begin += end
        size = end // U64(_FANOUT)
    best = _NO_MERGE
    for block in range((count + U64(_FANOUT - 1)) // U64(_FANOUT)):
        best = update_minimum(tree, count, U64(block))
    return best


@compiled(numba.int64, BYTES, numba.int64, numba.int64, _TABLES, _BUFFERS, _IDS, numba.int64)
def merge(data, begin, end, tables, buffers, out, num_ids):
    """Write the ids of the segment `data[begin:end]` to `out[num_ids:]`; returns their number.

    Byte-pair encoding as in SentencePiece: of all adjacent symbols that form a piece, merge those
    that form the piece with the best score, the leftmost first, until no two form a piece.
    NO_SYMBOL on either side, which merges with nothing, saves a branch at the borders.
    """
    symbols, starts, tree = buffers.symbols, buffers.starts, buffers.tree
    after, before = buffers.after, buffers.before
    count = initial_symbols(data, U64(begin), U64(end), tables, buffers)
    for i in range(count):
        index = U64(i)
        tree[index] = candidate(index, U64(symbols[index]), U64(symbols[index + _ONE]), tables)
        after[index] = index + _ONE
        before[index + _ONE] = index
    best = build_tree(tree, count)
    while best != _NO_MERGE:
        left, symbol = best >> _SYMBOL_SHIFT & _LEFT_MASK, best & _SYMBOL_MASK
        right, previous = U64(after[left]), U64(before[left])
        following = U64(after[right])
        symbols[left] = symbol
        after[left] = following
        before[following] = left
        tree[previous] = _NO_MERGE
        tree[left] = _NO_MERGE
        tree[right] = _NO_MERGE
        if count <= U64(_FANOUT):
            # This minimum does not depend on the look-ups below, so the processor overlaps them.
            best = block_minimum(tree, U64(0))
            one = candidate(previous, U64(symbols[previous]), symbol, tables)
            other = candidate(left, symbol, U64(symbols[following]), tables)
            tree[previous] = one
            tree[left] = other
            one = one if one < other else other
            best = one if one < best else best
        else:
            tree[previous] = candidate(previous, U64(symbols[previous]), symbol, tables)
            tree[left] = candidate(left, symbol, U64(symbols[following]), tables)
            block = left // U64(_FANOUT)
            if previous // U64(_FANOUT) != block:
                update_minimum(tree, count, previous // U64(_FANOUT))
            if right // U64(_FANOUT) != block:
                update_minimum(tree, count, right // U64(_FANOUT))
            best = update_minimum(tree, count, block)
    written = U64(num_ids)
    index = _ONE
    while index < count:
        id = tables.symbol_ids[U64(symbols[index])]
        following = U64(after[index])
        if id >= 0:
            out[written] = id
            written += _ONE
        else:
            for i in range(starts[index], starts[following]):
                out[written] = tables.byte_ids[U64(data[U64(begin) + U64(i)])]
                written += _ONE
        index = following
    return np.int64(written) - num_ids


@compiled(
    numba.void,
    *(BYTES, NUMBERS, NUMBERS),  # data, begins, ends
    *(_TABLES, _CACHE, _BUFFERS),
    *(_IDS, NUMBERS, NUMBERS),  # out, lengths, state
)
def encode(data, begins, ends, tables, cache, buffers, out, lengths, state):
    """Write the ids of the texts `data[begins[i]:ends[i]]` to `out`, starting from `state`.

    Stops before a segment that does not fit into the cache, or into `buffers`; in the latter case
    WANTED_BYTES of `state` is its length. `out` has room for INLINE_IDS more ids than needed.
    """
    byte_pairs, table, spans, arena = tables.byte_pairs, cache.table, cache.spans, cache.arena
    row, at, num_ids, row_start = state[ROW], state[POSITION], state[NUM_IDS], state[ROW_START]
    num_segments, arena_used, ids_used = state[NUM_SEGMENTS], state[ARENA_USED], state[IDS_USED]
    mask = U64(len(spans) - 1)
    limit = len(spans) // 2
    stopped = False
    while row < len(begins) and not stopped:
        end = ends[row]
        while at < end:
            begin = at
            byte = U64(data[U64(at)])
            word = byte
            hash = U64(0)
            at += 1
            while at < end:
                following = U64(data[U64(at)])
                kind = byte_pairs[byte << U64(8) | following]
                if kind != JOINED:
                    if kind == CUT:
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
            if length > MAX_CACHED_BYTES:
                if length > len(buffers.symbols) - 2:
                    state[WANTED_BYTES] = length
                    at = begin
                    stopped = True
                    break
                num_ids += merge(data, begin, at, tables, buffers, out, num_ids)
                continue
            if length <= _SHORT:
                key = word | U64(length) << _LENGTH_SHIFT
            else:
                key = mixed(hash ^ word ^ U64(length) * HASH_FACTOR) | _LONG_KEY
            slot = mixed(key) & mask
            found = False
            while table[slot << _ONE] != U64(0):
                if table[slot << _ONE] == key:
                    found = True
                    if length > _SHORT:
                        found = spans[slot] & MAX_CACHED_BYTES == length
                        start = spans[slot] >> _LENGTH_BITS
                        i = np.int64(0)
                        while found and i < length:
                            found = arena[U64(start + i)] == data[U64(begin + i)]
                            i += 1
                    if found:
                        break
                slot = (slot + _ONE) & mask
            if found:
                value = table[slot << _ONE | _ONE]
                if value & _HIT == U64(0):
                    table[slot << _ONE | _ONE] = value | _HIT
                count = np.int64(value >> _COUNT_SHIFT & _COUNT_MASK)
                if count <= INLINE_IDS:
                    out[U64(num_ids)] = np.uint16(value & _ID_MASK)
                    out[U64(num_ids + 1)] = np.uint16(value >> U64(16) & _ID_MASK)
                    out[U64(num_ids + 2)] = np.uint16(value >> U64(32) & _ID_MASK)
                else:
                    start = np.int64(value & _POSITION_MASK)
                    for i in range(count):
                        out[U64(num_ids + i)] = cache.ids[U64(start + i)]
                num_ids += count
                continue
            if (
                num_segments == limit
                or arena_used + length > len(arena)
                or ids_used + length > len(cache.ids)
            ):
                at = begin
                stopped = True
                break
            count = merge(data, begin, at, tables, buffers, out, num_ids)
            value = U64(count) << _COUNT_SHIFT
            if count <= INLINE_IDS:
                for i in range(count):
                    value |= U64(out[U64(num_ids + i)]) << U64(16 * i)
            else:
                value |= U64(ids_used)
                for i in range(count):
                    cache.ids[U64(ids_used + i)] = out[U64(num_ids + i)]
                ids_used += count
            table[slot << _ONE] = key
            table[slot << _ONE | _ONE] = value
            num_segments += 1
            if length > _SHORT:
                spans[slot] = arena_used << _LENGTH_BITS | length
                for i in range(length):
                    arena[U64(arena_used + i)] = data[U64(begin + i)]
                arena_used += length
            num_ids += count
        if not stopped:
            lengths[row] = num_ids - row_start
            row_start = num_ids
            row += 1
            if row < len(begins):
                at = begins[row]
    state[ROW], state[POSITION], state[NUM_IDS], state[ROW_START] = row, at, num_ids, row_start
    state[NUM_SEGMENTS], state[ARENA_USED], state[IDS_USED] = num_segments, arena_used, ids_used


@compiled(numba.void, _CACHE, _CACHE, NUMBERS)
def evict_unused(cache, target, state):
    """Copy the segments with a hit into the empty cache `target`, filling at most half of it."""
    table = cache.table
    mask = len(cache.spans) - 1
    num_segments, arena_used, ids_used = np.int64(0), np.int64(0), np.int64(0)
    for slot in range(mask + 1):
        key, value = table[2 * slot], table[2 * slot + 1]
        if value & _HIT == U64(0):
            continue
        if (
            4 * num_segments > mask
            or 2 * arena_used > len(cache.arena)
            or 2 * ids_used > len(cache.ids)
        ):
            break
        free = np.int64(mixed(key)) & mask
        while target.table[2 * free] != U64(0):
            free = (free + 1) & mask
        if key >= _LONG_KEY:
            start, length = cache.spans[slot] >> _LENGTH_BITS, cache.spans[slot] & MAX_CACHED_BYTES
            target.spans[free] = arena_used << _LENGTH_BITS | length
            for i in range(length):
                target.arena[arena_used + i] = cache.arena[start + i]
            arena_used += length
        count = np.int64(value >> _COUNT_SHIFT & _COUNT_MASK)
        if count > INLINE_IDS:
            start = np.int64(value & _POSITION_MASK)
            for i in range(count):
                target.ids[ids_used + i] = cache.ids[start + i]
            value = value & ~_POSITION_MASK | U64(ids_used)
            ids_used += count
        target.table[2 * free] = key
        target.table[2 * free + 1] = value & ~_HIT
        num_segments += 1
    state[NUM_SEGMENTS], state[ARENA_USED], state[IDS_USED] = num_segments, arena_used, ids_used
