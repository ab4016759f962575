"""Shortest times on a graph that is asked often: `PreparedGraph`, made by `SearchGraph.prepare`."""

# mypy: allow-untyped-calls

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from network.errors import BadInputError, Problem
from network.files import whole_file
from sim.kernels import customization, phast
from sim.kernels._jit import available_threads
from sim.kernels._lanes import LANES, aligned
from sim.kernels.customization import CLOSED
from sim.kernels.ordering import contraction_order, neighbours, subtree_runs
from sim.queries import checked_query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from sim.search import SearchGraph
    from sim.sources import Source

    Int32Array = NDArray[np.int32]
    Progress = Callable[[str, float], None]

__all__ = ["PreparedGraph"]

_FORMAT = 1
_RUNS = 64  # a subtree that one thread customizes holds at most this share of the nodes
_TILE = 256  # columns that are turned over in the processor's nearest cache before they are written out
_NO_ROWS = np.zeros(0, np.int32)


class _Order(NamedTuple):
    """What no link's time changes, see `sim.kernels.ordering` and `sim.kernels.customization`."""

    place: Int32Array  # position of each node; position 0 is the highest rank
    parent: Int32Array  # position of each position's parent in the elimination tree
    first: NDArray[np.int64]
    above: Int32Array
    arc_of: NDArray[np.int64]


class _Workspace(NamedTuple):
    """Memory of a search, see `sim.kernels.phast`; left by every search as it was found."""

    labels: NDArray[np.uint32]
    climbs: NDArray[np.uint32]
    fresh: NDArray[np.uint8]


class _Arcs(NamedTuple):
    """The arcs that a search needs, see `sim.kernels.phast`."""

    up_start: Int32Array
    up: NDArray[np.uint64]
    down_start: Int32Array
    down: NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PreparedGraph:
    """A `SearchGraph` with an order of contraction and shortcuts; it never changes once it is made.

    Its times equal those of the graph. The method is that of customizable contraction hierarchies (Dibbelt,
    Strasser and Wagner 2016) on a minimum-degree order, searched as PHAST does (Delling, Goldberg, Nowatzyk
    and Werneck 2013): 16 origins a sweep.

    Attributes
    ----------
    graph
        The graph that was prepared.
    """

    graph: SearchGraph
    _order: _Order
    _arcs: _Arcs
    _spare: list[_Workspace] = field(default_factory=list)  # workspaces of all nodes, to be used again

    @classmethod
    def of(cls, graph: SearchGraph, *, progress: Progress | None = None) -> PreparedGraph:
        """Prepare a graph; `SearchGraph.prepare` is the usual way to call this.

        Parameters
        ----------
        graph
            The graph.
        progress
            Called with the name of each step and the share of all work that is done before it.

        Returns
        -------
        PreparedGraph
            The prepared graph.
        """
        tell = progress or (lambda _step, _share: None)
        tell("order", 0.0)
        start, near = neighbours(graph.tail, graph.head, graph.n_nodes)
        node, parent = contraction_order(start, near)
        tell("shortcuts", 0.4)
        rank = np.empty_like(node)
        rank[node] = np.arange(node.size, dtype=np.int32)
        first, above = customization.shortcut_arcs(start, near, node, rank, parent)
        arc_of = customization.arcs_of_links(first, above, rank, graph.tail, graph.head)
        last = graph.n_nodes - 1
        turned = np.where(parent >= 0, last - parent, -1)[::-1].astype(np.int32)
        order = _Order((last - rank).astype(np.int32), turned, first, above, arc_of)
        tell("times", 0.6)
        prepared = cls(graph, order, _customized(order, graph.seconds))
        tell("done", 1.0)
        return prepared

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.graph, self._order, self._arcs)

    def __repr__(self) -> str:
        arcs = f"{self._arcs.up.size} arcs up, {self._arcs.down.size} down"
        return f"PreparedGraph({self.graph.n_nodes} nodes, {self.graph.n_links} links, {arcs})"

    def with_seconds(self, seconds: ArrayLike) -> PreparedGraph:
        """Return the same graph with other times, prepared in the same order.

        Parameters
        ----------
        seconds
            Time of each link, s, [links], as for `SearchGraph.from_arrays`.

        Returns
        -------
        PreparedGraph
            A new prepared graph; this one is unchanged.

        Raises
        ------
        BadInputError
            (a `ValueError`) The times are no whole numbers of the right length; lists every problem.
        """
        graph = self.graph.with_seconds(seconds)
        return replace(self, graph=graph, _arcs=_customized(self._order, graph.seconds))

    def times(
        self,
        sources: ArrayLike | Sequence[Source],
        *,
        targets: ArrayLike | None = None,
        horizon_s: int | None = None,
        threads: int | None = None,
        out: Int32Array | None = None,
    ) -> Int32Array:
        """Return the shortest times from each source to all nodes, or to some.

        Parameters
        ----------
        sources, horizon_s, threads
            As for `SearchGraph.times`.
        targets
            Node ids, [targets]; None is all nodes.
        out
            A result of this method of the same shape, to be overwritten: it saves the time in which the
            system hands out fresh memory.

        Returns
        -------
        Int32Array
            Times, s, [sources, nodes] or [sources, targets], as of `SearchGraph.times`. Rows start at whole
            cache lines, so the array is contiguous only where their length is a multiple of 16.

        Raises
        ------
        BadInputError
            (a `ValueError`) As for `SearchGraph.times`, a target is not a node, or `out` is no such result;
            lists every problem.
        """
        asked = () if targets is None else targets
        query = checked_query(
            sources, self.graph.n_nodes, horizon_s=horizon_s, threads=threads, targets=asked
        )
        rows = query.seeds.start.size - 1
        row_of, down_start, down = _NO_ROWS, self._arcs.down_start, self._arcs.down
        places = self._order.place
        if targets is not None:
            ends = places[query.targets]
            row_of, down_start, down = phast.restricted(down_start, down, ends)
            places = row_of[ends]
        lines = aligned(rows, places.size) if out is None else _checked_lines(out, rows, places.size)
        if rows and places.size:
            filled = np.zeros(lines.shape[1], np.int32)
            filled[: places.size] = places
            workspace = self._workspace(rows, down_start.size - 1, query.threads)
            tiles = aligned(len(workspace.labels) * LANES, _TILE).reshape(-1, LANES, _TILE)
            phast.times(
                self._order.parent, self._arcs.up_start, self._arcs.up, down_start, down, row_of, filled,
                query.seeds.start, self._order.place[query.seeds.node], query.seeds.offset_s,
                np.uint32(query.horizon_s), *workspace, tiles, lines,
            )  # fmt: skip
            self._give_back(workspace)
        return lines.view(np.int32)[:, : places.size]

    def sums_within(
        self,
        sources: ArrayLike | Sequence[Source],
        weights: ArrayLike,
        *,
        horizon_s: int,
        threads: int | None = None,
    ) -> NDArray[np.float64]:
        """Return, for each source, the sum of the weights of all nodes within the horizon.

        No row of times is written: this is the quickest way to the people within an hour, say.

        Parameters
        ----------
        sources, threads
            As for `SearchGraph.times`.
        weights
            Weight of each node, [nodes], finite; ones count the nodes.
        horizon_s
            Longest time that counts, s, inclusive.

        Returns
        -------
        NDArray[np.float64]
            Sums, [sources].

        Raises
        ------
        BadInputError
            (a `ValueError`) As for `SearchGraph.times`, or the weights do not fit; lists every problem.
        """
        query = checked_query(sources, self.graph.n_nodes, horizon_s=horizon_s, threads=threads)
        column = np.asarray(weights, np.float64)
        if column.shape != (self.graph.n_nodes,) or not np.isfinite(column).all():
            what = f"are not {self.graph.n_nodes} finite numbers"
            raise BadInputError(Problem("weights", what, "give one weight a node"))
        rows = query.seeds.start.size - 1
        if not rows or not column.size:
            return np.zeros(rows)
        of_place = np.empty_like(column)
        of_place[self._order.place] = column
        sums = np.empty((-(-rows // LANES), LANES))
        arcs = self._arcs
        workspace = self._workspace(rows, column.size, query.threads)
        phast.sums_within(
            self._order.parent, arcs.up_start, arcs.up, arcs.down_start, arcs.down, _NO_ROWS,
            query.seeds.start, self._order.place[query.seeds.node], query.seeds.offset_s,
            np.uint32(query.horizon_s), of_place, *workspace, sums,
        )  # fmt: skip
        self._give_back(workspace)
        return sums.ravel()[:rows].copy()

    def save(self, path: str | Path) -> None:
        """Write the preparation to a file, whole or not at all; `load` needs the same graph again.

        Parameters
        ----------
        path
            The file (a NumPy archive without pickles); replaced if it is there.
        """
        with whole_file(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez(
                file, allow_pickle=False, format=_FORMAT, graph=_hash(self.graph),
                **self._order._asdict(), **self._arcs._asdict(),
            )  # fmt: skip

    @classmethod
    def load(cls, path: str | Path, graph: SearchGraph) -> PreparedGraph:
        """Read a preparation that `save` wrote.

        Parameters
        ----------
        path
            The file.
        graph
            The graph that was prepared.

        Returns
        -------
        PreparedGraph
            The prepared graph.

        Raises
        ------
        BadInputError
            (a `ValueError`) The file is damaged, of another format, or of another graph.
        """
        fix = "prepare the graph again"
        try:
            with Path(path).open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
                if int(file["format"]) != _FORMAT:
                    raise BadInputError(Problem(str(path), "is of another version", fix))
                if str(file["graph"]) != _hash(graph):
                    raise BadInputError(Problem(str(path), "is of another graph", fix))
                order = _Order(*(file[name] for name in _Order._fields))
                return cls(graph, order, _Arcs(*(file[name] for name in _Arcs._fields)))
        except (BadZipFile, KeyError, EOFError, ValueError) as error:
            if isinstance(error, BadInputError):
                raise
            raise BadInputError(Problem(str(path), f"is damaged: {error}", fix)) from error

    def _workspace(self, rows: int, width: int, threads: int | None) -> _Workspace:
        """Return a workspace with as many lanes as there is work for; one that is spare, where it fits."""
        most = available_threads()
        lanes = max(1, min(-(-rows // LANES), most if threads is None else min(threads, most)))
        if width == self.graph.n_nodes:
            try:
                spare = self._spare.pop()  # no other thread gets the same one
            except IndexError:
                pass
            else:
                if len(spare.labels) == lanes:
                    return spare
        climbs = np.full((lanes, self.graph.n_nodes), CLOSED, np.uint32)
        return _Workspace(aligned(lanes, width * LANES), climbs, np.ones((lanes, width), np.uint8))

    def _give_back(self, workspace: _Workspace) -> None:
        """Keep a workspace of all nodes for the next search; one at most."""
        if workspace.fresh.shape[1] == self.graph.n_nodes and not self._spare:
            self._spare.append(workspace)


def _customized(order: _Order, seconds: Int32Array) -> _Arcs:
    """Return the arcs that a search needs where links take so long."""
    first, above, n = order.first, order.above, order.place.size
    up_s, down_s = customization.arc_times(order.arc_of, seconds, above.size)
    parent = np.where(order.parent >= 0, n - 1 - order.parent, -1)[::-1].astype(np.int32)
    runs, top = subtree_runs(parent, max(1, n // _RUNS))
    slots = np.full((max(1, min(available_threads(), len(runs))), n), -1, np.int32)
    below_first, below, below_arc = customization.lower_arcs(first, above)
    customization.basic(first, above, up_s, down_s, below_first, below, below_arc, runs, top, slots)
    slots[:] = -1
    best_up, best_down = np.empty_like(up_s), np.empty_like(down_s)
    state = np.empty(above.size, np.uint8)
    customization.perfect(first, above, up_s, down_s, runs, top, slots, best_up, best_down, state)
    return _Arcs(
        *customization.needed_arcs(first, above, up_s, state, np.uint8(4)),
        *customization.needed_arcs(first, above, down_s, state, np.uint8(8)),
    )


def _checked_lines(out: Any, rows: int, columns: int) -> NDArray[np.uint32]:
    """Return the whole cache lines behind a result of `PreparedGraph.times`."""
    width = -(-columns // LANES) * LANES
    fits = (
        isinstance(out, np.ndarray)
        and out.dtype == np.int32
        and out.shape == (rows, columns)
        and isinstance(out.base, np.ndarray)
        and out.ctypes.data % 64 == 0
        and out.strides == (4 * width, 4)
        and out.flags.writeable
    )
    if not fits:
        what = f"is no earlier result of this method of shape ({rows}, {columns})"
        raise BadInputError(Problem("out", what, "leave it out, or pass one on"))
    return np.lib.stride_tricks.as_strided(out, (rows, width), out.strides).view(np.uint32)


def _hash(graph: SearchGraph) -> str:
    """Return the hash of a graph's nodes and links."""
    digest = hashlib.sha256(str(graph.n_nodes).encode())
    for column in (graph.tail, graph.head, graph.seconds):
        digest.update(np.ascontiguousarray(column, "<i4").tobytes())
    return digest.hexdigest()
