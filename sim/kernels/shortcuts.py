"""The arcs that contraction adds in a given order, whatever the links take.

Method: Dibbelt, Strasser and Wagner (2016), "Customizable contraction hierarchies".

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start, near        int32    [nodes + 1], [2 e]  the graph without directions, see `sim.kernels.ordering`
node, rank         int32    [nodes]             node of each rank, rank of each node
parent             int32    [nodes]             the elimination tree, by rank; -1 at roots
first              int64    [nodes + 1]         first arc of each rank
above              int32    [arcs]              the higher rank of an arc; ascending within each lower rank
=================  =======  ==================  ===========================================================
"""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import jit


@jit
def shortcut_arcs(start, near, node, rank, parent):
    """Return first and above: the neighbours of each rank once all below it is contracted, see the module."""
    n = node.size
    child = np.full(n, -1, np.int32)
    sibling = np.full(n, -1, np.int32)
    mark = np.full(n, -1, np.int32)
    first = np.zeros(n + 1, np.int64)
    above = np.empty(near.size * 2 + 16, np.int32)
    end = 0
    for r in range(n):
        if end + n > above.size:
            most = 0
            c = np.int64(child[r])
            while c >= 0:
                most += first[c + 1] - first[c]
                c = np.int64(sibling[c])
            most += start[node[r] + 1] - start[node[r]]
            if end + most > above.size:
                larger = np.empty(above.size * 2 + most, np.int32)
                larger[:end] = above[:end]
                above = larger
        mark[r] = r
        begin = end
        c = np.int64(child[r])
        while c >= 0:
            for arc in range(first[c], first[c + 1]):
                v = above[arc]
                if mark[v] != r:
                    mark[v] = r
                    above[end] = v
                    end += 1
            c = np.int64(sibling[c])
        u = node[r]
        for slot in range(start[u], start[u + 1]):
            v = rank[near[slot]]
            if v > r and mark[v] != r:
                mark[v] = r
                above[end] = v
                end += 1
        above[begin:end].sort()
        first[r + 1] = end
        if parent[r] >= 0:
            sibling[r] = child[parent[r]]
            child[parent[r]] = r
    return first, above[:end].copy()


@jit
def places_of_links(first, above, rank, tail, head):
    """Return twice the arc of each link, plus 1 where the link leads down; -1 for loops; int64 [links]."""
    place = np.empty(tail.size, np.int64)
    for link in range(tail.size):
        a, b = rank[tail[link]], rank[head[link]]
        if a == b:
            place[link] = -1
            continue
        low, high = min(a, b), max(a, b)
        left, right = first[low], first[low + 1]
        while right - left > 1:
            middle = (left + right) >> 1
            if above[middle] <= high:
                left = middle
            else:
                right = middle
        place[link] = 2 * left + (1 if a > b else 0)
    return place


@jit
def runs_of_arcs(first, above):
    """Return the higher rank of each arc and the end of its run of consecutive ranks: int32 [2 arcs].

    A run ends with its row at the latest.
    """
    runs = np.empty(2 * above.size, np.int32)
    for r in range(first.size - 1):
        end = first[r + 1]
        for arc in range(first[r + 1] - 1, first[r] - 1, -1):
            if arc + 1 < first[r + 1] and above[arc + 1] != above[arc] + 1:
                end = arc + 1
            runs[2 * arc] = above[arc]
            runs[2 * arc + 1] = end
    return runs


@jit
def lower_arcs(first, above, top, block):
    """Return the arcs by their higher rank: those of `top`, in blocks, come last.

    Parameters
    ----------
    first, above
        The arcs, see the module.
    top
        int32 [ranks]: some ranks, ascending; with each rank, those that it has arcs to.
    block
        Number of places in `top` that make a block.

    Returns
    -------
    start : int64 [nodes + 1]
        First place of each higher rank.
    inner : int64 [nodes]
        First place of each higher rank whose lower rank is in the same block.
    lower : int32 [2 arcs]
        The arc of each place, and the end of its lower rank's arcs.
    """
    n = first.size - 1
    start = np.zeros(n + 1, np.int64)
    for arc in range(above.size):
        start[above[arc] + 1] += 1
    for r in range(n):
        start[r + 1] += start[r]
    put = start[:-1].copy()
    lower = np.empty(2 * above.size, np.int32)
    in_top = np.zeros(n, np.bool_)
    for r in top:
        in_top[r] = True
    for r in range(n):
        if not in_top[r]:
            for arc in range(first[r], first[r + 1]):
                lower[2 * put[above[arc]]] = arc
                lower[2 * put[above[arc]] + 1] = first[r + 1]
                put[above[arc]] += 1
    inner = start[1:].copy()
    for item in range(top.size):
        r = top[item]
        if item % block == 0:
            for other in range(item, min(item + block, top.size)):
                inner[top[other]] = put[top[other]]
        for arc in range(first[r], first[r + 1]):
            lower[2 * put[above[arc]]] = arc
            lower[2 * put[above[arc]] + 1] = first[r + 1]
            put[above[arc]] += 1
    return start, inner, lower
