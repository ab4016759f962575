"""Shortest times where no link takes long: a circular bucket queue instead of a heap.

Method: Dial (1969), "Algorithm 360: shortest-path forest with topological ordering". All times in the queue
lie within the longest link of each other, so one bucket a second on a ring of ``longest + 1`` (rounded up to
a power of two) holds them apart. Taking the next node and adding one are constant-time; the nodes of a bucket
are known before they are settled, so their memory is asked for ahead of its use.

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start              int32    [nodes + 1]         first position of each node's arcs
arcs               uint64   [arcs]              ``seconds << 32 | head`` of each arc; no closed ones
source_start       int32    [rows + 1]          first seed of each row
source_node        int32    [seeds]             node of a seed; ascending by offset within each row
source_offset_s    int32    [seeds]             time on the clock when the search leaves the seed, s
dist_s             int32    [rows, nodes]       time of a node, s, or `UNREACHED`
ring               int64    [lanes, buckets]    place in `pool` of each bucket's next entry; 0: empty
full               uint64   [lanes, words]      one bit a bucket: it is not empty
pool               int32    [lanes, slots]      blocks of 64: the block before it in its bucket, then 63 nodes
spare              int32    [lanes, blocks]     stack of blocks that are free again
=================  =======  ==================  ===========================================================

A node that improves is added again, and stale entries are skipped when they surface. Each improvement is
strict, so no node is in one bucket twice and each is settled once; hence at most ``arcs + seeds`` entries are
ever made, and the pool cannot overflow. Sums are made in 64 bits.

The kernels trust their arguments; `sim.search` checks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels._jit import in_lanes, jit
from sim.kernels._memory import lowest_bit, prefetch
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED, lanes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]
    Int64Array = NDArray[np.int64]
    UInt64Array = NDArray[np.uint64]

LONGEST_S = 16383
"""The longest link for which the bucket queue is used, s: the ring then fits into the processor's cache."""

_BITS = 6
_BLOCK = 1 << _BITS
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_NEAR = 4  # entries ahead at which a node's arcs are asked for
_FAR = 8  # entries ahead at which a node's time and its place among the arcs are asked for
_SIX = np.uint64(6)
_ONE = np.uint64(1)
_63 = np.uint64(63)


class Workspace(NamedTuple):
    """Memory of a search, see the module; `ring` and `full` are left by every search as 0."""

    ring: Int64Array
    full: UInt64Array
    pool: Int32Array
    spare: Int32Array


def pack_arcs(
    start: Int32Array, head: Int32Array, seconds: Int32Array
) -> tuple[Int32Array, UInt64Array, int]:
    """Return the graph as this module takes it, without links that are closed.

    Parameters
    ----------
    start, head, seconds
        The graph in compressed rows, see `sim.kernels.dijkstra`; `UNREACHED` s is a closed link.

    Returns
    -------
    start : Int32Array
        First position of each node's arcs, [nodes + 1].
    arcs : UInt64Array
        Seconds and head of each arc, [arcs].
    longest_s : int
        The longest arc, s; 0 where there is none.
    """
    is_open = seconds != UNREACHED
    before = np.append(0, np.cumsum(is_open))
    arcs = (seconds[is_open].astype(np.uint64) << _HALF) | head[is_open].astype(np.uint64)
    return before[start].astype(np.int32), arcs, int(seconds[is_open].max(initial=0))


def bucket_times(
    start: Int32Array,
    arcs: UInt64Array,
    longest_s: int,
    source_start: Int32Array,
    source_node: Int32Array,
    source_offset_s: Int32Array,
    *,
    horizon_s: int = HORIZON_MAX_S,
    threads: int | None = None,
    workspaces: list[Workspace] | None = None,
) -> Int32Array:
    """Return the shortest times from each row of seeds to all nodes.

    Parameters
    ----------
    start, arcs, longest_s
        The graph, from `pack_arcs`.
    source_start, source_node, source_offset_s
        The seeds of each row in any order, see `sim.kernels.dijkstra`.
    horizon_s
        Longest time that counts as reached, s, inclusive; at most `HORIZON_MAX_S`.
    threads
        Threads to use at most; None is all that there are. The result does not depend on it.
    workspaces
        Workspaces of earlier searches of this graph: one is taken where it is large enough, and one is put
        back.

    Returns
    -------
    Int32Array
        Times, s, [rows, nodes]; `UNREACHED` beyond the horizon. They equal those of
        `sim.kernels.dijkstra.many_to_all`.
    """
    rows, nodes = source_start.size - 1, start.size - 1
    sizes = np.diff(source_start)
    if sizes.max(initial=0) > 1:
        order = np.lexsort((source_offset_s[: source_start[-1]], np.repeat(np.arange(rows), sizes)))
        order += source_start[0]
        source_start = source_start - source_start[0]
        source_node, source_offset_s = source_node[order], source_offset_s[order]
    dist_s = np.empty((rows, nodes), np.int32)
    lanes = lanes_of(rows, threads)
    workspaces = [] if workspaces is None else workspaces
    memory = _workspace(lanes, buckets_of(longest_s), arcs.size + int(sizes.max(initial=0)), workspaces)
    in_lanes(
        _rows, lanes, start, arcs, source_start, source_node, source_offset_s, horizon_s, *memory, dist_s
    )
    if not workspaces:
        workspaces.append(memory)
    return dist_s


def _workspace(lanes: int, buckets: int, entries: int, workspaces: list[Workspace]) -> Workspace:
    """Return a workspace for so many lanes and entries: an earlier one where it is large enough."""
    blocks = _blocks(entries, buckets)
    try:
        earlier = workspaces.pop()  # no other thread gets the same one
    except IndexError:
        pass
    else:
        if earlier.spare.shape[0] >= lanes and earlier.spare.shape[1] >= blocks:
            return earlier
    return Workspace(
        np.zeros((lanes, buckets), np.int64),
        np.zeros((lanes, buckets // 64), np.uint64),
        np.empty((lanes, blocks * _BLOCK), np.int32),
        np.empty((lanes, blocks), np.int32),
    )


def buckets_of(longest_s: int) -> int:
    """Return the number of buckets of a ring: a power of two above the longest link, at least 64."""
    return max(64, 1 << longest_s.bit_length())


def _blocks(entries: int, buckets: int) -> int:
    """Return how many blocks hold all entries: full ones, one not full for each bucket, 0 and one more."""
    return entries // (_BLOCK - 1) + buckets + 3


@jit
def _add(ring, full, pool, spare, used, free, bucket, node):
    """Add a node to a bucket; return how many blocks have been used, and how many of them are free."""
    place = ring[bucket]
    if place & (_BLOCK - 1) == 0:  # the bucket is empty, or its last block is full
        if place == 0:
            full[bucket >> _SIX] |= _ONE << (bucket & _63)
        if free > 0:
            free -= 1
            block = np.int64(spare[np.uint64(free)])
        else:
            block = used
            used += 1
        pool[np.uint64(block << _BITS)] = (place >> _BITS) - 1
        place = (block << _BITS) + 1
    pool[np.uint64(place)] = node
    ring[bucket] = place + 1
    return used, free


@jit
def _next_bucket(full, bucket):
    """Return how many buckets after `bucket`, on the ring, the next non-empty one lies; -1: none."""
    words = np.uint64(full.size)
    word = bucket >> _SIX
    bits = full[word] >> (bucket & _63)
    if bits:
        return lowest_bit(bits)
    ahead = np.int64(64) - np.int64(bucket & _63)
    for _ in range(full.size):
        word = (word + _ONE) & (words - _ONE)
        if full[word]:
            return ahead + lowest_bit(full[word])
        ahead += 64
    return np.int64(-1)


@jit
def _one_to_all(start, arcs, nodes, offset_s, horizon_s, ring, full, pool, spare, dist_s):
    """Write the times from one row of sorted seeds; `ring` and `full` are 0 before and after."""
    dist_s[:] = UNREACHED
    mask = np.uint64(ring.size - 1)
    used, free = np.int64(1), np.int64(0)  # block 0 is never used, so that place 0 means empty
    seed = 0
    time_s = np.int64(0)
    while True:
        ahead = _next_bucket(full, np.uint64(time_s) & mask)
        if seed < nodes.size and (ahead < 0 or offset_s[seed] <= time_s + ahead):
            time_s = np.int64(offset_s[seed])
            if time_s > horizon_s:
                seed = nodes.size  # the seeds are sorted: no later one counts either
                continue
            node = np.uint64(nodes[seed])
            seed += 1
            if time_s < dist_s[node]:
                dist_s[node] = time_s
                used, free = _add(ring, full, pool, spare, used, free, np.uint64(time_s) & mask, node)
            continue
        if ahead < 0:
            break
        time_s += ahead
        bucket = np.uint64(time_s) & mask
        place = ring[bucket]
        ring[bucket] = 0
        full[bucket >> _SIX] &= ~(_ONE << (bucket & _63))
        while place > 0:
            block = (place - 1) >> _BITS
            first = (block << _BITS) + 1
            for entry in range(first, min(first + _FAR, place)):
                prefetch(dist_s, np.uint64(pool[np.uint64(entry)]))
                prefetch(start, np.uint64(pool[np.uint64(entry)]))
            for entry in range(first, min(first + _NEAR, place)):
                prefetch(arcs, np.uint64(start[np.uint64(pool[np.uint64(entry)])]))
            for entry in range(first, place):
                if entry + _FAR < place:
                    later = np.uint64(pool[np.uint64(entry + _FAR)])
                    prefetch(dist_s, later)
                    prefetch(start, later)
                if entry + _NEAR < place:
                    prefetch(arcs, np.uint64(start[np.uint64(pool[np.uint64(entry + _NEAR)])]))
                node = np.uint64(pool[np.uint64(entry)])
                if dist_s[node] != time_s:
                    continue  # stale: the node was reached sooner
                for place_of in range(np.uint64(start[node]), np.uint64(start[node + _ONE])):
                    arc = arcs[place_of]
                    there = arc & _LOW
                    there_s = time_s + np.int64(arc >> _HALF)
                    if there_s < dist_s[there] and there_s <= horizon_s:
                        dist_s[there] = there_s
                        used, free = _add(
                            ring, full, pool, spare, used, free, np.uint64(there_s) & mask, there
                        )
            place = np.int64(pool[np.uint64(block << _BITS)] + 1) << _BITS
            spare[np.uint64(free)] = block
            free += 1


@jit
def _rows(
    lane, lanes, start, arcs, source_start, source_node, source_offset_s, horizon_s,
    ring, full, pool, spare, dist_s,
):  # fmt: skip
    """Search from the rows lane, lane + lanes, and so on."""
    for row in range(lane, dist_s.shape[0], lanes):
        seeds = slice(source_start[row], source_start[row + 1])
        _one_to_all(
            start, arcs, source_node[seeds], source_offset_s[seeds], horizon_s,
            ring[lane], full[lane], pool[lane], spare[lane], dist_s[row],
        )  # fmt: skip
