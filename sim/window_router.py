"""Statistics over the departures of a period between ends of trips, and journeys: `WindowRouter`.

The model's rules hold as in the graph of expected times (`network.compile`): access, entry, gates, changes
and exit are the same seconds. What differs is the wait: here trains leave at their own times, and a service
that runs by headway has a phase drawn for each day.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.complexes import stations_of
from network.graph import PARTS
from sim.kernels.window import UNREACHED
from sim.points import Access, Directs, Points, Settings
from sim.results import Stage, Times
from sim.statistics import rank_of
from sim.window import Window
from sim.window_journeys import WINDOW_PARTS
from sim.window_means import window_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.compile import Query
    from network.ends import Ends
    from network.parameters import Parameters
    from network.timetable import Timetable
    from sim.journeys import Network
    from sim.window_journeys import Journeys

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

MOST_ENDS = 64
"""Between up to so many ends all times are found at once, and kept."""

_COLUMNS = [PARTS.index(name) for name in WINDOW_PARTS]


def draws_of(numbers: Parameters, traveller: str) -> int:
    """Return for how many days phases are drawn: who waits at no first stop meets less chance."""
    return int(numbers["window_planned_draws" if traveller == "planned" else "window_draws"])


class _Answer(NamedTuple):
    """What was found between some ends, each [origins, destinations].

    Attributes
    ----------
    seconds
        Whole s, -1 where there is none.
    parts_s
        The parts, [origins, destinations, parts]; without columns where they are not wanted.
    journey
        Of the journey behind it: moment (s after midnight), draw and travel time (s), [origins,
        destinations, 3].
    within
        Share of the departures within the limit; NaN where no limit was given.
    """

    seconds: Ints
    parts_s: Ints
    journey: Ints
    within: Floats


class WindowRouter:
    """Searches a region's timetable for one query whose statistic is over departures.

    Parameters
    ----------
    network
        The region's state.
    ends
        Starts and ends of trips.
    query
        Transit, from station to station or from door to door.
    """

    def __init__(self, network: Network, ends: Ends, query: Query) -> None:
        self.network, self.ends, self.query = network, ends, query
        self.timetable: Timetable = network.timetable
        self.is_inside = query.clock == "station"
        region = network.region
        if self.is_inside:
            end, station = stations_of(region, ends)
            self._ways = end, station, np.zeros_like(end)
        else:
            self._ways = network.ways(ends).to_stations
        period, numbers = region.about.period(query.period), region.parameters
        self.window = Window(
            self.timetable,
            (period.start_s, period.end_s),
            step_s=max(1, round(60 * numbers["window_step_min"])),
            max_min=numbers["window_max_min"],
            draws=draws_of(numbers, query.traveller),
            seed=int(numbers["window_seed"]),
            traveller=query.traveller,
            arrive_by=query.timing == "arrive-by",
            settings=Settings(min_transfer_s=0, max_rides=int(numbers["window_max_rides"])),
        )
        self._asked: dict[float | None, _Answer] = {}

    def times(
        self,
        origins: Sequence[int] | Ints,
        destinations: Sequence[int] | Ints,
        *,
        parts: bool = True,
        within_min: float | None = None,
    ) -> Times:
        """Return times between rows of the ends, with parts if asked, and shares of departures in a limit.

        The parts of a percentile are those of one journey that takes so long; those of a mean are means too.
        """
        start, end = np.asarray(origins, np.int64), np.asarray(destinations, np.int64)
        found = self._found(start, end, parts=parts, within_min=within_min)
        parts_s = found.parts_s if parts else found.parts_s[..., :0]
        return Times(found.seconds, parts_s, np.zeros_like(found.seconds), found.within)

    def samples(self, origin: int, destinations: Ints) -> NDArray[np.int32]:
        """Return all times from a row of the ends to others, one a draw and departure.

        Returns
        -------
        NDArray
            int32 [draws × departures, destinations], s, or `sim.kernels.window.UNREACHED`.
        """
        start = np.array([origin], np.int64)
        directs = self._directs(start, destinations)
        found = self.window.samples(self._points(start), self._points(destinations), directs)
        return np.reshape(found[0], (self.window.count, len(destinations)))

    def paths(self, pairs: Sequence[tuple[int, int]], times: Times | None = None) -> list[list[Stage] | None]:
        """Return the stages of the journey of each pair of rows of the ends, None where there is none.

        No single journey takes a mean: of those over the departures, it is then one that is nearest to it.
        """
        del times
        if not pairs:
            return []
        start, end = (np.array(sorted(set(side)), np.int64) for side in zip(*pairs, strict=True))
        answer = self._found(start, end)
        row, column = (
            np.searchsorted(nodes, side)
            for nodes, side in zip((start, end), np.transpose(pairs), strict=True)
        )
        moment_s, draw, time_s = answer.journey[row, column].T
        query = np.stack([row, draw, moment_s, column, time_s], axis=1).astype(np.int32)
        reached = np.flatnonzero(answer.seconds[row, column] >= 0)
        journeys = self.window.journeys(self._points(start), self._points(end), query[reached])
        parts = journeys.parts_s()
        found: list[list[Stage] | None] = [None] * len(pairs)
        for number, at in enumerate(reached.tolist()):
            found[at] = self._stages(journeys, number, parts[number], pairs[at])
        return found

    def missing(self, origin: int, destination: int) -> str:
        """Return why there is no journey between two rows of the ends."""
        served = np.isin(self._ways[1], self.timetable.pattern_stops)
        for end in (origin, destination):
            if not np.any(served & (self._ways[0] == end)):
                return f"no station in reach of {self.ends.ids[end]}"
        if self.query.statistic == "mean":
            return f"not at every departure a connection within {self.window.limit_s // 60} minutes"
        return "no connection in the period"

    # ------------------------------------------------------------------------------------------------ search

    def _found(
        self, start: Ints, end: Ints, *, parts: bool = True, within_min: float | None = None
    ) -> _Answer:
        """Return what is between some ends; between few, all is found at once and kept."""
        if len(self.ends) > MOST_ENDS:
            return self._searched(start, end, parts=parts, within_min=within_min)
        every = np.arange(len(self.ends))
        kept = self._asked
        if within_min not in kept and (within_min is not None or not kept):
            kept[within_min] = self._searched(every, every, within_min=within_min)
        found = kept[within_min] if within_min in kept else next(iter(kept.values()))
        at = np.ix_(start, end)
        return _Answer(found.seconds[at], found.parts_s[at], found.journey[at], found.within[at])

    def _searched(
        self, start: Ints, end: Ints, *, parts: bool = True, within_min: float | None = None
    ) -> _Answer:
        origins, destinations = self._points(start), self._points(end)
        directs = self._directs(start, end)
        if not self.query.percentile:
            return self._means(origins, destinations, directs, parts=parts, within_min=within_min)
        rank = rank_of(self.query.percentile, self.window.count)
        found = self.window.ranked(origins, destinations, rank, directs, within_min=within_min)
        seconds = np.where(found.times_s == UNREACHED, -1, found.times_s).astype(np.int64)
        journey = np.stack([found.moment_s, found.draw, seconds], axis=2)
        parts_s = np.zeros((*seconds.shape, len(PARTS) if parts else 0), np.int64)
        if parts:
            at = np.nonzero(seconds >= 0)
            query = np.stack([at[0], found.draw[at], found.moment_s[at], at[1], seconds[at]], axis=1)
            rows = np.zeros((len(query), len(PARTS)), np.int64)
            rows[:, _COLUMNS] = self.window.journeys(origins, destinations, query.astype(np.int32)).parts_s()
            parts_s[at] = rows
        within = np.full(seconds.shape, np.nan) if within_min is None else found.within
        return _Answer(seconds, parts_s, journey, within)

    def _means(
        self,
        origins: Points,
        destinations: Points,
        directs: Directs,
        *,
        parts: bool,
        within_min: float | None,
    ) -> _Answer:
        found = window_means(self.window, origins, destinations, directs, parts=parts)
        parts_s = np.zeros((*found.seconds.shape, len(PARTS) if parts else 0), np.int64)
        if parts:
            parts_s[..., _COLUMNS] = found.parts_s
        within = np.full(found.seconds.shape, np.nan)
        if within_min is not None:
            shares = self.window.statistics(
                origins, destinations, ["reliability"], directs, within_min=within_min
            )
            within = shares[..., 0]
        return _Answer(found.seconds, parts_s, found.nearest, within)

    def _points(self, rows: Ints) -> Points:
        """Return some of the ends with their ways to stations."""
        end, station, seconds = self._ways
        order = np.argsort(end, kind="stable")
        first = np.searchsorted(end[order], np.arange(len(self.ends) + 1))
        many = np.diff(first)[rows]
        ends = np.cumsum(many)
        at = order[
            np.repeat(first[:-1][rows] - (ends - many), many) + np.arange(ends[-1] if len(ends) else 0)
        ]
        access = Access(*(part.astype(np.int32) for part in (np.append(0, ends), station[at], seconds[at])))
        return Points(tuple(self.ends.ids[row] for row in rows), access, inside=self.is_inside)

    @cached_property
    def _straight(self) -> dict[tuple[int, int], int]:
        """Seconds between ends without riding: on foot, or none where both share a station."""
        pairs = {(row, row): 0 for row in range(len(self.ends))}
        if not self.is_inside:
            walks = zip(*(part.tolist() for part in self.network.ways(self.ends).on_foot), strict=True)
            return pairs | {(one, other): seconds for one, other, seconds in walks}
        at: dict[int, list[int]] = {}
        for end, station in zip(self._ways[0].tolist(), self._ways[1].tolist(), strict=True):
            at.setdefault(station, []).append(end)
        return pairs | {(one, other): 0 for ends in at.values() for one in ends for other in ends}

    def _directs(self, start: Ints, end: Ints) -> Directs:
        """Return the ways without riding from some of the ends to others."""
        row = {node: at for at, node in enumerate(start.tolist())}
        column = {node: at for at, node in enumerate(end.tolist())}
        found = sorted(
            (row[one], column[other], seconds)
            for (one, other), seconds in self._straight.items()
            if one in row and other in column
        )
        one, other, seconds = np.array(found, np.int32).reshape(-1, 3).T
        return Directs(
            np.searchsorted(one, np.arange(len(start) + 1)).astype(np.int32),
            np.ascontiguousarray(other),
            np.ascontiguousarray(seconds),
        )

    # ------------------------------------------------------------------------------------------------ stages

    def _stages(self, journeys: Journeys, number: int, parts: Ints, pair: tuple[int, int]) -> list[Stage]:
        """Return the stages of one journey; parts of 0 s are left out."""
        begin, goal = (self.ends.ids[row] for row in pair)
        access_s, exit_s, egress_s = (
            int(parts[WINDOW_PARTS.index(name)]) for name in ("access", "exit", "egress")
        )
        rides, labels, timetable = journeys.rides(number), self.network.labels, self.timetable
        if not rides:
            doubts = labels.doubts(f"stations.csv {begin}", f"stations.csv {goal}")
            return (
                [Stage("walk", begin, goal, {"access": access_s}, low_confidence=doubts)] if access_s else []
            )
        stages: list[Stage] = []

        def add(kind: str, start: str, end: str, parts_s: dict[str, int], *rests_on: str) -> None:
            kept = {name: seconds for name, seconds in parts_s.items() if seconds}
            if kept:
                named = labels.doubts(f"stations.csv {start}", f"stations.csv {end}", *rests_on)
                stages.append(Stage(kind, start, end, kept, low_confidence=named))

        first, last = labels.stations[rides[0].from_stop], labels.stations[rides[-1].to_stop]
        add("access", begin, first, {"access": access_s})
        gate_s = int(parts[WINDOW_PARTS.index("entry")])
        if not self.is_inside:
            entry_s = int(timetable.entry_s[rides[0].from_stop])
            add("entry", first, first, {"entry": entry_s})
            gate_s -= entry_s
        before = -1
        for ride in rides:
            start, end = labels.stations[ride.from_stop], labels.stations[ride.to_stop]
            gate = "entry"
            if before >= 0:
                gate = "transfer"
                gate_s = int(timetable.gate_s[ride.pattern]) if before != ride.from_stop else 0
                other = labels.stations[before]
                add(
                    "transfer",
                    other,
                    start,
                    {"transfer": ride.change_s - gate_s},
                    f"transfers.csv {other} {start}",
                )
            service = labels.services.index(str(timetable.routes["route_id"].iloc[ride.pattern]))
            call = int(timetable.pattern_start[ride.pattern])
            stops = timetable.pattern_stops[call + ride.board : call + ride.alight + 1].tolist()
            spent = {gate: gate_s, "wait": ride.wait_s, "ride": ride.arrival_s - ride.departure_s}
            rests_on = (
                f"stations.csv {start}",
                f"stations.csv {end}",
                f"services.csv {labels.services[service]}",
            )
            stages.append(
                Stage(
                    "ride", start, end, {name: seconds for name, seconds in spent.items() if seconds},
                    (labels.lines[service],), (labels.services[service],),
                    tuple(labels.stations[stop] for stop in stops), labels.doubts(*rests_on),
                )
            )  # fmt: skip
            before = ride.to_stop
        add("exit", last, last, {"exit": exit_s})
        add("egress", last, goal, {"egress": egress_s})
        add("wait", goal, goal, {"wait": int(journeys.slack_s[number])})
        return stages
