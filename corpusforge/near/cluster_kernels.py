"""Kernels that compare sets of shingles, unite clusters and walk trees."""

import numba
import numpy as np

from corpusforge.jit import HASHES, NUMBERS, compiled
from corpusforge.near.shingle_kernels import EMPTY, MIN_TABLE

_CONTENTS = numba.int32[::1]


@compiled(numba.void, HASHES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, HASHES, NUMBERS)
def count_missing(hashes, begins, lengths, left, right, allowed, table, out):
    """Count the shingles of the set `right[i]` that `left[i]` lacks, up to `allowed[i]` + 1.

    Sets are `hashes[begins[k]:][:lengths[k]]`. Pairs with the same left side should be neighbours,
    since its hash table is then built once. `table` is scratch memory from `hash_table`.
    """
    tabled = -1
    mask = np.uint64(0)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if a != tabled:
            tabled = a
            size = MIN_TABLE
            while size < 2 * lengths[a]:
                size *= 2
            for place in range(size):
                table[place] = EMPTY
            mask = np.uint64(size - 1)
            for j in range(begins[a], begins[a] + lengths[a]):
                at = hashes[j] & mask
                while table[at] != EMPTY:
                    at = (at + np.uint64(1)) & mask
                table[at] = hashes[j]
        count = 0
        for j in range(begins[b], begins[b] + lengths[b]):
            at = hashes[j] & mask
            while table[at] != EMPTY and table[at] != hashes[j]:
                at = (at + np.uint64(1)) & mask
            count += table[at] != hashes[j]
            if count > allowed[i]:
                break
        out[i] = count


@compiled(numba.int32, _CONTENTS, numba.int32, inner=True)
def find_root(parent, at):
    """Find the root of `at`, and halve the path to it."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@compiled(numba.void, _CONTENTS, _CONTENTS, _CONTENTS, numba.boolean[::1])
def unite(parent, left, right, joins):
    """Unite the ends of each edge; the lower root stays. `joins` marks edges that joined two."""
    for i in range(len(left)):
        a, b = find_root(parent, left[i]), find_root(parent, right[i])
        joins[i] = a != b
        if a < b:
            parent[b] = a
        else:
            parent[a] = b


@compiled(numba.void, NUMBERS, _CONTENTS, NUMBERS, NUMBERS, NUMBERS, _CONTENTS, NUMBERS)
def walk_trees(begins, neighbours, edges, starts, stack, previous, edge):
    """Walk trees from one start in each; write each node's previous node and the edge to it.

    `neighbours[begins[n]:begins[n + 1]]` are those of node n, and `edges` has the edges to them at
    the same places. `previous` is filled with -1; `stack` has room for all nodes.
    """
    for start in starts:
        previous[start] = start
        stack[0] = start
        height = 1
        while height > 0:
            height -= 1
            node = stack[height]
            for place in range(begins[node], begins[node + 1]):
                other = neighbours[place]
                if previous[other] < 0:
                    previous[other] = node
                    edge[other] = edges[place]
                    stack[height] = other
                    height += 1
