"""A timetable as the window kernels take it: platforms, calls, trips and links, forwards or backwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.timetable import Timetable
    from sim.points import Access, Points

    Bools = NDArray[np.bool_]
    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]


class Ways(NamedTuple):
    """Ways between points and platforms, as the kernels take them: see `Access`."""

    start: Int32s
    to: Int32s
    seconds: Int32s


class Arrays(NamedTuple):
    """The timetable's arrays for `sim.kernels.window`, in its order."""

    pattern_start: Int32s
    board_at: Int32s
    alight_at: Int32s
    trips_start: Int32s
    trip_run: Int32s
    run_arrive_s: Int32s
    run_depart_s: Int32s
    at_start: Int32s
    at_pattern: Int32s
    at_place: Int32s
    link_start: Int32s
    link_to: Int32s
    link_s: Int32s


class Bands(NamedTuple):
    """The headway bands for `sim.kernels.window`, in its order; sorted by pattern and start."""

    pattern: Int32s
    start_s: Int32s
    end_s: Int32s
    headway_s: Int32s
    exact: Bools


@dataclass(frozen=True, eq=False)
class Platforms:
    """The part of a timetable that runs between two times.

    A platform is a stop as seen by the patterns of one gate time. What stands between alighting at a stop and
    boarding at a platform (changing, walking, the gate) is one link, so that the search knows no gates.

    Attributes
    ----------
    arrays, bands
        What the kernels take.
    trips_end, trip_s
        int32 [patterns], int32 [trips]: the trips, those of headway patterns still blank.
    stop, gate_s
        int32 [platforms]: stop and gate time of each platform.
    pattern
        int32 [patterns]: row of each pattern in the timetable.
    trip
        int32 [trips]: row of each trip in the timetable, -1 of a headway pattern.
    backward
        Whether time runs backwards: then all times are negative clocks, and boarding is alighting.
    """

    arrays: Arrays
    bands: Bands
    trips_end: Int32s
    trip_s: Int32s
    stop: Int32s
    gate_s: Int32s
    pattern: Int32s
    trip: Int32s
    backward: bool

    @cached_property
    def by_stop(self) -> tuple[Int64s, Int64s]:
        """Platforms by stop: rows, and the first of each stop."""
        return _by_value(self.stop, int(self.stop.max(initial=-1)) + 1)

    @property
    def count(self) -> int:
        """Number of platforms."""
        return len(self.stop)

    @property
    def by_chance(self) -> bool:
        """Whether a headway's phase is not known, so that draws differ."""
        return not bool(self.bands.exact.all())

    def entries(self, timetable: Timetable, points: Points, least_s: int) -> Ways:
        """Return the ways from points to where one can board: access, entry, gate, and the least time."""
        least = np.full(self.count, least_s, np.int32)
        if points.inside:
            return self._ways(points.access, np.zeros_like(timetable.entry_s), least)
        return self._ways(points.access, timetable.entry_s, self.gate_s + least)

    def exits(self, timetable: Timetable, points: Points) -> Ways:
        """Return the ways from alighting to points: exit and egress."""
        exit_s = np.zeros_like(timetable.exit_s) if points.inside else timetable.exit_s
        return self._ways(points.access, exit_s, np.zeros(self.count, np.int32))

    def alightings(self) -> tuple[Int32s, Int32s, Int32s]:
        """Return, by platform, the patterns that one can alight from there, and the call of each."""
        start = self.arrays.pattern_start.astype(np.int64)
        place = np.arange(len(self.arrays.alight_at)) - np.repeat(start[:-1], np.diff(start))
        pattern = np.repeat(np.arange(len(start) - 1), np.diff(start))
        rows = np.flatnonzero((self.arrays.alight_at < self.count) & (place > 0))
        order, off_start = _by_value(self.arrays.alight_at[rows], self.count)
        return _narrow(off_start, pattern[rows][order], place[rows][order])

    def links_back(self) -> tuple[Int32s, Int32s, Int32s]:
        """Return the links by the platform that they lead to: start, platform of origin, s."""
        links = (self.arrays.link_start, self.arrays.link_to, self.arrays.link_s)
        return _narrow(*_transposed(*(part.astype(np.int64) for part in links)))

    def _ways(self, access: Access, stop_s: Int32s, platform_s: Int32s) -> Ways:
        """Return the ways by platform that lead by a stop."""
        order, start = self.by_stop
        many = np.diff(start)[access.stop]
        way = np.repeat(np.arange(len(access.stop)), many)
        platform = order[_flat(start[:-1][access.stop], many)]
        seconds = access.seconds[way] + stop_s[access.stop[way]] + platform_s[platform]
        ends = np.append(0, np.cumsum(many))[access.start]
        return Ways(ends.astype(np.int32), platform.astype(np.int32), seconds.astype(np.int32))


def platforms(
    timetable: Timetable, begin_s: int, end_s: int, *, least_s: int = 0, backward: bool = False
) -> Platforms:
    """Return the part of a timetable that runs between two times.

    Parameters
    ----------
    timetable
        The timetable.
    begin_s, end_s
        First and last second of interest after midnight; trips that are over before or begin after are left
        out.
    least_s
        Least time between reaching a stop and a departure, s: a change takes no less, a walk so much more.
    backward
        Whether time runs backwards, for arriving by a time.
    """
    length = np.diff(timetable.pattern_start)
    pattern_of_trip = np.repeat(np.arange(timetable.n_patterns), np.diff(timetable.pattern_trips_start))
    first_s = timetable.departure_s[timetable.trip_times_start[:-1]]
    last_s = timetable.arrival_s[timetable.trip_times_start[1:] - 1]
    runs = (last_s >= begin_s) & (first_s <= end_s)
    took_s = np.zeros(timetable.n_patterns, np.int64)
    took_s[length > 0] = timetable.run_arrival_s[timetable.pattern_start[1:][length > 0] - 1]
    band_runs = timetable.headway_start_s <= end_s
    band_runs &= timetable.headway_end_s + took_s[timetable.headway_pattern] >= begin_s
    room = np.bincount(pattern_of_trip[runs], minlength=timetable.n_patterns)
    band = np.flatnonzero(band_runs)
    most = -(-(timetable.headway_end_s - timetable.headway_start_s) // timetable.headway_s)[band]
    often = np.bincount(timetable.headway_pattern[band], weights=most, minlength=timetable.n_patterns)
    room = room + often.astype(np.int64)
    pattern = np.flatnonzero(room > 0)
    new = np.full(timetable.n_patterns, -1, np.int64)
    new[pattern] = np.arange(len(pattern))
    room, length = room[pattern], length[pattern]
    start = np.append(0, np.cumsum(length))
    call = _flat(timetable.pattern_start[:-1][pattern], length)
    trips_start = np.append(0, np.cumsum(room))
    trip = np.full(trips_start[-1], -1, np.int64)
    rows = np.flatnonzero(runs)
    frequent = often[pattern] > 0
    trip[~np.repeat(frequent, room)] = rows
    trip_run = np.repeat(len(timetable.arrival_s) + start[:-1], room)
    trip_run[trip >= 0] = timetable.trip_times_start[trip[trip >= 0]]
    platform, stop, gate_s = _platform_rows(timetable, pattern, length, call)
    link_start, link_to, link_s = _links(timetable, stop, gate_s, least_s)
    board_at = np.where(timetable.can_board[call], platform, len(stop))
    alight_at = np.where(timetable.can_alight[call], platform, len(stop) + 1)
    arrive_s = np.append(timetable.arrival_s, timetable.run_arrival_s[call]).astype(np.int64)
    depart_s = np.append(timetable.departure_s, timetable.run_departure_s[call]).astype(np.int64)
    bands = Bands(
        new[timetable.headway_pattern[band]].astype(np.int32), timetable.headway_start_s[band],
        timetable.headway_end_s[band], timetable.headway_s[band], timetable.headway_exact[band],
    )  # fmt: skip
    if backward:
        place = _flat(start[:-1], length)
        turned = np.repeat(start[1:] + start[:-1] - 1, length) - place
        board_at, alight_at = (
            np.where(alight_at > len(stop), len(stop), alight_at)[turned],
            np.where(board_at >= len(stop), len(stop) + 1, board_at)[turned],
        )
        order = np.repeat(trips_start[1:] + trips_start[:-1] - 1, room) - np.arange(len(trip))
        trip, trip_run = trip[order], trip_run[order]
        arrive_s, depart_s = _turned(timetable, arrive_s, depart_s, turned)
        link_start, link_to, link_s = _transposed(link_start, link_to, link_s)
    at_start, at_pattern, at_place = _boardable(board_at, start, len(stop))
    return Platforms(
        arrays=Arrays(*(
            np.ascontiguousarray(array, np.int32)
            for array in (
                start, board_at, alight_at, trips_start[:-1], trip_run, arrive_s, depart_s,
                at_start, at_pattern, at_place, link_start, link_to, link_s,
            )
        )),
        bands=bands,
        trips_end=trips_start[1:].astype(np.int32),
        trip_s=np.zeros(len(trip), np.int32),
        stop=stop.astype(np.int32),
        gate_s=gate_s.astype(np.int32),
        pattern=pattern.astype(np.int32),
        trip=trip.astype(np.int32),
        backward=backward,
    )  # fmt: skip


def _platform_rows(
    timetable: Timetable, pattern: Int64s, length: Int64s, call: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """Return the platform of each call, and stop and gate of each platform; every stop has one or more."""
    stops = timetable.pattern_stops[call].astype(np.int64)
    gates = np.repeat(timetable.gate_s[pattern], length).astype(np.int64)
    unserved = np.setdiff1d(np.arange(timetable.n_stops), stops)
    both = np.stack([np.append(stops, unserved), np.append(gates, np.zeros_like(unserved))], axis=1)
    rows, platform = np.unique(both, axis=0, return_inverse=True)
    order = np.argsort(_along_a_curve(timetable)[rows[:, 0]], kind="stable")  # neighbours are near in memory
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[platform.ravel()[: len(call)]], rows[order, 0], rows[order, 1]


def _along_a_curve(timetable: Timetable) -> Int64s:
    """Return the place of each stop along a curve that fills the plane (Morton 1966), [stops]."""
    key = np.zeros(timetable.n_stops, np.int64)
    for shift, name in enumerate(("lon", "lat")):
        at = timetable.stops[name].to_numpy(np.float64)
        span = np.ptp(at) if len(at) else 0
        cell = ((at - at.min(initial=np.inf)) / (span or 1) * 65535).astype(np.int64)
        for bit in range(16):
            key |= (cell >> bit & 1) << (2 * bit + shift)
    return key


def _links(timetable: Timetable, stop: Int64s, gate_s: Int64s, least_s: int) -> tuple[Int64s, Int64s, Int64s]:
    """Return the links between platforms: changes within a stop, and walks to others with their gates."""
    count = timetable.n_stops
    tail = np.append(np.arange(count), np.repeat(np.arange(count), np.diff(timetable.transfer_start))).astype(
        np.int64
    )
    head = np.append(np.arange(count), timetable.transfer_stop).astype(np.int64)
    change_s = np.maximum(timetable.change_s, least_s)
    seconds = np.append(change_s, timetable.transfer_s + least_s).astype(np.int64)
    walks = np.append(np.zeros(count, bool), np.ones(len(timetable.transfer_stop), bool))
    order, start = _by_value(stop, count)
    for _ in range(2):  # from stops to all of their platforms: the tails, then the heads
        many = np.diff(start)[tail]
        row = np.repeat(np.arange(len(tail)), many)
        tail, head = head[row], order[_flat(start[:-1][tail], many)]
        seconds, walks = seconds[row], walks[row]
    seconds = seconds + np.where(walks, gate_s[head], 0)
    by_tail = np.lexsort((head, tail))
    link_start = np.append(0, np.cumsum(np.bincount(tail, minlength=len(stop))))
    return link_start, head[by_tail], seconds[by_tail]


def _boardable(board_at: Int64s, start: Int64s, count: int) -> tuple[Int64s, Int64s, Int64s]:
    """Return, by platform, the patterns that can be boarded there and the place of the call in each.

    Nobody boards at a pattern's last call.
    """
    length = np.diff(start)
    pattern = np.repeat(np.arange(len(length)), length)
    place = np.arange(len(board_at)) - np.repeat(start[:-1], length)
    rows = np.flatnonzero((board_at < count) & (place < np.repeat(length, length) - 1))
    order, at_start = _by_value(board_at[rows], count)
    return at_start, pattern[rows][order], place[rows][order]


def _turned(
    timetable: Timetable, arrive_s: Int64s, depart_s: Int64s, turned: Int64s
) -> tuple[Int64s, Int64s]:
    """Return the times of all runs backwards: arrivals become departures, and the last comes first."""
    begin, end = timetable.trip_times_start[:-1], timetable.trip_times_start[1:]
    scheduled = np.repeat(begin + end - 1, end - begin) - np.arange(len(timetable.arrival_s))
    order = np.append(scheduled, len(timetable.arrival_s) + turned).astype(np.int64)
    return -depart_s[order], -arrive_s[order]


def _transposed(start: Int64s, head: Int64s, seconds: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Return links the other way round."""
    tail = np.repeat(np.arange(len(start) - 1), np.diff(start))
    order, turned_start = _by_value(head, len(start) - 1)
    return turned_start, tail[order], seconds[order]


def _narrow(one: Int64s, two: Int64s, three: Int64s) -> tuple[Int32s, Int32s, Int32s]:
    return one.astype(np.int32), two.astype(np.int32), three.astype(np.int32)


def _by_value(values: NDArray[np.integer], count: int) -> tuple[Int64s, Int64s]:
    """Return the rows sorted by value, 0 to count - 1, and the first of each value."""
    order = np.argsort(values, kind="stable")
    return order, np.append(0, np.cumsum(np.bincount(values, minlength=count)))


def _flat(start: NDArray[np.integer], length: NDArray[np.integer]) -> Int64s:
    """Return the places of several runs, each from its start on, one run after another."""
    ends = np.cumsum(length)
    return np.repeat(start - (ends - length), length) + np.arange(ends[-1] if len(ends) else 0)
