"""Shortcuts of a contraction order, and their times under given links.

Method: Dibbelt, Strasser and Wagner (2016), "Customizable contraction hierarchies". The arcs are those that
contraction adds whatever the links take; *basic* customization gives each the quickest way through lower
ranks, *perfect* customization then the quickest way at all, and an arc that is no quicker than a way through
a higher rank is left out of the search.

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
start, near        int32    [nodes + 1], [2e]   the graph without directions, see `sim.kernels.ordering`
first              int64    [nodes + 1]         first arc of each rank
above              int32    [arcs]              the higher rank of an arc; ascending within each lower rank
up_s, down_s       uint32   [arcs]              time from the lower rank to the higher and back, s; `CLOSED`
                                                where there is no way
=================  =======  ==================  ===========================================================

Times are added without wrapping around: a sum above `CLOSED` counts as `CLOSED`.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from sim.kernels._jit import jit, pjit

CLOSED = np.uint32(2147483647)
"""The time of an arc that cannot be used, s: `sim.kernels.dijkstra.UNREACHED`."""


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
def arcs_of_links(first, above, rank, tail, head):
    """Return the arc of each link, twice, plus 1 where the link leads down; -1 for loops; int64 [links]."""
    arc_of = np.empty(tail.size, np.int64)
    for link in range(tail.size):
        a, b = rank[tail[link]], rank[head[link]]
        if a == b:
            arc_of[link] = -1
            continue
        low, high = min(a, b), max(a, b)
        left, right = first[low], first[low + 1]
        while right - left > 1:
            middle = (left + right) >> 1
            if above[middle] <= high:
                left = middle
            else:
                right = middle
        arc_of[link] = 2 * left + (1 if a > b else 0)
    return arc_of


@jit
def arc_times(arc_of, seconds, n_arcs):
    """Return up_s and down_s of the links alone: the quickest of each direction."""
    up_s = np.full(n_arcs, CLOSED, np.uint32)
    down_s = np.full(n_arcs, CLOSED, np.uint32)
    for link in range(seconds.size):
        if arc_of[link] < 0:
            continue
        arc = arc_of[link] >> 1
        if arc_of[link] & 1:
            down_s[arc] = min(down_s[arc], np.uint32(seconds[link]))
        else:
            up_s[arc] = min(up_s[arc], np.uint32(seconds[link]))
    return up_s, down_s


@jit
def _basic_of(x, first, above, slot_of, up_s, down_s, below_first, below, below_arc):
    """Give the arcs of rank x the quickest ways through the ranks below it."""
    for arc in range(first[x], first[x + 1]):
        slot_of[above[arc]] = arc
    for item in range(below_first[x], below_first[x + 1]):
        low_arc = below_arc[item]
        stop = first[below[item] + 1]
        to_x, from_x = up_s[low_arc], down_s[low_arc]
        for arc in range(low_arc + 1, stop):
            mine = slot_of[above[arc]]
            up_s[mine] = min(up_s[mine], from_x + up_s[arc])
            down_s[mine] = min(down_s[mine], down_s[arc] + to_x)


@jit
def lower_arcs(first, above):
    """Return the arcs by their higher rank: below_first, the lower rank of each, and the arc."""
    n = first.size - 1
    below_first = np.zeros(n + 1, np.int64)
    for arc in range(above.size):
        below_first[above[arc] + 1] += 1
    for r in range(n):
        below_first[r + 1] += below_first[r]
    put = below_first[:-1].copy()
    below = np.empty(above.size, np.int32)
    below_arc = np.empty(above.size, np.int32)
    for r in range(n):
        for arc in range(first[r], first[r + 1]):
            v = above[arc]
            below[put[v]] = r
            below_arc[put[v]] = arc
            put[v] += 1
    return below_first, below, below_arc


@jit
def _basic_run(low, high, first, above, slot_of, up_s, down_s, below_first, below, below_arc):
    """Customize the ranks from low to high - 1, whose lower arcs are done, or among them."""
    for x in range(low, high):
        _basic_of(x, first, above, slot_of, up_s, down_s, below_first, below, below_arc)


@pjit
def basic(first, above, up_s, down_s, below_first, below, below_arc, runs, top, slots):
    """Give every arc the quickest way through lower ranks; in place.

    Parameters
    ----------
    first, above, up_s, down_s
        The arcs with the times of the links, see the module.
    below_first, below, below_arc
        `lower_arcs`.
    runs
        int32 [runs, 2]: subtrees of the elimination tree, as first rank and the one behind the last.
    top
        int32 [ranks]: all others, ascending.
    slots
        int32 [lanes, nodes]: workspace.
    """
    lanes = slots.shape[0]
    for lane in prange(lanes):
        for run in range(lane, runs.shape[0], lanes):
            _basic_run(
                runs[run, 0], runs[run, 1], first, above, slots[lane], up_s, down_s,
                below_first, below, below_arc,
            )  # fmt: skip
    for item in range(top.size):
        x = top[item]
        _basic_of(x, first, above, slots[0], up_s, down_s, below_first, below, below_arc)


_UP_EXACT, _DOWN_EXACT, _UP_NEEDED, _DOWN_NEEDED = 1, 2, 4, 8


@jit
def _perfect_of(x, first, above, slot_of, up_s, down_s, best_up, best_down, state):
    """Give the arcs of rank x their shortest times; the ranks above have theirs. See `perfect`."""
    begin, end = first[x], first[x + 1]
    for arc in range(begin, end):
        slot_of[above[arc]] = arc
        best_up[arc] = up_s[arc]
        best_down[arc] = down_s[arc]
        state[arc] = _UP_NEEDED | _DOWN_NEEDED
    for arc in range(begin, end):
        u = above[arc]
        to_u, from_u = up_s[arc], down_s[arc]
        for other in range(first[u], first[u + 1]):
            mine = slot_of[above[other]]
            if mine < begin or mine >= end or above[mine] != above[other]:
                continue
            rise, fall = best_up[other], best_down[other]
            # x -> u, and u -> x, by way of the higher rank v
            best_up[arc] = min(best_up[arc], up_s[mine] + fall)
            best_down[arc] = min(best_down[arc], rise + down_s[mine])
            # x -> v, and v -> x, by way of u
            there = to_u + rise
            if there <= best_up[mine]:
                best_up[mine] = there
                if state[other] & _UP_EXACT and there <= up_s[mine]:
                    state[mine] &= ~_UP_NEEDED
            back = fall + from_u
            if back <= best_down[mine]:
                best_down[mine] = back
                if state[other] & _DOWN_EXACT and back <= down_s[mine]:
                    state[mine] &= ~_DOWN_NEEDED
    for arc in range(begin, end):
        flags = state[arc]
        if best_up[arc] < up_s[arc]:
            flags &= ~_UP_NEEDED
        else:
            flags |= _UP_EXACT
        if best_down[arc] < down_s[arc]:
            flags &= ~_DOWN_NEEDED
        else:
            flags |= _DOWN_EXACT
        if up_s[arc] >= CLOSED:
            flags &= ~_UP_NEEDED
        if down_s[arc] >= CLOSED:
            flags &= ~_DOWN_NEEDED
        state[arc] = flags


@pjit
def perfect(first, above, up_s, down_s, runs, top, slots, best_up, best_down, state):
    """Find the shortest time of every arc, and the arcs that a search needs.

    An arc is not needed where its time is not the shortest, or where an arc to a rank in between and the
    shortest arc from there take just as long; ways that the search finds still lead up first, then down.

    Parameters
    ----------
    first, above, up_s, down_s, runs, top, slots
        As for `basic`, after it; `slots` filled with -1.
    best_up, best_down
        uint32 [arcs]: to be filled with the shortest times, s.
    state
        uint8 [arcs]: to be filled; bit 4: needed upwards, bit 8: needed downwards.
    """
    for item in range(top.size - 1, -1, -1):
        _perfect_of(top[item], first, above, slots[0], up_s, down_s, best_up, best_down, state)
    lanes = slots.shape[0]
    for lane in prange(lanes):
        for run in range(lane, runs.shape[0], lanes):
            for x in range(runs[run, 1] - 1, runs[run, 0] - 1, -1):
                _perfect_of(x, first, above, slots[lane], up_s, down_s, best_up, best_down, state)


@jit
def needed_arcs(first, above, seconds, state, flag):
    """Return the needed arcs of one direction by position, the highest rank first.

    Parameters
    ----------
    first, above
        The arcs, see the module.
    seconds
        uint32 [arcs]: `up_s` or `down_s`.
    state, flag
        The states that `perfect` filled, and the bit that says needed.

    Returns
    -------
    start : int32 [nodes + 1]
        First arc of each position; position i is rank ``nodes - 1 - i``.
    arcs : uint64 [needed]
        ``seconds << 32 | position of the higher rank``.
    """
    n = first.size - 1
    start = np.zeros(n + 1, np.int32)
    count = 0
    for arc in range(above.size):
        if state[arc] & flag:
            count += 1
    arcs = np.empty(count, np.uint64)
    count = 0
    for i in range(n):
        r = n - 1 - i
        for arc in range(first[r], first[r + 1]):
            if state[arc] & flag:
                arcs[count] = (np.uint64(seconds[arc]) << np.uint64(32)) | np.uint64(n - 1 - above[arc])
                count += 1
        start[i + 1] = count
    return start, arcs
