"""Windows of a source: its tokens end to end, or whole documents packed together.

A window has `size` + 1 tokens: the inputs, and the same shifted by one as targets.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from corpusforge.arrays import Integers, run_places
from corpusforge.shards.lookup import Lookup
from corpusforge.shards.reader import ShardSet, TokenStream
from trainer.data.packing import pack
from trainer.data.permutation import Bits, mix64

_PHASE = 0xFF  # not the number of any Feistel round


@dataclass(frozen=True)
class Runs:
    """Runs of consecutive tokens of a source, placed in windows; int64[runs] each."""

    window: Integers  # index of the window in the request
    column: Integers  # first column in the window
    first: Integers  # first token in the source
    length: Integers


class Run(NamedTuple):
    """Tokens [first, end) of a source, which begin at a column of a window."""

    column: int
    first: int
    end: int


class Windows(Protocol):
    """The windows of a source. An epoch shows each of them once."""

    @property
    def stream(self) -> TokenStream: ...

    @property
    def num_windows(self) -> int: ...

    def runs(self, numbers: Integers, keys: Bits) -> Runs:
        """The runs in windows, from left to right; each window belongs to the epoch of its key.

        Columns that no run covers are padding.
        """

    def holding(self, first: int, end: int, key: Bits) -> Integers:
        """Windows of an epoch that have a token in [first, end): int64. The key is uint64[1]."""


class ContiguousWindows:
    """Tokens end to end, cut wherever a window is full.

    The tokens of a source form a ring. (Every document ends with an end-of-document id, so the seam
    is a border between documents like any other.) An epoch starts at a keyed phase of the ring and
    has ⌊tokens / size⌋ windows. They do not overlap, except that the last target of one is the
    first input of the next.
    """

    def __init__(self, stream: TokenStream, size: int) -> None:
        self.stream = stream
        self._size = size
        self.num_windows = stream.num_tokens // size if stream.num_tokens > size else 0

    def runs(self, numbers: Integers, keys: Bits) -> Runs:
        num_tokens, length = self.stream.num_tokens, self._size + 1
        start = (self._phase(keys) + numbers * self._size) % num_tokens
        before_seam = np.minimum(length, num_tokens - start)
        over = np.flatnonzero(before_seam < length)
        return Runs(
            window=np.concatenate([np.arange(len(start)), over]),
            column=np.concatenate([np.zeros(len(start), np.int64), before_seam[over]]),
            first=np.concatenate([start, np.zeros(len(over), np.int64)]),
            length=np.concatenate([before_seam, length - before_seam[over]]),
        )

    def holding(self, first: int, end: int, key: Bits) -> Integers:
        phase = int(self._phase(key)[0])
        # Tokens are counted from the epoch's phase, on their turn of the ring and its neighbours.
        found = [
            np.arange(
                max(0, -(-start // self._size) - 1),
                min(self.num_windows, (start + end - first - 1) // self._size + 1),
            )
            for turn in (-1, 0, 1)
            for start in (first - phase + turn * self.stream.num_tokens,)
        ]
        return np.unique(np.concatenate(found))

    def _phase(self, keys: Bits) -> Integers:
        phase = mix64(keys ^ np.uint64(_PHASE)) % np.uint64(self.stream.num_tokens)
        return phase.astype(np.int64)


class WholeDocuments:
    """Documents packed into windows (`packing`); only those longer than a window are cut.

    The first input of a window is padding: an end of document, as before any other document. If the
    window continues a document that was cut, it is the token before. Documents share the same
    windows in every epoch; the windows come in another order.
    """

    def __init__(self, stream: TokenStream, lengths: Integers, size: int) -> None:
        """Pack the documents of a stream, given their lengths: int64[documents]."""
        self.stream = stream
        self.num_documents = len(lengths)
        self.num_cut = int((lengths > size).sum())
        packing = pack(lengths, size)
        self.num_windows = packing.num_windows
        self.padding = 1 - stream.num_tokens / max(1, self.num_windows * size)  # share of targets
        self._continued = packing.continued
        self._begins = packing.begins
        self._first, self._length = packing.first, packing.length
        leads = packing.begins[packing.continued]
        self._first[leads] -= 1
        self._length[leads] += 1

    @classmethod
    def of(cls, shards: ShardSet, split: str, source: str, size: int) -> "WholeDocuments":
        """Pack the documents of a source, by the lengths in its indexes.

        Raises:
            InputError: an index is missing, damaged, or belongs to another file.
        """
        lookup = Lookup(shards, split, source)
        lengths = [np.diff(lookup.ends(shard), prepend=0) for shard in lookup.shards]
        return cls(shards.stream(split, source), np.concatenate(lengths), size)

    def runs(self, numbers: Integers, keys: Bits) -> Runs:
        begins = self._begins[numbers]
        counts = self._begins[numbers + 1] - begins
        segments = run_places(begins, counts)
        length = self._length[segments].astype(np.int64)
        before = np.cumsum(length) - length
        leads = (self._continued.start <= numbers) & (numbers < self._continued.stop)
        shift = np.where(leads, 0, 1) - before[np.cumsum(counts) - counts]
        return Runs(
            window=np.repeat(np.arange(len(numbers)), counts),
            column=before + np.repeat(shift, counts),
            first=self._first[segments],
            length=length,
        )

    def holding(self, first: int, end: int, key: Bits) -> Integers:
        segments = np.flatnonzero((self._first < end) & (self._first + self._length > first))
        return np.unique(np.searchsorted(self._begins, segments, side="right") - 1)

    def __str__(self) -> str:
        text = f"{self.num_documents:,} documents in {self.num_windows:,} windows"
        cut = f"; {self.num_cut:,} are longer than a window and cut" if self.num_cut else ""
        return f"{text}, {self.padding:.1%} padding{cut}"
