"""Finds the long lines of texts, and those that are in more documents than a limit."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.near.scratch import temporary_file
from corpusforge.near.shingle_kernels import Hashes, keep_distinct_of_each
from corpusforge.near.shingles import hash_table
from corpusforge.redaction.lines.kernels import find_long_lines
from corpusforge.redaction.spans import LINE_SPAN
from corpusforge.storage.documents import string_buffers

_PARTITION_BYTES = 256 << 20  # of text, whose lines are counted in memory together
_MAX_PARTITIONS = 256


@dataclass(frozen=True)
class LongLines:
    """The long lines of some texts, in order: `counts[i]` of them are in text i."""

    hashes: Hashes
    begins: Integers  # byte of the text
    ends: Integers  # with the line break
    counts: Integers

    def distinct(self) -> Hashes:
        """Return each text's distinct hashes; this overwrites the lines."""
        table = hash_table(int(self.counts.max(initial=0)))
        counts = self.counts.copy()
        return self.hashes[: keep_distinct_of_each(self.hashes, self.counts, counts, table)]


def find_lines(texts: pa.Array, least: int) -> LongLines:
    """Find the lines of at least `least` characters of a string column without nulls."""
    offsets, data = string_buffers(texts)
    room = int((np.diff(offsets) // least + 1).sum())
    hashes, counts = np.empty(room, np.uint64), np.empty(len(texts), np.int64)
    begins, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    find_long_lines(np.frombuffer(data, np.uint8), offsets, least, hashes, begins, ends, counts)
    found = int(counts.sum())
    return LongLines(hashes[:found], begins[:found], ends[:found], counts)


class LineCounter:
    """Counts hashes on disk; equal hashes are in one partition, which is sorted in memory."""

    def __init__(self, directory: Path, text_bytes: int) -> None:
        partitions = min(text_bytes // _PARTITION_BYTES + 1, _MAX_PARTITIONS)
        self._files = [temporary_file(directory) for _ in range(partitions)]
        self._lock = threading.Lock()

    def close(self) -> None:
        for file in self._files:
            file.close()

    def add(self, hashes: Hashes) -> None:
        """Count some hashes. Called from threads."""
        count = np.uint64(len(self._files))
        partition = ((hashes >> np.uint64(32)) * count) >> np.uint64(32)
        order = np.argsort(partition, kind="stable")
        cuts = np.searchsorted(partition[order], np.arange(len(self._files) + 1))
        arranged = hashes[order]
        with self._lock:
            for file, begin, end in zip(self._files, cuts[:-1], cuts[1:], strict=True):
                file.write(arranged[begin:end].data)

    def above(self, limit: int) -> Hashes:
        """Return the hashes that were counted more often than `limit`, ascending."""
        frequent = []
        for file in self._files:
            file.seek(0)
            hashes = np.frombuffer(file.read(), np.uint64)
            values, counts = np.unique(hashes, return_counts=True)
            frequent.append(values[counts > limit])
        return np.concatenate(frequent)


def spans_of(lines: Sequence[LongLines], repeated: Hashes) -> tuple[pa.Array, int]:
    """Return the spans of repeated lines, list<LINE_SPAN>, and the number of those lines.

    Neighbouring lines are one span.
    """
    hashes = np.concatenate([some.hashes for some in lines])
    begins = np.concatenate([some.begins for some in lines])
    ends = np.concatenate([some.ends for some in lines])
    counts = np.concatenate([some.counts for some in lines])
    row = np.repeat(np.arange(len(counts)), counts)
    place = np.searchsorted(repeated, hashes)
    cut = place < len(repeated)
    cut[cut] = repeated[place[cut]] == hashes[cut]
    begins, ends, row = begins[cut], ends[cut], row[cut]
    opens = np.ones(len(row), bool)
    opens[1:] = (row[1:] != row[:-1]) | (begins[1:] != ends[:-1])
    closes = np.roll(opens, -1)
    spans = pa.StructArray.from_arrays([begins[opens], ends[closes]], fields=list(LINE_SPAN))
    offsets = np.searchsorted(row[opens], np.arange(len(counts) + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, spans), len(row)
