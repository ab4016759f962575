"""Timetables: stops, stop patterns, trips and headway services, and the walks between stops, as arrays.

A `Timetable` is what the window engine (`sim.window`) searches, whatever it was made from: a region's
services (`Timetable.from_region`), GTFS feeds
(`Timetable.from_gtfs`) or plain long tables (`Timetable.from_trips`).

Times are whole seconds after midnight of the day asked for. They may pass 24:00, and trips of the day before
that run past midnight may start below 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.errors import BadInputError, Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from numpy.typing import NDArray

    from network.region import Region

    Bools = NDArray[np.bool_]
    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]

STOP_COLUMNS = ("stop_id", "name_zh", "name_en", "lon", "lat", "complex")
ROUTE_COLUMNS = ("route_id", "name", "colour")

LATEST_S = 1_000_000
"""Clocks lie within this many seconds of midnight, either way: more than eleven days."""


@dataclass(frozen=True, eq=False, slots=True)
class Timetable:
    """Stops and what runs between them on one day. Never edited; all arrays are read-only.

    Positions of a pattern are its calls in running order. ``pattern_start[p]`` is the place of the first call
    of pattern p in the arrays of calls (``[calls]``), ``trip_times_start[t]`` that of trip t in the flat
    times.

    Attributes
    ----------
    stops
        One row a stop, in the order of all arrays of stops: stop_id, name_zh, name_en, lon, lat (degrees WGS
        84), complex (the station or parent that it belongs to; its own stop_id where none).
    routes
        One row a pattern: route_id (the service of a region, the route of a feed), name, colour (six
        hexadecimal digits, blank if none).
    pattern_start
        int32 [patterns + 1]: first call of each pattern.
    pattern_stops
        int32 [calls]: row of the stop of each call.
    can_board, can_alight
        bool [calls]: whether one may get on and off there.
    gate_s
        int32 [patterns]: s before departure at which the gate closes for who comes from the street.
    pattern_trips_start
        int32 [patterns + 1]: first trip of each pattern. Trips of one pattern are in order of departure and
        never overtake each other: at every call both times of the later trip are no earlier.
    trip_ids
        str [trips].
    trip_times_start
        int64 [trips + 1]: first place of each trip in the flat times.
    arrival_s, departure_s
        int32 [trips × calls of their pattern], flat: s after midnight.
    run_arrival_s, run_departure_s
        int32 [calls]: s after the departure from the first call, of patterns that run by headway; 0 in
        others.
    headway_pattern
        int32 [bands]: pattern that runs by headway. Such a pattern has no trips, and one or more bands.
    headway_start_s, headway_end_s
        int32 [bands]: the first call is left at or after the start and before the end, s after midnight.
    headway_s
        int32 [bands]: s from one departure to the next, above 0.
    headway_exact
        bool [bands]: departures at start, start + headway, …; else the phase is not known: it is uniform over
        the headway, and the same share of it in all bands of a pattern.
    transfer_start
        int32 [stops + 1]: first transfer from each stop.
    transfer_stop
        int32 [transfers]: row of the stop that a transfer leads to; another one than it leaves.
    transfer_s
        int32 [transfers]: s from alighting at the one stop to standing before the gate at the other.
    change_s
        int32 [stops]: s from alighting to being ready to board at the same stop, inside the gates.
    entry_s, exit_s
        int32 [stops]: s from the street to before the gate, and from alighting to the street.
    """

    stops: pd.DataFrame
    routes: pd.DataFrame
    pattern_start: Int32s
    pattern_stops: Int32s
    can_board: Bools
    can_alight: Bools
    gate_s: Int32s
    pattern_trips_start: Int32s
    trip_ids: NDArray[np.object_]
    trip_times_start: Int64s
    arrival_s: Int32s
    departure_s: Int32s
    run_arrival_s: Int32s
    run_departure_s: Int32s
    headway_pattern: Int32s
    headway_start_s: Int32s
    headway_end_s: Int32s
    headway_s: Int32s
    headway_exact: Bools
    transfer_start: Int32s
    transfer_stop: Int32s
    transfer_s: Int32s
    change_s: Int32s
    entry_s: Int32s
    exit_s: Int32s

    def __post_init__(self) -> None:
        """Close the arrays to writing."""
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def n_stops(self) -> int:
        """Number of stops."""
        return len(self.change_s)

    @property
    def n_patterns(self) -> int:
        """Number of stop patterns."""
        return len(self.gate_s)

    @property
    def n_trips(self) -> int:
        """Number of trips, those of headway services not counted."""
        return len(self.trip_ids)

    def stop_rows(self, ids: Iterable[str]) -> Int64s:
        """Return the rows of stops by their ids.

        Raises
        ------
        BadInputError
            An id is no stop; lists all of them.
        """
        wanted, known = list(ids), self.stops["stop_id"]
        rows = np.asarray(pd.Index(known).get_indexer(pd.Index(wanted)), np.int64)
        lost = dict.fromkeys(name for name, row in zip(wanted, rows, strict=True) if row < 0)
        if lost:
            raise BadInputError(
                Problem("stops", f"{name!r} is no stop of the timetable", suggest(str(name), list(known)))
                for name in lost
            )
        return rows

    @classmethod
    def from_trips(
        cls,
        stops: pd.DataFrame,
        stop_times: pd.DataFrame,
        *,
        routes: pd.DataFrame | None = None,
        frequencies: pd.DataFrame | None = None,
        transfers: pd.DataFrame | None = None,
        change_s: int = 0,
    ) -> Timetable:
        """Make a timetable of plain long tables.

        Trips of equal route, stops and rights to board and alight make a pattern; one that overtakes another
        begins a pattern of its own.

        Parameters
        ----------
        stops
            stop_id, lon, lat; and, if there are any, name_zh, name_en, complex, entry_s, exit_s, change_s.
            Blank seconds are 0, a blank change_s is the argument of that name.
        stop_times
            trip_id, sequence, stop_id, arrival_s, departure_s (whole s after midnight, none blank); and, if
            there are any, route_id, can_board, can_alight. Rows may be in any order; the sequences of a trip
            are all different, and every trip has two calls or more.
        routes
            route_id; and, if there are any, name, colour, gate_s. Routes that are not in it have blank labels
            and no gate.
        frequencies
            trip_id, start_s, end_s, headway_s, exact (bool). The trip then is only a pattern of times: it
            runs at these headways, by `headway_s` above, and never on its own. Bands of one trip do not
            overlap.
        transfers
            from_stop_id, to_stop_id, seconds. From a stop to itself it is the time to change there, in place
            of change_s. Of several rows for two stops the quickest counts.
        change_s
            Least time between alighting and boarding at a stop where nothing else is said, s.

        Raises
        ------
        BadInputError
            The tables do not fit together; lists every problem.
        """
        from network.timetable_builder import built  # noqa: PLC0415 - builds on this class

        return built(stops, stop_times, routes, frequencies, transfers, change_s)

    @classmethod
    def from_region(cls, region: Region, *, around: bool = True) -> Timetable:
        """Make the timetable of a region's services, with the gates, changes and walks of its parameters.

        Parameters
        ----------
        region
            Its rows count as they stand: take the region at the wanted date first.
        around
            Whether to add the trips of the day before that pass midnight, and those of the next morning:
            every day is alike. Searches need them, an exported day does not.

        Returns
        -------
        Timetable
            Its stops are the region's stations, its routes the services. A service with headways runs at that
            of each period, and between the periods at its longest, from its first to its last departure.
        """
        from network.region_timetable import region_timetable  # noqa: PLC0415 - builds on this class

        return region_timetable(region, around=around)

    @classmethod
    def from_gtfs(cls, paths: Sequence[str | Path], date: date | str) -> Timetable:
        """Read the timetable of a day from GTFS feeds; see `network.gtfs.read_timetable`.

        Parameters
        ----------
        paths
            One or more feeds, each a zip file or a folder.
        date
            The day, or its text YYYY-MM-DD.

        Raises
        ------
        BadInputError
            A feed cannot be read; lists every problem by file and row.
        """
        timetable: Timetable = import_module("network.gtfs").read_timetable(paths, date)
        return timetable
