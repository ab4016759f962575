"""The order in which a graph's nodes are contracted, and the arcs that a search over it needs."""

# mypy: allow-untyped-calls

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels import customization, ordering, shortcuts
from sim.kernels._jit import available_threads
from sim.kernels._lanes import aligned

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.search import SearchGraph

    Int32Array = NDArray[np.int32]
    Int64Array = NDArray[np.int64]
    Progress = Callable[[str, float], None]

__all__ = ["Arcs", "Contraction"]

_LOWER = ("lower_start", "inner", "lower")
_SHARE = 64  # a subtree that one thread customizes holds at most this share of the nodes


class Arcs(NamedTuple):
    """The arcs that a search needs, see `sim.kernels.phast`."""

    up_start: Int32Array
    up: NDArray[np.uint64]
    down_start: Int32Array
    down: NDArray[np.uint64]


class Contraction(NamedTuple):
    """What no link's time changes, see `sim.kernels.shortcuts` and `sim.kernels.customization`.

    Attributes
    ----------
    line
        int32 [nodes]: line of each node in a search; line 0 is the highest rank.
    parent_line
        int32 [nodes]: line of each line's parent in the elimination tree; -1 at roots.
    link, place
        int32, int64 [links that are no loops]: links by their places, ascending, and those places: twice the
        arc of a link, plus 1 where it leads down.
    first, runs, lower_start, inner, lower, trees, top
        The arcs and the ranks.
    """

    line: Int32Array
    parent_line: Int32Array
    link: Int32Array
    place: Int64Array
    first: Int64Array
    runs: Int32Array
    lower_start: Int64Array
    inner: Int64Array
    lower: Int32Array
    trees: Int32Array
    top: Int32Array

    @classmethod
    def of(cls, graph: SearchGraph, tell: Progress, node: Int32Array | None = None) -> Contraction:
        """Contract a graph.

        Parameters
        ----------
        graph
            The graph.
        tell
            Called with the name of each step and the share of all work that is done before it.
        node
            Nodes in the order of their contraction, if it is known.
        """
        n = graph.n_nodes
        tell("neighbours", 0.0)
        start, near = ordering.neighbours(graph.tail, graph.head, n)
        tell("order", 0.2)
        if node is None:
            node = ordering.minimum_degree(start, near)
        node, parent = ordering.by_subtree(start, near, node)
        tell("shortcuts", 0.75)
        rank = np.empty_like(node)
        rank[node] = np.arange(n, dtype=np.int32)
        first, above = shortcuts.shortcut_arcs(start, near, node, rank, parent)
        trees, top = ordering.subtree_runs(parent, max(1, n // _SHARE))
        place = shortcuts.places_of_links(first, above, rank, graph.tail, graph.head)
        link = np.argsort(place, kind="stable")[np.count_nonzero(place < 0) :].astype(np.int32)
        return cls(
            line=(n - 1 - rank).astype(np.int32),
            parent_line=np.where(parent >= 0, n - 1 - parent, -1)[::-1].astype(np.int32),
            link=link,
            place=place[link],
            first=first,
            runs=shortcuts.runs_of_arcs(first, above),
            **dict(zip(_LOWER, shortcuts.lower_arcs(first, above, top, customization.BLOCK), strict=True)),
            trees=trees,
            top=top,
        )

    @property
    def n_arcs(self) -> int:
        """Number of arcs, each with a time in both directions."""
        return int(self.first[-1])

    @property
    def order(self) -> Int32Array:
        """Nodes in the order of their contraction."""
        node = np.empty_like(self.line)
        node[self.line] = np.arange(self.line.size, dtype=np.int32)
        return node[::-1].copy()

    def arcs(self, seconds: Int32Array, *, thin: bool) -> Arcs:
        """Return the arcs of a search where links take so long.

        Parameters
        ----------
        seconds
            int32 [links]: times, s.
        thin
            Whether to find the arcs that a search can do without.
        """
        threads = available_threads()
        times_s = customization.arc_column(self.n_arcs)
        rows = aligned(5 * threads, 2 * self.line.size).reshape(threads, 5, -1)
        customization.link_times(self.link, self.place, seconds, times_s, threads)
        customization.basic(
            self.first,
            self.runs,
            self.lower_start,
            self.inner,
            self.lower,
            self.trees,
            self.top,
            times_s,
            rows,
        )
        needed = (times_s != customization.CLOSED).view(np.uint8)
        if thin:
            best_s = customization.arc_column(self.n_arcs)
            best_s[:] = times_s
            customization.perfect(self.first, self.runs, self.trees, self.top, times_s, best_s, needed, rows)
        return Arcs(*customization.search_arcs(self.first, self.runs, times_s, needed, threads))
