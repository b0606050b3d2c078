"""Clusters of contents, joined edge by edge; the best edges of each make a tree."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Contents = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Edges:
    """Verified pairs of contents: `similarity[i]` is the Jaccard similarity of left and right."""

    left: Contents
    right: Contents
    similarity: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Edges":
        return Edges(self.left[which], self.right[which], self.similarity[which])


class Forest:
    """Which contents are one cluster, by union-find: 4 bytes a content."""

    def __init__(self, contents: int) -> None:
        self.parent = np.arange(contents, dtype=np.int32)

    def unite(self, left: Contents, right: Contents) -> npt.NDArray[np.bool_]:
        """Join the ends of edges; says which edges joined what was apart."""
        from corpusforge.near import comparison

        joins = np.empty(len(left), bool)
        comparison.unite(self.parent, left, right, joins)
        return joins

    def roots(self, contents: Contents) -> Contents:
        """The lowest content of each one's cluster."""
        above = self.parent[contents]
        while True:
            higher = self.parent[above]
            if np.array_equal(higher, above):
                return above
            above = higher


def best_tree(edges: Edges, forest: Forest) -> Edges:
    """Of each cluster the edges of greatest similarity that hold it together; `forest` gets them.

    A tree of this kind falls apart into exactly the clusters of any higher threshold, as far as
    these edges know them.
    """
    if not len(edges):
        return edges
    edges = edges.take(np.lexsort((edges.right, edges.left, -edges.similarity)))
    return edges.take(forest.unite(edges.left, edges.right))


def concatenated(edges: list[Edges]) -> Edges:
    """All edges of a list."""
    return Edges(
        np.concatenate([np.empty(0, np.int32), *(some.left for some in edges)]),
        np.concatenate([np.empty(0, np.int32), *(some.right for some in edges)]),
        np.concatenate([np.empty(0, np.float32), *(some.similarity for some in edges)]),
    )


@dataclass(frozen=True)
class Arrivals:
    """How each content of some trees was reached from the tree's survivor."""

    contents: Contents  # ascending; all that have an edge
    via: Contents  # the neighbour nearer to the survivor; the survivor's own is itself
    similarity: npt.NDArray[np.float32]  # with that neighbour; the survivor's is 1


def walk_trees(edges: Edges, survivors: Contents) -> Arrivals:
    """Walk trees from their survivors, one in each tree, to every other content."""
    if not len(edges):
        return Arrivals(edges.left, edges.right, edges.similarity)
    from corpusforge.near import comparison

    contents, ends = np.unique(np.concatenate([edges.left, edges.right]), return_inverse=True)
    ends = ends.astype(np.int32)
    count = len(edges)
    order = np.argsort(ends, kind="stable")
    begins = np.searchsorted(ends[order], np.arange(len(contents) + 1))
    others = np.roll(ends, count)[order]
    starts = np.flatnonzero(np.isin(contents, survivors))
    via = np.full(len(contents), -1, np.int32)
    edge = np.zeros(len(contents), np.int64)
    comparison.walk(begins, others, order, starts, np.empty(len(contents), np.int64), via, edge)
    similarity = np.tile(edges.similarity, 2)[edge]
    similarity[starts] = 1
    return Arrivals(contents, contents[via], similarity)
