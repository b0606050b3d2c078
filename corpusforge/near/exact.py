"""Equal texts: rows become numbers of distinct contents."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.near.rows import JoinedRows, fixed_width

HASH = np.dtype([("high", ">u8"), ("low", ">u8")])


@dataclass(frozen=True)
class Contents:
    """The distinct texts. Their numbers follow their hashes, so no order of input matters."""

    of_row: npt.NDArray[np.int32]  # [rows]: number of the row's content
    number: int

    def __len__(self) -> int:
        return self.number


def distinct_contents(rows: JoinedRows) -> Contents:
    """Number the distinct content hashes of all rows: at most 24 bytes a row while it sorts."""
    # The high half of a hash and the number of its row share a word, so that one sort in place
    # does; what the row's bits take from the hash is compared afterwards.
    row_bits = np.uint64(max(rows.total - 1, 1).bit_length())
    packed = np.empty(rows.total, np.uint64)
    for index in range(len(rows.live_counts)):
        own = rows.rows_of(index)
        packed[own] = _hashes(rows, index)["high"]
    packed >>= row_bits
    packed <<= row_bits
    packed |= np.arange(rows.total, dtype=np.uint64)
    packed.sort()
    of_row = np.empty(rows.total, np.int32)
    number = 0
    step = 1 << 20
    last = None
    for begin in range(0, rows.total, step):
        block = packed[begin : begin + step]
        head = block >> row_bits
        begins = np.empty(len(head), bool)
        begins[0] = last is None or head[0] != last
        np.not_equal(head[1:], head[:-1], out=begins[1:])
        numbers = number + np.cumsum(begins, dtype=np.int32)
        of_row[(block & ((np.uint64(1) << row_bits) - np.uint64(1))).astype(np.int64)] = numbers - 1
        number, last = int(numbers[-1]), head[-1]
    del packed
    return Contents(*_told_apart(rows, of_row, number))


def _hashes(rows: JoinedRows, index: int) -> npt.NDArray[np.void]:
    return fixed_width(rows.select(index, ["content_hash"])["content_hash"], HASH)


def _told_apart(
    rows: JoinedRows, of_row: npt.NDArray[np.int32], number: int
) -> tuple[npt.NDArray[np.int32], int]:
    """Give rows of one number whose whole hashes differ numbers of their own, after all others."""
    shared = np.bincount(of_row, minlength=number) > 1
    place = np.cumsum(shared, dtype=np.int32) - 1
    known = np.zeros(int(shared.sum()), bool)
    whole = np.empty(len(known), HASH)
    strangers: dict[bytes, list[int]] = {}
    for index in range(len(rows.live_counts)):
        own = of_row[rows.rows_of(index)]
        inside = np.flatnonzero(shared[own])
        if not len(inside):
            continue
        hashes = _hashes(rows, index)[inside]
        at = place[own[inside]]
        new = ~known[at]
        whole[at[new]] = hashes[new]
        known[at] = True
        for other in np.flatnonzero(whole[at] != hashes).tolist():
            row = rows.firsts[index] + int(inside[other])
            strangers.setdefault(hashes[other].tobytes(), []).append(row)
    for _, same in sorted(strangers.items()):
        of_row[same] = number
        number += 1
    return of_row, number
