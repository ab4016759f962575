"""Times under many states of one network: a super-graph whose links are open, closed or re-timed by state.

The super-graph holds the links of all states at once. What differs between states stands in *entries* that
belong to a numbered state of some part of the network; a mask says which of these states hold. For each mask
the kernel times the legs from the rides whose states hold, closes what is not there, and searches from each
origin. Times and headways may be multiplied, mask by mask, to ask what would be needed and what may go
wrong; factors of one row hold for all masks, and gates are never multiplied. Nothing is allocated per mask:
a lane (one thread's share of the masks) brings its workspace.

=============  ========  ================  ==============================================================
array          dtype     shape             meaning
=============  ========  ================  ==============================================================
held           int32     [masks, parts]    number of the state that holds of each part of the network
leg_start      int32     [legs + 1]        first entry of each leg
entry_state    int32     [entries]         state that an entry (a ride of one service) belongs to
entry_trips    float64   [entries]         its departures in the period, above 0
entry_ride_s   float64   [entries]         its time in the vehicle, s
entry_gate_s   float64   [entries]         its gate, s
entry_line     int32     [entries]         its line
leg_cap_s      int64     [legs]            longest wait of a traveller who knows the timetable, s; -1: random
start, head    int32     [nodes + 1], …    the super-graph in compressed rows
fixed_s        int32     [links]           seconds of a link that no leg times
link_part      int32     [links]           part of the journey that these are, as a column of `part_by`, or -1
link_leg       int32     [links]           leg that times the link, or -1
link_state     int32     [links]           state that the link is there in, or -1: in all
link_end       int32     [links, 2]        ends whose stations open the link (end, -1) or (end, other end), or
                                           (-1, -1)
link_station   int32     [links]           station of a link that is open where it stands for its end
extra_s        int32     [links]           seconds that count in choosing only, and are left out of the result
ride_by        float64   [masks, lines]    what times in the vehicle are multiplied by
headway_by     float64   [masks, lines]    what headways are multiplied by
part_by        float64   [masks, 5]        what access, entry, transfer, exit and egress are multiplied by
=============  ========  ================  ==============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kernels._jit import in_lanes, jit
from sim.kernels.dijkstra import HORIZON_MAX_S, UNREACHED, lanes_of, one_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXPECTED, BEST, USUAL = 0, 1, 2
"""How a leg is timed: wait and mean ride of the services worth waiting for; the quickest; the median."""

_MILLIONTHS = (
    1e6  # sums keep six decimals, as `network.legs` has it, so that the order of adding decides nothing
)


def masked_times(
    held: NDArray[np.int32],
    factors: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    n_states: int,
    legs: tuple[NDArray[Any], ...],
    graph: tuple[NDArray[Any], ...],
    standing: tuple[NDArray[np.int32], NDArray[np.int32], int],
    origin: NDArray[np.int32],
    destination: NDArray[np.int32],
    *,
    way: int,
    period_s: int,
    threads: int | None = None,
) -> NDArray[np.int64]:
    """Return the times between ends under each mask.

    Parameters
    ----------
    held
        int32 [masks, parts], see the module.
    factors
        ride_by, headway_by, part_by.
    n_states
        Number of states.
    legs
        leg_start, entry_state, entry_trips, entry_ride_s, entry_gate_s, entry_line, leg_cap_s.
    graph
        start, head, fixed_s, link_part, link_leg, link_state, link_end, link_station, extra_s, tail.
    standing
        Which stations stand for which end, where that depends on the state: walking links as int32
        [walks, 3] (station, station, state; -1 is always there), and listed stations as int32 [rows, 3]
        (end, station, state), and the number of stations.
    origin, destination
        Nodes of the ends, int32.
    way
        `EXPECTED`, `BEST` or `USUAL`.
    period_s
        Length of the period, s.
    threads
        Threads to use at most; None is all. The result does not depend on it.

    Returns
    -------
    ndarray
        int64 [masks, origins, destinations], s; -1 where there is no journey.
    """
    masks, nodes, links = held.shape[0], graph[0].size - 1, graph[1].size
    lanes = lanes_of(masks, threads)
    walks, listed, n_stations = standing
    ends = max(
        origin.size, destination.size, 1 + int(graph[6].max(initial=0)), 1 + int(listed[:, 0].max(initial=0))
    )
    size = links + 2
    most = int(np.diff(legs[0]).max(initial=0))
    out = np.empty((masks, origin.size, destination.size), np.int64)
    work = (
        np.zeros((lanes, n_states + 1), np.bool_),
        np.empty((lanes, legs[0].size), np.int32),
        np.empty((lanes, links), np.int32),
        np.empty((lanes, n_stations), np.int32),
        np.empty((lanes, ends, n_stations), np.bool_),
        np.empty((lanes, size), np.int64),
        np.empty((lanes, size), np.int32),
        np.empty((lanes, nodes), np.int64),
        np.empty((lanes, nodes), np.int32),
        np.empty((lanes, nodes), np.int32),
        np.zeros(1, np.int32),
        np.empty((lanes, most), np.float64),
        np.empty((lanes, most), np.float64),
    )
    in_lanes(
        _masks, lanes,
        held, factors, legs, graph, walks, listed, origin, destination, way, period_s, work, out,
    )  # fmt: skip
    return out


@jit
def _rounded(value):
    """Round to six decimals."""
    return np.rint(value * _MILLIONTHS) / _MILLIONTHS


@jit
def _gathered(first, last, legs, on, ride_by, headway_by, times_s, many):
    """Write time and departures of the entries whose states hold, sorted by time; return their number."""
    _, state, trips, ride_s, gate_s, line, _ = legs
    count = 0
    for entry in range(first, last):
        if not on[state[entry]]:
            continue
        time_s = gate_s[entry] + np.floor(ride_s[entry] * ride_by[line[entry]] + 0.5)
        often = trips[entry] / headway_by[line[entry]]
        place = count
        while place > 0 and times_s[place - 1] > time_s:
            times_s[place], many[place] = times_s[place - 1], many[place - 1]
            place -= 1
        times_s[place], many[place] = time_s, often
        count += 1
    return count


@jit
def _leg_s(count, times_s, many, cap_s, way, period_s):
    """Return the seconds of one leg from its rides, sorted by time; `UNREACHED` without any."""
    if count == 0:
        return np.int64(UNREACHED)
    if way == BEST:
        return np.int64(times_s[0])
    trips, spent, least = 0.0, 0.0, np.inf
    for ride in range(count):
        trips += many[ride]
        spent += many[ride] * times_s[ride]
        least = min(least, _rounded(period_s / (2 * trips) + spent / trips))
    if way == USUAL:
        met = 0.0
        for ride in range(count):
            met += many[ride]
            if _rounded(2 * met - trips) >= 0:
                return np.int64(times_s[ride])
    expected = np.int64(np.floor(least + 0.5))
    if cap_s >= 0:
        return min(expected, cap_s + np.int64(times_s[0]))
    return expected


@jit
def _root(above, station):
    """Return the root of a station's complex, halving the way to it."""
    while above[station] != station:
        above[station] = above[above[station]]
        station = above[station]
    return station


@jit
def _stand(walks, listed, on, above, stands):
    """Mark which complexes, by their roots, stand for each end."""
    for station in range(above.size):
        above[station] = station
    for walk in range(walks.shape[0]):
        state = walks[walk, 2]
        if state < 0 or on[state]:
            one, other = _root(above, walks[walk, 0]), _root(above, walks[walk, 1])
            if one != other:
                above[max(one, other)] = min(one, other)
    stands[:] = False
    for row in range(listed.shape[0]):
        state = listed[row, 2]
        if state < 0 or on[state]:
            stands[listed[row, 0], _root(above, listed[row, 1])] = True


@jit
def _is_open(link, link_state, link_end, link_station, on, above, stands):
    """Whether a link is there."""
    if link_state[link] >= 0 and not on[link_state[link]]:
        return False
    end, other = link_end[link, 0], link_end[link, 1]
    if end < 0:
        return True
    if other < 0:
        return stands[end, _root(above, link_station[link])]
    for root in range(above.size):  # noqa: SIM110 - Numba compiles a loop
        if stands[end, root] and stands[other, root]:
            return True
    return False


@jit
def _one_mask(
    held, factors, mask, legs, graph, walks, listed, origin, destination, way, period_s, work, lane, out
):  # fmt: skip
    """Write the times between all ends under one mask."""
    leg_start, leg_cap_s = legs[0], legs[6]
    start, head, fixed_s, link_part, link_leg, link_state, link_end, link_station, extra_s, tail = graph
    ride_by, headway_by, part_by = factors
    ride_by, headway_by = ride_by[min(mask, len(ride_by) - 1)], headway_by[min(mask, len(headway_by) - 1)]
    by = part_by[min(mask, len(part_by) - 1)]
    on, leg_s, seconds = work[0][lane], work[1][lane], work[2][lane]
    above, stands = work[3][lane], work[4][lane]
    heap, heap_node, label = work[5][lane], work[6][lane], work[7][lane]
    dist_s, parent = work[8][lane], work[9][lane]
    no_offset_s, times_s, many = work[10], work[11][lane], work[12][lane]
    for part in range(held.size):
        on[held[part]] = True
    for leg in range(leg_cap_s.size):
        count = _gathered(leg_start[leg], leg_start[leg + 1], legs, on, ride_by, headway_by, times_s, many)
        leg_s[leg] = _leg_s(count, times_s, many, leg_cap_s[leg], way, period_s)
    _stand(walks, listed, on, above, stands)
    for link in range(head.size):
        if link_leg[link] >= 0:
            seconds[link] = leg_s[link_leg[link]]
        elif _is_open(link, link_state, link_end, link_station, on, above, stands):
            seconds[link] = fixed_s[link]
            if link_part[link] >= 0:
                part_s = np.int64(np.floor((fixed_s[link] - extra_s[link]) * by[link_part[link]] + 0.5))
                seconds[link] = part_s + extra_s[link]
        else:
            seconds[link] = UNREACHED
    for part in range(held.size):
        on[held[part]] = False
    for row in range(origin.size):
        one_tree(
            start, head, seconds, origin[row : row + 1], no_offset_s, HORIZON_MAX_S,
            heap, heap_node, label, dist_s, parent,
        )  # fmt: skip
        for column in range(destination.size):
            node = destination[column]
            time_s = np.int64(dist_s[node])
            if time_s == UNREACHED:
                out[row, column] = -1
                continue
            link = parent[node]
            while link >= 0:
                time_s -= extra_s[link]
                link = parent[tail[link]]
            out[row, column] = time_s


@jit
def _masks(
    lane, lanes, held, factors, legs, graph, walks, listed, origin, destination, way, period_s, work, out
):
    """Take the masks lane, lane + lanes, and so on."""
    for mask in range(lane, held.shape[0], lanes):
        _one_mask(
            held[mask], factors, mask, legs, graph, walks, listed, origin, destination, way, period_s,
            work, lane, out[mask],
        )  # fmt: skip
