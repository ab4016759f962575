"""The links of a graph by the node that they leave, as the kernels take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels.buckets import LONGEST_S, Workspace, pack_arcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]


class Arcs(NamedTuple):
    """The open links, see `sim.kernels.buckets`."""

    start: Int32Array
    arc: NDArray[np.uint64]
    longest_s: int


class Rows(NamedTuple):
    """The links in compressed rows; a tail's links keep their order.

    Attributes
    ----------
    start
        int32 [nodes + 1]: first position of each node.
    head, seconds
        int32 [links]: head and time, s, of each position.
    link
        int32 [links + 1]: link of each position; -1 after the last, so that position -1 is link -1.
    arcs
        The open links for the bucket queue; None where one takes too long for it.
    workspaces
        Memory of the last search by that queue, to be used again.
    """

    start: Int32Array
    head: Int32Array
    seconds: Int32Array
    link: Int32Array
    arcs: Arcs | None
    workspaces: list[Workspace]

    @classmethod
    def of(cls, tail: Int32Array, head: Int32Array, seconds: Int32Array, n_nodes: int) -> Rows:
        """Sort links into rows."""
        order = np.argsort(tail, kind="stable").astype(np.int32)
        start = np.zeros(n_nodes + 1, np.int32)
        np.cumsum(np.bincount(tail, minlength=n_nodes), out=start[1:])
        return cls._packed(start, head[order], seconds[order], np.append(order, np.int32(-1)))

    def with_seconds(self, seconds: Int32Array) -> Rows:
        """Return the same rows where links take so long."""
        return self._packed(self.start, self.head, seconds[self.link[:-1]], self.link)

    @classmethod
    def _packed(cls, start: Int32Array, head: Int32Array, seconds: Int32Array, link: Int32Array) -> Rows:
        """Add the arcs."""
        arcs = Arcs(*pack_arcs(start, head, seconds))
        return cls(start, head, seconds, link, arcs if arcs.longest_s <= LONGEST_S else None, [])
