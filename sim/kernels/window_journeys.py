"""Journeys behind single travel times of a window: which trips, from which call to which.

The search of `sim.kernels.window` keeps times alone. For the departures that are asked about it is run again
with one, two, … rides, all those of one origin and day together, as lanes; a journey is then read backwards
from its end: a trip that alights at the label's time, a call at which one was ready in time with one ride
less, and the link (or the access) by which one was. Journeys have the fewest rides among the quickest ones;
of equal ones the first in the order of the arrays counts, and the last call to board at. With time running
backwards all of it is the same, and the last ride is the first.

Arrays are those of `sim.kernels.window`; further ones:

=================  =======  ======================  ====================================================
array              dtype    shape                   meaning
=================  =======  ======================  ====================================================
off_start          int32    [platforms + 1]         first call of each platform in the two below
off_pattern        int32    [calls to alight at]    pattern that alights there
off_place          int32    [calls to alight at]    and its call, counted from the pattern's first
back_start         int32    [platforms + 1]         first link to each platform
back_from          int32    [links]                 platform that the link comes from
back_s             int32    [links]                 s of the link
query              int32    [queries, 5]            origin, draw, departure (s), destination, travel time (s)
legs               int32    [queries, rides, 6]     the last ride first: pattern, trip, call boarded and
                                                    alighted at (from the pattern's first), departure and
                                                    arrival (s)
ends               int32    [queries, 2]            rides, and time of being ready for the first one (s)
=================  =======  ======================  ====================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels._jit import in_lanes, jit
from sim.kernels.window import headway_trips, search


@jit
def _boarded(
    place, pattern, call, time_s, trips_start, trips_end, board_at,
    trip_s, trip_run, run_arrive_s, run_depart_s, ready,
):  # fmt: skip
    """Return trip and call by which one alights from a pattern at a call and time; -1, -1 if none does."""
    begin, end = np.int64(trips_start[pattern]), np.int64(trips_end[pattern])
    while begin < end:
        middle = (begin + end) >> 1
        if trip_s[middle] + run_arrive_s[trip_run[middle] + place] < time_s:
            begin = middle + 1
        else:
            end = middle
    while begin < trips_end[pattern] and trip_s[begin] + run_arrive_s[trip_run[begin] + place] == time_s:
        for board in range(place - 1, -1, -1):
            departure_s = trip_s[begin] + run_depart_s[trip_run[begin] + board]
            if ready[board_at[call + board]] <= departure_s:
                return begin, board
        begin += 1
    return -1, -1


@jit
def _read(
    platform,
    rides,
    timetable,
    off,
    back,
    trips_end,
    trip_s,
    ready,
    alight,
    leave_s,
    access_to,
    access_s,
    legs,
    ends,
):
    """Write the journey that alights on a platform after so many rides; return whether it was found."""
    (
        pattern_start, board_at, _, trips_start, trip_run, run_arrive_s, run_depart_s, _, _, _, _, _, _,
    ) = timetable  # fmt: skip
    off_start, off_pattern, off_place = off
    back_start, back_from, back_s = back
    at, many = rides, 0
    while True:
        time_s = alight[at, platform]
        while at > 1 and alight[at - 1, platform] == time_s:
            at -= 1  # fewer rides do
        trip = -1
        for row in range(off_start[platform], off_start[platform + 1]):
            pattern, place = off_pattern[row], off_place[row]
            call = pattern_start[pattern]
            trip, board = _boarded(
                place, pattern, call, time_s, trips_start, trips_end, board_at,
                trip_s, trip_run, run_arrive_s, run_depart_s, ready[at - 1],
            )  # fmt: skip
            if trip >= 0:
                break
        if trip < 0:
            return False
        leg = legs[many]
        leg[0], leg[1], leg[2], leg[3] = pattern, trip, board, place
        leg[4], leg[5] = trip_s[trip] + run_depart_s[trip_run[trip] + board], time_s
        many += 1
        at -= 1
        platform = board_at[call + board]
        since_s = ready[at, platform]
        for row in range(access_to.size):
            if access_to[row] == platform and leave_s + access_s[row] == since_s:
                ends[0], ends[1] = many, since_s
                return True
        if at == 0:
            return False
        found = -1
        for row in range(back_start[platform], back_start[platform + 1]):
            if alight[at, back_from[row]] + back_s[row] == since_s:
                found = back_from[row]
                break
        if found < 0:
            return False
        platform = found


@jit
def _are_equal(one, other):
    """Whether two tables are equal."""
    for row in range(one.shape[0]):
        for column in range(one.shape[1]):
            if one[row, column] != other[row, column]:
                return False
    return True


@jit
def _lanes(begin, end, query, leave_s):
    """Write the departures of one origin and day from query `begin` on, as many as there is room for.

    Returns
    -------
    lanes, stop : int
        How many there are, and the query after the last one that asks for them.
    """
    lanes, stop = 0, begin
    while stop < end and query[stop, 0] == query[begin, 0] and query[stop, 1] == query[begin, 1]:
        if lanes == 0 or query[stop, 2] != leave_s[lanes - 1]:
            if lanes == leave_s.size:
                break
            leave_s[lanes] = query[stop, 2]
            lanes += 1
        stop += 1
    return lanes, stop


@jit
def _share(
    thread, threads, timetable, off, back, bands, phases, backward, limit_s, max_rides,
    access_start, access_to, access_s, egress, every_trips_end, every_trip_s, work, ready_room, alight_room,
    query, legs, ends,
):  # fmt: skip
    """Read the journeys of one share of the queries; those of equal origin and draw share their searches."""
    (
        pattern_start, board_at, alight_at, trips_start, trip_run, run_arrive_s, run_depart_s,
        at_start, at_pattern, at_place, link_start, link_to, link_s,
    ) = timetable  # fmt: skip
    band_pattern, band_start_s, band_end_s, band_headway_s, band_exact = bands
    low, high, improved, touched, is_touched, soon_low, soon_high, first, queue = (
        work[0][thread], work[1][thread], work[2][thread], work[3][thread], work[4][thread],
        work[5][thread], work[6][thread], work[7][thread], work[8][thread],
    )  # fmt: skip
    trips_end, trip_s = every_trips_end[thread], every_trip_s[thread]
    egress_start, egress_from, egress_s = egress
    rows = at_start.size + 1
    most_s = np.empty(ready_room.shape[1] // ((max_rides + 1) * rows), np.int32)
    share = (query.shape[0] + threads - 1) // threads
    row, end = thread * share, min((thread + 1) * share, query.shape[0])
    while row < end:
        lanes, stop = _lanes(row, end, query, most_s)
        leave_s, shape = most_s[:lanes], (max_rides + 1, rows, lanes)
        size = shape[0] * shape[1] * shape[2]
        ready_by = ready_room[thread, :size].reshape(shape)
        alight_by = alight_room[thread, :size].reshape(shape)
        reach = slice(access_start[query[row, 0]], access_start[query[row, 0] + 1])
        headway_trips(
            band_pattern, band_start_s, band_end_s, band_headway_s, band_exact,
            phases[query[row, 1]], backward, trips_start, trips_end, trip_s,
        )  # fmt: skip
        most = max_rides
        for rides in range(max_rides + 1):
            search(
                pattern_start, board_at, alight_at, trips_start, trips_end, trip_s, trip_run,
                run_arrive_s, run_depart_s, at_start, at_pattern, at_place, link_start, link_to, link_s,
                leave_s, access_to[reach], access_s[reach], limit_s, rides,
                ready_by[rides], alight_by[rides],
                low, high, improved, touched, is_touched, soon_low, soon_high, first, queue,
            )  # fmt: skip
            if rides > 0 and _are_equal(alight_by[rides], alight_by[rides - 1]):
                most = rides  # no ride more helps
                break
        lane = 0
        for one in range(row, stop):
            while leave_s[lane] != query[one, 2]:
                lane += 1
            goal, time_s = query[one, 3], query[one, 4]
            ends[one, 0] = -1
            for rides in range(1, most + 1):
                for way in range(egress_start[goal], egress_start[goal + 1]):
                    platform = egress_from[way]
                    arrival_s = alight_by[rides, platform, lane] + egress_s[way]
                    if ends[one, 0] < 0 and arrival_s == leave_s[lane] + time_s:
                        found = _read(
                            platform, rides, timetable, off, back, trips_end, trip_s,
                            ready_by[:, :, lane], alight_by[:, :, lane],
                            leave_s[lane], access_to[reach], access_s[reach], legs[one], ends[one],
                        )  # fmt: skip
                        if not found:
                            ends[one, 0] = -2
        row = stop


def window_journeys(*arguments: Any) -> None:
    """Read the journey of each query.

    Parameters
    ----------
    *arguments
        In this order; those that are not described are those of `sim.kernels.window.window_times`.

        - timetable;
        - off, back: tuples of the three arrays of that name;
        - bands, phases, backward, limit_s, max_rides, access_start, access_to, access_s, egress, trips_end,
          trip_s;
        - work: tuple of the workspaces of `search` behind the labels, each with a first axis of threads;
        - ready_room, alight_room: int32 [threads, (rides + 1) × (platforms + 2) × lanes], workspace for
          labels of so many lanes;
        - query: sorted by origin, draw and departure;
        - legs, ends: written; -1 rides where there is no journey.
    """
    in_lanes(_share, arguments[_TRIP_S].shape[0], *arguments)


_TRIP_S = 13  # place of trip_s among the arguments of `window_journeys`
