"""Shortest times on a graph that is asked often: `PreparedGraph`, made by `SearchGraph.prepare`."""

# mypy: allow-untyped-calls

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from network.errors import BadInputError, Problem
from network.files import whole_file
from sim.columns import checked_numbers, checked_seconds
from sim.contraction import Contraction
from sim.kernels import phast
from sim.kernels._jit import available_threads
from sim.kernels._lanes import AHEAD, LANES, aligned
from sim.kernels.customization import CLOSED
from sim.queries import checked_query
from sim.spare import SpareMemory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from sim.contraction import Arcs, Progress
    from sim.queries import Query
    from sim.search import SearchGraph
    from sim.sources import Source

    Int32Array = NDArray[np.int32]

__all__ = ["PreparedGraph"]

_FORMAT = 1
_HEADERS_BYTES = 8192  # of a saved order


class _Workspace(NamedTuple):
    """Memory of a search, see `sim.kernels.phast`; left by every search as it was found."""

    labels: NDArray[np.uint32]
    touched: NDArray[np.uint64]

    @classmethod
    def of(cls, lanes: int, n_nodes: int) -> _Workspace:
        """Return a new workspace."""
        labels = aligned(lanes, (n_nodes + 1) * LANES)
        labels[:, n_nodes * LANES :] = CLOSED
        return cls(labels, np.zeros((lanes, n_nodes // 64 + 1), np.uint64))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PreparedGraph:
    """A `SearchGraph` with an order of contraction and shortcuts; it never changes once it is made.

    Its times equal those of the graph. The method is that of customizable contraction hierarchies (Dibbelt,
    Strasser and Wagner 2016) on a minimum-degree order, searched as PHAST does (Delling, Goldberg, Nowatzyk
    and Werneck 2013): 16 origins a sweep.

    Attributes
    ----------
    seconds
        int32 [links], read-only: time of each link, s.
    """

    _links: SearchGraph  # its times are of no account
    seconds: Int32Array
    _contraction: Contraction
    _arcs: Arcs
    _spare: list[_Workspace] = field(default_factory=list)  # workspaces of all nodes, to be used again
    _memory: SpareMemory = field(default_factory=SpareMemory)  # that of an earlier result

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
        return cls._of(graph, progress or _silence)

    @classmethod
    def _of(cls, graph: SearchGraph, tell: Progress, order: Int32Array | None = None) -> PreparedGraph:
        """Prepare a graph; in an order that is known, if it is."""
        contraction = Contraction.of(graph, tell, order)
        tell("times", 0.9)
        prepared = cls(graph, graph.seconds, contraction, contraction.arcs(graph.seconds, thin=True))
        tell("done", 1.0)
        return prepared

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._links, self.seconds, self._contraction, self._arcs)

    @property
    def graph(self) -> SearchGraph:
        """The graph of these links and times."""
        return self._links if self.seconds is self._links.seconds else self._links.with_seconds(self.seconds)

    def __repr__(self) -> str:
        arcs = f"{self._contraction.n_arcs} arcs"
        return f"PreparedGraph({self._links.n_nodes} nodes, {self._links.n_links} links, {arcs})"

    def with_seconds(self, seconds: ArrayLike, *, thin: bool = False) -> PreparedGraph:
        """Return the same graph with other times, prepared in the same order.

        Parameters
        ----------
        seconds
            Time of each link, s, [links], as for `SearchGraph.from_arrays`.
        thin
            Whether to leave out the arcs that no search needs, as `SearchGraph.prepare` does. This takes
            longer and makes searches faster: worth it for thousands of origins. No result depends on it.

        Returns
        -------
        PreparedGraph
            A new prepared graph; this one is unchanged.

        Raises
        ------
        BadInputError
            (a `ValueError`) The times are no whole numbers of the right length; lists every problem.
        """
        column = checked_seconds(seconds, self._links.n_links)
        return replace(self, seconds=column, _arcs=self._contraction.arcs(column, thin=thin))

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
            A result of this method of the same shape, to be overwritten. Without it, the memory of the last
            result that nobody holds any more is used again where it fits, so that a loop that lets go of each
            result needs no `out`; else the system hands out fresh memory, which takes as long as the search.

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
            sources, self._links.n_nodes, horizon_s=horizon_s, threads=threads, targets=asked
        )
        rows = query.seeds.start.size - 1
        lines, arcs = self._contraction.line, self._arcs
        runs = np.array([[0, lines.size]], np.int32)
        if targets is not None:
            lines = lines[query.targets]
            runs = phast.lines_above(arcs.down_start, arcs.down, lines)
        n = lines.size
        written = self._memory.rows(rows, n) if out is None else _checked_lines(out, rows, n)
        if rows and lines.size:
            place = np.zeros(written.shape[1] + AHEAD + LANES, np.int32)
            place[: lines.size] = lines
            with self._workspace(rows, query.threads) as workspace:
                phast.times(
                    self._contraction.parent_line, *arcs, runs, place, *self._seeds(query),
                    np.uint32(query.horizon_s), *workspace, written,
                )  # fmt: skip
        return written.view(np.int32)[:, : lines.size]

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
        problems: list[Problem] = []
        column = checked_numbers(weights, "weights", self._links.n_nodes, -np.inf, problems)
        if not np.isfinite(column).all():
            problems.append(Problem("weights", "are not all finite"))
        try:
            query = checked_query(sources, self._links.n_nodes, horizon_s=horizon_s, threads=threads)
        except BadInputError as error:
            raise BadInputError([*problems, *error.problems]) from error
        if problems:
            raise BadInputError(problems)
        rows = query.seeds.start.size - 1
        if not rows or not column.size:
            return np.zeros(rows)
        of_line = np.empty_like(column)
        of_line[self._contraction.line] = column
        sums = np.empty(-(-rows // LANES) * LANES)
        with self._workspace(rows, query.threads) as workspace:
            phast.sums_within(
                self._contraction.parent_line, *self._arcs, *self._seeds(query),
                np.uint32(query.horizon_s), of_line, *workspace, sums,
            )  # fmt: skip
        return sums[:rows]

    def save(self, path: str | Path) -> None:
        """Write the order to a file, whole or not at all; `load` takes it for the same links again.

        Parameters
        ----------
        path
            The file (a NumPy archive without pickles); replaced if it is there.

        Raises
        ------
        BadInputError
            (a `ValueError`) The file cannot be written.
        """
        with whole_file(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez(
                file, allow_pickle=False, format=_FORMAT, links=_hash(self._links),
                order=self._contraction.order,
            )  # fmt: skip

    @classmethod
    def load(cls, path: str | Path, graph: SearchGraph, *, progress: Progress | None = None) -> PreparedGraph:
        """Prepare a graph in the order that `save` wrote, which saves the search for one.

        Parameters
        ----------
        path
            The file.
        graph
            A graph of the links that were prepared; they may take other times.
        progress
            As for `SearchGraph.prepare`.

        Returns
        -------
        PreparedGraph
            The prepared graph.

        Raises
        ------
        BadInputError
            (a `ValueError`) The file cannot be read, is damaged, of another version, or of other links.
        """
        return cls._of(graph, progress or _silence, _read_order(Path(path), graph))

    def _seeds(self, query: Query) -> tuple[Int32Array, Int32Array, Int32Array]:
        """Return the seeds of a query, by line."""
        return query.seeds.start, self._contraction.line[query.seeds.node], query.seeds.offset_s

    @contextmanager
    def _workspace(self, rows: int, threads: int | None) -> Iterator[_Workspace]:
        """Give a workspace with as many lanes as there is work for; one is kept for the next search."""
        n = self._links.n_nodes
        most = available_threads()
        lanes = max(1, min(-(-rows // LANES), most if threads is None else min(threads, most)))
        try:
            workspace = self._spare.pop()  # no other thread gets the same one
        except IndexError:
            workspace = _Workspace.of(lanes, n)
        if len(workspace.labels) < lanes:
            workspace = _Workspace.of(lanes, n)
        yield _Workspace(workspace.labels[:lanes], workspace.touched[:lanes])
        if not self._spare:
            self._spare.append(workspace)


def _silence(_step: str, _share: float) -> None:
    """Tell nobody."""


def _read_order(path: Path, graph: SearchGraph) -> Int32Array:
    """Return the order of a file; a `BadInputError` says why it cannot be used."""
    problem = None
    n = graph.n_nodes
    try:
        with path.open("rb") as bytes_, np.load(bytes_, allow_pickle=False) as file:
            if sum(member.file_size for member in file.zip.infolist()) > 4 * n + _HEADERS_BYTES:
                problem = "is damaged: it is too large"
            elif int(file["format"]) != _FORMAT:
                problem = "is of another version"
            elif str(file["links"]) != _hash(graph):
                problem = "is of other links"
            else:
                order: Int32Array = file["order"]
                if order.dtype == np.int32 and np.array_equal(np.sort(order), np.arange(n)):
                    return order
                problem = "is damaged: not every node has one place"
    except OSError as error:
        raise BadInputError(Problem(str(path), f"cannot be read: {error.strerror or error}")) from error
    except (BadZipFile, KeyError, EOFError, ValueError, TypeError) as error:
        problem = f"is damaged: {error}"
    raise BadInputError(Problem(str(path), problem, "prepare the graph again"))


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
    """Return the hash of a graph's nodes and links; times are no part of it."""
    digest = hashlib.sha256(str(graph.n_nodes).encode())
    for column in (graph.tail, graph.head):
        digest.update(np.ascontiguousarray(column, "<i4").tobytes())
    return digest.hexdigest()
