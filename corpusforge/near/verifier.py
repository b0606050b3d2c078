"""Candidate pairs in, true similarities out: an edge is verified before anything is united."""

import numpy as np
import numpy.typing as npt

from corpusforge.executor import LocalExecutor
from corpusforge.near import kernels
from corpusforge.near.clusters import Edges, Forest, concatenated
from corpusforge.near.scratch import ShingleSets
from corpusforge.near.shingles import table_for

_LOADED_HASHES = 2 << 20  # of shingle sets in memory at a time and worker: 16 MiB
_HELD_HASHES = 4 << 20  # of sets that are compared again and again: 32 MiB
_REMEMBERED_BITS = 20  # of the number of pairs remembered: 8 MiB
_SCATTER = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int32]


class Verifier:
    """Compares contents and unites those that are alike."""

    def __init__(
        self, sets: ShingleSets, forest: Forest, threshold: float, executor: LocalExecutor
    ) -> None:
        self.forest = forest
        self._sets = sets
        self._threshold = threshold
        self._executor = executor
        self._found: list[Edges] = []
        self._held = sets.load(np.empty(0, np.int32))
        # The same pair may meet in many bands. A pair remembered at the place of another is
        # forgotten and, at worst, compared again.
        self._compared = np.zeros(1 << _REMEMBERED_BITS, np.uint64)

    def unite(self, left: Numbers, right: Numbers) -> None:
        """Unite the pairs that are similar enough; `left` is the lower number of each."""
        pairs = np.unique(left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64))
        places = (pairs * _SCATTER) >> np.uint64(64 - _REMEMBERED_BITS)
        new = self._compared[places] != pairs
        pairs, places = pairs[new], places[new]
        if not len(pairs):
            return
        self._compared[places] = pairs
        edges = self._edges((pairs >> np.uint64(32)).astype(np.int32), pairs.astype(np.int32))
        self.forest.unite(edges.left, edges.right)
        self._found.append(edges)

    def hold(self, contents: Numbers) -> None:
        """Read the sets of some contents now, if there is room for them, for many comparisons."""
        contents = np.unique(contents)
        if self._sets.lengths(contents).sum() > _HELD_HASHES:
            contents = contents[:0]
        self._held = self._sets.load(contents)

    def edges(self) -> Edges:
        """All edges found."""
        return concatenated(self._found)

    def _edges(self, left: Numbers, right: Numbers) -> Edges:
        load = np.cumsum(self._sets.lengths(right)) // _LOADED_HASHES
        cuts = [0, *(np.flatnonzero(np.diff(load)) + 1).tolist(), len(left)]
        similarity = np.empty(len(left), np.float32)

        def compare(task: int) -> None:
            chunk = slice(cuts[task], cuts[task + 1])
            similarity[chunk] = self._similarities(left[chunk], right[chunk])

        for _ in self._executor.in_threads(compare, range(len(cuts) - 1)):
            pass
        return Edges(left, right, similarity).take(similarity > 0)

    def _similarities(self, left: Numbers, right: Numbers) -> npt.NDArray[np.float32]:
        loaded = self._held
        if not (_within(left, loaded.contents) and _within(right, loaded.contents)):
            loaded = self._sets.load(np.concatenate([left, right]))
        answer = np.empty(len(left), np.float32)
        kernels.similarities(
            loaded.hashes,
            loaded.begins,
            loaded.lengths,
            np.searchsorted(loaded.contents, left),
            np.searchsorted(loaded.contents, right),
            self._threshold,
            table_for(int(loaded.lengths.max(initial=0))),
            answer,
        )
        return answer


def _within(contents: Numbers, held: Numbers) -> bool:
    """Whether all contents are among those held, which ascend."""
    if not len(held):
        return False
    places = np.minimum(np.searchsorted(held, contents), len(held) - 1)
    return bool((held[places] == contents).all())
