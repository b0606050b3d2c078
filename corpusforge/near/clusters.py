"""Clusters of contents, joined edge by edge, and the trees that hold them together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.arrays import Integers
from corpusforge.near.exact import ContentNumbers


@dataclass(frozen=True)
class Edges:
    """Verified pairs of contents: `similarity[i]` is the Jaccard similarity of left and right."""

    left: ContentNumbers
    right: ContentNumbers
    similarity: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    def take(self, which: npt.NDArray[np.bool_] | Integers) -> "Edges":
        return Edges(self.left[which], self.right[which], self.similarity[which])


class UnionFind:
    """The cluster of each content; 4 bytes per content."""

    def __init__(self, contents: int) -> None:
        self.parent = np.arange(contents, dtype=np.int32)

    def unite(self, left: ContentNumbers, right: ContentNumbers) -> npt.NDArray[np.bool_]:
        """Unite the ends of edges; return which edges joined two clusters."""
        from corpusforge.near import cluster_kernels

        joins = np.empty(len(left), bool)
        cluster_kernels.unite(self.parent, left, right, joins)
        return joins

    def roots(self, contents: ContentNumbers) -> ContentNumbers:
        """The lowest content of each one's cluster."""
        above = self.parent[contents]
        while True:
            higher = self.parent[above]
            if np.array_equal(higher, above):
                return above
            above = higher


def spanning_trees(edges: Edges, clusters: UnionFind) -> Edges:
    """Choose the most similar edges that hold each cluster together, and unite their ends.

    The trees fall apart into exactly the clusters of any higher threshold, as far as these edges
    tell.
    """
    if not len(edges):
        return edges
    edges = edges.take(np.lexsort((edges.right, edges.left, -edges.similarity)))
    return edges.take(clusters.unite(edges.left, edges.right))


def concatenate_edges(edges: list[Edges]) -> Edges:
    return Edges(
        np.concatenate([np.empty(0, np.int32), *(some.left for some in edges)]),
        np.concatenate([np.empty(0, np.int32), *(some.right for some in edges)]),
        np.concatenate([np.empty(0, np.float32), *(some.similarity for some in edges)]),
    )


def find_partners(trees: Edges, survivors: ContentNumbers) -> Edges:
    """Walk trees from their survivors, one in each tree, to every other content.

    Returns an edge from each content, ascending, to its partner: its neighbour on the way to the
    survivor. A survivor is its own partner, with a similarity of 1.
    """
    if not len(trees):
        return trees
    from corpusforge.near import cluster_kernels

    contents, ends = np.unique(np.concatenate([trees.left, trees.right]), return_inverse=True)
    ends = ends.astype(np.int32)
    order = np.argsort(ends, kind="stable")
    begins = np.searchsorted(ends[order], np.arange(len(contents) + 1))
    neighbours = np.roll(ends, len(trees))[order]
    starts = np.flatnonzero(np.isin(contents, survivors))
    partner = np.full(len(contents), -1, np.int32)
    edge = np.zeros(len(contents), np.int64)
    stack = np.empty(len(contents), np.int64)
    cluster_kernels.walk_trees(begins, neighbours, order, starts, stack, partner, edge)
    similarity = np.tile(trees.similarity, 2)[edge]
    similarity[starts] = 1
    return Edges(contents, contents[partner], similarity)
