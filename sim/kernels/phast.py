"""Shortest times from many origins over a prepared graph: a short climb each, then sweeps of 16 origins.

Method: Delling, Goldberg, Nowatzyk and Werneck (2013), "PHAST: hardware-accelerated shortest path trees". An
origin's climb follows its ancestors in the elimination tree; the sweep goes through the nodes from the
highest rank down and lowers each by the arcs that come from above. Where few targets are wanted, the sweep
goes through what lies above them only (RPHAST: Delling, Goldberg and Werneck 2011).

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
parent             int32    [nodes]             position of the parent in the elimination tree; -1 at roots
up_start, up       int32,   [nodes + 1], [u]    arcs that lead up from each position,
                   uint64                       ``seconds << 32 | position``
down_start, down   int32,   [nodes + 1], [d]    arcs that lead down to each position, likewise
place              int32    [nodes]             position of each node, filled up with 0 to whole lines of 16
seed_start         int32    [rows + 1]          first seed of each row
seed_place         int32    [seeds]             position of a seed
seed_offset_s      int32    [seeds]             time on the clock when the search leaves the seed, s
tiles              uint32   [lanes, 16, 256]    workspace: rows that are being written out
labels             uint32   [lanes, 16 nodes]   workspace: times of 16 rows at each position
climbs             uint32   [lanes, nodes]      workspace, filled with `CLOSED`, left so
fresh              uint8    [lanes, nodes]      workspace, filled with 1, left so
=================  =======  ==================  ===========================================================

Position 0 is the highest rank, so that heads of arcs have lower positions than their tails. A time above the
horizon counts as unreached. A row's result does not depend on the other rows or on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from sim.kernels._jit import jit, pjit
from sim.kernels._lanes import LANES, relax_line, stream_line, turn_over
from sim.kernels._memory import prefetch
from sim.kernels.customization import CLOSED

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_AHEAD = 64  # rows of labels that are asked for before they are written out


@jit
def _climb(parent, up_start, up, seeds, offset_s, climb):
    """Write the times of the ways that only lead up from the seeds into `climb`."""
    for seed in range(seeds.size):
        x = np.int64(seeds[seed])
        climb[x] = min(climb[x], np.uint32(offset_s[seed]))
        while x >= 0:
            time_s = np.uint64(climb[x])
            if time_s < CLOSED:
                for arc in range(up_start[x], up_start[x + 1]):
                    there = np.int64(up[arc] & _LOW)
                    there_s = time_s + (up[arc] >> _HALF)
                    climb[there] = min(climb[there], there_s)
            x = np.int64(parent[x])


@jit
def _hand_over(parent, seeds, climb, row_of, lane, labels, fresh):
    """Move the times of a climb into a lane of the labels; `climb` is `CLOSED` everywhere again."""
    for seed in range(seeds.size):
        x = np.int64(seeds[seed])
        while x >= 0:
            time_s = climb[x]
            if time_s < CLOSED:
                climb[x] = CLOSED
                row = np.int64(x) if row_of.size == 0 else np.int64(row_of[x])
                if row >= 0:
                    if fresh[row]:
                        fresh[row] = 0
                        for other in range(LANES):
                            labels[row * LANES + other] = CLOSED
                    labels[row * LANES + lane] = time_s
            x = np.int64(parent[x])


@jit
def _climb_all(
    batch, parent, up_start, up, seed_start, seed_place, seed_offset_s, row_of, labels, climb, fresh
):
    """Climb from the rows of a batch."""
    rows = seed_start.size - 1
    for lane in range(min(LANES, rows - batch * LANES)):
        seeds = slice(seed_start[batch * LANES + lane], seed_start[batch * LANES + lane + 1])
        _climb(parent, up_start, up, seed_place[seeds], seed_offset_s[seeds], climb)
        _hand_over(parent, seed_place[seeds], climb, row_of, lane, labels, fresh)


@jit
def _sweep(down_start, down, labels, fresh):
    """Lower every position by what comes from above, the highest first."""
    for x in range(down_start.size - 1):
        relax_line(labels, x, down, down_start[x], down_start[x + 1], CLOSED, fresh[x] != 0)
        fresh[x] = 1


@jit
def _write(labels, place, horizon_s, count, tile, out):
    """Write the first `count` lanes of the labels to rows of `out` by the order of `place`, in tiles."""
    columns = place.size
    width = tile.shape[1]
    for ahead in range(min(_AHEAD, columns)):
        prefetch(labels, np.int64(place[ahead]) * LANES)
    for begin in range(0, columns, width):
        end = min(begin + width, columns)
        for column in range(begin, end, LANES):
            for ahead in range(column + _AHEAD, min(column + _AHEAD + LANES, columns)):
                prefetch(labels, np.int64(place[ahead]) * LANES)
            turn_over(labels, place, column, tile, column - begin)
        for lane in range(count):
            for column in range(begin, end, LANES):
                stream_line(tile[lane], column - begin, out[lane], column)
    if horizon_s < CLOSED - 1:
        for lane in range(count):
            for i in range(columns):
                if out[lane, i] > horizon_s:
                    out[lane, i] = CLOSED


@pjit
def times(
    parent, up_start, up, down_start, down, row_of, place, seed_start, seed_place, seed_offset_s, horizon_s,
    labels, climbs, fresh, tiles, out,
):  # fmt: skip
    """Write the times from all rows of seeds to the nodes of `place` into `out`.

    Parameters
    ----------
    parent, up_start, up, down_start, down, place, seed_start, seed_place, seed_offset_s, labels, climbs
        See the module, also for `fresh` and `tiles`. With few targets: the arrays of `restricted`, and
        `place` by its rows.
    row_of
        int32 [nodes]: row of each position in the restriction, or -1; empty where there is none.
    horizon_s
        Longest time that counts as reached, s.
    out
        uint32 [rows, len(place)]: rows that start on cache lines; to be filled.
    """
    lanes = labels.shape[0]
    rows = out.shape[0]
    batches = (rows + LANES - 1) // LANES
    for lane in prange(lanes):
        for batch in range(lane, batches, lanes):
            _climb_all(
                batch, parent, up_start, up, seed_start, seed_place, seed_offset_s, row_of,
                labels[lane], climbs[lane], fresh[lane],
            )  # fmt: skip
            _sweep(down_start, down, labels[lane], fresh[lane])
            low = batch * LANES
            _write(
                labels[lane], place, horizon_s, min(LANES, rows - low), tiles[lane], out[low : low + LANES]
            )


@pjit
def sums_within(
    parent, up_start, up, down_start, down, row_of, seed_start, seed_place, seed_offset_s, horizon_s,
    weight, labels, climbs, fresh, sums,
):  # fmt: skip
    """Add up, for each row of seeds, the weights of all nodes that are reached within the horizon.

    Parameters
    ----------
    parent, up_start, up, down_start, down, row_of, seed_start, seed_place, seed_offset_s, horizon_s
        As for `times`.
    weight
        float64 [nodes]: weight of each position; added up from the highest rank down.
    labels, climbs, fresh
        See the module.
    sums
        float64 [batches, 16]: to be filled.
    """
    lanes = labels.shape[0]
    for lane in prange(lanes):
        for batch in range(lane, sums.shape[0], lanes):
            own, mark = labels[lane], fresh[lane]
            _climb_all(
                batch, parent, up_start, up, seed_start, seed_place, seed_offset_s, row_of,
                own, climbs[lane], mark,
            )  # fmt: skip
            total = sums[batch]
            total[:] = 0.0
            for x in range(down_start.size - 1):
                relax_line(own, x, down, down_start[x], down_start[x + 1], CLOSED, mark[x] != 0)
                mark[x] = 1
                if weight[x] != 0.0:
                    for k in range(LANES):
                        total[k] += weight[x] if own[x * LANES + k] <= horizon_s else 0.0


@jit
def restricted(down_start, down, targets):
    """Return the part of the downward arcs that leads to some targets.

    Parameters
    ----------
    down_start, down
        See the module.
    targets
        int32 [targets]: positions.

    Returns
    -------
    row_of : int32 [nodes]
        Row of each position in the part; -1 where it is not in it.
    part_start, part : int32 [rows + 1], uint64 [arcs]
        The arcs of each row, ``seconds << 32 | row``.
    """
    n = down_start.size - 1
    row_of = np.full(n, -1, np.int32)
    queue = np.empty(n, np.int32)
    count = 0
    for target in targets:
        if row_of[target] < 0:
            row_of[target] = 0
            queue[count] = target
            count += 1
    done = 0
    arcs = 0
    while done < count:
        x = queue[done]
        done += 1
        for arc in range(down_start[x], down_start[x + 1]):
            arcs += 1
            there = np.int64(down[arc] & _LOW)
            if row_of[there] < 0:
                row_of[there] = 0
                queue[count] = there
                count += 1
    chosen = np.sort(queue[:count])
    for row in range(count):
        row_of[chosen[row]] = row
    part_start = np.zeros(count + 1, np.int32)
    part = np.empty(arcs, np.uint64)
    put = 0
    for row in range(count):
        x = chosen[row]
        for arc in range(down_start[x], down_start[x + 1]):
            part[put] = (down[arc] & ~_LOW) | np.uint64(row_of[np.int64(down[arc] & _LOW)])
            put += 1
        part_start[row + 1] = put
    return row_of, part_start, part
