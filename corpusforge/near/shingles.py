"""Texts as sets of shingles, a column at a time; the scratch memory that the kernels need."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.near import kernels
from corpusforge.near.banding import SLOTS
from corpusforge.near.characters import characters
from corpusforge.near.kernels import Hashes


def sign_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, size: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]:
    """Signatures uint16[rows, SLOTS] and numbers of shingles uint32[rows] of a string column."""
    rows = len(offsets) - 1
    signatures = np.empty((rows, SLOTS), np.uint16)
    shingles = np.empty(rows, np.uint32)
    longest = int(np.diff(offsets).max(initial=0))
    hashes, table = np.empty(room(longest), np.uint64), table_for(room(longest))
    kernels.sign(_bytes(data), offsets, characters(), size, hashes, table, signatures, shingles)
    return signatures, shingles


def sets_of_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, size: int
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Distinct shingle hashes of a string column's rows, one set after the other, and how many
    each has."""
    num_bytes = np.diff(offsets).astype(np.int64)
    lengths = np.empty(len(num_bytes), np.int64)
    hashes = np.empty(int((num_bytes // 2 + 1).sum()), np.uint64)
    table = table_for(room(int(num_bytes.max(initial=0))))
    filled = kernels.shingle_sets(_bytes(data), offsets, characters(), size, hashes, table, lengths)
    return hashes[:filled], lengths


def room(num_bytes: int) -> int:
    """Words that so many bytes can hold: every second byte ends one."""
    return num_bytes // 2 + 1


def table_for(num_hashes: int) -> Hashes:
    """A hash table's memory for so many values; the kernels touch only what they need of it."""
    return np.empty(max(1024, 1 << (4 * num_hashes).bit_length()), np.uint64)


def _bytes(data: pa.Buffer) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)
