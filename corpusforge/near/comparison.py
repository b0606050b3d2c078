"""The loops that compare and join, compiled: shingles that sets share, unions, walks of trees."""

import numba
import numpy as np

from corpusforge.jit import HASHES, NUMBERS, compiled
from corpusforge.near.kernels import EMPTY, FIRST_TABLE

_CONTENTS = numba.int32[::1]


@compiled(numba.void, HASHES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, HASHES, NUMBERS)
def missing(hashes, begins, lengths, left, right, allowed, table, out):
    """How many of the set `right[i]` the set `left[i]` lacks; counts no further than one more
    than `allowed[i]`.

    Sets are `hashes[begins[k]:][:lengths[k]]`. Pairs with the same left side come best one after
    the other: its table is made once. `table` has room for twice the longest set, as `distinct`.
    """
    tabled = -1
    mask = np.uint64(0)
    for i in range(len(left)):
        a, b = left[i], right[i]
        if a != tabled:
            tabled = a
            size = FIRST_TABLE
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
def root(parent, at):
    """The root of `at`, halving the path to it."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@compiled(numba.void, _CONTENTS, _CONTENTS, _CONTENTS, numba.boolean[::1])
def unite(parent, left, right, joins):
    """Unite both ends of each edge; the lower root stays. `joins` says which edges joined two."""
    for i in range(len(left)):
        a, b = root(parent, left[i]), root(parent, right[i])
        joins[i] = a != b
        if a < b:
            parent[b] = a
        else:
            parent[a] = b


@compiled(numba.void, NUMBERS, _CONTENTS, NUMBERS, NUMBERS, NUMBERS, _CONTENTS, NUMBERS)
def walk(begins, others, edges, starts, stack, via, edge):
    """Reach every node of some trees from one start in each: over which neighbour and edge.

    `others[begins[n]:begins[n + 1]]` are the neighbours of n, and `edges` at the same places the
    edges to them. `via` comes filled with -1; `stack` has room for all nodes.
    """
    for start in starts:
        via[start] = start
        stack[0] = start
        height = 1
        while height > 0:
            height -= 1
            node = stack[height]
            for place in range(begins[node], begins[node + 1]):
                other = others[place]
                if via[other] < 0:
                    via[other] = node
                    edge[other] = edges[place]
                    stack[height] = other
                    height += 1
