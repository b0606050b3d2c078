"""What near-duplicates are searched in, kept on disk: band keys by row, shingle sets by content.

One unnamed temporary file each, in the directory of the run; a killed process leaves nothing.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from corpusforge.near.kernels import Hashes

_BLOCK_ROWS = 1 << 18
# A set's place and length, both counted in hashes, share a word: 2 TB of sets of 67 million.
_LENGTH_BITS = np.uint64(26)
_LENGTH_MASK = np.uint64((1 << 26) - 1)


class BandKeys:
    """uint64[bands, rows], written a part at a time, read a band at a time."""

    def __init__(self, directory: Path, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._file = _temporary(directory)

    def close(self) -> None:
        self._file.close()

    def write(self, first: int, keys: Hashes) -> None:
        """Keep the keys uint64[bands, part] of the rows from number `first` on."""
        for band, of_band in enumerate(keys):
            os.pwrite(self._file.fileno(), of_band.data, 8 * (band * self.rows + first))

    def read(self, band: int) -> Iterator[tuple[slice, Hashes]]:
        """A band's keys in blocks, each with the rows it is of."""
        for first in range(0, self.rows, _BLOCK_ROWS):
            count = min(_BLOCK_ROWS, self.rows - first)
            keys = np.empty(count, np.uint64)
            os.preadv(self._file.fileno(), [keys.data], 8 * (band * self.rows + first))
            yield slice(first, first + count), keys


@dataclass(frozen=True)
class LoadedSets:
    """Shingle sets: `hashes[begins[i]:][:lengths[i]]` is the set of `contents[i]`."""

    contents: npt.NDArray[np.int32]  # ascending
    hashes: Hashes
    begins: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]


class ShingleSets:
    """Sets of shingle hashes by content; 8 bytes a content in memory."""

    def __init__(self, directory: Path, contents: int) -> None:
        self._file = _temporary(directory)
        self._places = np.zeros(contents, np.uint64)  # place in the file, and length
        self._end = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        self._file.close()

    def write(
        self, contents: npt.NDArray[np.int32], hashes: Hashes, lengths: npt.NDArray[np.int64]
    ) -> None:
        """Keep the sets of some contents, given one after the other. Called from threads."""
        assert lengths.max(initial=0) <= _LENGTH_MASK, "a document of more than 67 million shingles"
        with self._lock:
            start = self._end
            self._end += len(hashes)
        os.pwrite(self._file.fileno(), hashes.data, 8 * start)
        places = (start + np.cumsum(lengths) - lengths).astype(np.uint64)
        self._places[contents] = places << _LENGTH_BITS | lengths.astype(np.uint64)

    def lengths(self, contents: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        return (self._places[contents] & _LENGTH_MASK).astype(np.int64)

    def load(self, contents: npt.NDArray[np.int32]) -> LoadedSets:
        """The sets of some contents, each once."""
        contents = np.unique(contents)
        lengths = self.lengths(contents)
        begins = np.cumsum(lengths) - lengths
        hashes = np.empty(int(lengths.sum()), np.uint64)
        places = (self._places[contents] >> _LENGTH_BITS).astype(np.int64) * 8
        descriptor = self._file.fileno()
        for place, begin, length in zip(
            places.tolist(), begins.tolist(), lengths.tolist(), strict=True
        ):
            os.preadv(descriptor, [hashes[begin : begin + length].data], place)
        return LoadedSets(contents, hashes, begins, lengths)


def _temporary(directory: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=directory)
