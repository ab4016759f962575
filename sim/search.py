"""Shortest times and paths on a graph of links with whole seconds: `SearchGraph`."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from network.errors import BadInputError, Problem
from sim.kernels.buckets import LONGEST_S, bucket_times, pack_arcs
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED, many_to_all, many_trees, path_links, path_parts

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    import networkx as nx
    from numpy.typing import ArrayLike, NDArray

    Int32Array = NDArray[np.int32]
    Int64Array = NDArray[np.int64]

__all__ = ["UNREACHED", "Parts", "SearchGraph", "Source", "Trees"]

_BLOCK_CELLS = 1 << 24  # nodes of all trees that are held at a time while paths are read from them


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A start that is spread over several nodes: one row of a result.

    Attributes
    ----------
    nodes
        Node ids, [seeds].
    offsets_s
        Time already spent on reaching each of them, s, [seeds], not negative. A node's time in the result
        includes it.
    """

    nodes: ArrayLike
    offsets_s: ArrayLike


class Trees(NamedTuple):
    """Shortest times, and the link by which each node is reached.

    Attributes
    ----------
    times_s
        int32 [sources, nodes], s; `UNREACHED` where there is no path within the horizon.
    parent_link
        int32 [sources, nodes]: row of the graph's links by which the node is reached; -1 at roots and where
        unreached.
    """

    times_s: Int32Array
    parent_link: Int32Array


class Parts(NamedTuple):
    """Shortest times from sources to targets, and sums of link values along the paths.

    Attributes
    ----------
    times_s
        int32 [sources, targets], s; `UNREACHED` where there is no path within the horizon.
    sums
        int64 [sources, targets, k]; zeros where the target is unreached or is itself the root.
    """

    times_s: Int32Array
    sums: Int64Array


class _Seeds(NamedTuple):
    """The seeds of each row, as the kernels take them."""

    start: Int32Array
    node: Int32Array
    offset_s: Int32Array


class _Arcs(NamedTuple):
    """The open links, as `sim.kernels.buckets` takes them."""

    start: Int32Array
    arc: NDArray[np.uint64]
    longest_s: int


class _Query(NamedTuple):
    """What a method was asked, checked."""

    seeds: _Seeds
    targets: Int32Array
    values: Int32Array
    horizon_s: int
    threads: int | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SearchGraph:
    """A directed graph of links that take whole seconds; it never changes once it is made.

    Make one by `from_arrays`, `from_csr`, `from_networkx` or `from_osmnx`. Nodes are the numbers 0 to
    ``n_nodes - 1``. Links keep the rows in which they were given: every link that a method returns is such a
    row, so that it can be joined to the caller's own tables. Parallel links, self loops and links of 0 s are
    allowed; a link of `UNREACHED` s is closed.

    Times are exact, and depend on neither the order of the rows nor the number of threads. Of equally quick
    paths the one with the fewest links is returned, then the one whose last link has the smallest tail, then
    the link that was given first.

    The search is Dijkstra's (1959): `times` uses a bucket queue where no open link takes longer than 16,383 s
    (see `sim.kernels.buckets`), everything else a 4-ary heap (see `sim.kernels.dijkstra`).

    Attributes
    ----------
    tail, head
        int32 [links], read-only: nodes that each link leaves and reaches.
    seconds
        int32 [links], read-only: time of each link, s.
    n_nodes
        Number of nodes.
    """

    tail: Int32Array
    head: Int32Array
    seconds: Int32Array
    n_nodes: int
    _start: Int32Array  # the links once more, in compressed rows: first position of each node,
    _row_head: Int32Array  # head of each position,
    _row_seconds: Int32Array  # seconds of each position,
    _row_link: Int32Array  # link of each position, with -1 after the last, so that position -1 is link -1
    _arcs: _Arcs | None  # the open links for the bucket queue; None: one takes too long for it
    _ids: dict[Hashable, int] | None = None

    @classmethod
    def from_arrays(cls, tail: ArrayLike, head: ArrayLike, seconds: ArrayLike, n_nodes: int) -> SearchGraph:
        """Make a graph from one row per link.

        Parameters
        ----------
        tail, head
            Nodes that each link leaves and reaches, [links], whole numbers from 0 to ``n_nodes - 1``.
        seconds
            Time of each link, s, [links], whole numbers from 0 to `UNREACHED`, which closes the link.
        n_nodes
            Number of nodes.

        Returns
        -------
        SearchGraph
            The graph; the arrays are copied.

        Raises
        ------
        BadInputError
            (a `ValueError`) The arrays are no graph; lists every problem.
        """
        return cls._checked(tail, head, seconds, n_nodes, None)

    @classmethod
    def from_csr(cls, indptr: ArrayLike, indices: ArrayLike, seconds: ArrayLike) -> SearchGraph:
        """Make a graph from compressed rows (CSR), such as those of a SciPy matrix.

        Parameters
        ----------
        indptr
            First link of each node, then the number of links, [nodes + 1].
        indices
            Node that each link reaches, [links].
        seconds
            Time of each link, s, [links]. A stored 0 is a link of 0 s.

        Returns
        -------
        SearchGraph
            The graph; its links are in the order of `indices`.

        Raises
        ------
        BadInputError
            (a `ValueError`) The arrays are no graph; lists every problem.
        """
        problems: list[Problem] = []
        first = _whole(indptr, "indptr", UNREACHED, problems)
        if first is None or problems:
            raise BadInputError(problems)
        steps = np.diff(first)
        if not first.size or first[0] != 0:
            problems.append(Problem("indptr", "does not start with 0"))
        if np.any(steps < 0):
            row = int(np.argmax(steps < 0)) + 1
            problems.append(Problem(f"indptr row {row}", "is below the row before", "sort the links by tail"))
        if problems:
            raise BadInputError(problems)
        nodes = np.repeat(np.arange(steps.size, dtype=np.int32), steps)
        return cls._checked(nodes, indices, seconds, steps.size, None)

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any], *, weight: str = "seconds") -> SearchGraph:
        """Make a graph from a NetworkX one, directed or not, with parallel edges or not.

        Nodes are numbered in the graph's own order (see `ids`), links in the order of ``graph.edges``. Each
        edge of an undirected graph makes two links: edge i is link i forwards and link i + number of edges
        backwards.

        Parameters
        ----------
        graph
            A NetworkX graph.
        weight
            Edge attribute with the time, s, a whole number.

        Returns
        -------
        SearchGraph
            The graph, with the node labels that `ids` looks up.

        Raises
        ------
        BadInputError
            (a `ValueError`) An edge has no such attribute, or no valid one.
        """
        tail, head, values = _edges(
            graph, weight, fix=f"give every edge {weight!r}, or name another by weight="
        )
        return cls._of_edges(graph, tail, head, values)

    @classmethod
    def from_osmnx(cls, graph: nx.MultiDiGraph[Any], *, weight: str = "travel_time") -> SearchGraph:
        """Make a graph from an OSMnx street network.

        Parameters
        ----------
        graph
            A street network with travel times (``osmnx.routing.add_edge_travel_times``).
        weight
            Edge attribute with the time, s; rounded to the nearest second (halves to even).

        Returns
        -------
        SearchGraph
            The graph, as from `from_networkx`; `ids` looks up OpenStreetMap's node ids.

        Raises
        ------
        BadInputError
            (a `ValueError`) An edge has no travel time, or no valid one.
        """
        tail, head, values = _edges(graph, weight, fix="call osmnx.routing.add_edge_travel_times first")
        if values.dtype.kind == "f":
            values = np.rint(values)
        return cls._of_edges(graph, tail, head, values)

    @classmethod
    def _of_edges(
        cls, graph: nx.Graph[Any], tail: list[Hashable], head: list[Hashable], values: NDArray[Any]
    ) -> SearchGraph:
        """Make a graph from labelled edges; those of an undirected graph are links in both directions."""
        ids = {label: node for node, label in enumerate(graph)}
        tails = np.fromiter((ids[label] for label in tail), np.int32, len(tail))
        heads = np.fromiter((ids[label] for label in head), np.int32, len(head))
        if not graph.is_directed():
            tails, heads = np.concatenate([tails, heads]), np.concatenate([heads, tails])
            values = np.concatenate([values, values])
        return cls._checked(tails, heads, values, len(ids), ids)

    @classmethod
    def _checked(
        cls,
        tail: ArrayLike,
        head: ArrayLike,
        seconds: ArrayLike,
        n_nodes: int,
        ids: dict[Hashable, int] | None,
    ) -> SearchGraph:
        """Check the links and sort them into compressed rows."""
        problems: list[Problem] = []
        count = _number(n_nodes, "n_nodes", 0, HORIZON_MAX_S, problems)
        most = HORIZON_MAX_S if problems else count - 1
        links = {
            "tail": _whole(tail, "tail", most, problems, fix=_range(most)),
            "head": _whole(head, "head", most, problems, fix=_range(most)),
            "seconds": _whole(seconds, "seconds", UNREACHED, problems, fix=f"times are 0 to {UNREACHED} s"),
        }
        sizes = {name: column.size for name, column in links.items() if column is not None}
        if len(set(sizes.values())) > 1:
            what = ", ".join(f"{name} has {size}" for name, size in sizes.items())
            problems.append(Problem("links", f"the columns differ in length: {what}", "give one row a link"))
        columns = {name: column for name, column in links.items() if column is not None}
        if problems:
            raise BadInputError(problems)
        order = np.argsort(columns["tail"], kind="stable").astype(np.int32)  # a tail's links keep their order
        start = np.zeros(count + 1, np.int32)
        np.cumsum(np.bincount(columns["tail"], minlength=count), out=start[1:])
        row_head, row_seconds = columns["head"][order], columns["seconds"][order]
        arcs = _Arcs(*pack_arcs(start, row_head, row_seconds))
        for column in columns.values():
            column.flags.writeable = False
        return cls(
            **columns, n_nodes=count, _start=start, _row_head=row_head, _row_seconds=row_seconds,
            _row_link=np.append(order, np.int32(-1)),
            _arcs=arcs if arcs.longest_s <= LONGEST_S else None, _ids=ids,
        )  # fmt: skip

    @property
    def n_links(self) -> int:
        """Number of links."""
        return int(self.tail.size)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._checked, (self.tail, self.head, self.seconds, self.n_nodes, self._ids)

    def __repr__(self) -> str:
        return f"SearchGraph({self.n_nodes} nodes, {self.n_links} links)"

    def ids(self, labels: Iterable[Hashable]) -> Int32Array:
        """Return the node ids of the labels that the nodes had in the graph this one was made from.

        Parameters
        ----------
        labels
            Node labels of the NetworkX or OSMnx graph.

        Returns
        -------
        Int32Array
            Node ids, [labels].

        Raises
        ------
        BadInputError
            (a `ValueError`) The graph has no labels, or not these.
        """
        if self._ids is None:
            raise BadInputError(Problem("labels", "the graph was made without labels", "use node numbers"))
        known, wanted = self._ids, list(labels)
        unknown = [label for label in wanted if label not in known]
        if unknown:
            raise BadInputError(Problem("labels", f"there is no node {label!r}") for label in unknown)
        return np.array([known[label] for label in wanted], np.int32)

    def times(
        self,
        sources: ArrayLike | Sequence[Source],
        *,
        horizon_s: int | None = None,
        threads: int | None = None,
    ) -> Int32Array:
        """Return the shortest times from each source to all nodes.

        Parameters
        ----------
        sources
            Node ids, [sources], or a `Source` for each row.
        horizon_s
            Longest time that counts as reached, s, inclusive; None is no limit. It changes no value below it.
        threads
            Threads to use at most; None is all that there are. The result does not depend on it.

        Returns
        -------
        Int32Array
            Times, s, [sources, nodes]; `UNREACHED` where there is no path within the horizon. Paths longer
            than 2147483646 s count as none.

        Raises
        ------
        BadInputError
            (a `ValueError`) A source is not a node, an offset no time, or an option out of range; lists every
            problem.
        """
        query = self._checked_query(sources, horizon_s, threads)
        if self._arcs is not None:
            return bucket_times(*self._arcs, *query.seeds, horizon_s=query.horizon_s, threads=query.threads)
        return many_to_all(
            self._start, self._row_head, self._row_seconds, *query.seeds,
            horizon_s=query.horizon_s, threads=query.threads,
        )  # fmt: skip

    def trees(
        self,
        sources: ArrayLike | Sequence[Source],
        *,
        horizon_s: int | None = None,
        threads: int | None = None,
    ) -> Trees:
        """Return the shortest times from each source to all nodes, and the link that reaches each node.

        Parameters
        ----------
        sources, horizon_s, threads
            As for `times`.

        Returns
        -------
        Trees
            Times and parent links, [sources, nodes].

        Raises
        ------
        BadInputError
            (a `ValueError`) As for `times`.
        """
        query = self._checked_query(sources, horizon_s, threads)
        return self._trees(query, query.seeds)

    def paths(
        self,
        sources: ArrayLike | Sequence[Source],
        targets: ArrayLike,
        *,
        horizon_s: int | None = None,
        threads: int | None = None,
    ) -> list[list[Int32Array | None]]:
        """Return the links of the shortest path from each source to each target.

        Parameters
        ----------
        sources, horizon_s, threads
            As for `times`.
        targets
            Node ids, [targets].

        Returns
        -------
        list of lists
            By source, then target: rows of the links from source to target (int32; empty where the target is
            the root), or None where there is no path within the horizon.

        Raises
        ------
        BadInputError
            (a `ValueError`) As for `times`, or a target is not a node; lists every problem.
        """
        query = self._checked_query(sources, horizon_s, threads, targets=targets)
        ends = query.targets
        ones = np.ones((self.n_links, 1), np.int32)
        paths: list[list[Int32Array | None]] = []
        for block in _blocks(query.seeds, self.n_nodes):
            trees = self._trees(query, block)
            lengths = path_parts(trees.parent_link, self.tail, ones, ends)
            starts = np.append(0, np.cumsum(lengths))
            links = np.split(path_links(trees.parent_link, self.tail, ends, starts), starts[1:-1])
            for row, times_s in enumerate(trees.times_s[:, ends]):
                found = links[row * ends.size : (row + 1) * ends.size]
                pairs = zip(times_s, found, strict=False)  # an empty split still holds one array
                paths.append([path if time_s != UNREACHED else None for time_s, path in pairs])
        return paths

    def parts(
        self,
        sources: ArrayLike | Sequence[Source],
        targets: ArrayLike,
        *,
        values: ArrayLike,
        horizon_s: int | None = None,
        threads: int | None = None,
    ) -> Parts:
        """Return the shortest times from sources to targets, and the sums of link values along the paths.

        If the columns of `values` split each link's seconds, the sums split the time; a source's offset is in
        none.

        Parameters
        ----------
        sources, horizon_s, threads
            As for `times`.
        targets
            Node ids, [targets].
        values
            Whole numbers of each link in int32, [links, k]: seconds by part, a 1 for each link to count, and
            so on.

        Returns
        -------
        Parts
            Times [sources, targets] and sums [sources, targets, k].

        Raises
        ------
        BadInputError
            (a `ValueError`) As for `times`, or a target is not a node, or the values do not fit; lists every
            problem.
        """
        query = self._checked_query(sources, horizon_s, threads, targets=targets, values=values)
        ends = query.targets
        rows = query.seeds.start.size - 1
        times_s = np.empty((rows, ends.size), np.int32)
        sums = np.empty((rows, ends.size, query.values.shape[1]), np.int64)
        done = 0
        for block in _blocks(query.seeds, self.n_nodes):
            trees = self._trees(query, block)
            here = slice(done, done + len(trees.times_s))
            times_s[here] = trees.times_s[:, ends]
            sums[here] = path_parts(trees.parent_link, self.tail, query.values, ends)
            done = here.stop
        return Parts(times_s, sums)

    def _trees(self, query: _Query, seeds: _Seeds) -> Trees:
        """Return the trees of some rows of seeds, with parents as rows of the links."""
        times_s, parent = many_trees(
            self._start, self._row_head, self._row_seconds, *seeds,
            horizon_s=query.horizon_s, threads=query.threads,
        )  # fmt: skip
        return Trees(times_s, self._row_link[parent])

    def _checked_query(
        self,
        sources: ArrayLike | Sequence[Source],
        horizon_s: int | None,
        threads: int | None,
        *,
        targets: ArrayLike = (),
        values: ArrayLike | None = None,
    ) -> _Query:
        """Return what was asked in the kernels' own terms; raise an error that lists every problem."""
        problems: list[Problem] = []
        seeds = _seeds(sources, self.n_nodes - 1, problems)
        ends = _whole(targets, "targets", self.n_nodes - 1, problems, fix=_range(self.n_nodes - 1))
        table = np.empty((self.n_links, 0), np.int32)
        if values is not None:
            table = _table(values, self.n_links, problems)
        horizon = HORIZON_MAX_S
        if horizon_s is not None:
            horizon = min(horizon, _number(horizon_s, "horizon_s", 0, UNREACHED, problems))
        if threads is not None:
            threads = _number(threads, "threads", 1, UNREACHED, problems)
        if problems or ends is None:
            raise BadInputError(problems)
        return _Query(seeds, ends, table, horizon, threads)


def _range(most: int) -> str:
    """Return the sentence that says which nodes there are."""
    return f"nodes are 0 to {most}" if most >= 0 else "there are no nodes"


def _number(value: Any, name: str, least: int, most: int, problems: list[Problem]) -> int:
    """Return a whole number from `least` to `most`; note the problem where it is none."""
    try:
        number = operator.index(value)
    except TypeError:
        problems.append(Problem(name, f"{value!r} is not a whole number"))
        return least
    if not least <= number <= most:
        problems.append(Problem(name, f"{number} is not between {least} and {most}"))
    return number


def _array(values: Any, name: str, n_dimensions: int, problems: list[Problem]) -> NDArray[Any] | None:
    """Return an array of numbers; note the problem and return None where it is none."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        problems.append(Problem(name, f"is no array: {error}"))
        return None
    if array.ndim != n_dimensions:
        problems.append(Problem(name, f"has {array.ndim} dimensions, not {n_dimensions}"))
        return None
    if array.size and array.dtype.kind not in "iuf":
        problems.append(Problem(name, f"holds {array.dtype}, not whole numbers"))
        return None
    return array


def _whole(values: Any, name: str, most: int, problems: list[Problem], *, fix: str = "") -> Int32Array | None:
    """Return a new column of whole numbers up to `most`; note every problem, None where it is no column."""
    column = _array(values, name, 1, problems)
    return None if column is None else _bounded(column, name, 0, most, problems, fix=fix)


def _bounded(
    array: NDArray[Any], name: str, least: int, most: int, problems: list[Problem], *, fix: str = ""
) -> Int32Array:
    """Return an array of numbers as int32; note each kind of value that is wrong, with its first row."""
    if not array.size or (array.dtype.kind in "iu" and array.min() >= least and array.max() <= most):
        return array.astype(np.int32, order="C")
    finite = np.isfinite(array)
    known = np.where(finite, array, least)
    kinds = {
        "is not finite": ~finite,
        "is not a whole number": known != np.floor(known),
        "is negative" if least == 0 else f"is below {least}": known < least,
        f"is above {most}": known > most,
    }
    for what, wrong in kinds.items():
        if wrong.any():
            place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
            more = int(np.count_nonzero(wrong)) - 1
            where = f"{name} row {place[0]}" + "".join(f", column {column}" for column in place[1:])
            problems.append(
                Problem(where, f"{array[place]} {what}" + (f", and {more} more" if more else ""), fix)
            )
    fits = np.logical_not(np.logical_or.reduce(list(kinds.values())))
    return np.where(fits, known, 0).astype(np.int32, order="C")


def _table(values: Any, n_links: int, problems: list[Problem]) -> Int32Array:
    """Return the values of each link, [links, k]; note every problem."""
    table = _array(values, "values", 2, problems)
    if table is None:
        return np.empty((n_links, 0), np.int32)
    if len(table) != n_links:
        problems.append(
            Problem("values", f"has {len(table)} rows for {n_links} links", "give one row a link")
        )
    return _bounded(table, "values", -UNREACHED, UNREACHED, problems)


def _seeds(sources: Any, most: int, problems: list[Problem]) -> _Seeds:
    """Return the seeds of each row; note every problem."""
    nothing = np.zeros(0, np.int32)
    if isinstance(sources, Source):
        problems.append(Problem("sources", "is a single Source", "give a list of them, one for each row"))
        return _Seeds(np.zeros(1, np.int32), nothing, nothing)
    if not (isinstance(sources, (list, tuple)) and any(isinstance(source, Source) for source in sources)):
        nodes = _whole(sources, "sources", most, problems, fix=_range(most))
        nodes = nothing if nodes is None else nodes
        return _Seeds(np.arange(nodes.size + 1, dtype=np.int32), nodes, np.zeros(nodes.size, np.int32))
    rows: list[tuple[Int32Array, Int32Array]] = []
    for row, source in enumerate(sources):
        if not isinstance(source, Source):
            problems.append(
                Problem(f"sources row {row}", f"{source!r} is not a Source", "do not mix the two kinds")
            )
            continue
        nodes = _whole(source.nodes, f"sources row {row}, nodes", most, problems, fix=_range(most))
        offset_s = _whole(source.offsets_s, f"sources row {row}, offsets_s", UNREACHED, problems)
        if nodes is None or offset_s is None:
            continue
        if nodes.size != offset_s.size:
            what = f"has {nodes.size} nodes and {offset_s.size} offsets"
            problems.append(Problem(f"sources row {row}", what, "give each node an offset"))
        rows.append((nodes, offset_s))
    start = np.append(0, np.cumsum([nodes.size for nodes, _ in rows])).astype(np.int32)
    return _Seeds(
        start,
        np.concatenate([nodes for nodes, _ in rows] or [nothing]),
        np.concatenate([offset_s for _, offset_s in rows] or [nothing]),
    )


def _blocks(seeds: _Seeds, n_nodes: int) -> Iterator[_Seeds]:
    """Yield the rows of seeds in blocks whose trees fit into memory together."""
    size = max(1, _BLOCK_CELLS // max(n_nodes, 1))
    for first in range(0, seeds.start.size - 1, size):
        yield _Seeds(seeds.start[first : first + size + 1], seeds.node, seeds.offset_s)


def _edges(
    graph: nx.Graph[Any], weight: str, *, fix: str
) -> tuple[list[Hashable], list[Hashable], NDArray[Any]]:
    """Return the ends and the weight of every edge of a NetworkX graph."""
    edges: list[tuple[Hashable, Hashable, Any]] = list(graph.edges(data=weight, default=None))
    lacking = [(tail, head) for tail, head, value in edges if value is None]
    if lacking:
        first = f"{lacking[0][0]!r} to {lacking[0][1]!r}"
        what = f"{len(lacking)} of {len(edges)} edges have no {weight!r}, first {first}"
        raise BadInputError(Problem("edges", what, fix))
    values = np.asarray([value for _, _, value in edges])
    return [tail for tail, _, _ in edges], [head for _, head, _ in edges], values
