"""Signatures and shingle sets of texts, a column at a time."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.config import ShingleConfig
from corpusforge.near import shingle_kernels
from corpusforge.near.characters import character_table
from corpusforge.near.shingle_kernels import MIN_TABLE, Hashes
from corpusforge.near.word_kernels import hash_words


def sign_texts(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint32]]:
    """Compute the signatures of a string column's texts.

    Return uint16[rows, slots], and the number of each text's shingles, uint32[rows].
    """
    hashes, counts, shingles, table = _hash_shingles(offsets, data, config)
    signatures = np.empty(len(counts) * config.slots, np.uint16)
    slots = np.empty(config.slots, np.uint64)
    shingle_kernels.sign_sets(hashes, counts, shingles, table, slots, signatures)
    return signatures.reshape(-1, config.slots), shingles.astype(np.uint32)


def shingle_sets(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, Integers]:
    """Collect the distinct shingles of a string column's texts.

    Return the hashes, set after set, and the size of each set, int64[rows].
    """
    hashes, counts, sizes, table = _hash_shingles(offsets, data, config)
    filled = shingle_kernels.keep_distinct_of_each(hashes, counts, sizes, table)
    return hashes[:filled], sizes


def _hash_shingles(
    offsets: npt.NDArray[np.int32], data: pa.Buffer, config: ShingleConfig
) -> tuple[Hashes, Integers, Integers, Hashes]:
    """Hash the shingles of a string column's texts.

    Return the hashes; for each text, the places it takes and its number of shingles; and scratch
    memory for a table of the largest text.
    """
    num_bytes = np.diff(offsets).astype(np.int64)
    counts = np.empty(len(num_bytes), np.int64)
    if config.unit == "word":
        words = np.empty(int((num_bytes // 2 + 1).sum()), np.uint64)
        hash_units = hash_words
    else:
        from corpusforge.near.character_kernels import hash_characters

        words = np.empty(int(num_bytes.sum()), np.uint64)
        hash_units = hash_characters
    hash_units(np.frombuffer(data, np.uint8), offsets, character_table(), words, counts)
    shingles = np.empty(len(counts), np.int64)
    shingle_kernels.hash_shingles(words, counts, config.size, shingles)
    return words, counts, shingles, hash_table(int(counts.max(initial=0)))


def hash_table(num_hashes: int) -> Hashes:
    """Allocate a kernel's hash table for so many values; it touches only what it needs."""
    return np.empty(max(MIN_TABLE, 1 << (4 * num_hashes).bit_length()), np.uint64)
