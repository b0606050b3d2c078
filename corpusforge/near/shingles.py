"""Texts as sets of shingles, a column at a time; the scratch memory that the kernels need."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.config import ShingleConfig
from corpusforge.near import kernels
from corpusforge.near.characters import characters
from corpusforge.near.kernels import Hashes


def sign_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]:
    """Signatures uint16[rows, slots] and numbers of shingles uint32[rows] of a string column."""
    rows = len(offsets) - 1
    signatures = np.empty((rows, config.slots), np.uint16)
    shingles = np.empty(rows, np.uint32)
    words, counts, table = _words(offsets, data, config)
    slots = np.empty(config.slots, np.uint64)
    kernels.sign(words, counts, config.size, table, slots, signatures, shingles)
    return signatures, shingles


def sets_of_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Distinct shingle hashes of a string column's rows, one set after the other, and how many
    each has."""
    words, counts, table = _words(offsets, data, config)
    filled = kernels.shingle_sets(words, counts, config.size, table)
    return words[:filled], counts


def _words(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, npt.NDArray[np.int64], Hashes]:
    """Hashes of all texts' words or characters, how many, and a table for those of any one."""
    num_bytes = np.diff(offsets).astype(np.int64)
    counts = np.empty(len(num_bytes), np.int64)
    if config.unit == "word":
        words = np.empty(int((num_bytes // 2 + 1).sum()), np.uint64)
        hash_words = kernels.word_hashes
    else:
        from corpusforge.near.spelling import character_hashes

        words = np.empty(int(num_bytes.sum()), np.uint64)
        hash_words = character_hashes
    hash_words(np.frombuffer(data, np.uint8), offsets, characters(), words, counts)
    return words, counts, table_for(int(counts.max(initial=0)))


def table_for(num_hashes: int) -> Hashes:
    """A hash table's memory for so many values; the kernels touch only what they need of it."""
    return np.empty(max(1024, 1 << (4 * num_hashes).bit_length()), np.uint64)
