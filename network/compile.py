"""Compiling a region into a multimodal graph, for one clock, mode, period, traveller and statistic."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.access import straight_ways
from network.complexes import stations_of
from network.ends import in_core
from network.errors import BadInputError, Problem, UnknownNameError
from network.graph import GraphBuilder, LinkKind, NodeKind
from network.legs import Legs, best_legs, expected_legs, usual_legs
from network.rides import Calls, Rides, calls, departures_a_day, departures_in, rides
from network.roads import RoadGraph, road_graph
from network.seconds import minutes_s
from network.station_times import by_class_s, change_s, entry_s, gate_s, street_changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.access import Ways
    from network.ends import Ends
    from network.graph import MultimodalGraph
    from network.region import Region

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CLOCKS = ("in-vehicle", "station", "door")
MODES = ("transit", "car", "park-and-ride", "any")
TRAVELLERS = ("random", "planned")
STATISTICS = ("expected", "best", "mean", "p5", "p25", "p50", "p75", "p85", "p95")
"""Statistics by name; any other percentile from p1 to p100 may be asked for too."""
TIMINGS = ("depart-after", "arrive-by")

_SHARE = Problem(
    "--statistic",
    "reliability is a share, not a time",
    "ask for a time, such as p50; `check` tells the share in time beside it, and --within elsewhere",
)
_PERCENTILE = re.compile(r"p([1-9]\d?|100)")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a network: how time is counted, for whom, and when.

    Attributes
    ----------
    clock
        ``in-vehicle``, ``station`` or ``door``.
    mode
        ``transit``, ``car``, ``park-and-ride``, or ``any``: the best of them, taxis included.
    period
        A period of the region. The clock in-vehicle takes the whole day for trains.
    traveller
        ``random``, or ``planned``: knows the timetable.
    statistic
        ``expected``; ``best``: the quickest trains, no wait; or over the departures of the period their
        ``mean``, or a percentile, ``p1`` to ``p100``, for transit from station to station or from door to
        door. What has no window (cars, and the clock in-vehicle) is then taken as ``expected``.
    timing
        ``depart-after``: the period holds the departures; or ``arrive-by``: it holds times to be there, which
        only a statistic over departures knows.

    Raises
    ------
    UnknownNameError
        A word is none of these.
    BadInputError
        Several are, or the timing does not go with the statistic.
    """

    clock: str = "door"
    mode: str = "transit"
    period: str = "am-peak"
    traveller: str = "random"
    statistic: str = "expected"
    timing: str = "depart-after"

    def __post_init__(self) -> None:
        """Check the words."""
        allowed = {
            "clock": CLOCKS,
            "mode": MODES,
            "traveller": TRAVELLERS,
            "statistic": STATISTICS,
            "timing": TIMINGS,
        }
        wrong: list[BadInputError] = [
            BadInputError(_SHARE)
            if getattr(self, name) == "reliability"
            else UnknownNameError(name, getattr(self, name), known, where=f"--{name}")
            for name, known in allowed.items()
            if getattr(self, name) not in known and not (name == "statistic" and self.percentile)
        ]
        if not wrong and self.timing == "arrive-by" and not self.over_departures:
            what = f"{self.statistic!r} knows no clock to be there by"
            wrong.append(BadInputError(Problem("--arrive-by", what, "add --statistic p50, or mean")))
        if wrong:
            raise wrong[0] if len(wrong) == 1 else BadInputError(one.problems[0] for one in wrong)

    @property
    def percentile(self) -> int:
        """Which percentile is asked for; 0 where another statistic is."""
        match = _PERCENTILE.fullmatch(self.statistic)
        return int(match[1]) if match else 0

    @property
    def over_departures(self) -> bool:
        """Whether a percentile or the mean over the departures of the period is asked for."""
        return self.percentile > 0 or self.statistic == "mean"

    @property
    def by_window(self) -> bool:
        """Whether the answer comes from the departures of a window, not from a search of a graph."""
        return self.over_departures and self.mode == "transit" and self.clock != "in-vehicle"

    @property
    def is_reading(self) -> bool:
        """Whether the clock and the mode fit together: a car and its driver pass no station's gate."""
        return self.clock != "station" or self.mode in {"transit", "any"}

    @property
    def alternatives(self) -> tuple[Query, ...]:
        """The queries of one graph each whose best is the answer.

        Off the door, what weighs in choosing within a mode must not choose between the modes: ``any`` is the
        least of the minutes that they report.
        """
        if self.mode != "any" or self.clock == "door":
            return (self,)
        modes = ("transit", "car", "park-and-ride") if self.clock == "in-vehicle" else ("transit",)
        return tuple(replace(self, mode=mode) for mode in modes)


class RideTables:
    """Calls and rides of a region, made once, when first used, and shared by its graphs."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._legs: dict[tuple[Query, bool, bool], Legs] = {}

    @cached_property
    def calls(self) -> Calls:
        """Calls of all services."""
        return calls(self.region)

    @cached_property
    def rides(self) -> Rides:
        """Rides of all services."""
        return rides(self.calls)

    @cached_property
    def gate_s(self) -> Ints:
        """Seconds before departure at which the gate of each ride closes, [rides]."""
        return gate_s(self.region)[self.rides.service]

    @cached_property
    def served(self) -> Ints:
        """Rows of the stations at which a service calls."""
        return np.unique(self.calls.station)

    def legs(self, query: Query, *, gate: bool = True, later: bool = False) -> Legs:
        """Return the legs for a traveller, from before the gate or from behind it; made once."""
        later = later and query.traveller == "planned"
        key = replace(query, mode="transit", clock=query.clock.replace("station", "door")), gate, later
        if key not in self._legs:
            self._legs[key] = self._made_legs(query, gate=gate, later=later)
        return self._legs[key]

    def _made_legs(self, query: Query, *, gate: bool, later: bool) -> Legs:
        region = self.region
        if query.clock == "in-vehicle":
            trips = departures_a_day(region)[self.rides.service]
            if query.statistic == "best":
                return best_legs(self.rides, trips, np.zeros_like(self.gate_s))
            return usual_legs(self.rides, trips)
        period = region.about.period(query.period)
        trips = departures_in(region, self.calls, period)[self.rides.call]
        gate_s = self.gate_s if gate else np.zeros_like(self.gate_s)
        if query.statistic == "best":
            return best_legs(self.rides, trips, gate_s)
        cap_s = None
        if query.traveller == "planned":
            cap_s = minutes_s(region.parameters[f"planned_cap_{'change' if later else 'first'}_min"])
        return expected_legs(self.rides, trips, gate_s, period_s=period.length_s, planned_cap_s=cap_s)


def compile_graph(
    region: Region,
    ends: Ends,
    query: Query,
    tables: RideTables | None = None,
    ways: Ways | None = None,
    road: RoadGraph | None = None,
) -> MultimodalGraph:
    """Compile a region into a graph.

    Parameters
    ----------
    region
        Its rows count as they stand: take the region at the wanted date first.
    ends
        Starts and ends of trips.
    query
        Clock, mode, period, traveller and statistic. `Query.alternatives` are compiled one by one.
    tables
        `RideTables` of the region, where they are at hand.
    ways
        Ways of the ends on foot and by feeder bus (`sim.access.ways`); straight lines where not given.
    road
        Road graph that holds the `road_points` (`sim.drives.street_road_graph`); that of the region's
        sketch of roads where not given.

    Returns
    -------
    MultimodalGraph
        With a node `origin` and a node `destination` for each end. Where no path leads from one to another,
        there is no journey.

    Raises
    ------
    UnknownNameError
        The region has no such period.
    """
    region.about.period(query.period)
    build = _Build(region, ends, query, tables or RideTables(region), ways, road)
    everything = query.mode == "any" and query.clock == "door"
    if query.mode != "car":
        build.trains()
        if query.clock == "door":
            build.on_foot()
        else:
            build.from_stations()
    if query.mode == "car" or everything:
        build.car()
    if query.mode == "park-and-ride" or everything:
        build.park_and_ride()
    if everything:
        build.taxi()
    return build.graph()


class _Build:
    """A graph under construction."""

    def __init__(
        self,
        region: Region,
        ends: Ends,
        query: Query,
        tables: RideTables,
        ways: Ways | None,
        road: RoadGraph | None,
    ) -> None:
        self.region, self.ends, self.query, self.tables, self.ways = region, ends, query, tables, ways
        self.numbers, self.given_road = region.parameters, road
        self.builder = GraphBuilder()
        self.stations = region.stations
        self.count = len(self.stations)
        self.origin = self.builder.nodes(NodeKind.ORIGIN, len(ends))
        self.destination = self.builder.nodes(NodeKind.DESTINATION, len(ends))
        self.builder.links(LinkKind.SAME, self.origin, self.destination)
        self.all_legs: list[Legs] = []
        self.own_road: Ints | None = None

    def graph(self) -> MultimodalGraph:
        """Return the finished graph; its legs are those of all kinds of boarding, one after another."""
        road = None if self.query.mode == "transit" else self.road
        none = np.zeros(0, np.int64)
        by_rail = self.tables.rides if self.all_legs else Rides(none, none, none, none, none)
        return self.builder.graph(self.origin, self.destination, _joined(self.all_legs), by_rail, road)

    # ------------------------------------------------------------------------------------------------ trains

    def trains(self) -> None:
        """Add stations, rides and changes."""
        add, query = self.builder, self.query
        self.alighted = add.nodes(NodeKind.ALIGHTED, self.count, later=True)
        self.inside = add.nodes(NodeKind.INSIDE, self.count)
        if query.clock == "in-vehicle":
            self._rides(self.inside, gate=False, later=False)
            weight_s = self._s("change_weight_min")
            add.links(LinkKind.TRANSFER, self.alighted, self.inside, weight_s=weight_s)
            tail, head, _ = street_changes(self.region)
            add.links(
                LinkKind.TRANSFER,
                self.alighted[tail],
                self.inside[head],
                row=np.arange(len(tail)),
                weight_s=weight_s,
            )
            return
        inside_later = add.nodes(NodeKind.INSIDE, self.count, later=True)
        hall_later = add.nodes(NodeKind.HALL, self.count, later=True)
        self._rides(inside_later, gate=False, later=True)
        self._rides(hall_later, gate=True, later=True)
        change = change_s(self.region)
        add.links(LinkKind.TRANSFER, self.alighted, inside_later, parts_s={"transfer": change})
        tail, head, street_s = street_changes(self.region)
        add.links(
            LinkKind.TRANSFER,
            self.alighted[tail],
            hall_later[head],
            row=np.arange(len(tail)),
            parts_s={"transfer": street_s},
        )
        if query.clock == "station":
            self._rides(self.inside, gate=False, later=False)
            return
        self.entrance = add.nodes(NodeKind.ENTRANCE, self.count)
        self.exit = add.nodes(NodeKind.EXIT, self.count, later=True)
        hall = add.nodes(NodeKind.HALL, self.count)
        self._rides(hall, gate=True, later=False)
        add.links(LinkKind.ENTRY, self.entrance, hall, parts_s={"entry": entry_s(self.region)})
        exit_s = by_class_s(self.region, "exit")
        add.links(LinkKind.EXIT, self.alighted, self.exit, parts_s={"exit": exit_s})

    def _rides(self, board: Ints, *, gate: bool, later: bool) -> None:
        """Add the rides that begin at the nodes `board`."""
        legs = self.tables.legs(self.query, gate=gate, later=later)
        row = sum(map(len, self.all_legs)) + np.arange(len(legs))
        gate_part = "transfer" if later else "entry"
        tail, head = board[legs.from_station], self.alighted[legs.to_station]
        self.builder.links(
            LinkKind.RIDE,
            tail,
            head,
            row=row,
            parts_s={"wait": legs.wait_s, "ride": legs.ride_s, gate_part: legs.gate_s},
        )
        self.all_legs.append(legs)

    # ---------------------------------------------------------------------------------------- ends of trips

    def from_stations(self) -> None:
        """Join the ends to the stations that stand for them."""
        end, station = stations_of(self.region, self.ends)
        add = self.builder
        if self.query.mode != "park-and-ride":
            add.links(LinkKind.ACCESS, self.origin[end], self.inside[station])
            shared = pd.DataFrame({"end": end, "station": station})
            pairs = shared.merge(shared, on="station", suffixes=("", "_other"))[
                ["end", "end_other"]
            ].drop_duplicates()
            pairs = pairs[pairs["end"] != pairs["end_other"]].sort_values(["end", "end_other"])
            one, other = pairs["end"].to_numpy(np.int64), pairs["end_other"].to_numpy(np.int64)
            add.links(LinkKind.SAME, self.origin[one], self.destination[other])
        add.links(LinkKind.EGRESS, self.alighted[station], self.destination[end])

    def on_foot(self) -> None:
        """Join the ends to the stations in reach on foot or by feeder bus, and to each other on foot."""
        add = self.builder
        ways = self.ways or straight_ways(self.region, self.ends)
        end, station, seconds = ways.to_stations
        if self.query.mode != "park-and-ride":
            add.links(LinkKind.ACCESS, self.origin[end], self.entrance[station], parts_s={"access": seconds})
            one, other, walk = ways.on_foot
            add.links(LinkKind.WALK, self.origin[one], self.destination[other], parts_s={"access": walk})
        add.links(LinkKind.EGRESS, self.exit[station], self.destination[end], parts_s={"egress": seconds})

    # ----------------------------------------------------------------------------------------------- roads

    def car(self) -> None:
        """Add driving from end to end in one's own car, and parking."""
        nodes = self._own_road()
        park = np.where(self.ends.core, self._s("park_core_min"), self._s("park_min"))
        park = park if self.query.clock == "door" else np.zeros_like(park)
        self.builder.links(
            LinkKind.PARK, nodes[self._road_ends(start=False)], self.destination, parts_s={"park": park}
        )

    def park_and_ride(self) -> None:
        """Add driving one's own car to a station outside the cores."""
        nodes = self._own_road()
        station = self.tables.served
        station = station[~in_core(self.region, self.stations["district_id"].iloc[station])]
        reach = self._road_stations(station, start=False)
        if self.query.clock == "door":
            self.builder.links(
                LinkKind.PARK,
                nodes[reach],
                self.entrance[station],
                parts_s={"park": self._s("park_ride_min")},
            )
        else:
            self.builder.links(
                LinkKind.PARK, nodes[reach], self.inside[station], weight_s=self._s("change_weight_min")
            )

    def taxi(self) -> None:
        """Add taxis: to a station, from a station, and all the way."""
        add, station = self.builder, self.tables.served
        wait_s = self._s("taxi_wait_min")
        nodes = self._drives(later=False)
        add.links(LinkKind.TAXI, self.origin, nodes[self._road_ends(start=True)], parts_s={"access": wait_s})
        add.links(LinkKind.TAXI, nodes[self._road_ends(start=False)], self.destination)
        reach = nodes[self._road_stations(station, start=False)]
        add.links(LinkKind.TAXI, reach, self.entrance[station])
        nodes = self._drives(later=True)
        leave = nodes[self._road_stations(station, start=True)]
        add.links(LinkKind.TAXI, self.exit[station], leave, parts_s={"egress": wait_s})
        add.links(LinkKind.TAXI, nodes[self._road_ends(start=False)], self.destination)

    def _own_road(self) -> Ints:
        """Return the nodes of the roads as driven in one's own car, joined to the origins."""
        if self.own_road is None:
            self.own_road = self._drives(later=False)
            self.builder.links(LinkKind.DRIVE, self.origin, self.own_road[self._road_ends(start=True)])
        return self.own_road

    @cached_property
    def road(self) -> RoadGraph:
        """The road graph with the ends, and the stations where one changes from or to the road."""
        if self.given_road is not None:
            return self.given_road
        points = road_points(self.ends, self.query, self.tables).rename(columns={"id": "point_id"})
        return road_graph(
            self.region, self.query.period, points, between_points=len(self.ends) <= MOST_LOCAL_ENDS
        )

    def _drives(self, *, later: bool) -> Ints:
        """Add the road graph; return its nodes."""
        road = self.road
        nodes = self.builder.nodes(NodeKind.ROAD, road.n_nodes, later=later)
        parts = {"drive": road.drive_s.astype(np.int64), "toll": road.toll_s.astype(np.int64)}
        row = road.link.astype(np.int64)
        self.builder.links(LinkKind.DRIVE, nodes[road.tail], nodes[road.head], row=row, parts_s=parts)
        return nodes

    def _road_ends(self, *, start: bool) -> Ints:
        """Return the node of the road graph of each end."""
        where = self.road.origin if start else self.road.destination
        return np.array([where[name] for name in self.ends.ids], np.int64)

    def _road_stations(self, station: Ints, *, start: bool) -> Ints:
        """Return the node of the road graph of each of the stations."""
        where = self.road.origin if start else self.road.destination
        return np.array([where[name] for name in self.stations["station_id"].iloc[station]], np.int64)

    # --------------------------------------------------------------------------------------------- numbers

    def _s(self, name: str) -> int:
        return minutes_s(self.numbers[name])


def road_points(ends: Ends, query: Query, tables: RideTables) -> pd.DataFrame:
    """Return where one gets into a car or out of it: the ends, then the stations of trains; id, lon, lat."""
    points = ends.table[["id", "lon", "lat"]]
    if query.mode == "car":
        return points
    more = tables.region.stations.iloc[tables.served].rename(columns={"station_id": "id"})
    return pd.concat([points, more[["id", "lon", "lat"]]], ignore_index=True).drop_duplicates("id")


MOST_LOCAL_ENDS = 2_000
"""Up to so many ends, those close to each other are joined by local streets directly."""


def _joined(many: list[Legs]) -> Legs:
    """Return several tables of legs as one."""
    none = np.zeros(0, np.int64)
    columns = {
        name: np.concatenate([none, *(getattr(legs, name) for legs in many)])
        for name in ("from_station", "to_station", "gate_s", "wait_s", "ride_s", "ride")
    }
    lengths = np.concatenate([none, *(np.diff(legs.start) for legs in many)])
    return Legs(start=np.append(0, np.cumsum(lengths)), **columns)
