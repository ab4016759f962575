"""Journeys of a window: the vehicles behind single travel times, and the parts that sum to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.timetable import Timetable
    from sim.platforms import Platforms

    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]

WINDOW_PARTS = ("access", "entry", "wait", "ride", "transfer", "exit", "egress")


class Ride(NamedTuple):
    """One vehicle of a journey.

    Attributes
    ----------
    pattern, trip
        Rows of the timetable's patterns and trips; trip -1 is one of a headway service.
    board, alight
        Calls, counted from the pattern's first.
    from_stop, to_stop
        Rows of the stops.
    departure_s, arrival_s
        s after midnight.
    change_s
        The change or walk before it, its gate included, s; 0 before the first ride.
    wait_s
        The wait before it, s.
    """

    pattern: int
    trip: int
    board: int
    alight: int
    from_stop: int
    to_stop: int
    departure_s: int
    arrival_s: int
    change_s: int
    wait_s: int


@dataclass(frozen=True, eq=False, slots=True)
class Journeys:
    """Journeys of queries; see `sim.window.Window.journeys`.

    Attributes
    ----------
    timetable, platforms
        What was searched.
    query
        int32 [queries, 5]: row of the origin, draw, departure (s), row of the destination, travel time (s).
    legs, ends
        int32 [queries, rides, 6] and [queries, 4]; see `sim.kernels.window_journeys`.
    least_s
        Least time between reaching a stop and a departure, s; it counts as wait.
    from_inside, to_inside
        Whether origins and destinations are behind the gates.
    """

    timetable: Timetable
    platforms: Platforms
    query: Int32s
    legs: Int32s
    ends: Int32s
    least_s: int
    from_inside: bool
    to_inside: bool

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.query)

    @property
    def n_rides(self) -> Int64s:
        """Number of rides of each journey; 0 where one walks all the way, [queries]."""
        return np.maximum(self.ends[:, 0].astype(np.int64), 0)

    def parts_s(self) -> Int64s:
        """Return the parts of each journey, whole s that sum to the travel time, int64 [queries, 7].

        Columns are `WINDOW_PARTS`. A gate is part of the entry, or after a walk of the transfer; all waiting
        is in the wait. Who walks all the way has access alone.
        """
        rides = self.n_rides
        left_s, time_s = self.query[:, 2].astype(np.int64), self.query[:, 4].astype(np.int64)
        board, alight, change_s, wait_s = self._stops_and_times()
        used = np.arange(self.legs.shape[1]) < rides[:, None]
        some = rides > 0
        last = np.maximum(rides - 1, 0)
        row = np.arange(len(rides))
        ride_s = np.where(used, self._leg(5) - self._leg(4), 0).sum(axis=1)
        entry_s = self._entry_s(board[:, 0])
        access_s = self.ends[:, 3] - left_s - entry_s - self.least_s
        exit_s = self.timetable.exit_s.astype(np.int64)[alight[row, last]] * (not self.to_inside)
        egress_s = time_s - (self._leg(5)[row, last] - left_s) - exit_s
        columns = (
            np.where(some, access_s, time_s), np.where(some, entry_s, 0), wait_s.sum(axis=1), ride_s,
            change_s.sum(axis=1), np.where(some, exit_s, 0), np.where(some, egress_s, 0),
        )  # fmt: skip
        return np.stack(columns, axis=1).astype(np.int64)

    def rides(self, row: int) -> list[Ride]:
        """Return the vehicles of one journey in order; none where one walks all the way."""
        board, alight, change_s, wait_s = self._stops_and_times()
        found = []
        for at in range(int(self.n_rides[row])):
            pattern, trip, begin, end, departure_s, arrival_s = (int(self._leg(n)[row, at]) for n in range(6))
            found.append(
                Ride(
                    int(self.platforms.pattern[pattern]), int(self.platforms.trip[trip]), begin, end,
                    int(board[row, at]), int(alight[row, at]), departure_s, arrival_s,
                    int(change_s[row, at]), int(wait_s[row, at]),
                )
            )  # fmt: skip
        return found

    def _leg(self, column: int) -> Int64s:
        """Return one column of the legs, the first ride first, 0 beyond the last, int64 [queries, rides]."""
        rides = self.n_rides
        place = rides[:, None] - 1 - np.arange(self.legs.shape[1])
        found = np.take_along_axis(self.legs[:, :, column], np.maximum(place, 0), axis=1)
        return np.where(place >= 0, found, 0).astype(np.int64)

    def _entry_s(self, stop: Int64s) -> Int64s:
        """Return entry and gate before the first ride, s, [queries]."""
        if self.from_inside:
            return np.zeros(len(stop), np.int64)
        gate_s = self.platforms.gate_s[np.maximum(self.ends[:, 1], 0)]
        return (self.timetable.entry_s[stop] + gate_s).astype(np.int64)

    def _stops_and_times(self) -> tuple[Int64s, Int64s, Int64s, Int64s]:
        """Return stops boarded and alighted at, change and wait before, of each ride, [queries, rides]."""
        timetable, rides = self.timetable, self.n_rides
        pattern = self.platforms.pattern[self._leg(0)] if len(self.platforms.pattern) else self._leg(0)
        first = timetable.pattern_start[pattern]
        if not len(timetable.pattern_stops):
            none = np.zeros_like(self._leg(0))
            return none, none, none, none
        board = timetable.pattern_stops[first + self._leg(2)].astype(np.int64)
        alight = timetable.pattern_stops[first + self._leg(3)].astype(np.int64)
        number = np.arange(self.legs.shape[1])
        later = (number < rides[:, None]) & (number > 0)
        before = np.roll(alight, 1, axis=1)
        tails = np.repeat(np.arange(timetable.n_stops, dtype=np.int64), np.diff(timetable.transfer_start))
        keys = tails * timetable.n_stops + timetable.transfer_stop
        at = np.searchsorted(keys, before * timetable.n_stops + board)
        walk_s = np.append(timetable.transfer_s, 0)[np.minimum(at, len(keys))] + timetable.gate_s[pattern]
        change_s = np.where(before == board, timetable.change_s[board], walk_s)
        change_s = np.where(later, change_s, 0).astype(np.int64)
        since_s = np.where(number > 0, np.roll(self._leg(5), 1, axis=1) + change_s, 0)
        since_s[:, 0] = self.ends[:, 3] - self.least_s
        wait_s = np.where(number < rides[:, None], self._leg(4) - since_s, 0)
        return board, alight, change_s, wait_s
