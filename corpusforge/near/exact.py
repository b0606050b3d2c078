"""Exact duplicates: rows with equal texts have one content, which has a number."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import group_starts
from corpusforge.near.rows import JoinedRows, fixed_width

HASH = np.dtype([("high", ">u8"), ("low", ">u8")])

ContentNumbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class DistinctContents:
    """The contents of some rows.

    Their numbers follow their hashes, so the order of the rows does not matter.
    """

    of_row: ContentNumbers  # [rows]
    count: int

    def __len__(self) -> int:
        return self.count


def number_contents(rows: JoinedRows) -> DistinctContents:
    """Number the distinct content hashes of all rows, with at most 24 bytes of memory per row."""
    # The high half of a hash shares a word with the number of its row, so that one sort in place is
    # enough. The bits of the hash that make room for the row are compared afterwards.
    row_bits = np.uint64(max(rows.total - 1, 1).bit_length())
    packed = np.empty(rows.total, np.uint64)
    for index in range(len(rows)):
        packed[rows.row_slice(index)] = _hashes(rows, index)["high"]
    packed >>= row_bits
    packed <<= row_bits
    packed |= np.arange(rows.total, dtype=np.uint64)
    packed.sort()
    of_row = np.empty(rows.total, np.int32)
    count = 0
    step = 1 << 20
    last = None
    for begin in range(0, rows.total, step):
        block = packed[begin : begin + step]
        head = block >> row_bits
        starts = group_starts(head)
        starts[0] = last is None or head[0] != last
        numbers = count + np.cumsum(starts, dtype=np.int32)
        of_row[(block & ((np.uint64(1) << row_bits) - np.uint64(1))).astype(np.int64)] = numbers - 1
        count, last = int(numbers[-1]), head[-1]
    del packed
    return _separate_collisions(rows, of_row, count)


def _hashes(rows: JoinedRows, index: int) -> npt.NDArray[np.void]:
    return fixed_width(rows.select(index, ["content_hash"])["content_hash"], HASH)


def _separate_collisions(rows: JoinedRows, of_row: ContentNumbers, count: int) -> DistinctContents:
    """Give rows that share a number, but not the whole hash, new numbers after all others."""
    shared = np.bincount(of_row, minlength=count) > 1
    place = np.cumsum(shared, dtype=np.int32) - 1
    known = np.zeros(int(shared.sum()), bool)
    whole = np.empty(len(known), HASH)
    colliding: dict[bytes, list[int]] = {}
    for index in range(len(rows)):
        own = of_row[rows.row_slice(index)]
        inside = np.flatnonzero(shared[own])
        if not len(inside):
            continue
        hashes = _hashes(rows, index)[inside]
        at = place[own[inside]]
        new = ~known[at]
        whole[at[new]] = hashes[new]
        known[at] = True
        for other in np.flatnonzero(whole[at] != hashes).tolist():
            row = rows.first_rows[index] + int(inside[other])
            colliding.setdefault(hashes[other].tobytes(), []).append(row)
    for _, same in sorted(colliding.items()):
        of_row[same] = count
        count += 1
    return DistinctContents(of_row, count)
