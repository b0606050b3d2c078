"""The loops of the remembered encoder, compiled: cut segments, look their ids up, merge new ones.

The table of segments is open addressing over pairs of uint64, key and note. The key of a segment of
up to seven bytes is those bytes and their number, so it is compared whole; that of a longer one is
a hash with _LONG_KEY in its top byte, and its bytes are compared in an arena. A note holds up to
three ids itself, or tells where more of them stand:

    bits 0 to 47    ids, 16 bits each, or a place in the array of ids
    bits 48 to 55   number of ids
    bit 63          looked up since the table was last thinned

The table of merges is open addressing too, over uint64: left symbol, right symbol and what they
make, 20 bits each. A symbol is an id, or above the ids a character that pieces have and that is no
piece itself.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from corpusforge.compiled import BYTES, HASHES, NUMBERS, U64, compiled, mixed
from corpusforge.tokenizer.joints import CUT, JOINED, SPACE_MARK

LONGEST = 255  # bytes of a segment that is remembered
INLINE = 3  # ids in a note
_SEEN = U64(1 << 63)
_COUNT_SHIFT, _COUNT_MASK = U64(48), U64(0xFF)
_PLACE_MASK = U64((1 << 48) - 1)
_ID_MASK = U64(0xFFFF)
_SHORT = 7  # bytes of a segment that are its key
_LENGTH_SHIFT = U64(56)
_LONG_KEY = U64(0xFF << 56)
_FACTOR = U64(0x9E3779B97F4A7C15)
_LENGTH_BITS = 8  # of a place in the arena of bytes, which holds the length too
_MARK = tuple(SPACE_MARK.encode())

SYMBOL_BITS = 20
_SYMBOL_SHIFT = U64(SYMBOL_BITS)
_SYMBOL_MASK = (1 << SYMBOL_BITS) - 1
_STRANGE = _SYMBOL_MASK  # a character that no piece has
_FROZEN = 1 << SYMBOL_BITS  # a user-defined piece that stands in the text: it merges with nothing
_LEFT_MASK = U64(0xFFFFFFFF)
_NONE = U64(0xFFFFFFFFFFFFFFFF)  # the entry of neighbours that do not merge
_FAN = 32

# Where things stand, in `state`.
ROW, AT, OUT, FIRST_OUT, USED, ARENA, IDS, WANTED = range(8)
STATE = 8

_IDS = numba.uint16[::1]
_SYMBOLS = numba.int32[::1]
_WRITABLE = numba.uint8[::1]


class Vocabulary(NamedTuple):
    """What merging needs to know of a model; made by `vocabulary`."""

    size: int
    pairs: npt.NDArray[np.uint8]  # `joints`
    characters: npt.NDArray[np.int32]  # one more than the symbol of each code point
    ranks: npt.NDArray[np.int32]  # of each symbol: the lower one is merged first
    merges: npt.NDArray[np.uint64]
    byte_ids: npt.NDArray[np.uint16]
    user_firsts: npt.NDArray[np.int64]  # user-defined pieces by their first byte, longest first
    user_offsets: npt.NDArray[np.int64]
    user_bytes: npt.NDArray[np.uint8]
    user_ids: npt.NDArray[np.int32]


class Memory(NamedTuple):
    """The segments that are remembered."""

    table: npt.NDArray[np.uint64]  # [2 * slots]: key and note
    places: npt.NDArray[np.int64]  # [slots]: where in the arena a long segment's bytes stand
    arena: npt.NDArray[np.uint8]
    ids: npt.NDArray[np.uint16]  # of segments with more than INLINE


class Scratch(NamedTuple):
    """Room to merge a segment in; made by `scratch`."""

    symbols: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    results: npt.NDArray[np.int32]  # what each symbol makes with the one after it, or -1
    after: npt.NDArray[np.int32]
    before: npt.NDArray[np.int32]
    tree: npt.NDArray[np.uint64]  # rank and left symbol of neighbours, and the least of them


def scratch(num_bytes: int) -> Scratch:
    """Room for a segment of so many bytes; of a long one, only what is used is touched."""
    return Scratch(
        symbols=np.empty(num_bytes, np.int32),
        starts=np.empty(num_bytes + 1, np.int32),
        results=np.empty(num_bytes, np.int32),
        after=np.empty(num_bytes, np.int32),
        before=np.empty(num_bytes, np.int32),
        tree=np.empty(num_bytes + num_bytes // 16 + 8 * _FAN, np.uint64),
    )


_VOCABULARY = numba.types.NamedTuple(
    (
        numba.int64,
        numba.uint8[::1],
        _SYMBOLS,
        _SYMBOLS,
        HASHES,
        _IDS,
        NUMBERS,
        NUMBERS,
        numba.uint8[::1],
        _SYMBOLS,
    ),
    Vocabulary,
)
_SCRATCH = numba.types.NamedTuple((*[_SYMBOLS] * 5, HASHES), Scratch)
_MEMORY = numba.types.NamedTuple((HASHES, NUMBERS, _WRITABLE, _IDS), Memory)


@compiled(numba.void, HASHES, HASHES)
def fill_merges(entries, merges):
    """Put merges into an empty table: left, right and what they make, in one number each."""
    mask = len(merges) - 1
    for i in range(len(entries)):
        place = np.int64((entries[i] >> _SYMBOL_SHIFT) * _FACTOR >> U64(40)) & mask
        while merges[place] != U64(0):
            place = (place + 1) & mask
        merges[place] = entries[i]


@compiled(numba.int64, numba.int64, numba.int64, HASHES)
def merged(left, right, merges):
    """The symbol that two symbols make, or -1."""
    if left >= _FROZEN or right >= _FROZEN:
        return -1
    pair = U64(left) << _SYMBOL_SHIFT | U64(right)
    mask = len(merges) - 1
    place = np.int64(pair * _FACTOR >> U64(40)) & mask
    while merges[place] != U64(0):
        if merges[place] >> _SYMBOL_SHIFT == pair:
            return np.int64(merges[place] & U64(_SYMBOL_MASK))
        place = (place + 1) & mask
    return -1


@compiled(numba.uint64, numba.int64, numba.int64, _SYMBOLS)
def _entry(left, result, ranks):
    if result < 0:
        return _NONE
    return U64(ranks[result]) << U64(32) | U64(left)


@compiled(numba.int64, BYTES, numba.int64, numba.int64, _VOCABULARY, _SYMBOLS, _SYMBOLS)
def first_symbols(data, begin, end, vocabulary, symbols, starts):
    """The symbols that a segment is merged from, and where they start; gives their number."""
    count = 0
    at = begin
    while at < end:
        byte = np.int64(data[at])
        symbol = np.int64(-1)
        length = np.int64(0)
        for user in range(vocabulary.user_firsts[byte], vocabulary.user_firsts[byte + 1]):
            first = vocabulary.user_offsets[user]
            length = vocabulary.user_offsets[user + 1] - first
            if length <= end - at:
                i = np.int64(1)
                while i < length and data[at + i] == vocabulary.user_bytes[first + i]:
                    i += 1
                if i == length:
                    symbol = np.int64(vocabulary.user_ids[user]) | _FROZEN
                    break
        if symbol < 0:
            if byte < 0x80:
                code = byte
                length = 1
            elif byte < 0xE0:
                code = (byte & 0x1F) << 6 | data[at + 1] & 0x3F
                length = 2
            elif byte < 0xF0:
                code = (byte & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F
                length = 3
            else:
                code = (
                    (byte & 0x07) << 18
                    | (data[at + 1] & 0x3F) << 12
                    | (data[at + 2] & 0x3F) << 6
                    | data[at + 3] & 0x3F
                )
                length = 4
            symbol = np.int64(vocabulary.characters[code]) - 1
            if symbol < 0:
                symbol = _STRANGE
        symbols[count] = symbol
        starts[count] = at - begin
        count += 1
        at += length
    starts[count] = end - begin
    return count


@compiled(numba.uint64, HASHES, numba.int64, numba.int64)
def lift(tree, count, block):
    """Take the least of a block of `tree[:count]` up to the root; gives the least of all.

    Above the entries stand the least ones of each _FAN of them, and so on up to one; every level is
    filled up to a multiple of _FAN, so that the inner loop has a fixed length.
    """
    begin, size = np.int64(0), count
    while True:
        least = _NONE
        for i in range(_FAN):
            least = min(least, tree[begin + block * _FAN + i])
        if size <= _FAN:
            return least
        blocks = (size + _FAN - 1) // _FAN
        begin += blocks * _FAN
        tree[begin + block] = least
        size = blocks
        block //= _FAN


@compiled(numba.uint64, HASHES, numba.int64)
def planted(tree, count):
    """Make the tree over `tree[:count]`; gives the least of all."""
    begin, size = np.int64(0), count
    while True:
        end = (size + _FAN - 1) // _FAN * _FAN
        for i in range(begin + size, begin + end):
            tree[i] = _NONE
        if size <= _FAN:
            break
        begin += end
        size = end // _FAN
    best = _NONE
    for block in range((count + _FAN - 1) // _FAN):
        best = lift(tree, count, block)
    return best


@compiled(numba.int64, BYTES, numba.int64, numba.int64, _VOCABULARY, _SCRATCH, _IDS, numba.int64)
def merge(data, begin, end, vocabulary, scratch, out, filled):
    """Write the ids of the segment `data[begin:end]` to `out[filled:]`; gives their number.

    Byte-pair encoding as SentencePiece does it: of all neighbours that make a piece, those that
    make the one of the best score come first, from the left, until none are left. The tree holds
    rank and left symbol of the neighbours.
    """
    symbols, starts, results = scratch.symbols, scratch.starts, scratch.results
    after, before, tree = scratch.after, scratch.before, scratch.tree
    count = first_symbols(data, begin, end, vocabulary, symbols, starts)
    for i in range(count):
        before[i], after[i] = i - 1, i + 1
        results[i] = -1
        if i + 1 < count:
            results[i] = merged(symbols[i], symbols[i + 1], vocabulary.merges)
        tree[i] = _entry(i, results[i], vocabulary.ranks)
    best = planted(tree, count)
    while best != _NONE:
        left = np.int64(best & _LEFT_MASK)
        right, previous = np.int64(after[left]), np.int64(before[left])
        symbols[left] = results[left]
        following = np.int64(after[right])
        after[left] = following
        tree[right] = _NONE
        tree[left] = _NONE
        if following < count:
            before[following] = left
            results[left] = merged(symbols[left], symbols[following], vocabulary.merges)
            tree[left] = _entry(left, results[left], vocabulary.ranks)
        if previous >= 0:
            results[previous] = merged(symbols[previous], symbols[left], vocabulary.merges)
            tree[previous] = _entry(previous, results[previous], vocabulary.ranks)
            if previous // _FAN != left // _FAN:
                lift(tree, count, previous // _FAN)
        if right // _FAN != left // _FAN:
            lift(tree, count, right // _FAN)
        best = lift(tree, count, left // _FAN)
    written = filled
    i = np.int64(0)
    while i < count:
        symbol = symbols[i] & _SYMBOL_MASK
        if symbol < vocabulary.size:
            out[written] = symbol
            written += 1
        else:
            for at in range(begin + starts[i], begin + starts[after[i]]):
                out[written] = vocabulary.byte_ids[data[at]]
                written += 1
        i = np.int64(after[i])
    return written - filled


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
    mask = len(places) - 1
    limit = len(places) // 2
    full = False
    while row < len(begins) and not full:
        end = ends[row]
        while at < end:
            begin = at
            byte = np.int64(data[at])
            word = U64(byte)
            hash = U64(0)
            at += 1
            while at < end:
                following = np.int64(data[at])
                joint = pairs[byte << 8 | following]
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
                word = word << U64(8) | U64(byte)
                at += 1
                if (at - begin) & 7 == 0:
                    hash = mixed(hash ^ word)
            length = at - begin
            if length > LONGEST:
                if length > len(scratch.symbols):
                    state[WANTED] = length
                    at = begin
                    full = True
                    break
                filled += merge(data, begin, at, vocabulary, scratch, out, filled)
                continue
            if length <= _SHORT:
                key = word | U64(length) << _LENGTH_SHIFT
            else:
                key = mixed(hash ^ word ^ U64(length) * _FACTOR) | _LONG_KEY
            place = np.int64(mixed(key)) & mask
            known = False
            while table[2 * place] != U64(0):
                if table[2 * place] == key:
                    known = True
                    if length > _SHORT:
                        known = places[place] & LONGEST == length
                        start = places[place] >> _LENGTH_BITS
                        i = np.int64(0)
                        while known and i < length:
                            known = arena[start + i] == data[begin + i]
                            i += 1
                    if known:
                        break
                place = (place + 1) & mask
            if known:
                note = table[2 * place + 1]
                if note & _SEEN == U64(0):
                    table[2 * place + 1] = note | _SEEN
                count = np.int64(note >> _COUNT_SHIFT & _COUNT_MASK)
                if count <= INLINE:
                    out[filled] = np.uint16(note & _ID_MASK)
                    out[filled + 1] = np.uint16(note >> U64(16) & _ID_MASK)
                    out[filled + 2] = np.uint16(note >> U64(32) & _ID_MASK)
                else:
                    start = np.int64(note & _PLACE_MASK)
                    for i in range(count):
                        out[filled + i] = memory.ids[start + i]
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
                    note |= U64(out[filled + i]) << U64(16 * i)
            else:
                note |= U64(ids_used)
                for i in range(count):
                    memory.ids[ids_used + i] = out[filled + i]
                ids_used += count
            table[2 * place] = key
            table[2 * place + 1] = note
            used += 1
            if length > _SHORT:
                places[place] = arena_used << _LENGTH_BITS | length
                for i in range(length):
                    arena[arena_used + i] = data[begin + i]
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
