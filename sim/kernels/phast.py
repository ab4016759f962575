"""Shortest times from many origins over a prepared graph: a short climb, then a sweep, 16 origins at a time.

Method: Delling, Goldberg, Nowatzyk and Werneck (2013), "PHAST: hardware-accelerated shortest path trees". The
climb follows the origins' ancestors in the elimination tree; the sweep goes through the lines from the
highest rank down and lowers each by the arcs that come from above. Where few targets are wanted, the sweep
goes through what lies above them only (RPHAST: Delling, Goldberg and Werneck 2011).

=================  =======  ==================  ===========================================================
array              dtype    shape               meaning
=================  =======  ==================  ===========================================================
parent             int32    [nodes]             line of the parent in the elimination tree; -1 at roots
up_start, up       int32,   [nodes + 1], [u]    arcs that lead up from each line, ``seconds << 32 | line``
                   uint64
down_start, down   int32,   [nodes + 1], [2 d]  pairs of arcs that lead down to each line, at least one a
                   uint64                       line: ``seconds << 32 | line``, bit 31 set in the first arc of
                                                the line's last pair
runs               int32    [runs, 2]           lines to be swept, ascending: first, and the one behind the
                                                last
seed_start         int32    [rows + 1]          first seed of each row
seed_line          int32    [seeds]             line of a seed
seed_offset_s      int32    [seeds]             time on the clock when the search leaves the seed, s
labels             uint32   [lanes,             workspace: times of 16 rows at each line; the last line is
                            16 (nodes + 1)]     `CLOSED`, and stays so
touched            uint64   [lanes, words]      workspace, filled with 0, left so: one bit a line, at least
                                                one more than there are lines
=================  =======  ==================  ===========================================================

Line 0 is the highest rank, so that arcs that lead up lead to lower lines. Arcs that fill a pair up come from
the line behind the last. A time above the horizon counts as unreached. A row's result does not depend on the
other rows or on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from sim.kernels._jit import jit, pjit
from sim.kernels._lanes import LANES, add_within, push_line, sweep_lines, write_lines
from sim.kernels._memory import lowest_bit
from sim.kernels.customization import CLOSED

_LOW = np.uint64(0x7FFFFFFF)
_ONE = np.uint64(1)
_63 = np.uint64(63)
_CHUNK = 512  # lines that are swept before they are added up: they stay in the second-level cache


@jit
def _next_touched(touched, line, end):
    """Return the first touched line from `line` on, or `end`."""
    while line < end:
        bits = touched[line >> 6] >> (np.uint64(line) & _63)
        if bits:
            return min(end, line + lowest_bit(bits))
        line = ((line >> 6) + 1) << 6
    return end


@jit
def _climb(parent, up_start, up, seed_start, seed_line, seed_offset_s, row, rows, labels, touched):
    """Touch all ancestors of the seeds of up to 16 rows, and write the times of the ways up to them."""
    last = np.int64(-1)
    for lane in range(min(LANES, rows - row)):
        for seed in range(seed_start[row + lane], seed_start[row + lane + 1]):
            line = np.int64(seed_line[seed])
            while line >= 0 and touched[line >> 6] >> (np.uint64(line) & _63) & _ONE == 0:
                touched[line >> 6] |= _ONE << (np.uint64(line) & _63)
                for other in range(line * LANES, (line + 1) * LANES):
                    labels[other] = CLOSED
                last = max(last, line)
                line = np.int64(parent[line])
            place = np.int64(seed_line[seed]) * LANES + lane
            labels[place] = min(labels[place], np.uint32(seed_offset_s[seed]))
    for word in range(last >> 6, -1, -1):
        bits = touched[word]
        line = (np.int64(word) << 6) + 63
        while bits:
            if bits >> _63:
                push_line(labels, line, up, np.int64(up_start[line]), np.int64(up_start[line + 1]))
            bits <<= _ONE
            line -= 1


@jit
def _sweep(down_start, down, begin, end, labels, touched):
    """Lower the lines from `begin` to ``end - 1`` by what comes from above."""
    line = begin
    then = _next_touched(touched, begin, end)
    keep = then == begin
    while line < end:
        then = _next_touched(touched, line + 1, end)
        sweep_lines(labels, line, keep, down, np.int64(down_start[line]), np.int64(down_start[then]))
        line = then
        keep = True


@pjit
def times(
    parent, up_start, up, down_start, down, runs, place, seed_start, seed_line, seed_offset_s, horizon_s,
    labels, touched, out,
):  # fmt: skip
    """Write the times from all rows of seeds to the lines of `place` into `out`.

    Parameters
    ----------
    parent, up_start, up, down_start, down, runs, seed_start, seed_line, seed_offset_s, labels, touched
        See the module.
    place
        int32 [columns + at least `sim.kernels._lanes.AHEAD` + 15]: line of each column, each in a run; then
        any lines.
    horizon_s
        Longest time that counts as reached, s.
    out
        uint32 [rows, columns]: rows that start on cache lines, columns a multiple of 16; to be filled.
    """
    lanes, rows = labels.shape[0], out.shape[0]
    for lane in prange(lanes):
        own, mark = labels[lane], touched[lane]
        for row in range(lane * LANES, rows, lanes * LANES):
            _climb(parent, up_start, up, seed_start, seed_line, seed_offset_s, row, rows, own, mark)
            for run in range(runs.shape[0]):
                _sweep(down_start, down, np.int64(runs[run, 0]), np.int64(runs[run, 1]), own, mark)
            mark[:] = 0
            count = min(LANES, rows - row)
            for column in range(0, out.shape[1], LANES):
                write_lines(own, place, column, horizon_s, count, out[row : row + count])


@pjit
def sums_within(
    parent, up_start, up, down_start, down, seed_start, seed_line, seed_offset_s, horizon_s, weight,
    labels, touched, sums,
):  # fmt: skip
    """Add up, for each row of seeds, the weights of all lines that are reached within the horizon.

    Parameters
    ----------
    parent, up_start, up, down_start, down, seed_start, seed_line, seed_offset_s, horizon_s, labels, touched
        As for `times`.
    weight
        float64 [nodes]: weight of each line; added up from the highest rank down.
    sums
        float64 [rows, rounded up to a multiple of 16]: to be filled.
    """
    lanes, rows = labels.shape[0], seed_start.size - 1
    for lane in prange(lanes):
        own, mark = labels[lane], touched[lane]
        for row in range(lane * LANES, rows, lanes * LANES):
            _climb(parent, up_start, up, seed_start, seed_line, seed_offset_s, row, rows, own, mark)
            total = sums[row : row + LANES]
            total[:] = 0.0
            for begin in range(0, weight.size, _CHUNK):
                end = min(begin + _CHUNK, weight.size)
                _sweep(down_start, down, begin, end, own, mark)
                add_within(own, begin, end, horizon_s, weight, total)
            mark[:] = 0


@jit
def lines_above(down_start, down, targets):
    """Return the lines that a sweep to some targets must go through, as runs.

    Parameters
    ----------
    down_start, down
        See the module.
    targets
        int32 [targets]: lines.

    Returns
    -------
    runs : int32 [runs, 2]
        Runs of lines, see the module.
    """
    n = down_start.size - 1
    wanted = np.zeros(n + 1, np.bool_)
    for target in targets:
        wanted[target] = True
    count = 0
    for line in range(n - 1, -1, -1):  # arcs come from lower lines
        if wanted[line]:
            if not wanted[line + 1]:
                count += 1
            for arc in range(2 * down_start[line], 2 * down_start[line + 1]):
                there = np.int64(down[arc] & _LOW)
                if there < n:
                    wanted[there] = True
    runs = np.empty((count, 2), np.int32)
    for line in range(n - 1, -1, -1):
        if wanted[line] and not wanted[line + 1]:
            count -= 1
            runs[count, 1] = line + 1
        if wanted[line] and (line == 0 or not wanted[line - 1]):
            runs[count, 0] = line
    return runs
