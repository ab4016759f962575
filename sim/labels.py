"""Labels: what the rows of a graph are called, and which of them are of low confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from network.graph import NodeKind

if TYPE_CHECKING:
    from network.compile import RideTables
    from network.ends import Ends
    from network.graph import MultimodalGraph
    from network.region import Region

_NAMED = ("stations", "services", "transfers", "road_links")


@dataclass(frozen=True, eq=False, slots=True)
class Labels:
    """Ids of a region's rows as plain lists, in the order of its tables.

    Attributes
    ----------
    stations, services, lines
        Id of each station and service, and the line (or else the name) of each service.
    roads, links
        Road and id of each road link.
    low
        Ids of rows of low confidence, as ``stations.csv gz-…``.
    """

    stations: list[str]
    services: list[str]
    lines: list[str]
    roads: list[str]
    links: list[str]
    low: frozenset[str]

    @classmethod
    def of(cls, region: Region) -> Labels:
        """Return the labels of a region."""
        services, links = region.services, region.table("road_links")
        line = services["line_id"].where(services["line_id"] != "", services["name"])
        low: set[str] = set()
        for name in _NAMED:
            table = region.table(name)
            rows = table[table["confidence"] == "low"]
            keys = ["from_station_id", "to_station_id"] if name == "transfers" else [table.columns[0]]
            low |= {f"{name}.csv {' '.join(row)}" for row in rows[keys].itertuples(index=False)}
        return cls(
            list(region.stations["station_id"]),
            list(services["service_id"]),
            list(line),
            list(links["road_id"]),
            list(links["link_id"]),
            frozenset(low),
        )

    def node(self, graph: MultimodalGraph, node: int, ends: Ends) -> str:
        """Return the id of what a node stands for."""
        kind, row = int(graph.node_kind[node]), int(graph.node_row[node])
        if kind == NodeKind.ROAD and graph.road is not None:
            return graph.road.node_ids[row]
        return ends.ids[row] if kind in {NodeKind.ORIGIN, NodeKind.DESTINATION} else self.stations[row]

    def doubts(self, *names: str) -> tuple[str, ...]:
        """Return those of `names` that are rows of low confidence, each once."""
        return tuple(name for name in dict.fromkeys(names) if name in self.low)

    def ride(
        self, graph: MultimodalGraph, tables: RideTables, leg: int
    ) -> tuple[list[str], list[str], list[str]]:
        """Return lines, services and stops of a leg; the quickest service first, and its stops."""
        rides = graph.legs.ride[graph.legs.start[leg] : graph.legs.start[leg + 1]]
        services = graph.rides.service[rides].tolist()
        first = int(graph.rides.call[rides[0]])
        end = int(graph.legs.to_station[leg])
        later = tables.calls.station[first:]
        stops = later[: int(np.flatnonzero(later == end)[0]) + 1].tolist()
        return (
            list(dict.fromkeys(self.lines[row] for row in services)),
            [self.services[row] for row in services],
            [self.stations[row] for row in stops],
        )
