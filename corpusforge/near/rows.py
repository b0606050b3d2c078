"""The rows that deduplication reads: those of one corpus or of several, part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers


class PartedRows(Protocol):
    """The live rows of a corpus, in parts."""

    @property
    def live_counts(self) -> Sequence[int]:
        """Rows of each part."""

    @property
    def sources(self) -> Sequence[str]:
        """The source of each part."""

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Read some columns of a part."""

    def take(self, index: int, columns: Sequence[str], places: Integers) -> Iterator[pa.Table]:
        """Read document columns of some rows of a part, in ascending places."""


@dataclass(frozen=True)
class JoinedRows:
    """The rows of several corpora, one after the other, numbered across all of them."""

    corpora: tuple[PartedRows, ...]

    @cached_property
    def live_counts(self) -> list[int]:
        return [count for corpus in self.corpora for count in corpus.live_counts]

    @property
    def sources(self) -> list[str]:
        return [source for corpus in self.corpora for source in corpus.sources]

    @cached_property
    def first_rows(self) -> list[int]:
        """The number of each part's first row; at the end, the number of all rows."""
        return [0, *np.cumsum(self.live_counts, dtype=np.int64).tolist()]

    @property
    def total(self) -> int:
        return self.first_rows[-1]

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        corpus, own = self._locate(index)
        return corpus.select(own, columns)

    def take(self, index: int, columns: Sequence[str], places: Integers) -> Iterator[pa.Table]:
        corpus, own = self._locate(index)
        return corpus.take(own, columns, places)

    def row_slice(self, index: int) -> slice:
        """The numbers of a part's rows."""
        return slice(self.first_rows[index], self.first_rows[index + 1])

    def _locate(self, index: int) -> tuple[PartedRows, int]:
        """Find the corpus of a part, and the part's index in that corpus."""
        for corpus in self.corpora:
            if index < len(corpus.live_counts):
                return corpus, index
            index -= len(corpus.live_counts)
        raise IndexError(index)


def fixed_width(column: pa.ChunkedArray, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """View a fixed-width binary column without nulls as an array of `dtype`."""
    if not len(column):
        return np.empty(0, dtype)
    array = column.combine_chunks()
    width = array.type.byte_width
    whole = np.frombuffer(array.buffers()[1], np.uint8, len(array) * width, array.offset * width)
    return whole.view(dtype)
