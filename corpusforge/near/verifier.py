"""Candidate pairs in, true similarities out: an edge is verified before anything is united."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import distinct
from corpusforge.engine.executor import Executor
from corpusforge.near import comparison
from corpusforge.near.banding import least_matches, likely
from corpusforge.near.clusters import Edges, Forest, concatenated
from corpusforge.near.kernels import Hashes
from corpusforge.near.scratch import LoadedSets, ShingleSets, Sketches
from corpusforge.near.shingles import table_for

_LOADED_HASHES = 1 << 19  # of shingle sets in work at a time and worker: 4 MiB
_PAGES = 1 << 10  # hashes that the smallest set counts as, since memory is mapped in pages
_REMEMBERED_BITS = 20  # of the number of pairs remembered: 8 MiB
_SCATTER = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """Sketches of some contents in memory, for many comparisons."""

    contents: Numbers  # ascending
    sketches: Hashes  # uint64[contents, words]

    @classmethod
    def of(cls, contents: Numbers, sketches: Sketches) -> "Held":
        held = distinct(contents)
        return cls(held, sketches.read(held))

    def sketch(self, contents: Numbers) -> Hashes:
        """Of contents that are held, in their order."""
        return self.sketches[np.searchsorted(self.contents, contents)]


class Verifier:
    """Compares contents and unites those that are alike."""

    def __init__(
        self,
        sets: ShingleSets,
        forest: Forest,
        threshold: float,
        executor: Executor,
    ) -> None:
        self.forest = forest
        self._sets = sets
        self._threshold = threshold
        self._matches = least_matches(threshold)
        self._executor = executor
        self._found: list[Edges] = []
        # The same pair may meet in many bands. A pair remembered at the place of another is
        # forgotten and, at worst, compared again.
        self._compared = np.zeros(1 << _REMEMBERED_BITS, np.uint64)

    def hold(self, held: Held) -> None:
        """What is compared from now on."""
        self._held = held

    def unite(self, left: Numbers, right: Numbers) -> None:
        """Unite the pairs of what is held that are similar enough; `left` is the lower number."""
        pairs = left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)
        # Most have been compared in an earlier band, and need not be sorted.
        pairs = distinct(pairs[self._compared[_place(pairs)] != pairs])
        if not len(pairs):
            return
        self._compared[_place(pairs)] = pairs
        left, right = (pairs >> np.uint64(32)).astype(np.int32), pairs.astype(np.int32)
        close = likely(self._held.sketch(left), self._held.sketch(right), self._matches)
        edges = self._edges(left[close], right[close])
        self.forest.unite(edges.left, edges.right)
        self._found.append(edges)

    def edges(self) -> Edges:
        """All edges found."""
        return concatenated(self._found)

    def _edges(self, left: Numbers, right: Numbers) -> Edges:
        # In the order of the file, since few of its pages are mapped at a time.
        order = np.argsort(self._sets.places(left), kind="stable")
        load = np.cumsum(np.maximum(self._sets.lengths(right[order]), _PAGES)) // _LOADED_HASHES
        cuts = [0, *(np.flatnonzero(np.diff(load)) + 1).tolist(), len(left)]
        similarity = np.empty(len(left), np.float32)

        def compare(task: int) -> None:
            chunk = order[cuts[task] : cuts[task + 1]]
            loaded = self._sets.load(np.concatenate([left[chunk], right[chunk]]))
            similarity[chunk] = similarities(
                loaded,
                np.searchsorted(loaded.contents, left[chunk]),
                np.searchsorted(loaded.contents, right[chunk]),
                self._threshold,
            )

        for _ in self._executor.in_threads(compare, range(len(cuts) - 1)):
            pass
        return Edges(left, right, similarity).take(similarity > 0)


def similarities(
    sets: LoadedSets, left: Places, right: Places, threshold: float
) -> npt.NDArray[np.float32]:
    """Jaccard similarity of sets at places `left` and `right`; 0 where it is under `threshold`."""
    a, b = sets.lengths[left], sets.lengths[right]
    # J >= t means that at most (a + b) (1 - t) / (1 + t) shingles stand on one side only; half
    # of what is left of that, after the difference in length, may be missing from the left.
    allowed = ((a + b) * (1 - threshold) / (1 + threshold) + b - a) / 2
    missing = np.empty(len(left), np.int64)
    comparison.missing(
        sets.hashes,
        sets.begins,
        sets.lengths,
        left,
        right,
        np.floor(allowed + 1e-6).astype(np.int64),
        table_for(int(sets.lengths.max(initial=0))),
        missing,
    )
    shared = b - missing
    similarity = shared / np.maximum(a + b - shared, 1)
    return np.where(similarity >= threshold, similarity, 0).astype(np.float32)


def _place(pairs: Hashes) -> Hashes:
    """Where pairs are remembered."""
    return (pairs * _SCATTER) >> np.uint64(64 - _REMEMBERED_BITS)
