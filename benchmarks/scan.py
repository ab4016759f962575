"""A plain connection scan, afresh for each departure: what the window engine is measured against.

Dibbelt, Pajor, Strasser & Wagner (2018), "Connection scan algorithm": all connections of the day in order of
departure; one is taken if its trip is ridden already or its stop is reached in time. Any number of rides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.kernels._jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.timetable import Timetable

    Int32s = NDArray[np.int32]

NEVER = 1 << 30


class Connections(NamedTuple):
    """Connections in order of departure, and the walks between stops: int32 arrays, s."""

    departure_s: Int32s
    arrival_s: Int32s
    start: Int32s
    end: Int32s
    trip: Int32s
    link_start: Int32s
    link_to: Int32s
    link_s: Int32s
    change_s: Int32s


def connections_of(timetable: Timetable, least_s: int) -> Connections:
    """Return the connections of a timetable's trips; headway services and rights to board are left out."""
    length = np.diff(timetable.pattern_start)
    pattern = np.repeat(np.arange(timetable.n_patterns), np.diff(timetable.pattern_trips_start))
    hops = length[pattern] - 1
    trip = np.repeat(np.arange(timetable.n_trips), hops)
    within = np.arange(len(trip)) - np.repeat(np.cumsum(hops) - hops, hops)
    time = timetable.trip_times_start[trip] + within
    call = timetable.pattern_start[pattern[trip]] + within
    departure_s = timetable.departure_s[time]
    order = np.lexsort((within, trip, departure_s))
    columns = (
        departure_s, timetable.arrival_s[time + 1],
        timetable.pattern_stops[call], timetable.pattern_stops[call + 1], trip,
    )  # fmt: skip
    departure, arrival, start, end, trips = (np.ascontiguousarray(one[order], np.int32) for one in columns)
    change_s = np.maximum(timetable.change_s, np.int32(least_s))
    links = timetable.transfer_start, timetable.transfer_stop, timetable.transfer_s + np.int32(least_s)
    return Connections(departure, arrival, start, end, trips, *links, change_s)


@jit
def scan(  # type: ignore[no-untyped-def]
    connections,  # noqa: ANN001 - as all arguments of kernels
    source,  # noqa: ANN001
    leave_s,  # noqa: ANN001
    least_s,  # noqa: ANN001
    limit_s,  # noqa: ANN001
    ready,  # noqa: ANN001
    arrival,  # noqa: ANN001
    aboard,  # noqa: ANN001
) -> None:
    """Write the earliest arrival at every stop of who is at one at a time."""
    departure_s, arrival_s, start, end, trip, link_start, link_to, link_s, change_s = connections
    ready[:] = NEVER
    arrival[:] = NEVER
    aboard[:] = False
    ready[source] = leave_s + least_s
    for at in range(np.searchsorted(departure_s, leave_s), departure_s.size):
        if departure_s[at] > leave_s + limit_s:
            break
        if not aboard[trip[at]]:
            if ready[start[at]] > departure_s[at]:
                continue
            aboard[trip[at]] = True
        time_s, stop = arrival_s[at], end[at]
        if time_s < arrival[stop]:
            arrival[stop] = time_s
            ready[stop] = min(ready[stop], time_s + change_s[stop])
            for link in range(link_start[stop], link_start[stop + 1]):
                ready[link_to[link]] = min(ready[link_to[link]], time_s + link_s[link])
