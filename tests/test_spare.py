"""Memory that is used again."""

import numpy as np
import pytest

from sim.spare import SpareMemory


def test_rows_are_whole_lines():
    rows = SpareMemory().rows(3, 100)
    assert rows.shape == (3, 112)
    assert rows.dtype == np.uint32
    assert rows.ctypes.data % 64 == 0
    rows[:] = 7  # can be written


def test_memory_is_used_again_when_the_last_view_is_gone():
    spare = SpareMemory()
    rows = spare.rows(3, 100)
    place, view = rows.ctypes.data, rows.view(np.int32)[1:, :5]
    del rows
    other = spare.rows(3, 100)
    assert not np.shares_memory(view, other)
    del view
    assert spare.rows(2, 100).ctypes.data == place


@pytest.mark.parametrize("columns", [60, 4000])
def test_memory_that_does_not_fit_is_let_go(columns):
    spare = SpareMemory()
    spare.rows(3, 1000)
    assert spare.rows(3, columns).size == 3 * -(-columns // 16) * 16
    assert spare._kept[0].size == 3 * -(-columns // 16) * 16 + 16


def test_one_result_is_kept():
    spare = SpareMemory()
    held = [spare.rows(2, 100) for _ in range(3)]
    held.clear()
    assert len(spare._kept) == 1
