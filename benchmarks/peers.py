"""What an analyst would otherwise use: each peer is given a graph and searches it, or is said to be absent.

A peer's class is made with a graph's links, which builds its graph and prepares it where it needs that. It
has `times(origin)`, the times to all nodes, or `table(origins, destinations)`, the times between some.
"""

# ruff: noqa: PLC0415 - a peer is imported when it is asked for

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.graphs import Links

    Times = NDArray[Any]

__all__ = ["PEERS", "Peer", "SciPy", "Searcher", "versions"]


class Peer(ABC):
    """A library that searches graphs, if only between some nodes.

    Attributes
    ----------
    name
        Name of its distribution.
    most_links
        Largest graph that it is asked to search: larger ones would take it minutes to prepare or to search.
    turns
        How many times it is timed at most.
    needs_positions
        Whether it needs to know where nodes lie.
    """

    name: ClassVar[str]
    most_links: ClassVar[int] = 100_000_000
    turns: ClassVar[int] = 5
    needs_positions: ClassVar[bool] = False

    @abstractmethod
    def table(self, origins: NDArray[np.int32], destinations: NDArray[np.int32]) -> Times:
        """Return the times between some nodes; infinite, or `UNREACHED`, where there is no way."""


class Searcher(Peer):
    """A library that searches from one node to all."""

    @abstractmethod
    def times(self, origin: int) -> Times:
        """Return the times from an origin to all nodes; infinite, or `UNREACHED`, where there is no way."""

    def table(self, origins: NDArray[np.int32], destinations: NDArray[np.int32]) -> Times:
        """Return the times between some nodes."""
        return np.array([self.times(int(origin))[destinations] for origin in origins])


class SciPy(Searcher):
    """``scipy.sparse.csgraph.dijkstra``."""

    name = "scipy"
    turns = 15

    def __init__(self, links: Links) -> None:
        from scipy.sparse import csr_array

        shape = (links.n_nodes, links.n_nodes)
        self.matrix = csr_array((links.seconds.astype(np.float64), (links.tail, links.head)), shape=shape)
        assert self.matrix.nnz == links.tail.size, "parallel links: SciPy adds them up"

    def times(self, origin: int, limit_s: float = np.inf) -> Times:
        """Return the times from an origin; infinite where unreached, and above the limit."""
        from scipy.sparse.csgraph import dijkstra

        times_s: Times = dijkstra(self.matrix, indices=np.array([origin]), limit=limit_s)[0]
        return times_s


class NetworKit(Searcher):
    """NetworKit's Dijkstra."""

    name = "networkit"

    def __init__(self, links: Links) -> None:
        import networkit

        self.graph = networkit.GraphFromCoo(
            (links.seconds.astype(np.float64), (links.tail, links.head)),
            n=links.n_nodes, weighted=True, directed=True,
        )  # fmt: skip

    def times(self, origin: int) -> Times:
        """Return the times from an origin."""
        import networkit

        search = networkit.distance.Dijkstra(self.graph, origin, storePaths=False)
        times_s = np.array(search.run().getDistances(asarray=True))
        return np.where(times_s > 1e300, np.inf, times_s)


class Igraph(Searcher):
    """python-igraph's distances."""

    name = "igraph"
    turns = 3

    def __init__(self, links: Links) -> None:
        import igraph

        pairs = np.column_stack([links.tail, links.head])
        self.graph = igraph.Graph(n=links.n_nodes, edges=pairs, directed=True)
        self.graph.es["seconds"] = links.seconds.tolist()

    def times(self, origin: int) -> Times:
        """Return the times from an origin."""
        return np.array(self.graph.distances(origin, weights="seconds")[0])


class RustworkX(Searcher):
    """rustworkx's Dijkstra."""

    name = "rustworkx"
    turns = 3

    def __init__(self, links: Links) -> None:
        import rustworkx

        self.graph = rustworkx.PyDiGraph()
        self.graph.add_nodes_from(range(links.n_nodes))
        columns = (links.tail.tolist(), links.head.tolist(), links.seconds.tolist())
        self.graph.add_edges_from(list(zip(*columns, strict=True)))

    def times(self, origin: int) -> Times:
        """Return the times from an origin."""
        import rustworkx

        lengths = rustworkx.dijkstra_shortest_path_lengths(self.graph, origin, float)
        times_s = np.full(self.graph.num_nodes(), np.inf)
        times_s[origin] = 0
        times_s[list(lengths.keys())] = list(lengths.values())
        return times_s


class NetworkX(Searcher):
    """NetworkX's Dijkstra, in pure Python."""

    name = "networkx"
    most_links = 1_000_000
    turns = 3

    def __init__(self, links: Links) -> None:
        import networkx as nx

        self.graph: Any = nx.DiGraph()
        self.graph.add_nodes_from(range(links.n_nodes))
        columns = (links.tail.tolist(), links.head.tolist(), links.seconds.tolist())
        self.graph.add_weighted_edges_from(zip(*columns, strict=True))

    def times(self, origin: int) -> Times:
        """Return the times from an origin."""
        import networkx as nx

        lengths = nx.single_source_dijkstra_path_length(self.graph, origin)
        times_s = np.full(len(self.graph), np.inf)
        times_s[list(lengths.keys())] = list(lengths.values())
        return times_s


class Pandana(Peer):
    """pandana's contraction hierarchy, which answers pairs of nodes alone."""

    name = "pandana"
    most_links = 300_000
    turns = 3
    needs_positions = True

    def __init__(self, links: Links) -> None:
        import pandana
        import pandas as pd

        ends = (pd.Series(links.tail), pd.Series(links.head))
        impedance = pd.DataFrame({"seconds": links.seconds.astype(np.float64)})
        self.graph = pandana.Network(pd.Series(links.x), pd.Series(links.y), *ends, impedance, twoway=False)

    def table(self, origins: NDArray[np.int32], destinations: NDArray[np.int32]) -> Times:
        """Return the times between some nodes."""
        starts, ends = np.repeat(origins, destinations.size), np.tile(destinations, origins.size)
        times_s = np.array(self.graph.shortest_path_lengths(starts, ends, imp_name="seconds"))
        times_s = np.where(times_s > 4e6, np.inf, times_s)  # what pandana gives where there is no way
        return times_s.reshape(origins.size, destinations.size)


class RoutingKit(Searcher):
    """RoutingKit's customizable contraction hierarchy, by pyroutingkit."""

    name = "pyroutingkit"
    most_links = 300_000
    needs_positions = True

    def __init__(self, links: Links) -> None:
        import pyroutingkit

        self.graph = pyroutingkit.CCH()
        ends = links.tail.astype(np.uint32), links.head.astype(np.uint32)
        self.graph.build_topology(
            *ends, links.y.astype(np.float32), links.x.astype(np.float32), links.n_nodes
        )
        self.graph.customize_weights(links.seconds.astype(np.uint32))
        self.nodes = np.arange(links.n_nodes, dtype=np.uint32)

    def customize(self, seconds: NDArray[np.int32]) -> None:
        """Give the links other times, in the same order."""
        self.graph.customize_weights(seconds.astype(np.uint32))

    def times(self, origin: int) -> Times:
        """Return the times from an origin to all nodes, all of them as its targets."""
        times_s: Times = self.table(np.array([origin], np.int32), self.nodes.view(np.int32))[0]
        return times_s

    def table(self, origins: NDArray[np.int32], destinations: NDArray[np.int32]) -> Times:
        """Return the times between some nodes."""
        ends = origins.astype(np.uint32), destinations.astype(np.uint32)
        times_s: Times = self.graph.distances_many_to_many(*ends)
        return times_s


PEERS: tuple[type[Any], ...] = (NetworKit, Igraph, RustworkX, NetworkX, Pandana, RoutingKit)
"""All peers but SciPy, which every answer is checked against."""


def versions() -> dict[str, str | None]:
    """Return the versions of all libraries that take part; None where one is not installed."""
    found: dict[str, str | None] = {}
    for name in ("numpy", "numba", "llvmlite", "scipy", *(peer.name for peer in PEERS)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
