"""The rows that deduplication reads: those of one corpus or of several, part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.arrays import Integers
from corpusforge.engine.live_rows import LiveRows


@dataclass(frozen=True)
class JoinedRows:
    """The rows of several corpora, one after the other, numbered across all of them."""

    corpora: tuple[LiveRows, ...]

    @cached_property
    def parts(self) -> list[tuple[LiveRows, int]]:
        """The corpus of each part, and the part's index in it."""
        return [
            (corpus, index) for corpus in self.corpora for index in range(len(corpus.live_counts))
        ]

    @cached_property
    def first_rows(self) -> list[int]:
        """The number of each part's first row; at the end, the number of all rows."""
        counts = [corpus.live_counts[index] for corpus, index in self.parts]
        return [0, *np.cumsum(counts, dtype=np.int64).tolist()]

    @cached_property
    def source_numbers(self) -> list[int]:
        """The number of each part's source, in the order of sources."""
        sources = [corpus.sources[index] for corpus, index in self.parts]
        names = list(dict.fromkeys(sources))
        return [names.index(source) for source in sources]

    @property
    def total(self) -> int:
        return self.first_rows[-1]

    def __len__(self) -> int:
        """Number of parts."""
        return len(self.parts)

    def select(self, index: int, columns: Sequence[str]) -> pa.Table:
        """Read some columns of a part."""
        corpus, own = self.parts[index]
        return corpus.select(own, columns)

    def take(self, index: int, columns: Sequence[str], places: Integers) -> Iterator[pa.Table]:
        """Read document columns of some rows of a part, in ascending places."""
        corpus, own = self.parts[index]
        return corpus.take(own, columns, places)

    def row_slice(self, index: int) -> slice:
        """The numbers of a part's rows."""
        return slice(self.first_rows[index], self.first_rows[index + 1])


def fixed_width(column: pa.ChunkedArray, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """View a fixed-width binary column without nulls as an array of `dtype`."""
    if not len(column):
        return np.empty(0, dtype)
    array = column.combine_chunks()
    width = array.type.byte_width
    whole = np.frombuffer(array.buffers()[1], np.uint8, len(array) * width, array.offset * width)
    return whole.view(dtype)
