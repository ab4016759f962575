"""Loops over 16 numbers at once, against the same said in plain Python."""

import numba
import numpy as np
import pytest

from sim.kernels._lanes import (
    AHEAD,
    LANES,
    add_within,
    aligned,
    copy_run,
    least_sums,
    lower_run,
    push_line,
    sweep_lines,
    write_lines,
)

CLOSED = 2147483647
LAST = 1 << 31


def call(intrinsic, *arguments):
    """Call an intrinsic from a function that is compiled around it."""
    names = ", ".join(f"a{i}" for i in range(len(arguments)))
    scope = {"intrinsic": intrinsic}
    exec(f"def f({names}):\n    intrinsic({names})", scope)  # noqa: S102 - our own text
    numba.njit(scope["f"])(*arguments)


def lines_of(rng, n):
    labels = aligned(1, n * LANES)[0]
    labels[:] = rng.integers(0, 1000, n * LANES)
    labels[rng.random(n * LANES) < 0.2] = CLOSED
    labels[rng.random(n * LANES) < 0.2] = 500
    return labels


def arcs_of(pairs):
    return np.array([seconds << 32 | line for seconds, line in pairs], np.uint64)


def test_aligned():
    for rows, columns in ((1, 1), (3, 16), (5, 17)):
        lines = aligned(rows, columns)
        assert lines.shape == (rows, -(-columns // 16) * 16)
        assert lines.ctypes.data % 64 == 0


@pytest.mark.parametrize("keep", [False, True])
def test_sweep_lines(keep):
    rng = np.random.default_rng(3)
    labels = lines_of(rng, 9)
    wanted = labels.reshape(9, LANES).astype(np.int64)
    into = {4: [(5, 0), (7, 1)], 5: [(1, 4), (2, 2), (9, 3), (0, 3)], 6: [(CLOSED - 1, 5), (3, 8)]}
    pairs = []
    for line, arcs in into.items():
        before = wanted[line] if keep and line == 4 else np.full(LANES, CLOSED)
        wanted[line] = np.minimum.reduce([before, *(wanted[there] + seconds for seconds, there in arcs)])
        marked = [(seconds, there) for seconds, there in arcs]
        marked[-2] = marked[-2][0], marked[-2][1] | LAST
        pairs += marked
    call(sweep_lines, labels, 4, keep, arcs_of([(0, 0), (0, 0), *pairs]), 1, 1 + len(pairs) // 2)
    assert np.array_equal(labels.reshape(9, LANES), wanted)


def test_push_line():
    labels = lines_of(np.random.default_rng(4), 6)
    wanted = labels.reshape(6, LANES).astype(np.int64)
    for seconds, line in ((50, 1), (9, 0)):
        wanted[line] = np.minimum(wanted[line], wanted[5] + seconds)
    call(push_line, labels, 5, arcs_of([(1, 3), (50, 1), (9, 0), (1, 2)]), 1, 3)
    assert np.array_equal(labels.reshape(6, LANES), wanted)


@pytest.mark.parametrize("count", [16, 5, 1])
def test_write_lines(count):
    labels = lines_of(np.random.default_rng(5), 40)
    place = np.random.default_rng(6).integers(0, 40, 32 + AHEAD + LANES).astype(np.int32)
    out = aligned(16, 32)
    out[:] = 7
    call(write_lines, labels, place, 16, np.uint32(500), count, out)
    wanted = labels.reshape(40, LANES)[place[16:32]].T
    assert np.array_equal(out[:count, 16:], np.where(wanted <= 500, wanted, CLOSED)[:count])
    assert (out[:, :16] == 7).all()
    assert (out[count:] == 7).all()


def test_add_within():
    labels = lines_of(np.random.default_rng(7), 20)
    weight = np.arange(20) * 2.0**30
    total = np.arange(16.0)
    call(add_within, labels, 3, 17, np.uint32(500), weight, total)
    near = labels.reshape(20, LANES)[3:17] <= 500
    assert np.array_equal(total, np.arange(16) + weight[3:17] @ near)


@pytest.mark.parametrize("to", [0, 1, 16, 29])
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 40])
def test_runs(to, length):
    """Runs begin anywhere in a row, and change nothing before and behind themselves."""
    rng = np.random.default_rng(100 * to + length)
    row, values = lines_of(rng, 6), lines_of(rng, 8)
    begin = 21
    run, there = slice(begin, begin + length), slice(to, to + length)
    copied, lowered = row.copy(), row.astype(np.int64)
    copied[there] = values[run]
    more = np.where(np.arange(to, to + length) % 2 == 0, 30, 400)
    lowered[there] = np.minimum(lowered[there], values[run].astype(np.int64) + more)
    sums = row[there].astype(np.int64) + values[run]

    least = aligned(1, LANES)[0]
    least[:] = 900
    call(least_sums, row, to, values, begin, begin + length, least)
    for lane in range(LANES):
        mine = [value for place, value in enumerate(sums, to) if place % LANES == lane]
        assert least[lane] == min([900, *mine])

    other = aligned(1, row.size)[0]
    other[:] = row
    call(copy_run, other, to, values, begin, begin + length)
    assert np.array_equal(other, copied)
    call(lower_run, row, to, values, begin, begin + length, np.uint32(30), np.uint32(400))
    assert np.array_equal(row, lowered)
