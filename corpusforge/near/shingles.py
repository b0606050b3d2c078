"""Texts as sets of shingles, a column at a time; the scratch memory that the kernels need."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.config import ShingleConfig
from corpusforge.near import kernels
from corpusforge.near.characters import characters
from corpusforge.near.kernels import Hashes
from corpusforge.near.words import word_hashes


def sign_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]:
    """Signatures uint16[rows, slots] and numbers of shingles uint32[rows] of a string column."""
    hashes, counts, shingles, table = _shingles(offsets, data, config)
    signatures = np.empty(len(counts) * config.slots, np.uint16)
    slots = np.empty(config.slots, np.uint64)
    kernels.sketch(hashes, counts, shingles, table, slots, signatures)
    return signatures.reshape(-1, config.slots), shingles.astype(np.uint32)


def sets_of_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Distinct shingle hashes of a string column's rows, one set after the other, and how many
    each has."""
    hashes, counts, shingles, table = _shingles(offsets, data, config)
    filled = kernels.distinct_sets(hashes, counts, shingles, table)
    return hashes[:filled], shingles


def _shingles(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, npt.NDArray[np.int64], npt.NDArray[np.int64], Hashes]:
    """Hashes of all texts' shingles, the places they take and their numbers, and a table for those
    of any one text."""
    num_bytes = np.diff(offsets).astype(np.int64)
    counts = np.empty(len(num_bytes), np.int64)
    if config.unit == "word":
        words = np.empty(int((num_bytes // 2 + 1).sum()), np.uint64)
        hash_words = word_hashes
    else:
        from corpusforge.near.spelling import character_hashes

        words = np.empty(int(num_bytes.sum()), np.uint64)
        hash_words = character_hashes
    hash_words(np.frombuffer(data, np.uint8), offsets, characters(), words, counts)
    shingles = np.empty(len(counts), np.int64)
    kernels.shingle(words, counts, config.size, shingles)
    return words, counts, shingles, table_for(int(counts.max(initial=0)))


def table_for(num_hashes: int) -> Hashes:
    """A hash table's memory for so many values; the kernels touch only what they need of it."""
    return np.empty(max(1024, 1 << (4 * num_hashes).bit_length()), np.uint64)
