"""In which order the nodes of a graph are contracted: a minimum-degree order, which knows no weights.

Method: the nodes are eliminated one by one, always one with (about) the fewest neighbours left; what it
leaves behind is a clique of these neighbours. Cliques are kept as lists (the quotient graph of George and Liu
1989), degrees are the upper bounds of Amestoy, Davis and Duff (1996), "An approximate minimum degree ordering
algorithm"; nodes that have become indistinguishable are merged, and leave together. Contraction hierarchies
on an order without weights: Dibbelt, Strasser and Wagner (2016), "Customizable contraction hierarchies".

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start, near        int32    [nodes + 1], [2e]   the graph without directions, loops and twins, in compressed
                                                rows: neighbours of each node
node               int32    [nodes]             node of each rank; the lowest rank is contracted first
rank               int32    [nodes]             rank of each node
parent             int32    [nodes]             the elimination tree, by rank: the lowest higher rank that a
                                                rank meets once everything below is contracted; -1 at roots
=================  =======  ==================  ===========================================================

Ranks are given so that every subtree of the elimination tree is an unbroken run of ranks that ends in its
root: a sweep over the ranks then meets few nodes that have left the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels._jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]


def neighbours(tail: Int32Array, head: Int32Array, n_nodes: int) -> tuple[Int32Array, Int32Array]:
    """Return start and near of links: the graph without directions, loops and twins, see the module."""
    start, near = _neighbours(tail, head, n_nodes)
    return start, near


def by_subtree(start: Int32Array, near: Int32Array, node: Int32Array) -> tuple[Int32Array, Int32Array]:
    """Return an order that adds the same shortcuts, with unbroken subtrees, and its elimination tree.

    Parameters
    ----------
    start, near
        The graph, see the module; rows sorted.
    node
        Nodes in the order of their contraction, [nodes].

    Returns
    -------
    node : Int32Array
        Node of each rank, [nodes].
    parent : Int32Array
        Rank of the parent of each rank, [nodes]; always higher; -1 at roots.
    """
    node, parent = _by_subtree(node, _elimination_tree(start, near, node))
    return node, parent


@jit
def _neighbours(tail, head, n):
    """Count, deal out, sort and thin the neighbours of each node."""
    wide = np.zeros(n + 1, np.int64)
    for link in range(tail.size):
        if tail[link] != head[link]:
            wide[tail[link] + 1] += 1
            wide[head[link] + 1] += 1
    for u in range(n):
        wide[u + 1] += wide[u]
    put = wide[:-1].copy()
    dealt = np.empty(wide[n], np.int32)
    for link in range(tail.size):
        a, b = tail[link], head[link]
        if a != b:
            dealt[put[a]] = b
            put[a] += 1
            dealt[put[b]] = a
            put[b] += 1
    start = np.zeros(n + 1, np.int32)
    kept = 0
    for u in range(n):
        row = dealt[wide[u] : wide[u + 1]]
        row.sort()
        last = -1
        for v in row:
            if v != last:
                dealt[kept] = v
                kept += 1
                last = v
        start[u + 1] = kept
    return start, dealt[:kept].copy()


@jit
def subtree_runs(parent, most):
    """Return the largest subtrees of at most `most` ranks, and the ranks above them all.

    Parameters
    ----------
    parent
        int32 [nodes]: the elimination tree, see the module.
    most
        Number of ranks that a subtree may hold.

    Returns
    -------
    runs : int32 [runs, 2]
        First rank of each subtree, and the one behind its last.
    top : int32 [ranks]
        The other ranks, ascending.
    """
    n = parent.size
    size = np.ones(n, np.int64)
    for r in range(n):
        if parent[r] >= 0:
            size[parent[r]] += size[r]
    runs = np.empty((n, 2), np.int32)
    top = np.empty(n, np.int32)
    n_runs = n_top = 0
    for r in range(n):
        if size[r] > most:
            top[n_top] = r
            n_top += 1
        elif parent[r] < 0 or size[parent[r]] > most:
            runs[n_runs, 0] = r + 1 - size[r]
            runs[n_runs, 1] = r + 1
            n_runs += 1
    return runs[:n_runs].copy(), top[:n_top].copy()


@jit
def _link(first, after, before, degree, i):
    """Put variable i first into the list of its degree."""
    d = degree[i]
    then = first[d]
    after[i] = then
    before[i] = -1
    if then >= 0:
        before[then] = i
    first[d] = i


@jit
def _unlink(first, after, before, degree, i):
    """Take variable i out of the list of its degree."""
    then, prior = after[i], before[i]
    if then >= 0:
        before[then] = prior
    if prior >= 0:
        after[prior] = then
    else:
        first[degree[i]] = then


@jit
def minimum_degree(start, near):
    """Return the nodes in the order of their elimination.

    A node is first a variable, then the element (clique) that it leaves. Its list holds elements,
    then its variables; an element's list its variables. `weight` is how many nodes a variable stands for, 0
    once it has been merged or eliminated, and negative while it is in the clique that is being made.
    """
    n = start.size - 1
    pool = np.empty(near.size + near.size // 2 + 4 * n + 16, np.int32)
    pool[: near.size] = near
    end = np.int64(near.size)
    place = np.empty(n, np.int64)
    elements = np.zeros(n, np.int32)
    size = np.empty(n, np.int32)
    degree = np.empty(n, np.int32)
    weight = np.ones(n, np.int32)
    alive = np.zeros(n, np.uint8)  # 1: an element that is in use
    outside = np.zeros(n, np.int64)  # of an element: stamp + number of its nodes outside the clique
    hashed = np.zeros(n, np.int64)
    first = np.full(n + 1, -1, np.int32)
    after = np.full(n, -1, np.int32)
    before = np.full(n, -1, np.int32)
    bucket = np.full(n, -1, np.int32)  # first variable of each hash value
    chain = np.full(n, -1, np.int32)
    merged_first = np.full(n, -1, np.int32)  # variables that leave with another one
    merged_next = np.full(n, -1, np.int32)
    for i in range(n):
        place[i] = start[i]
        size[i] = start[i + 1] - start[i]
        degree[i] = size[i]
    for i in range(n - 1, -1, -1):
        _link(first, after, before, degree, i)
    node = np.empty(n, np.int32)
    done = 0
    least = 0
    stamp = np.int64(1)
    while done < n:
        while first[least] < 0:
            least += 1
        p = np.int64(first[least])
        _unlink(first, after, before, degree, p)
        # 1. the clique: all that p meets, through elements or directly
        most = degree[p] + 1
        if end + most > pool.size:
            larger = np.empty(pool.size + pool.size // 2 + most, np.int32)
            larger[:end] = pool[:end]
            pool = larger
        own = weight[p]
        weight[p] = -own
        clique = end
        clique_weight = 0
        for slot in range(place[p], place[p] + elements[p]):
            e = pool[slot]
            if not alive[e]:
                continue
            for member in range(place[e], place[e] + size[e]):
                i = pool[member]
                if weight[i] > 0:
                    clique_weight += weight[i]
                    weight[i] = -weight[i]
                    pool[end] = i
                    end += 1
                    _unlink(first, after, before, degree, i)
            alive[e] = 0
        for slot in range(place[p] + elements[p], place[p] + size[p]):
            i = pool[slot]
            if weight[i] > 0:
                clique_weight += weight[i]
                weight[i] = -weight[i]
                pool[end] = i
                end += 1
                _unlink(first, after, before, degree, i)
        place[p] = clique
        alive[p] = 1
        # 2. of each element: how much of it lies outside the clique
        for member in range(clique, end):
            i = pool[member]
            held = -weight[i]
            for slot in range(place[i], place[i] + elements[i]):
                e = pool[slot]
                if not alive[e]:
                    continue
                if outside[e] < stamp:
                    outside[e] = stamp + degree[e]
                outside[e] -= held
        # 3. the lists and degrees of the clique's members
        for member in range(clique, end):
            i = pool[member]
            held = -weight[i]
            here = place[i]
            last = here + elements[i]
            stop = here + size[i]
            put = here
            total = np.int64(0)
            sign = np.int64(0)
            for slot in range(here, last):
                e = pool[slot]
                if not alive[e]:
                    continue
                if outside[e] == stamp:
                    alive[e] = 0  # it lies inside the clique
                    continue
                total += outside[e] - stamp
                sign += e
                pool[put] = e
                put += 1
            kept = put - here
            # room for p: at least one entry has gone, an element of p or p itself
            moved = put
            for slot in range(last, stop):
                j = pool[slot]
                if weight[j] > 0:
                    total += weight[j]
                    sign += j
                    pool[moved] = j
                    moved += 1
            # put p behind the elements: the first variable goes to the end
            if moved > put:
                pool[moved] = pool[put]
            pool[put] = p
            elements[i] = kept + 1
            size[i] = moved + 1 - here
            if total == 0 and kept == 0 and moved == put:
                # nothing but the clique is left: it can be eliminated with p
                degree[i] = -1
                own += held
                clique_weight -= held
                weight[i] = 0
                elements[i] = 0
                size[i] = 0
                _merge(merged_first, merged_next, p, i)
            else:
                degree[i] = min(degree[i], total)  # the clique's own share is added below
                sign = (sign + p) % n
                hashed[i] = sign
                chain[i] = bucket[sign]
                bucket[sign] = i
        # 4. merge variables of equal lists
        for member in range(clique, end):
            i = np.int64(pool[member])
            if weight[i] == 0:
                continue
            sign = hashed[i]
            i = np.int64(bucket[sign])
            bucket[sign] = -1
            while i >= 0 and chain[i] >= 0:
                stamp += n + 1
                for slot in range(place[i], place[i] + size[i]):
                    outside[pool[slot]] = stamp
                prior = i
                j = np.int64(chain[i])
                while j >= 0:
                    same = size[j] == size[i] and elements[j] == elements[i]
                    slot = place[j]
                    while same and slot < place[j] + size[j]:
                        same = outside[pool[slot]] == stamp
                        slot += 1
                    then = np.int64(chain[j])
                    if same:
                        weight[i] += weight[j]
                        weight[j] = 0
                        elements[j] = 0
                        size[j] = 0
                        _merge(merged_first, merged_next, i, j)
                        chain[prior] = then
                    else:
                        prior = j
                    j = then
                i = np.int64(chain[i])
        stamp += n + 1
        # 5. what is left of the clique becomes the element p
        done += own
        rest = n - done
        put = clique
        for member in range(clique, end):
            i = np.int64(pool[member])
            if weight[i] == 0:
                continue
            held = -weight[i]
            weight[i] = held
            degree[i] = max(0, min(degree[i] + clique_weight - held, rest - held))
            _link(first, after, before, degree, i)
            least = min(least, degree[i])
            pool[put] = i
            put += 1
        end = put
        size[p] = put - clique
        elements[p] = 0
        degree[p] = clique_weight
        weight[p] = 0
        if size[p] == 0:
            alive[p] = 0
        node[done - own] = p
    # each pivot is followed by what left with it
    at = 0
    stack = np.empty(n, np.int32)
    while at < n:
        stack[0] = node[at]
        held = 1
        while held > 0:
            held -= 1
            i = stack[held]
            node[at] = i
            at += 1
            i = np.int64(merged_first[i])
            while i >= 0:
                stack[held] = i
                held += 1
                i = np.int64(merged_next[i])
    return node


@jit
def _merge(merged_first, merged_next, i, j):
    """Let variable j leave with i."""
    merged_next[j] = merged_first[i]
    merged_first[i] = j


@jit
def _elimination_tree(start, near, node):
    """Return the parent of each rank (Liu 1986, with path compression); -1 at roots."""
    n = node.size
    rank = np.empty(n, np.int32)
    for r in range(n):
        rank[node[r]] = r
    parent = np.full(n, -1, np.int32)
    top = np.full(n, -1, np.int32)
    for r in range(n):
        u = node[r]
        for slot in range(start[u], start[u + 1]):
            below = np.int64(rank[near[slot]])
            if below >= r:
                continue
            while top[below] >= 0 and top[below] != r:
                then = np.int64(top[below])
                top[below] = r
                below = then
            if top[below] < 0:
                top[below] = r
                parent[below] = r
    return parent


@jit
def _by_subtree(node, parent):
    """Return the order and the tree with every subtree as one run of ranks; children keep their order."""
    n = node.size
    child = np.full(n, -1, np.int32)
    sibling = np.full(n, -1, np.int32)
    for r in range(n - 1, -1, -1):
        if parent[r] >= 0:
            sibling[r] = child[parent[r]]
            child[parent[r]] = r
    new_rank = np.empty(n, np.int32)
    done = 0
    for root in range(n):
        if parent[root] >= 0:
            continue
        r = np.int64(root)
        while child[r] >= 0:
            r = np.int64(child[r])
        while True:
            new_rank[r] = done
            done += 1
            if r == root:
                break
            if sibling[r] >= 0:
                r = np.int64(sibling[r])
                while child[r] >= 0:
                    r = np.int64(child[r])
            else:
                r = np.int64(parent[r])
    new_node = np.empty(n, np.int32)
    new_parent = np.full(n, -1, np.int32)
    for r in range(n):
        new_node[new_rank[r]] = node[r]
        if parent[r] >= 0:
            new_parent[new_rank[r]] = new_rank[parent[r]]
    return new_node, new_parent
