"""Times of the arcs of a contraction order under given links.

Method: Dibbelt, Strasser and Wagner (2016), "Customizable contraction hierarchies". *Basic* customization
gives each arc the quickest way through lower ranks, *perfect* customization then the quickest way at all; an
arc that is no quicker than a way through other ranks is left out of the search.

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
first              int64    [nodes + 1]         first arc of each rank, see `sim.kernels.shortcuts`
runs               int32    [2 arcs]            see `sim.kernels.shortcuts.runs_of_arcs`
lower_start, inner int64    [nodes + 1],        the arcs by their higher rank, see
lower              int32    [nodes], [2 arcs]   `sim.kernels.shortcuts.lower_arcs`
trees              int32    [trees, 2]          subtrees of the elimination tree: first rank, and the one
                                                behind the last
top                int32    [ranks]             all other ranks, ascending
times_s            uint32   [2 arcs]            time from the lower rank to the higher and, behind it, back,
                                                s; `CLOSED` where there is no way
best_s             uint32   [2 arcs]            the same by way of any ranks
needed             uint8    [2 arcs]            1 where the time is needed in a search
rows               uint32   [lanes, 5,          workspace: numbers of one rank's arcs by their higher rank;
                            2 nodes]            rows are aligned
=================  =======  ==================  ===========================================================

The arcs of a rank lead to few runs of consecutive ranks, so that numbers of one rank's arcs are laid out by
higher rank, and other ranks' arcs are added run by run, 8 arcs at once. Columns of arcs come from
`arc_column`. Subtrees are independent of each other; the ranks above them are taken in blocks, where first
all that lies outside the block is added in parallel.

Times are added without wrapping around: a sum above `CLOSED` counts as `CLOSED`.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from sim.kernels._jit import jit, pjit
from sim.kernels._lanes import LANES, copy_run, least_sums, lower_run
from sim.kernels._memory import prefetch

CLOSED = np.uint32(2147483647)
"""The time of an arc that cannot be used, s: `sim.kernels.dijkstra.UNREACHED`."""

BLOCK = 64
"""How many ranks of the top are taken together."""

_HALF = np.uint64(32)
_LAST = np.uint64(1 << 31)
_AHEAD = 8  # lower arcs ahead at which the memory of one is asked for


def arc_column(n_arcs):
    """Return two numbers for each arc, not filled, with room to read on before and behind them."""
    return np.empty(2 * n_arcs + 2 * LANES, np.uint32)[LANES:-LANES]


@pjit
def link_times(link, place, seconds, times_s, lanes):
    """Fill `times_s` with the times of the links alone, the quickest of each direction.

    Parameters
    ----------
    link, place
        int32, int64 [links that are no loops]: links by their places in `times_s`, ascending, and those
        places; see `sim.kernels.shortcuts.places_of_links`.
    seconds
        int32 [links]: times of the links, s.
    times_s
        See the module.
    lanes
        Number of threads.
    """
    share = times_s.size // lanes + 1
    for lane in prange(lanes):
        times_s[lane * share : (lane + 1) * share] = CLOSED
        item = np.searchsorted(place, lane * share)
        end = np.searchsorted(place, (lane + 1) * share)
        while item < end:
            at = place[item]
            times_s[at] = min(times_s[at], np.uint32(seconds[link[item]]))
            item += 1


@jit
def _lay_out(begin, end, runs, values, row):
    """Lay the numbers of a rank's arcs out by their higher rank."""
    arc = begin
    while arc < end:
        then = np.int64(runs[2 * arc + 1])
        copy_run(row, 2 * np.int64(runs[2 * arc]), values, 2 * arc, 2 * then)
        arc = then


@jit
def _take_back(begin, end, runs, values, row):
    """Write the numbers that were laid out back to a rank's arcs."""
    for arc in range(begin, end):
        place = 2 * np.int64(runs[2 * arc])
        values[2 * arc] = row[place]
        values[2 * arc + 1] = row[place + 1]


@jit
def _basic_of(begin, end, least, most, runs, lower, times_s, row):
    """Lower the arcs from begin to end - 1, those of one rank, by some of its lower arcs."""
    _lay_out(begin, end, runs, times_s, row)
    for item in range(least, most):
        if item + _AHEAD < most:
            ahead = 2 * np.int64(lower[2 * (item + _AHEAD)])
            prefetch(times_s, ahead)
            prefetch(runs, ahead)
        arc = np.int64(lower[2 * item])
        stop = np.int64(lower[2 * item + 1])
        to_x, from_x = times_s[2 * arc], times_s[2 * arc + 1]
        arc += 1
        while arc < stop:
            then = np.int64(runs[2 * arc + 1])
            lower_run(row, 2 * np.int64(runs[2 * arc]), times_s, 2 * arc, 2 * then, from_x, to_x)
            arc = then
    _take_back(begin, end, runs, times_s, row)


@pjit
def basic(first, runs, lower_start, inner, lower, trees, top, times_s, rows):
    """Give every arc the quickest way through lower ranks; `times_s` in place. See the module."""
    lanes = rows.shape[0]
    for lane in prange(lanes):
        for tree in range(lane, trees.shape[0], lanes):
            for x in range(trees[tree, 0], trees[tree, 1]):
                _basic_of(
                    first[x], first[x + 1], lower_start[x], lower_start[x + 1], runs, lower, times_s,
                    rows[lane, 0],
                )  # fmt: skip
    for begin in range(0, top.size, BLOCK):
        end = min(begin + BLOCK, top.size)
        for lane in prange(lanes):
            for item in range(begin + lane, end, lanes):
                x = top[item]
                _basic_of(
                    first[x], first[x + 1], lower_start[x], inner[x], runs, lower, times_s, rows[lane, 0]
                )
        for item in range(begin, end):
            x = top[item]
            _basic_of(first[x], first[x + 1], inner[x], lower_start[x + 1], runs, lower, times_s, rows[0, 0])


@jit
def _perfect_of(x, least, most, first, runs, times_s, best_s, needed, rows):
    """Lower the best times of the arcs of rank x by ways through higher ranks from least to most - 1.

    Arcs that can be spared are no longer `needed`: a way through a rank in between, whose second arc is the
    quickest way, takes no longer.
    """
    begin, end = first[x], first[x + 1]
    if end - begin <= 1:
        return  # no way through another rank
    own, best, tied, back, line = rows[0], rows[1], rows[2], rows[3], rows[4]
    _lay_out(begin, end, runs, times_s, own)
    _lay_out(begin, end, runs, best_s, best)
    for arc in range(begin, end):
        place = 2 * np.int64(runs[2 * arc])
        tied[place] = CLOSED
        tied[place + 1] = CLOSED
        back[place] = own[place + 1]
        back[place + 1] = own[place]
    for arc in range(begin, end - 1):
        u = np.int64(runs[2 * arc])
        if u < least or u >= most:
            continue
        to_u, from_u = own[2 * u], own[2 * u + 1]
        line[:LANES] = CLOSED
        at = first[u]
        one = arc + 1
        while one < end:
            v, then = np.int64(runs[2 * one]), np.int64(runs[2 * one + 1])
            stop = np.int64(runs[2 * at + 1])
            while runs[2 * stop - 2] < v:  # the ranks above x that are above u are above u too
                at = stop
                stop = np.int64(runs[2 * at + 1])
            at += v - runs[2 * at]
            last = at + then - one
            lower_run(best, 2 * v, best_s, 2 * at, 2 * last, to_u, from_u)
            lower_run(tied, 2 * v, times_s, 2 * at, 2 * last, to_u, from_u)
            least_sums(back, 2 * v, best_s, 2 * at, 2 * last, line)
            one = then
        for lane in range(0, LANES, 2):  # the sums of `back` are of the other direction
            best[2 * u] = min(best[2 * u], line[lane + 1])
            best[2 * u + 1] = min(best[2 * u + 1], line[lane])
    _take_back(begin, end, runs, best_s, best)
    for arc in range(begin, end):
        place = 2 * np.int64(runs[2 * arc])
        for way in range(2):
            if tied[place + way] <= own[place + way]:
                needed[2 * arc + way] = 0


@jit
def _finish(begin, end, times_s, best_s, needed):
    """Close the times that are not the best; they are not needed either."""
    for place in range(2 * begin, 2 * end):
        if best_s[place] < times_s[place]:
            times_s[place] = CLOSED
        if times_s[place] == CLOSED:
            needed[place] = 0


@pjit
def perfect(first, runs, trees, top, times_s, best_s, needed, rows):
    """Find the quickest time of every arc, and the times that a search needs.

    A time is not needed where it is not the quickest, or where an arc to a rank in between and the quickest
    arc from there take just as long; ways that the search finds still lead up first, then down.

    Parameters
    ----------
    first, runs, trees, top, rows
        See the module.
    times_s
        As `basic` left it; becomes `CLOSED` where the best time is less.
    best_s
        A copy of `times_s`; to be lowered to the quickest times.
    needed
        To be cleared where a time is not needed.
    """
    lanes = rows.shape[0]
    n = first.size - 1
    for block in range((top.size - 1) // BLOCK, -1, -1):
        begin = block * BLOCK
        end = min(begin + BLOCK, top.size)
        behind = top[end - 1] + 1
        for lane in prange(lanes):
            for item in range(begin + lane, end, lanes):
                _perfect_of(top[item], behind, n, first, runs, times_s, best_s, needed, rows[lane])
        for item in range(end - 1, begin - 1, -1):
            x = top[item]
            _perfect_of(x, 0, behind, first, runs, times_s, best_s, needed, rows[0])
            _finish(first[x], first[x + 1], times_s, best_s, needed)
    for lane in prange(lanes):
        for tree in range(lane, trees.shape[0], lanes):
            for x in range(trees[tree, 1] - 1, trees[tree, 0] - 1, -1):
                _perfect_of(x, 0, n, first, runs, times_s, best_s, needed, rows[lane])
                _finish(first[x], first[x + 1], times_s, best_s, needed)


@pjit
def search_arcs(first, runs, times_s, needed, lanes):
    """Return the arcs that a search needs: up_start, up, down_start, down, see `sim.kernels.phast`.

    Line i is rank ``nodes - 1 - i``.

    Parameters
    ----------
    first, runs, times_s, needed
        See the module.
    lanes
        Number of threads.
    """
    n = first.size - 1
    up_start, down_start = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
    share = n // lanes + 1
    for lane in prange(lanes):
        for line in range(lane * share, min(n, (lane + 1) * share)):
            ups = downs = 0
            for arc in range(first[n - 1 - line], first[n - line]):
                ups += needed[2 * arc]
                downs += needed[2 * arc + 1]
            up_start[line + 1] = ups
            down_start[line + 1] = max(1, (downs + 1) >> 1)
    for line in range(n):
        up_start[line + 1] += up_start[line]
        down_start[line + 1] += down_start[line]
    up, down = np.empty(up_start[n], np.uint64), np.empty(2 * down_start[n], np.uint64)
    for lane in prange(lanes):
        for line in range(lane * share, min(n, (lane + 1) * share)):
            put, pair, value = np.int64(up_start[line]), 2 * np.int64(down_start[line]), np.uint64(n)
            for arc in range(first[n - 1 - line], first[n - line]):
                there = np.uint64(n - 1 - runs[2 * arc])
                if needed[2 * arc]:
                    up[put] = np.uint64(times_s[2 * arc]) << _HALF | there
                    put += 1
                if needed[2 * arc + 1]:
                    value = np.uint64(times_s[2 * arc + 1]) << _HALF | there
                    down[pair] = value
                    pair += 1
            while pair < 2 * down_start[line + 1]:
                down[pair] = value
                pair += 1
            down[pair - 2] |= _LAST
    return up_start, up, down_start, down
