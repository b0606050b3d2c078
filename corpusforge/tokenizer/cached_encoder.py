"""Encodes text with a SentencePiece model at memory speed: each distinct segment is merged once.

`cut_points` explains what a segment is, and why its ids do not depend on the text around it.
"""

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers
from corpusforge.tokenizer import kernels
from corpusforge.tokenizer.kernels import SegmentCache, merge_buffers
from corpusforge.tokenizer.merge_tables import merge_tables
from corpusforge.tokenizer.model_file import ModelFile
from corpusforge.tokenizer.tokenizer import Encoded

# Slots of the hash table, of which at most half are used. Each takes 24 bytes, plus room for 16
# bytes and 4 ids of segments that do not fit into the table itself: 100 MB in all.
_SLOTS = 1 << 21
_SLOT_BYTES, _SLOT_IDS = 16, 4


class CachedEncoder:
    """Encodes many texts in one call, and looks up segments that it has encoded before.

    Memory is bounded: a full cache evicts the segments without a hit since the last eviction, so
    that text without repetition (base64) does not crowd out words. Not thread-safe.
    """

    def __init__(self, model: ModelFile, slots: int = _SLOTS) -> None:
        self._tables = merge_tables(model)
        self._cache = _empty_cache(slots)
        self._state: Integers = np.zeros(kernels.STATE_SIZE, np.int64)

    @property
    def num_cached(self) -> int:
        """Number of segments in the cache."""
        return int(self._state[kernels.NUM_SEGMENTS])

    def encode(
        self,
        data: npt.NDArray[np.uint8],
        begins: Integers,
        ends: Integers,
    ) -> Encoded:
        """Encode the texts `data[begins[i]:ends[i]]`, which must be valid UTF-8."""
        out = np.empty(int((ends - begins).sum()) + kernels.INLINE_IDS, np.uint16)
        lengths = np.zeros(len(begins), np.int64)
        state = self._state
        state[[kernels.ROW, kernels.NUM_IDS, kernels.ROW_START]] = 0
        state[kernels.POSITION] = begins[0] if len(begins) else 0
        buffers = merge_buffers(kernels.MAX_CACHED_BYTES)
        while state[kernels.ROW] < len(begins):
            state[kernels.WANTED_BYTES] = 0
            kernels.encode(
                *(data, begins, ends, self._tables, self._cache, buffers, out, lengths, state),
            )
            if wanted := int(state[kernels.WANTED_BYTES]):
                buffers = merge_buffers(wanted)
            elif state[kernels.ROW] < len(begins):
                emptied = _empty_cache(len(self._cache.spans))
                kernels.evict_unused(self._cache, emptied, state)
                self._cache = emptied
        return out[: state[kernels.NUM_IDS]], lengths


def _empty_cache(slots: int) -> SegmentCache:
    return SegmentCache(
        table=np.zeros(2 * slots, np.uint64),
        spans=np.empty(slots, np.int64),
        arena=np.empty(slots * _SLOT_BYTES, np.uint8),
        ids=np.empty(slots * _SLOT_IDS, np.uint16),
    )
