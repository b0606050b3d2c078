"""Kernels that hash the words of texts: ASCII 64 bytes at a time, other text by characters."""

import numba
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic

from corpusforge.jit import BYTES, HASHES, NUMBERS, OFFSETS, U64, compiled, mixed
from corpusforge.near.characters import SINGLE

_BLOCK = 64  # bytes; each has a bit in a 64-bit number
_HIGH = U64(0x8080808080808080)
_LOWER_CASE = U64(0x2020202020202020)
_FROM_A, _PAST_Z = U64(0x1F1F1F1F1F1F1F1F), U64(0x0505050505050505)  # 0x80 - "a", 0x7F - "z"
_FROM_0, _PAST_9 = U64(0x5050505050505050), U64(0x4646464646464646)  # 0x80 - "0", 0x7F - "9"
_UNDERSCORES = U64(0x5F5F5F5F5F5F5F5F)
_LETTERS = U64(0x4040404040404040)  # the bit of letters; the next lower bit makes them lower case
_GATHER = U64(0x0102040810204080)  # collects the lowest bits of eight bytes in the highest byte
_SINGLE = U64(SINGLE)
CHARACTERS = numba.types.Array(numba.uint32, 1, "C", readonly=True)


@intrinsic
def eight_bytes(_, data, at):
    """Load `data[at:at + 8]` as one little-endian number."""

    def load(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        eight = context.get_value_type(signature.return_type).as_pointer()
        place = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(place, eight), align=1)

    return numba.uint64(BYTES, numba.uint64), load


@compiled(
    numba.types.UniTuple(numba.int64, 3),
    BYTES,
    numba.int64,
    numba.int64,
    HASHES,
    numba.int64,
    inner=True,
)
def ascii_words(data, at, end, out, count):
    """Hash the words of `data[at:end]` while it is ASCII, 64 bytes at a time.

    `at` must not be inside a word. Return where the rest begins, how far it must be read by
    characters, and the number of hashes in `out`.
    """
    start = at
    inside = U64(0)  # 1 inside a word, which began at `start`
    # Words are loaded eight bytes at a time, so the last bytes of a text are left to `any_words`.
    while at + _BLOCK + 8 <= end:
        words, high = U64(0), U64(0)
        for i in range(_BLOCK // 8):
            eight = eight_bytes(data, U64(at + 8 * i))
            high |= eight
            # The highest bit of each byte: a..z or A..Z, 0..9, underscore. Sums do not overflow
            # their bytes, since ASCII is below 0x80.
            lower = eight | _LOWER_CASE
            wordlike = (lower + _FROM_A) & ~(lower + _PAST_Z)
            wordlike |= (eight + _FROM_0) & ~(eight + _PAST_9)
            wordlike |= _HIGH - (eight ^ _UNDERSCORES)
            bits = (((wordlike & _HIGH) >> U64(7)) * _GATHER) >> U64(56)
            words |= bits << U64(8 * i)
        if high & _HIGH != 0:
            break
        edges = words ^ (words << U64(1) | inside)
        while edges != 0:
            edge = at + numba.int64(trailing_zeros(edges))
            edges &= edges - U64(1)
            if inside == 0:
                start = edge
                inside = U64(1)
                continue
            inside = U64(0)
            word = U64(0)
            while edge - start > 8:
                eight = eight_bytes(data, U64(start))
                word = mixed(word ^ (eight | (eight & _LETTERS) >> U64(1)))
                start += 8
            eight = eight_bytes(data, U64(start)) & ~U64(0) >> U64(64 - 8 * (edge - start))
            out[count] = mixed(word ^ (eight | (eight & _LETTERS) >> U64(1)))
            count += 1
        at += _BLOCK
    return start if inside != 0 else at, at + _BLOCK, count


@compiled(numba.types.UniTuple(numba.int64, 2), BYTES, numba.int64, inner=True)
def code_point(data, at):
    """Decode the UTF-8 character at `data[at]`; return its code point and the next place."""
    byte = numba.int64(data[at])
    if byte < 0x80:
        return byte, at + 1
    second = numba.int64(data[at + 1] & 0x3F)
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | second, at + 2
    third = numba.int64(data[at + 2] & 0x3F)
    if byte < 0xF0:
        return (byte & 0x0F) << 12 | second << 6 | third, at + 3
    return (byte & 0x07) << 18 | second << 12 | third << 6 | data[at + 3] & 0x3F, at + 4


@compiled(
    numba.types.UniTuple(numba.int64, 2),
    BYTES,
    numba.int64,
    numba.int64,
    numba.int64,
    CHARACTERS,
    HASHES,
    numba.int64,
    inner=True,
)
def any_words(data, at, stop, end, characters, out, count):
    """Hash the words that begin in `data[at:stop]`, by characters.

    A word has the same hash here and in `ascii_words`. Return the place after the last word, and
    the number of hashes in `out`.
    """
    word, eight, shift = U64(0), U64(0), U64(0)  # shift: bits of `eight` in use
    while at < end and (at < stop or shift != 0):
        code, at = code_point(data, at)
        lower = U64(characters[code])
        if lower != 0 and lower < _SINGLE:
            if shift == 64 or (lower >= 0x80 and shift > 40):
                word = mixed(word ^ eight)
                eight, shift = U64(0), U64(0)
            if lower < 0x80:
                eight |= (lower | (lower & U64(0x40)) >> U64(1)) << shift
                shift += U64(8)
            else:  # three bytes that are not ASCII
                spread = lower & U64(0x7F) | (lower & U64(0x3F80)) << U64(1)
                spread |= (lower & U64(0x1FC000)) << U64(2) | U64(0x808080)
                eight |= spread << shift
                shift += U64(24)
            continue
        if shift != 0:
            out[count] = mixed(word ^ eight)
            count += 1
            word, eight, shift = U64(0), U64(0), U64(0)
        if lower != 0:
            out[count] = mixed(lower)
            count += 1
    if shift != 0:
        out[count] = mixed(word ^ eight)
        count += 1
    return at, count


@compiled(numba.void, BYTES, OFFSETS, CHARACTERS, HASHES, NUMBERS)
def hash_words(data, offsets, characters, out, counts):
    """Hash the words of each text of a column into `out`, text after text; count them per text.

    A word's hash is that of its lower-case bytes, eight at a time. `out` has room for a word in
    every second byte of a text, and one more.
    """
    filled = 0
    for row in range(len(counts)):
        first = filled
        at, end = numba.int64(offsets[row]), numba.int64(offsets[row + 1])
        while at < end:
            at, stop, filled = ascii_words(data, at, end, out, filled)
            at, filled = any_words(data, at, stop, end, characters, out, filled)
        counts[row] = filled - first
