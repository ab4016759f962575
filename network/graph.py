"""The multimodal graph: nodes, and links with a kind, whole seconds and the parts that add up to them.

=============  ==========================================================================
node           what
=============  ==========================================================================
origin         a place as the start of a trip
entrance       a station's street side, before the first boarding
hall           behind the security check, the gate still to come
inside         behind the gate, where one boards without another check
alighted       on the platform, just off a vehicle
exit           a station's street side, after a ride
destination    a place as the end of a trip
road           a junction of the road graph
=============  ==========================================================================

Halls and insides stand twice, before the first boarding and after it (`later`), since the first wait of a
traveller who knows the timetable is another than the later ones. A ride is one link from a hall or an inside
to where one alights: it holds gate, wait and ride of a *leg*, all services that serve the two stations
(`network.legs`). With a platform for each service and a wait at each boarding, services could not share their
frequency on shortest paths; with legs they can.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx
    from numpy.typing import NDArray

    from network.legs import Legs
    from network.rides import Rides
    from network.roads import RoadGraph

    Ints = NDArray[np.int64]
    Int32s = NDArray[np.int32]

PARTS = ("access", "entry", "wait", "ride", "transfer", "exit", "egress", "drive", "toll", "park")
"""Parts of a journey's time, in the order of the columns of `MultimodalGraph.parts_s`."""


class NodeKind(IntEnum):
    """What a node is."""

    ORIGIN = 0
    ENTRANCE = 1
    HALL = 2
    INSIDE = 3
    ALIGHTED = 4
    EXIT = 5
    DESTINATION = 6
    ROAD = 7


class LinkKind(IntEnum):
    """What a link is."""

    ACCESS = 0
    ENTRY = 1
    RIDE = 2
    TRANSFER = 3
    EXIT = 4
    EGRESS = 5
    WALK = 6
    DRIVE = 7
    PARK = 8
    TAXI = 9
    SAME = 10


@dataclass(frozen=True, eq=False, slots=True)
class MultimodalGraph:
    """A region in one period, for one clock, mode and traveller, as plain arrays.

    Attributes
    ----------
    node_kind
        `NodeKind` of each node, uint8 [nodes].
    node_row
        Row of the end (origin, destination), the station, or the node of the road graph, int32 [nodes].
    node_later
        Whether the node lies after the first boarding, bool [nodes].
    tail, head
        Nodes that a link leaves and enters, int32 [links].
    kind
        `LinkKind` of each link, uint8 [links].
    seconds
        What the search adds up: the parts, and what else weighs in choosing (a change on the clock
        `in-vehicle`), int32 [links].
    parts_s
        Time by part, s, int32 [links, parts]; columns are `PARTS`.
    row
        Row of the leg (rides), of ``region.transfers`` (transfers through the street), of
        ``region.table("road_links")`` (drives), or -1, int32 [links].
    origin, destination
        Node of each end as start and as end of a trip, int32 [ends].
    legs, rides
        What the rides' rows speak of.
    road
        Road graph that the nodes of kind `ROAD` stand for; None where nobody drives. They are all of its
        nodes once, or three times with taxis: as driven in one's own car, in a taxi from the origin, and in a
        taxi after a ride (see `road_nodes`).
    """

    node_kind: NDArray[np.uint8]
    node_row: Int32s
    node_later: NDArray[np.bool_]
    tail: Int32s
    head: Int32s
    kind: NDArray[np.uint8]
    seconds: Int32s
    parts_s: Int32s
    row: Int32s
    origin: Int32s
    destination: Int32s
    legs: Legs
    rides: Rides
    road: RoadGraph | None = None

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_kind)

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.tail)

    @property
    def road_nodes(self) -> Ints:
        """Nodes of kind `ROAD`, int64 [1 or 3, nodes of the road graph]; see `road`. [0, 0] without roads."""
        if self.road is None:
            return np.zeros((0, 0), np.int64)
        return np.flatnonzero(self.node_kind == NodeKind.ROAD).reshape(-1, self.road.n_nodes)

    def csr(self) -> tuple[Int32s, Int32s, Int32s]:
        """Return the graph in compressed rows: start [nodes + 1], head and seconds [links]."""
        order = np.argsort(self.tail, kind="stable")
        start = np.searchsorted(self.tail[order], np.arange(self.n_nodes + 1)).astype(np.int32)
        return start, self.head[order], self.seconds[order]

    def to_networkx(self) -> nx.MultiDiGraph[int]:
        """Return the graph as NetworkX's, with kinds, seconds and parts as attributes."""
        import networkx as nx  # noqa: PLC0415 - heavy, and asked for by few

        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        for node in range(self.n_nodes):
            graph.add_node(
                node,
                kind=NodeKind(int(self.node_kind[node])).name.lower(),
                row=int(self.node_row[node]),
                later=bool(self.node_later[node]),
            )
        for link in range(self.n_links):
            held: dict[str, Any] = {
                f"{name}_s": int(value)
                for name, value in zip(PARTS, self.parts_s[link], strict=True)
                if value
            }
            graph.add_edge(
                int(self.tail[link]),
                int(self.head[link]),
                link,
                kind=LinkKind(int(self.kind[link])).name.lower(),
                seconds=int(self.seconds[link]),
                row=int(self.row[link]),
                **held,
            )
        return graph


class GraphBuilder:
    """Collects nodes and links of a `MultimodalGraph`."""

    def __init__(self) -> None:
        self._kinds: list[NDArray[np.uint8]] = []
        self._rows: list[Ints] = []
        self._later: list[NDArray[np.bool_]] = []
        self._links: list[tuple[Ints, Ints, LinkKind, Ints, Ints, Ints]] = []
        self.n_nodes = 0

    def nodes(self, kind: NodeKind, count: int, *, later: bool = False) -> Ints:
        """Add `count` nodes for rows 0 to count - 1; return their numbers."""
        first = self.n_nodes
        self._kinds.append(np.full(count, kind, np.uint8))
        self._rows.append(np.arange(count))
        self._later.append(np.full(count, later))
        self.n_nodes += count
        return np.arange(first, self.n_nodes)

    def links(
        self,
        kind: LinkKind,
        tail: Ints,
        head: Ints,
        *,
        row: Ints | None = None,
        weight_s: int = 0,
        parts_s: Mapping[str, Ints | int] = MappingProxyType({}),
    ) -> None:
        """Add links with seconds by part, and a weight that counts in choosing only."""
        table = np.zeros((len(tail), len(PARTS)), np.int64)
        for name, seconds in parts_s.items():
            table[:, PARTS.index(name)] = seconds
        rows = np.full(len(tail), -1) if row is None else row
        self._links.append((tail, head, kind, table, table.sum(axis=1) + weight_s, rows))

    def graph(
        self, origin: Ints, destination: Ints, legs: Legs, rides: Rides, road: RoadGraph | None = None
    ) -> MultimodalGraph:
        """Return the graph."""
        none = np.zeros(0, np.int64)
        parts = [table for *_, table, _, _ in self._links] or [np.zeros((0, len(PARTS)), np.int64)]
        return MultimodalGraph(
            node_kind=np.concatenate(self._kinds),
            node_row=_int32(*self._rows),
            node_later=np.concatenate(self._later),
            tail=_int32(none, *(link[0] for link in self._links)),
            head=_int32(none, *(link[1] for link in self._links)),
            kind=np.repeat(
                np.array([link[2] for link in self._links], np.uint8), [len(link[0]) for link in self._links]
            ),
            seconds=_int32(none, *(link[4] for link in self._links)),
            parts_s=np.concatenate(parts).astype(np.int32),
            row=_int32(none, *(link[5] for link in self._links)),
            origin=origin.astype(np.int32),
            destination=destination.astype(np.int32),
            legs=legs,
            rides=rides,
            road=road,
        )


def _int32(*parts: Ints) -> Int32s:
    """Join the parts of an array."""
    return np.concatenate(parts).astype(np.int32)
