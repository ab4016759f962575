"""Shortest times over links of whole seconds: one or many sources to all nodes, and the trees behind them.

Method: Dijkstra (1959), "A note on two problems in connexion with graphs", with a 4-ary heap (Johnson 1975)
and lazy deletion: a node that improves is pushed again, and stale entries are skipped when they surface.

The graph is in compressed rows (CSR): the links that leave node ``u`` are the positions ``start[u]`` to
``start[u + 1]`` of ``head`` and ``seconds``.

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start              int32    [nodes + 1]         first position of each node's links
head               int32    [links]             node that a link leads to
seconds            int32    [links]             time of a link, s, not negative
source_start       int32    [rows + 1]          first seed of each row
source_node        int32    [seeds]             node of a seed
source_offset_s    int32    [seeds]             time on the clock when the search leaves the seed, s
dist_s             int32    [rows, nodes]       time of a node, s, or `UNREACHED`
parent             int32    [rows, nodes]       position of the link that a node is reached by; -1 at roots
                                                and where unreached
=================  =======  ==================  ===========================================================

Sums are made in 64 bits. A time above the horizon, and any above `HORIZON_MAX_S`, counts as unreached, so a
time never wraps around. Nothing is allocated while searching: each lane (one thread's share of the rows)
brings a workspace that is used again for all of its rows. A heap of ``links + seeds of the row`` entries
cannot overflow, because each link is relaxed at most once, when its tail is settled.

The kernels trust their arguments; `sim.search` checks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kernels._jit import available_threads, in_lanes, jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]
    Int64Array = NDArray[np.int64]

UNREACHED = 2147483647
"""The time of a node that cannot be reached within the horizon, s (the largest int32)."""

HORIZON_MAX_S = UNREACHED - 1
"""The longest time that is told apart from unreached, s."""

_LOW = 0xFFFFFFFF  # the lower half of a 64-bit key
_NO_LABEL = np.iinfo(np.int64).max


def many_to_all(
    start: Int32Array,
    head: Int32Array,
    seconds: Int32Array,
    source_start: Int32Array,
    source_node: Int32Array,
    source_offset_s: Int32Array,
    *,
    horizon_s: int = HORIZON_MAX_S,
    threads: int | None = None,
) -> Int32Array:
    """Return the shortest times from each row of seeds to all nodes.

    Parameters
    ----------
    start, head, seconds
        The graph, see the module.
    source_start, source_node, source_offset_s
        The seeds of each row, see the module.
    horizon_s
        Longest time that counts as reached, s, inclusive; at most `HORIZON_MAX_S`.
    threads
        Threads to use at most; None is all that there are. The result does not depend on it.

    Returns
    -------
    Int32Array
        Times, s, [rows, nodes]; `UNREACHED` beyond the horizon.
    """
    rows, nodes = source_start.size - 1, start.size - 1
    dist_s = np.empty((rows, nodes), np.int32)
    lanes = lanes_of(rows, threads)
    heaps = np.empty((lanes, _heap_size(head, source_start)), np.int64)
    in_lanes(
        _all_rows, lanes,
        start, head, seconds, source_start, source_node, source_offset_s, horizon_s, heaps, dist_s,
    )  # fmt: skip
    return dist_s


def many_trees(
    start: Int32Array,
    head: Int32Array,
    seconds: Int32Array,
    source_start: Int32Array,
    source_node: Int32Array,
    source_offset_s: Int32Array,
    *,
    horizon_s: int = HORIZON_MAX_S,
    threads: int | None = None,
) -> tuple[Int32Array, Int32Array]:
    """Return the shortest times from each row of seeds to all nodes, and the link that reaches each node.

    The tree is a property of the graph, not of the run: of equally short paths it keeps those of fewest
    links, of these the one whose last link has the smallest position (so, the smallest tail, then the first
    of that tail's links). Every link makes (time, number of links) strictly larger, so parents form no cycle
    where links take no time.

    Parameters
    ----------
    start, head, seconds, source_start, source_node, source_offset_s, horizon_s, threads
        As for `many_to_all`.

    Returns
    -------
    dist_s : Int32Array
        Times, s, [rows, nodes]: those of `many_to_all`.
    parent : Int32Array
        Position of the last link of the path to each node, [rows, nodes]; -1 at roots and where unreached.
    """
    rows, nodes = source_start.size - 1, start.size - 1
    dist_s = np.empty((rows, nodes), np.int32)
    parent = np.empty((rows, nodes), np.int32)
    lanes = lanes_of(rows, threads)
    size = _heap_size(head, source_start)
    heaps = np.empty((lanes, size), np.int64)
    heap_nodes = np.empty((lanes, size), np.int32)
    labels = np.empty((lanes, nodes), np.int64)
    in_lanes(
        _tree_rows, lanes,
        start, head, seconds, source_start, source_node, source_offset_s, horizon_s,
        heaps, heap_nodes, labels, dist_s, parent,
    )  # fmt: skip
    return dist_s, parent


def path_parts(parent: Int32Array, tail: Int32Array, parts: Int32Array, targets: Int32Array) -> Int64Array:
    """Return the sums of link values along the path to each target.

    Parameters
    ----------
    parent
        Last link of the path to each node, [rows, nodes]; -1 at roots and where unreached. Links may be
        counted in any order, as long as `parent`, `tail` and `parts` share it.
    tail
        Node that each link leaves, [links].
    parts
        Values of each link, [links, k]: seconds by part of the journey, a 1 for each link to count, and so
        on.
    targets
        Nodes, [targets].

    Returns
    -------
    Int64Array
        Sums, [rows, targets, k]; zeros at roots and where unreached.
    """
    sums = np.zeros((parent.shape[0], targets.size, parts.shape[1]), np.int64)
    _path_parts(parent, tail, parts, targets, sums)
    return sums


def path_links(
    parent: Int32Array, tail: Int32Array, targets: Int32Array, path_start: Int64Array
) -> Int32Array:
    """Return the links of the path to each target, from root to target.

    Parameters
    ----------
    parent, tail, targets
        As for `path_parts`.
    path_start
        First place of each path in the result, [rows * targets + 1], row by row: the running sum of the
        paths' numbers of links.

    Returns
    -------
    Int32Array
        Links of all paths, one after another, [path_start[-1]].
    """
    links = np.empty(int(path_start[-1]), np.int32)
    _path_links(parent, tail, targets, path_start, links)
    return links


def lanes_of(rows: int, threads: int | None) -> int:
    """Return into how many lanes the rows are dealt: one a thread, none without a row, at least one."""
    most = available_threads()
    return max(1, min(rows, most if threads is None else min(threads, most)))


def _heap_size(head: Int32Array, source_start: Int32Array) -> int:
    """Return how many entries a heap must hold at most."""
    return int(head.size + np.diff(source_start).max(initial=0)) or 1


@jit
def _push(heap, size, key):
    """Add a key to a 4-ary heap of `size` keys; return the new size."""
    hole = size
    while hole > 0:
        above = (hole - 1) >> 2
        if heap[above] <= key:
            break
        heap[hole] = heap[above]
        hole = above
    heap[hole] = key
    return size + 1


@jit
def _drop(heap, size):
    """Remove the smallest key, ``heap[0]``, of a 4-ary heap of `size` keys; return the new size."""
    size -= 1
    key = heap[size]
    hole = 0
    while True:
        first = (hole << 2) + 1
        if first >= size:
            break
        least = first
        for below in range(first + 1, min(first + 4, size)):
            if heap[below] < heap[least]:
                least = below
        if heap[least] >= key:
            break
        heap[hole] = heap[least]
        hole = least
    heap[hole] = key
    return size


@jit
def _push_pair(heap, items, size, key, item):
    """Add a key and its item to a 4-ary heap of `size` pairs; return the new size."""
    hole = size
    while hole > 0:
        above = (hole - 1) >> 2
        if heap[above] <= key:
            break
        heap[hole] = heap[above]
        items[hole] = items[above]
        hole = above
    heap[hole] = key
    items[hole] = item
    return size + 1


@jit
def _drop_pair(heap, items, size):
    """Remove the pair with the smallest key of a 4-ary heap of `size` pairs; return the new size."""
    size -= 1
    key = heap[size]
    item = items[size]
    hole = 0
    while True:
        first = (hole << 2) + 1
        if first >= size:
            break
        least = first
        for below in range(first + 1, min(first + 4, size)):
            if heap[below] < heap[least]:
                least = below
        if heap[least] >= key:
            break
        heap[hole] = heap[least]
        items[hole] = items[least]
        hole = least
    heap[hole] = key
    items[hole] = item
    return size


@jit
def _one_to_all(start, head, seconds, nodes, offset_s, horizon_s, heap, dist_s):
    """Write the times from one row of seeds into `dist_s`; a heap key is ``time << 32 | node``."""
    dist_s[:] = UNREACHED
    size = 0
    for seed in range(nodes.size):
        node = np.int64(nodes[seed])
        time_s = np.int64(offset_s[seed])
        if time_s <= horizon_s and time_s < dist_s[node]:
            dist_s[node] = time_s
            size = _push(heap, size, (time_s << 32) | node)
    while size > 0:
        key = heap[0]
        size = _drop(heap, size)
        node = key & _LOW
        time_s = key >> 32
        if time_s > dist_s[node]:
            continue  # stale: the node was reached sooner
        for link in range(start[node], start[node + 1]):
            there = np.int64(head[link])
            there_s = time_s + np.int64(seconds[link])
            if there_s < dist_s[there] and there_s <= horizon_s:
                dist_s[there] = there_s
                size = _push(heap, size, (there_s << 32) | there)


@jit
def one_tree(start, head, seconds, nodes, offset_s, horizon_s, heap, heap_node, label, dist_s, parent):
    """Write times and parents from one row of seeds; a label, and key, is ``time << 32 | links so far``."""
    label[:] = _NO_LABEL
    parent[:] = -1
    size = 0
    for seed in range(nodes.size):
        node = np.int64(nodes[seed])
        time_s = np.int64(offset_s[seed])
        if time_s <= horizon_s and (time_s << 32) < label[node]:
            label[node] = time_s << 32
            size = _push_pair(heap, heap_node, size, time_s << 32, node)
    while size > 0:
        key = heap[0]
        node = np.int64(heap_node[0])
        size = _drop_pair(heap, heap_node, size)
        if key > label[node]:
            continue  # stale: the node was reached sooner, or by fewer links
        time_s = key >> 32
        count = (key & _LOW) + 1
        for link in range(start[node], start[node + 1]):
            there_s = time_s + np.int64(seconds[link])
            if there_s > horizon_s:
                continue
            there = np.int64(head[link])
            there_key = (there_s << 32) | count
            if there_key < label[there]:
                label[there] = there_key
                parent[there] = link
                size = _push_pair(heap, heap_node, size, there_key, there)
            elif there_key == label[there] and link < parent[there]:
                parent[there] = link
    for node in range(label.size):
        dist_s[node] = UNREACHED if label[node] == _NO_LABEL else label[node] >> 32


@jit
def _all_rows(
    lane, lanes, start, head, seconds, source_start, source_node, source_offset_s, horizon_s, heaps, dist_s
):
    """Search from the rows lane, lane + lanes, and so on."""
    for row in range(lane, dist_s.shape[0], lanes):
        seeds = slice(source_start[row], source_start[row + 1])
        _one_to_all(
            start, head, seconds, source_node[seeds], source_offset_s[seeds], horizon_s,
            heaps[lane], dist_s[row],
        )  # fmt: skip


@jit
def _tree_rows(
    lane, lanes, start, head, seconds, source_start, source_node, source_offset_s, horizon_s,
    heaps, heap_nodes, labels, dist_s, parent,
):  # fmt: skip
    """Search from the rows lane, lane + lanes, and so on."""
    for row in range(lane, dist_s.shape[0], lanes):
        seeds = slice(source_start[row], source_start[row + 1])
        one_tree(
            start, head, seconds, source_node[seeds], source_offset_s[seeds], horizon_s,
            heaps[lane], heap_nodes[lane], labels[lane], dist_s[row], parent[row],
        )  # fmt: skip


@jit
def _path_parts(parent, tail, parts, targets, sums):
    """Add the values of the links on each path to `sums`."""
    for row in range(parent.shape[0]):
        for column in range(targets.size):
            link = parent[row, targets[column]]
            while link >= 0:
                for part in range(parts.shape[1]):
                    sums[row, column, part] += parts[link, part]
                link = parent[row, tail[link]]


@jit
def _path_links(parent, tail, targets, path_start, links):
    """Write the links of each path to its place in `links`, from the target back to the root."""
    for row in range(parent.shape[0]):
        for column in range(targets.size):
            place = path_start[row * targets.size + column + 1]
            link = parent[row, targets[column]]
            while link >= 0:
                place -= 1
                links[place] = link
                link = parent[row, tail[link]]
