"""Shortest times and paths on a graph of links with whole seconds: `SearchGraph`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem
from sim.columns import TIMES, checked_column, checked_number, checked_numbers, checked_seconds
from sim.edges import edge_columns
from sim.kernels.buckets import bucket_times
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED, many_to_all, many_trees, path_links, path_parts
from sim.queries import checked_query
from sim.rows import Rows
from sim.sources import Source, node_range, seed_blocks
from sim.trees import Parts, Strategies, Trees

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import networkx as nx
    from numpy.typing import ArrayLike, NDArray

    from sim.contraction import Progress
    from sim.prepared import PreparedGraph
    from sim.queries import Query
    from sim.sources import Seeds

    Int32Array = NDArray[np.int32]

__all__ = ["UNREACHED", "Parts", "SearchGraph", "Source", "Strategies", "Trees"]


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
    _rows: Rows
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
        first = checked_column(indptr, "indptr", UNREACHED, problems)
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
        tail, head, values = edge_columns(
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
        tail, head, values = edge_columns(graph, weight, fix="call osmnx.routing.add_edge_travel_times first")
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
        count = checked_number(n_nodes, "n_nodes", 0, HORIZON_MAX_S, problems)
        most = HORIZON_MAX_S if problems else count - 1
        links = {
            "tail": checked_column(tail, "tail", most, problems, fix=node_range(most)),
            "head": checked_column(head, "head", most, problems, fix=node_range(most)),
            "seconds": checked_column(seconds, "seconds", UNREACHED, problems, fix=TIMES),
        }
        sizes = {name: column.size for name, column in links.items() if column is not None}
        if len(set(sizes.values())) > 1:
            what = ", ".join(f"{name} has {size}" for name, size in sizes.items())
            problems.append(Problem("links", f"the columns differ in length: {what}", "give one row a link"))
        columns = {name: column for name, column in links.items() if column is not None}
        if problems:
            raise BadInputError(problems)
        for column in columns.values():
            column.flags.writeable = False
        return cls(**columns, n_nodes=count, _rows=Rows.of(**columns, n_nodes=count), _ids=ids)

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
        query = checked_query(sources, self.n_nodes, horizon_s=horizon_s, threads=threads)
        if self._rows.arcs is not None:
            return bucket_times(
                *self._rows.arcs, *query.seeds,
                horizon_s=query.horizon_s, threads=query.threads, workspaces=self._rows.workspaces,
            )  # fmt: skip
        return many_to_all(
            self._rows.start, self._rows.head, self._rows.seconds, *query.seeds,
            horizon_s=query.horizon_s, threads=query.threads,
        )  # fmt: skip

    def with_seconds(self, seconds: ArrayLike) -> SearchGraph:
        """Return the same links with other times; nothing is sorted again.

        Parameters
        ----------
        seconds
            Time of each link, s, [links], as for `from_arrays`.

        Returns
        -------
        SearchGraph
            A new graph; this one is unchanged.

        Raises
        ------
        BadInputError
            (a `ValueError`) The times are no whole numbers, or not one a link; lists every problem.
        """
        column = checked_seconds(seconds, self.n_links)
        return replace(self, seconds=column, _rows=self._rows.with_seconds(column))

    def prepare(self, *, progress: Progress | None = None) -> PreparedGraph:
        """Prepare the graph for many searches: some seconds of work make each a hundred times faster.

        Parameters
        ----------
        progress
            Called with the name of each step and the share of all work that is done before it.

        Returns
        -------
        PreparedGraph
            The prepared graph.
        """
        from sim.prepared import PreparedGraph  # noqa: PLC0415 - its kernels are loaded when they are used

        return PreparedGraph.of(self, progress=progress)

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
        query = checked_query(sources, self.n_nodes, horizon_s=horizon_s, threads=threads)
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
        query = checked_query(sources, self.n_nodes, horizon_s=horizon_s, threads=threads, targets=targets)
        ends = query.targets
        ones = np.ones((self.n_links, 1), np.int32)
        paths: list[list[Int32Array | None]] = []
        for block in seed_blocks(query.seeds, self.n_nodes):
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
        query = checked_query(
            sources, self.n_nodes, horizon_s=horizon_s, threads=threads, targets=targets,
            values=values, n_links=self.n_links,
        )  # fmt: skip
        ends = query.targets
        rows = query.seeds.start.size - 1
        times_s = np.empty((rows, ends.size), np.int32)
        sums = np.empty((rows, ends.size, query.values.shape[1]), np.int64)
        done = 0
        for block in seed_blocks(query.seeds, self.n_nodes):
            trees = self._trees(query, block)
            here = slice(done, done + len(trees.times_s))
            times_s[here] = trees.times_s[:, ends]
            sums[here] = path_parts(trees.parent_link, self.tail, query.values, ends)
            done = here.stop
        return Parts(times_s, sums)

    def strategies(
        self,
        destinations: ArrayLike,
        *,
        per_hour: ArrayLike,
        wait: float = 1.0,
        threads: int | None = None,
    ) -> Strategies:
        """Return the expected times to each destination under optimal strategies (Spiess and Florian 1989).

        Passengers board whichever attractive service comes first, so that parallel services share their
        frequency.

        Parameters
        ----------
        destinations
            Node ids, [destinations].
        per_hour
            Services of each link an hour, [links], not negative; infinite: no wait; 0: never runs.
        wait
            Mean wait as a share of the mean time between services: 1 for arrivals at random, 0.5 for even
            ones.
        threads
            Threads to use at most; None is all that there are. The result does not depend on it.

        Returns
        -------
        Strategies
            Expected times [destinations, nodes] and shares of links [destinations, links].

        Raises
        ------
        BadInputError
            (a `ValueError`) A destination is not a node, a frequency no number from 0, or an option out of
            range; lists every problem.
        """
        from sim.kernels.strategy import by_head, expected_times, link_shares  # noqa: PLC0415 - as for prepare

        problems: list[Problem] = []
        rates = checked_numbers(per_hour, "per_hour", self.n_links, 0, problems)
        ends = checked_column(
            destinations, "destinations", self.n_nodes - 1, problems, fix=node_range(self.n_nodes - 1)
        )
        if not 0 <= wait < np.inf:
            problems.append(Problem("wait", f"{wait!r} is not a number from 0"))
        if threads is not None:
            threads = checked_number(threads, "threads", 1, UNREACHED, problems)
        if problems or ends is None:
            raise BadInputError(problems)
        start, link = by_head(self.head, self.n_nodes)
        times_s, attractive = expected_times(
            start, link, self.tail, self.seconds, rates, ends, wait=wait, threads=threads
        )
        return Strategies(times_s, link_shares(self.tail, rates, attractive))

    def _trees(self, query: Query, seeds: Seeds) -> Trees:
        """Return the trees of some rows of seeds, with parents as rows of the links."""
        times_s, parent = many_trees(
            self._rows.start, self._rows.head, self._rows.seconds, *seeds,
            horizon_s=query.horizon_s, threads=query.threads,
        )  # fmt: skip
        return Trees(times_s, self._rows.link[parent])
