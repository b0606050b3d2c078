"""Verifies candidate pairs: computes their true similarity before it unites them."""

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers, sorted_unique
from corpusforge.engine.executor import Executor
from corpusforge.near import cluster_kernels
from corpusforge.near.banding import GOLDEN_RATIO, may_be_similar, min_equal_slots
from corpusforge.near.clusters import Edges, UnionFind, concatenate_edges
from corpusforge.near.exact import ContentNumbers
from corpusforge.near.scratch import LoadedSets, ShingleSets
from corpusforge.near.shingle_kernels import Hashes
from corpusforge.near.shingles import hash_table

_LOADED_HASHES = 1 << 19  # hashes loaded per task: 4 MiB
_MIN_SET_HASHES = 1 << 10  # minimum size charged for a set, because memory is mapped in pages
_CACHE_BITS = 20  # 2^20 pairs: 8 MiB


class Verifier:
    """Compares contents, and unites those that are similar."""

    def __init__(
        self,
        sets: ShingleSets,
        clusters: UnionFind,
        threshold: float,
        executor: Executor,
    ) -> None:
        self.clusters = clusters
        self._sets = sets
        self._threshold = threshold
        self._equal_slots = min_equal_slots(threshold)
        self._executor = executor
        self._found: list[Edges] = []
        # A cache of compared pairs, since the same pair may meet in many bands. A pair that is
        # overwritten by another one is compared again.
        self._compared = np.zeros(1 << _CACHE_BITS, np.uint64)

    def use(self, contents: ContentNumbers, signatures: Hashes) -> None:
        """Set the contents, ascending, that `compare` may be called with, and their signatures."""
        self._contents, self._signatures = contents, signatures

    def compare(self, left: ContentNumbers, right: ContentNumbers) -> None:
        """Compare pairs, and unite those at the threshold or above; `left` is the lower number."""
        pairs = left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)
        # Most pairs have been compared in an earlier band, and need not be sorted.
        pairs = sorted_unique(pairs[self._compared[_cache_place(pairs)] != pairs])
        if not len(pairs):
            return
        self._compared[_cache_place(pairs)] = pairs
        left, right = (pairs >> np.uint64(32)).astype(np.int32), pairs.astype(np.int32)
        one, other = (
            self._signatures[np.searchsorted(self._contents, side)] for side in (left, right)
        )
        close = may_be_similar(one, other, self._equal_slots)
        edges = self._verify(left[close], right[close])
        self.clusters.unite(edges.left, edges.right)
        self._found.append(edges)

    def edges(self) -> Edges:
        """All edges found."""
        return concatenate_edges(self._found)

    def _verify(self, left: ContentNumbers, right: ContentNumbers) -> Edges:
        # In the order of the file, since few of its pages are mapped at a time.
        order = np.argsort(self._sets.offsets(left), kind="stable")
        sizes = np.maximum(self._sets.lengths(right[order]), _MIN_SET_HASHES)
        task_numbers = np.cumsum(sizes) // _LOADED_HASHES
        cuts = [0, *(np.flatnonzero(np.diff(task_numbers)) + 1).tolist(), len(left)]
        similarity = np.empty(len(left), np.float32)

        def verify(task: int) -> None:
            chunk = order[cuts[task] : cuts[task + 1]]
            loaded = self._sets.load(np.concatenate([left[chunk], right[chunk]]))
            similarity[chunk] = similarities(
                loaded,
                np.searchsorted(loaded.contents, left[chunk]),
                np.searchsorted(loaded.contents, right[chunk]),
                self._threshold,
            )

        for _ in self._executor.in_threads(verify, range(len(cuts) - 1)):
            pass
        return Edges(left, right, similarity).take(similarity > 0)


def similarities(
    sets: LoadedSets, left: Integers, right: Integers, threshold: float
) -> npt.NDArray[np.float32]:
    """Compute Jaccard similarities of the sets at some places; 0 below the threshold."""
    a, b = sets.lengths[left], sets.lengths[right]
    # J >= t means that at most (a + b) (1 - t) / (1 + t) shingles are in one set only. After
    # subtracting the difference in length, at most half of the rest may be missing from the left
    # set.
    allowed = ((a + b) * (1 - threshold) / (1 + threshold) + b - a) / 2
    missing = np.empty(len(left), np.int64)
    cluster_kernels.count_missing(
        sets.hashes,
        sets.begins,
        sets.lengths,
        left,
        right,
        np.floor(allowed + 1e-6).astype(np.int64),
        hash_table(int(sets.lengths.max(initial=0))),
        missing,
    )
    shared = b - missing
    similarity = shared / np.maximum(a + b - shared, 1)
    return np.where(similarity >= threshold, similarity, 0).astype(np.float32)


def _cache_place(pairs: Hashes) -> Hashes:
    return (pairs * GOLDEN_RATIO) >> np.uint64(64 - _CACHE_BITS)
