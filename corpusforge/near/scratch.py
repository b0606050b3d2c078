"""Temporary data of the search, on disk: band keys, short signatures and shingle sets.

Each is an unnamed file in the directory of the run, so a killed process leaves nothing.
"""

import mmap
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers, sorted_unique
from corpusforge.near.banding import SHORT_SIGNATURE_WORDS as WORDS
from corpusforge.near.exact import ContentNumbers
from corpusforge.near.shingle_kernels import Hashes

_BLOCK_ROWS = 1 << 18
_WINDOW_CONTENTS = 1 << 18  # mapped at a time: 16 MiB, a multiple of a page
# A set's offset and length, counted in hashes, share 64 bits: up to 2 TB of sets of 67 million.
_LENGTH_BITS = np.uint64(26)
_LENGTH_MASK = np.uint64((1 << 26) - 1)


class BandKeys:
    """The band keys of all rows, uint64[bands, rows]: written by part, read by band."""

    def __init__(self, directory: Path, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._file = temporary_file(directory)

    def close(self) -> None:
        self._file.close()

    def write(self, first: int, keys: Hashes) -> None:
        """Write the keys uint64[bands, rows of a part] of the rows from number `first` on."""
        for band, of_band in enumerate(keys):
            os.pwrite(self._file.fileno(), of_band.data, 8 * (band * self.rows + first))

    def read(self, band: int) -> Iterator[tuple[slice, Hashes]]:
        """Read a band's keys in blocks, each with its rows."""
        for first in range(0, self.rows, _BLOCK_ROWS):
            count = min(_BLOCK_ROWS, self.rows - first)
            keys = np.empty(count, np.uint64)
            os.preadv(self._file.fileno(), [keys.data], 8 * (band * self.rows + first))
            yield slice(first, first + count), keys


class ShortSignatures:
    """The short signatures of all contents, uint64[contents, WORDS], in any order.

    A window of the file is mapped at a time, since mapped pages count as this process's memory.
    """

    def __init__(self, directory: Path, contents: int) -> None:
        self._file = temporary_file(directory)
        self._contents = contents
        self._file.truncate(8 * contents * WORDS)

    def close(self) -> None:
        self._file.close()

    def write(self, contents: ContentNumbers, signatures: Hashes) -> None:
        """Write the short signatures of some contents. Called from threads."""
        for window, inside, places in self._windows(contents):
            window[places] = signatures[inside]

    def read(self, contents: ContentNumbers) -> Hashes:
        """Read the short signatures of some contents, in their order."""
        signatures = np.empty((len(contents), WORDS), np.uint64)
        for window, inside, places in self._windows(contents):
            signatures[inside] = window[places]
        return signatures

    def _windows(
        self, contents: ContentNumbers
    ) -> Iterator[tuple[Hashes, Integers, npt.NDArray[np.int32]]]:
        """Yield mapped windows of the file, with the contents in each and their rows in it."""
        order = np.argsort(contents)
        firsts = range(0, self._contents, _WINDOW_CONTENTS)
        cuts = np.searchsorted(contents[order], [*firsts, self._contents])
        for first, begin, end in zip(firsts, cuts[:-1], cuts[1:], strict=True):
            if begin < end:
                count = min(_WINDOW_CONTENTS, self._contents - first)
                window = _map(self._file, first * WORDS, count * WORDS)
                inside = order[begin:end]
                yield window.reshape(-1, WORDS), inside, contents[inside] - first


@dataclass(frozen=True)
class LoadedSets:
    """Shingle sets: `hashes[begins[i]:][:lengths[i]]` is the set of `contents[i]`."""

    contents: ContentNumbers  # ascending
    hashes: Hashes
    begins: Integers
    lengths: Integers


class ShingleSets:
    """The shingle hashes of contents; 8 bytes of memory per content."""

    def __init__(self, directory: Path, contents: int) -> None:
        self._file = temporary_file(directory)
        self._locations = np.zeros(contents, np.uint64)  # offset in the file, and length
        self._end = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        self._file.close()

    def write(self, contents: ContentNumbers, hashes: Hashes, lengths: Integers) -> None:
        """Write the sets of some contents, set after set. Called from threads."""
        assert lengths.max(initial=0) <= _LENGTH_MASK, "a document of more than 67 million shingles"
        with self._lock:
            start = self._end
            self._end += len(hashes)
        os.pwrite(self._file.fileno(), hashes.data, 8 * start)
        offsets = (start + np.cumsum(lengths) - lengths).astype(np.uint64)
        self._locations[contents] = offsets << _LENGTH_BITS | lengths.astype(np.uint64)

    def lengths(self, contents: ContentNumbers) -> Integers:
        return (self._locations[contents] & _LENGTH_MASK).astype(np.int64)

    def offsets(self, contents: ContentNumbers) -> Integers:
        """Where the sets begin in the file, in hashes."""
        return (self._locations[contents] >> _LENGTH_BITS).astype(np.int64)

    def load(self, contents: ContentNumbers) -> LoadedSets:
        """Map the sets of some contents, each once."""
        contents = sorted_unique(contents)
        hashes = _map(self._file, 0, self._end)
        return LoadedSets(contents, hashes, self.offsets(contents), self.lengths(contents))


def temporary_file(directory: Path) -> IO[bytes]:
    """Open an unnamed file in a directory."""
    return tempfile.TemporaryFile(dir=directory)


def _map(file: IO[bytes], first: int, count: int) -> Hashes:
    """Map some hashes of a file."""
    if not count:
        return np.empty(0, np.uint64)
    buffer = mmap.mmap(file.fileno(), 8 * count, offset=8 * first)
    return np.frombuffer(buffer, np.uint64)
