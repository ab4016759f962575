"""Journeys of a window: the vehicles behind single travel times, and the parts that sum to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.timetable import Timetable
    from sim.platforms import Platforms

    Bools = NDArray[np.bool_]
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


class Legs(NamedTuple):
    """The rides of journeys in order, int64 [journeys, rides]; 0 beyond a journey's last.

    Attributes
    ----------
    pattern, trip
        Rows of the timetable's patterns and trips; trip -1 is one of a headway service.
    board, alight
        Calls, counted from the pattern's first.
    departure_s, arrival_s
        s after midnight.
    """

    pattern: Int64s
    trip: Int64s
    board: Int64s
    alight: Int64s
    departure_s: Int64s
    arrival_s: Int64s


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys behind travel times; see `sim.window.Window.journeys`.

    Attributes
    ----------
    timetable
        What was searched.
    n_rides
        int64 [journeys]: number of rides; 0 where one walks all the way.
    leave_s, be_there_s
        int64 [journeys]: when one leaves, and when the travel time ends, s after midnight.
    legs
        The rides.
    to_gate_s
        int64 [journeys]: from leaving to being ready for the first ride, least time to a departure included.
    from_train_s
        int64 [journeys]: from alighting last to the destination.
    least_s
        Least time between reaching a stop and a departure, s; it counts as wait.
    from_inside, to_inside
        Whether origins and destinations are behind the gates.
    """

    timetable: Timetable
    n_rides: Int64s
    leave_s: Int64s
    be_there_s: Int64s
    legs: Legs
    to_gate_s: Int64s
    from_train_s: Int64s
    least_s: int
    from_inside: bool
    to_inside: bool

    def __len__(self) -> int:
        """Return the number of journeys."""
        return len(self.n_rides)

    @property
    def time_s(self) -> Int64s:
        """Travel times, s, int64 [journeys]."""
        return self.be_there_s - self.leave_s

    @cached_property
    def slack_s(self) -> Int64s:
        """How long one is there before the time to arrive by, s; 0 where one leaves at a time."""
        row, last = np.arange(len(self)), np.maximum(self.n_rides - 1, 0)
        early_s = self.be_there_s - self.from_train_s - self.legs.arrival_s[row, last]
        return np.where(self.n_rides > 0, early_s, 0)

    def parts_s(self) -> Int64s:
        """Return the parts of each journey, whole s that sum to the travel time, int64 [journeys, 7].

        Columns are `WINDOW_PARTS`. A gate is part of the entry, or after a walk of the transfer; all waiting
        is in the wait, that at the destination for the time to arrive by included. Who walks all the way has
        access alone.
        """
        some = self.n_rides > 0
        entry_s, exit_s = self._entry_s(), self._exit_s()
        parts = (
            np.where(some, self.to_gate_s - entry_s - self.least_s, self.time_s),
            np.where(some, entry_s, 0),
            self._wait_s.sum(axis=1) + self.slack_s,
            np.where(self._used, self.legs.arrival_s - self.legs.departure_s, 0).sum(axis=1),
            self._change_s.sum(axis=1),
            np.where(some, exit_s, 0),
            np.where(some, self.from_train_s - exit_s, 0),
        )
        return np.stack(parts, axis=1).astype(np.int64)

    def rides(self, row: int) -> list[Ride]:
        """Return the vehicles of one journey in order; none where one walks all the way."""
        legs = self.legs
        columns = (
            legs.pattern, legs.trip, legs.board, legs.alight, self._board, self._alight,
            legs.departure_s, legs.arrival_s, self._change_s, self._wait_s,
        )  # fmt: skip
        return [Ride(*(int(column[row, at]) for column in columns)) for at in range(int(self.n_rides[row]))]

    # ----------------------------------------------------------------------------------------- ride by ride

    @cached_property
    def _used(self) -> Bools:
        """Which places of the legs hold a ride."""
        return np.arange(self.legs.board.shape[1]) < self.n_rides[:, None]

    @cached_property
    def _board(self) -> Int64s:
        """Stop boarded at by each ride."""
        return self._stop(self.legs.board)

    @cached_property
    def _alight(self) -> Int64s:
        """Stop alighted at by each ride."""
        return self._stop(self.legs.alight)

    def _stop(self, call: Int64s) -> Int64s:
        """Return the stop of a call of each ride."""
        stops = self.timetable.pattern_stops
        if not len(stops):
            return np.zeros_like(call)
        return np.asarray(stops[self.timetable.pattern_start[self.legs.pattern] + call], np.int64)

    def _entry_s(self) -> Int64s:
        """Return entry and gate before the first ride, s, [journeys]."""
        timetable = self.timetable
        if self.from_inside or not timetable.n_patterns:
            return np.zeros(len(self), np.int64)
        gate_s = timetable.gate_s[self.legs.pattern[:, 0]]
        return (timetable.entry_s[self._board[:, 0]] + gate_s).astype(np.int64)

    def _exit_s(self) -> Int64s:
        """Return the exit after the last ride, s, [journeys]."""
        if self.to_inside or not self.timetable.n_patterns:
            return np.zeros(len(self), np.int64)
        last = self._alight[np.arange(len(self)), np.maximum(self.n_rides - 1, 0)]
        return self.timetable.exit_s[last].astype(np.int64)

    @cached_property
    def _change_s(self) -> Int64s:
        """Change, or walk and gate, before each ride but the first, s."""
        timetable = self.timetable
        later = self._used & (np.arange(self._used.shape[1]) > 0)
        if not timetable.n_patterns:
            return np.zeros(later.shape, np.int64)
        before = np.roll(self._alight, 1, axis=1)
        tails = np.repeat(np.arange(timetable.n_stops, dtype=np.int64), np.diff(timetable.transfer_start))
        keys = tails * timetable.n_stops + timetable.transfer_stop
        at = np.searchsorted(keys, before * timetable.n_stops + self._board)
        walk_s = np.append(timetable.transfer_s, 0)[np.minimum(at, len(keys))]
        walk_s = walk_s + timetable.gate_s[self.legs.pattern]
        change_s = np.where(before == self._board, timetable.change_s[self._board], walk_s)
        return np.where(later, change_s, 0).astype(np.int64)

    @cached_property
    def _wait_s(self) -> Int64s:
        """Wait before each ride, s."""
        since_s = np.roll(self.legs.arrival_s, 1, axis=1) + self._change_s
        since_s[:, 0] = self.leave_s + self.to_gate_s - self.least_s
        return np.where(self._used, self.legs.departure_s - since_s, 0)


def journeys_of(
    timetable: Timetable,
    platforms: Platforms,
    query: Int32s,
    legs: Int32s,
    ends: Int32s,
    *,
    least_s: int,
    from_inside: bool,
    to_inside: bool,
) -> Journeys:
    """Return journeys as they run, of what `sim.kernels.window_journeys` wrote.

    Parameters
    ----------
    timetable, platforms
        What was searched, forwards or backwards.
    query, legs, ends
        As the kernel takes and writes them.
    least_s, from_inside, to_inside
        See `Journeys`.
    """
    rides = np.maximum(ends[:, 0].astype(np.int64), 0)
    row, used = np.arange(len(rides)), np.arange(legs.shape[1]) < rides[:, None]
    place = np.broadcast_to(np.arange(legs.shape[1]), used.shape)
    if not platforms.backward:  # the kernel has the last ride first
        place = np.where(used, rides[:, None] - 1 - place, place)
    columns = np.where(used[..., None], np.take_along_axis(legs, place[..., None], axis=1), 0)
    pattern, trip, board, alight, departure_s, arrival_s = np.moveaxis(columns.astype(np.int64), 2, 0)
    first_s, time_s = query[:, 2].astype(np.int64), query[:, 4].astype(np.int64)
    near_s = ends[:, 1] - first_s  # from where the search began
    last = np.maximum(rides - 1, 0)
    if platforms.backward:
        length = np.diff(platforms.arrays.pattern_start).astype(np.int64)
        calls = np.where(used, length[pattern] - 1, 0) if len(length) else np.zeros_like(pattern)
        board, alight = calls - alight, calls - board
        departure_s, arrival_s = -arrival_s, -departure_s
        leave_s, be_there_s = -first_s - time_s, -first_s
        to_gate_s, from_train_s = departure_s[:, 0] - leave_s, near_s
    else:
        leave_s, be_there_s = first_s, first_s + time_s
        to_gate_s, from_train_s = near_s, be_there_s - arrival_s[row, last]
    named = platforms.pattern.astype(np.int64), platforms.trip.astype(np.int64)
    pattern, trip = (
        np.where(used, np.append(names, 0)[at], 0) for names, at in zip(named, (pattern, trip), strict=True)
    )
    return Journeys(
        timetable, rides, leave_s, be_there_s, Legs(pattern, trip, board, alight, departure_s, arrival_s),
        to_gate_s, from_train_s, least_s, from_inside, to_inside,
    )  # fmt: skip
