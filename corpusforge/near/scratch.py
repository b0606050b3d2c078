"""What near-duplicates are searched in, on disk: band keys, sketches and shingle sets.

One unnamed temporary file each, in the directory of the run; a killed process leaves nothing.
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

from corpusforge.arrays import distinct, run_places
from corpusforge.near.banding import SKETCH_WORDS
from corpusforge.near.kernels import Hashes

_BLOCK_ROWS = 1 << 18
_WINDOW_CONTENTS = 1 << 18  # of sketches mapped at a time: 16 MiB, and a multiple of a page
# A set's place and length, both counted in hashes, share a word: 2 TB of sets of 67 million.
_LENGTH_BITS = np.uint64(26)
_LENGTH_MASK = np.uint64((1 << 26) - 1)


class BandKeys:
    """uint64[bands, rows], written a part at a time, read a band at a time."""

    def __init__(self, directory: Path, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._file = temporary_file(directory)

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


class Sketches:
    """uint64[contents, SKETCH_WORDS], written and read in any order, a window of the file at a
    time: what is mapped counts as this process's memory."""

    def __init__(self, directory: Path, contents: int) -> None:
        self._file = temporary_file(directory)
        self._contents = contents
        self._file.truncate(8 * contents * SKETCH_WORDS)

    def close(self) -> None:
        self._file.close()

    def write(self, contents: npt.NDArray[np.int32], sketches: Hashes) -> None:
        """Keep the sketches of some contents. Called from threads."""
        for window, inside, places in self._windows(contents):
            window[places] = sketches[inside]

    def read(self, contents: npt.NDArray[np.int32]) -> Hashes:
        """The sketches of some contents, in their order."""
        sketches = np.empty((len(contents), SKETCH_WORDS), np.uint64)
        for window, inside, places in self._windows(contents):
            sketches[inside] = window[places]
        return sketches

    def _windows(
        self, contents: npt.NDArray[np.int32]
    ) -> Iterator[tuple[Hashes, npt.NDArray[np.int64], npt.NDArray[np.int32]]]:
        """Mapped windows of the file, which of the contents are in each, and at what row of it."""
        order = np.argsort(contents)
        firsts = range(0, self._contents, _WINDOW_CONTENTS)
        cuts = np.searchsorted(contents[order], [*firsts, self._contents])
        for first, begin, end in zip(firsts, cuts[:-1], cuts[1:], strict=True):
            if begin < end:
                count = min(_WINDOW_CONTENTS, self._contents - first)
                window = _mapped(self._file, first * SKETCH_WORDS, count * SKETCH_WORDS)
                inside = order[begin:end]
                yield window.reshape(-1, SKETCH_WORDS), inside, contents[inside] - first


@dataclass(frozen=True)
class LoadedSets:
    """Shingle sets: `hashes[begins[i]:][:lengths[i]]` is the set of `contents[i]`."""

    contents: npt.NDArray[np.int32]  # ascending
    hashes: Hashes
    begins: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def flat(self) -> Hashes:
        """The sets one after the other, with nothing between them."""
        flat: Hashes = self.hashes[run_places(self.begins, self.lengths)]
        return flat


class ShingleSets:
    """Sets of shingle hashes by content; 8 bytes a content in memory."""

    def __init__(self, directory: Path, contents: int) -> None:
        self._file = temporary_file(directory)
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

    def places(self, contents: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Where the sets stand in the file, in hashes."""
        return (self._places[contents] >> _LENGTH_BITS).astype(np.int64)

    def load(self, contents: npt.NDArray[np.int32]) -> LoadedSets:
        """The sets of some contents, each once, mapped as long as they are in use."""
        contents = distinct(contents)
        hashes = _mapped(self._file, 0, self._end)
        return LoadedSets(contents, hashes, self.places(contents), self.lengths(contents))


def temporary_file(directory: Path) -> IO[bytes]:
    """An unnamed file: a killed process leaves nothing."""
    return tempfile.TemporaryFile(dir=directory)


def _mapped(file: IO[bytes], first: int, count: int) -> Hashes:
    """Some words of a file as an array; mapped for one use."""
    if not count:
        return np.empty(0, np.uint64)
    buffer = mmap.mmap(file.fileno(), 8 * count, offset=8 * first)
    return np.frombuffer(buffer, np.uint64)
