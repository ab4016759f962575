"""Journeys: times between ends of trips with their parts, and the paths behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from network.compile import RideTables, compile_graph, road_points
from network.errors import BadInputError, Problem
from network.graph import PARTS, LinkKind
from network.timetable import Timetable
from sim.access import ways, with_street_changes
from sim.drives import street_drives, street_road_graph
from sim.labels import Labels
from sim.results import Stage, Times
from sim.search import UNREACHED, SearchGraph
from sim.window_router import WindowRouter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.access import Ways
    from network.compile import Query
    from network.ends import Ends
    from network.graph import MultimodalGraph
    from network.region import Region
    from network.roads import RoadGraph

    Ints = NDArray[np.int64]


@dataclass(eq=False)
class Network:
    """A region in the state of a scenario, with what its searches share.

    Where the region has streets to walk on, changes on foot lead over them
    (`sim.access.with_street_changes`), and so do ways to and from stations.
    """

    region: Region
    _routers: dict[tuple[Query, tuple[object, ...]], Router | WindowRouter] = field(
        default_factory=dict, repr=False
    )
    _ways: dict[tuple[object, ...], Ways] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Lead changes on foot over the streets."""
        self.region = with_street_changes(self.region)

    @cached_property
    def tables(self) -> RideTables:
        """Calls and rides of the region."""
        return RideTables(self.region)

    @cached_property
    def labels(self) -> Labels:
        """What the region's rows are called."""
        return Labels.of(self.region)

    @cached_property
    def timetable(self) -> Timetable:
        """Timetable of the region."""
        return Timetable.from_region(self.region)

    def ways(self, ends: Ends) -> Ways:
        """Return the ways of ends to stations and to each other; those of the last few are kept."""
        if ends.key not in self._ways:
            if len(self._ways) >= _MOST_WAYS:
                self._ways.pop(next(iter(self._ways)))
            self._ways[ends.key] = ways(self.region, ends)
        return self._ways[ends.key]

    def road(self, ends: Ends, query: Query) -> RoadGraph | None:
        """Return drives over the region's streets as a road graph; None where the sketch of roads serves."""
        drives = None if query.mode == "transit" else street_drives(self.region)
        if drives is None:
            return None
        points = road_points(ends, query, self.tables)
        return street_road_graph(drives, self.region, query.period, points, len(ends))

    def router(self, ends: Ends, query: Query) -> Router | WindowRouter:
        """Return the router between `ends`; the same ends and query get the same router."""
        key = query, ends.key
        if key not in self._routers:
            if len(self._routers) >= _MOST_ROUTERS:
                self._routers.pop(next(iter(self._routers)))
            self._routers[key] = (WindowRouter if query.by_window else Router)(self, ends, query)
        return self._routers[key]

    def graph_router(self, ends: Ends, query: Query) -> Router:
        """Return the router between `ends` for what needs the graph itself.

        Raises
        ------
        BadInputError
            The statistic is over departures, which no graph holds.
        """
        found = self.router(ends, query)
        if isinstance(found, WindowRouter):
            what = f"{query.statistic} is found departure by departure, not in a graph"
            raise BadInputError(Problem("--statistic", what, "use expected or best here"))
        return found


_MOST_ROUTERS = 32
_MOST_WAYS = 8


class Router:
    """Searches a network for one query: build once, ask often.

    Parameters
    ----------
    network
        The region's state.
    ends
        Starts and ends of trips.
    query
        Clock, mode, period, traveller and statistic.
    """

    def __init__(self, network: Network, ends: Ends, query: Query) -> None:
        self.network, self.ends, self.query = network, ends, query
        self.graphs: tuple[MultimodalGraph, ...] = tuple(
            compile_graph(
                network.region,
                ends,
                single,
                network.tables,
                network.ways(ends) if single.clock == "door" and single.mode != "car" else None,
                network.road(ends, single),
            )
            for single in query.alternatives
        )
        self.searches = tuple(
            SearchGraph.from_arrays(graph.tail, graph.head, graph.seconds, graph.n_nodes)
            for graph in self.graphs
        )

    def times(
        self,
        origins: Sequence[int] | Ints,
        destinations: Sequence[int] | Ints,
        *,
        parts: bool = True,
        within_min: float | None = None,
    ) -> Times:
        """Return times between rows of the ends, with their parts where those are asked for.

        One time stands for all departures here, so there are no shares of them within a limit.
        """
        del within_min
        start, end = np.asarray(origins, np.int64), np.asarray(destinations, np.int64)
        best = Times(
            np.full((start.size, end.size), -1, np.int64),
            np.zeros((start.size, end.size, len(PARTS) if parts else 0), np.int64),
            np.zeros((start.size, end.size), np.int64),
        )
        for number, (graph, search) in enumerate(zip(self.graphs, self.searches, strict=True)):
            values = graph.parts_s if parts else graph.parts_s.sum(axis=1, keepdims=True, dtype=np.int32)
            found = search.parts(graph.origin[start], graph.destination[end], values=values)
            seconds = np.where(found.times_s == UNREACHED, -1, found.sums.sum(axis=2))
            better = (seconds >= 0) & ((best.seconds < 0) | (seconds < best.seconds))
            best.seconds[better] = seconds[better]
            if parts:
                best.parts_s[better] = found.sums[better]
            best.alternative[better] = number
        return best

    def paths(self, pairs: Sequence[tuple[int, int]], times: Times | None = None) -> list[list[Stage] | None]:
        """Return the stages of the journey of each pair of rows of the ends, None where there is none.

        Parameters
        ----------
        pairs
            Rows of origin and destination.
        times
            Answer of `times` for all of the ends, where it is at hand.
        """
        if not pairs:
            return []
        starts = sorted({start for start, _ in pairs})
        stops = sorted({end for _, end in pairs})
        if times is None:
            chosen = self.times(starts, stops).alternative
        else:
            chosen = times.alternative[np.ix_(starts, stops)]
        found = [
            search.paths(graph.origin[starts], graph.destination[stops])
            for graph, search in zip(self.graphs, self.searches, strict=True)
        ]
        row, column = ({node: at for at, node in enumerate(nodes)} for nodes in (starts, stops))
        out: list[list[Stage] | None] = []
        for start, end in pairs:
            number = int(chosen[row[start], column[end]])
            links = found[number][row[start]][column[end]]
            out.append(None if links is None else self._stages(self.graphs[number], links))
        return out

    def missing(self, origin: int, destination: int) -> str:
        """Return why there is no journey between two rows of the ends."""
        names = self.ends.ids
        graph = self.graphs[0]
        onward = ~np.isin(graph.kind, (LinkKind.SAME, LinkKind.WALK))
        leaves = np.any((graph.tail == graph.origin[origin]) & onward)
        arrives = np.any((graph.head == graph.destination[destination]) & onward)
        if self.query.mode == "car":
            return "no way by road"
        if not leaves:
            return f"no station in reach of {names[origin]}"
        if not arrives:
            return f"no station in reach of {names[destination]}"
        return "no connection" if self.query.clock == "in-vehicle" else "no connection in the period"

    # ------------------------------------------------------------------------------------------------ stages

    def _stages(self, graph: MultimodalGraph, links: NDArray[np.int32]) -> list[Stage]:
        """Return the stages of a path; drives of consecutive links are one stage."""
        stages: list[Stage] = []
        for link in links.tolist():
            kind = LinkKind(int(graph.kind[link]))
            if kind in _JOINTS and not graph.parts_s[link].any():
                continue
            stage = self._stage(graph, link, kind)
            if stages and stage.kind == stages[-1].kind == "drive":
                stage = _joined(stages.pop(), stage)
            stages.append(stage)
        return stages

    def _name(self, graph: MultimodalGraph, node: int) -> str:
        return self.network.labels.node(graph, node, self.ends)

    def _stage(self, graph: MultimodalGraph, link: int, kind: LinkKind) -> Stage:
        """Return what one link of a path means."""
        labels = self.network.labels
        start, end = self._name(graph, int(graph.tail[link])), self._name(graph, int(graph.head[link]))
        seconds = graph.parts_s[link].tolist()
        parts = {name: value for name, value in zip(PARTS, seconds, strict=True) if value}
        lines: list[str] = []
        services: list[str] = []
        stops: list[str] = []
        rests_on = [f"stations.csv {start}", f"stations.csv {end}"]
        row = int(graph.row[link])
        if kind == LinkKind.RIDE:
            lines, services, stops = labels.ride(graph, self.network.tables, row)
            rests_on += [f"services.csv {name}" for name in services]
        elif kind == LinkKind.DRIVE and row >= 0:
            lines = [labels.roads[row]]
            rests_on.append(f"road_links.csv {labels.links[row]}")
        elif kind == LinkKind.TRANSFER and row >= 0:
            rests_on.append(f"transfers.csv {start} {end}")
        return Stage(
            kind.name.lower(), start, end, parts,
            tuple(lines), tuple(services), tuple(stops), labels.doubts(*rests_on),
        )  # fmt: skip


_JOINTS = {
    LinkKind.ACCESS,
    LinkKind.EGRESS,
    LinkKind.DRIVE,
    LinkKind.PARK,
    LinkKind.TAXI,
    LinkKind.SAME,
}  # links that may only join nodes of one point


def _joined(first: Stage, second: Stage) -> Stage:
    """Return two stages that follow each other as one."""
    names = {**first.parts_s, **second.parts_s}
    return Stage(
        first.kind, first.start, second.end,
        {name: first.parts_s.get(name, 0) + second.parts_s.get(name, 0) for name in names},
        tuple(dict.fromkeys(first.lines + second.lines)), (), (),
        tuple(dict.fromkeys(first.low_confidence + second.low_confidence)),
    )  # fmt: skip
