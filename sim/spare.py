"""Memory of results that nobody holds any more, to be used again."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from sim.kernels._lanes import LANES, aligned_view

__all__ = ["SpareMemory"]

Words = NDArray[np.uint32]


class SpareMemory:
    """Memory for the rows of one result after another.

    What the system takes to hand out and clear fresh memory is as much as a prepared search takes to fill it.
    The memory of one result is therefore kept when the result's last view is gone, and the next result that
    fills at least half of it is written there. Safe to use from many threads.
    """

    def __init__(self) -> None:
        self._kept: list[Words] = []  # one at most; taking and giving back are single steps

    def rows(self, rows: int, columns: int) -> Words:
        """Return an array of whole cache lines, not filled.

        Parameters
        ----------
        rows, columns
            The least shape.

        Returns
        -------
        Words
            uint32 [rows, columns rounded up to 16]; rows start at addresses that 64 divides.
        """
        size = rows * -(-columns // LANES) * LANES + LANES
        try:
            memory = self._kept.pop()
        except IndexError:
            memory = np.empty(size, np.uint32)
        if not size <= memory.size <= 2 * size:
            memory = np.empty(size, np.uint32)
        # views hold this array alone: when the last one is gone, so is it, but not yet the memory behind it
        held: Words = np.frombuffer(memory.data, np.uint32)
        weakref.finalize(held, _keep, self._kept, memory).atexit = False
        return aligned_view(held, rows, columns)


def _keep(kept: list[Words], memory: Words) -> None:
    """Keep the memory of a result that is gone, unless some is kept already."""
    if not kept:
        kept.append(memory)
