"""Times under many states of one network: a super-graph whose links are open, closed or re-timed by state.

The super-graph holds the links of all states at once. What differs between states stands in *entries* that
belong to a numbered state of some part of the network; a mask says which of these states hold. For each mask
the kernel times the legs from the rides whose states hold, closes what is not there, and searches from each
origin. Nothing is allocated per mask: a lane (one thread's share of the masks) brings its workspace.

=============  ========  ================  ==============================================================
array          dtype     shape             meaning
=============  ========  ================  ==============================================================
held           int32     [masks, parts]    number of the state that holds of each part of the network
leg_start      int32     [legs + 1]        first entry of each leg; entries are sorted by time, then gate
entry_state    int32     [entries]         state that an entry (a ride of one service) belongs to
entry_trips    float64   [entries]         its departures in the period, above 0
entry_time_s   int64     [entries]         gate and ride together, s
leg_cap_s      int64     [legs]            longest wait of a traveller who knows the timetable, s; -1: random
start, head    int32     [nodes + 1], …    the super-graph in compressed rows
fixed_s        int32     [links]           seconds of a link that no leg times
link_leg       int32     [links]           leg that times the link, or -1
link_state     int32     [links]           state that the link is there in, or -1: in all
link_end       int32     [links, 2]        ends whose stations open the link (end, -1) or (end, other end), or
                                           (-1, -1)
link_station   int32     [links]           station of a link that is open where it stands for its end
extra_s        int32     [links]           seconds that count in choosing only, and are left out of the result
=============  ========  ================  ==============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import prange

from sim.kernels._jit import jit, pjit
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
    n_states
        Number of states.
    legs
        leg_start, entry_state, entry_trips, entry_time_s, leg_cap_s.
    graph
        start, head, fixed_s, link_leg, link_state, link_end, link_station, extra_s, tail (int32 [links]).
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
        origin.size, destination.size, 1 + int(graph[5].max(initial=0)), 1 + int(listed[:, 0].max(initial=0))
    )
    size = links + 2
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
    )
    kernel = _masks_parallel if lanes > 1 else _masks_serial
    kernel(held, legs, graph, walks, listed, origin, destination, way, period_s, work, out)
    return out


@jit
def _rounded(value):
    """Round to six decimals."""
    return np.rint(value * _MILLIONTHS) / _MILLIONTHS


@jit
def _leg_s(first, last, state, trips, time_s, cap_s, on, way, period_s):
    """Return the seconds of one leg from its entries whose states hold; `UNREACHED` without any."""
    many, spent, least = 0.0, 0.0, np.inf
    quickest = np.int64(-1)
    for entry in range(first, last):
        if not on[state[entry]]:
            continue
        if quickest < 0:
            quickest = time_s[entry]
            if way == BEST:
                return quickest
        many += trips[entry]
        spent += trips[entry] * time_s[entry]
        total = _rounded(period_s / (2 * many) + spent / many)
        least = min(least, total)
    if quickest < 0:
        return np.int64(UNREACHED)
    if way == USUAL:
        met = 0.0
        for entry in range(first, last):
            if on[state[entry]]:
                met += trips[entry]
                if _rounded(2 * met - many) >= 0:
                    return time_s[entry]
    expected = np.int64(np.floor(least + 0.5))
    if cap_s >= 0:
        return min(expected, cap_s + quickest)
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
def _one_mask(held, legs, graph, walks, listed, origin, destination, way, period_s, work, lane, out):
    """Write the times between all ends under one mask."""
    leg_start, entry_state, entry_trips, entry_time_s, leg_cap_s = legs
    start, head, fixed_s, link_leg, link_state, link_end, link_station, extra_s, tail = graph
    on, leg_s, seconds = work[0][lane], work[1][lane], work[2][lane]
    above, stands = work[3][lane], work[4][lane]
    for part in range(held.size):
        on[held[part]] = True
    for leg in range(leg_cap_s.size):
        leg_s[leg] = _leg_s(
            leg_start[leg], leg_start[leg + 1], entry_state, entry_trips, entry_time_s, leg_cap_s[leg],
            on, way, period_s,
        )  # fmt: skip
    _stand(walks, listed, on, above, stands)
    for link in range(head.size):
        if link_leg[link] >= 0:
            seconds[link] = leg_s[link_leg[link]]
        elif _is_open(link, link_state, link_end, link_station, on, above, stands):
            seconds[link] = fixed_s[link]
        else:
            seconds[link] = UNREACHED
    for part in range(held.size):
        on[held[part]] = False
    for row in range(origin.size):
        parent = work[9][lane]
        one_tree(
            start, head, seconds, origin[row : row + 1], work[10], HORIZON_MAX_S,
            work[5][lane], work[6][lane], work[7][lane], work[8][lane], parent,
        )  # fmt: skip
        for column in range(destination.size):
            node = destination[column]
            time_s = np.int64(work[8][lane][node])
            if time_s == UNREACHED:
                out[row, column] = -1
                continue
            link = parent[node]
            while link >= 0:
                time_s -= extra_s[link]
                link = parent[tail[link]]
            out[row, column] = time_s


@jit
def _masks_serial(held, legs, graph, walks, listed, origin, destination, way, period_s, work, out):
    """Take mask by mask."""
    for mask in range(held.shape[0]):
        _one_mask(
            held[mask], legs, graph, walks, listed, origin, destination, way, period_s, work, 0, out[mask]
        )


@pjit
def _masks_parallel(held, legs, graph, walks, listed, origin, destination, way, period_s, work, out):
    """Take the masks in as many lanes as there are workspaces."""
    lanes = work[0].shape[0]
    for lane in prange(lanes):
        for mask in range(lane, held.shape[0], lanes):
            _one_mask(
                held[mask], legs, graph, walks, listed, origin, destination, way, period_s, work, lane,
                out[mask],
            )  # fmt: skip
