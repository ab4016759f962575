"""Earliest arrivals in plain Python: one departure, every trip tried, a heap of (time, rides, where).

Written from the meaning of a timetable and not from the program: it reads the same plain tables as the builder.
"""

import heapq
from dataclasses import dataclass, field


@dataclass
class Plain:
    """A timetable as rows: what `network.timetable.Timetable.from_trips` is given."""

    stops: list  # (stop, entry_s, exit_s, change_s)
    trips: dict  # trip: (route, [(stop, arrival_s, departure_s, can_board, can_alight)])
    gates: dict = field(default_factory=dict)  # route: s
    walks: dict = field(default_factory=dict)  # (stop, stop): s
    bands: dict = field(default_factory=dict)  # trip: [(start_s, end_s, headway_s, first departure_s)]

    def runs(self):
        """Every run of every trip: route and calls; headway trips at each of their departures."""
        for trip, (route, calls) in self.trips.items():
            if trip not in self.bands:
                yield route, calls
                continue
            for _, end, headway, first in self.bands[trip]:
                for leave in range(first, end, headway):
                    shift = leave - calls[0][2]
                    yield route, [(stop, a + shift, d + shift, *rights) for stop, a, d, *rights in calls]


def arrivals(  # noqa: C901, PLR0912 - as plain as can be
    plain, access, leave, *, least=0, most_rides=8
):
    """Earliest alighting at every stop, {stop: s after midnight}, of who leaves at `leave` with {stop: s} to walk."""
    info = {stop: rest for stop, *rest in plain.stops}
    boardings = {}
    for route, calls in plain.runs():
        for at, (stop, _, departure, board, _) in enumerate(calls):
            if board:
                boardings.setdefault(stop, []).append((departure, plain.gates.get(route, 0), calls[at + 1 :]))
    heap, best, fewest = [], {}, {}
    for stop, seconds in access.items():
        heapq.heappush(heap, (leave + seconds + info[stop][0] + least, 0, "street", stop))
    while heap:
        now, rides, kind, stop = heapq.heappop(heap)
        if fewest.get((kind, stop), 99) <= rides:
            continue  # was here sooner, with no more rides
        fewest[kind, stop] = rides
        if kind == "alighted":
            best.setdefault(stop, now)
            heapq.heappush(heap, (now + max(info[stop][2], least), rides, "inside", stop))
            for (one, other), seconds in plain.walks.items():
                if one == stop:
                    heapq.heappush(heap, (now + seconds + least, rides, "street", other))
            continue
        if rides == most_rides:
            continue
        for departure, gate, later in boardings.get(stop, ()):
            if departure >= now + (gate if kind == "street" else 0):
                for other, arrival, _, _, alight in later:
                    if alight:
                        heapq.heappush(heap, (arrival, rides + 1, "alighted", other))
    return best


def travel_times(plain, access, leave, *, limit, least=0, most_rides=8):
    """Seconds from leaving to the street at each stop, {stop: s}; stops beyond the limit are left out."""
    info = {stop: rest for stop, *rest in plain.stops}
    found = arrivals(plain, access, leave, least=least, most_rides=most_rides)
    times = {stop: at + info[stop][1] - leave for stop, at in found.items()}
    times |= {stop: min(s, times.get(stop, s)) for stop, s in access.items()}
    return {stop: seconds for stop, seconds in times.items() if seconds <= limit}


def planned_time(plain, access, free_from, stop, *, limit, least=0, most_rides=8):
    """Travel time to a stop of who knows the timetable: leaves within the limit, arrives first, then leaves last."""
    info = {name: rest for name, *rest in plain.stops}
    moments = set()
    for route, calls in plain.runs():
        for name, _, departure, board, _ in calls[:-1]:
            if board and name in access:
                moments.add(departure - plain.gates.get(route, 0) - info[name][0] - least - access[name])
    best = None
    for leave in sorted(one for one in moments if free_from <= one <= free_from + limit):
        found = travel_times(plain, access, leave, limit=limit, least=least, most_rides=most_rides)
        if stop in found and (best is None or (leave + found[stop], -leave) < best):
            best = leave + found[stop], -leave
    return None if best is None else best[0] + best[1]


def planned_time_by(  # noqa: C901 - as plain as can be
    plain, access, goal, deadlines, *, limit, least=0, most_rides=8
):
    """Travel times of who knows the timetable: there within the limit before, leaves last, then arrives first."""
    info = {name: rest for name, *rest in plain.stops}
    leaves, times = set(), set()
    for route, calls in plain.runs():
        for name, _, departure, board, _ in calls[:-1]:
            if board and name in access:
                leaves.add(departure - plain.gates.get(route, 0) - info[name][0] - least - access[name])
        for name, arrival, _, _, alight in calls[1:]:
            if alight and name in goal:
                times.add(arrival + info[name][1] + goal[name])
    arrival_of = {}
    for leave in leaves:
        if min(deadlines) - 2 * limit <= leave <= max(deadlines):
            found = arrivals(plain, access, leave, least=least, most_rides=most_rides)
            at = [found[stop] + info[stop][1] + seconds for stop, seconds in goal.items() if stop in found]
            if at:
                arrival_of[leave] = min(at)
    answers = []
    for deadline in deadlines:
        best = None
        for time in times:
            last = max((leave for leave, at in arrival_of.items() if at <= time), default=None)
            if last is None or not deadline - limit <= time <= deadline or time - last > limit:
                continue
            if best is None or (last, -time) > best:
                best = last, -time
        answers.append(None if best is None else -best[1] - best[0])
    return answers
