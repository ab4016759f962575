"""Legs: from a boarding station to an alighting station by whichever of the services that serve both.

A leg combines the services that run between two stations. Each boarding of a path in a graph of legs is one
leg, so a plain shortest path over legs finds the journey of least expected time among those in which the
traveller takes the first of the services that are worth waiting for.

In order of their time, gate and ride together, services join a leg while that lowers wait + mean time
(Chriqui & Robillard 1975, "Common bus lines"; Spiess & Florian 1989). The wait of a traveller who comes at
random is half the combined headway. Adding a service, or a departure, never makes a leg longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from network.seconds import whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.rides import Rides

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


_PLACES = 6
"""Decimals that sums of seconds and trips keep, so that the order of adding decides nothing."""


@dataclass(frozen=True, eq=False, slots=True)
class Legs:
    """Legs, sorted by boarding station and alighting station.

    Attributes
    ----------
    from_station, to_station
        Rows of ``region.stations``, [legs].
    gate_s
        Time between the closing of the gate and the departure, mean of the leg's services, s, [legs].
    wait_s
        Expected wait for the first of the leg's services, s, [legs].
    ride_s
        Time in the vehicle, mean of the leg's services, s, [legs].
    start
        First place of each leg's services in `ride`, [legs + 1].
    ride
        Rows of the `Rides` that make up the legs, the quickest first, [start[-1]].
    """

    from_station: Ints
    to_station: Ints
    gate_s: Ints
    wait_s: Ints
    ride_s: Ints
    start: Ints
    ride: Ints

    def __len__(self) -> int:
        """Return the number of legs."""
        return len(self.ride_s)

    @property
    def total_s(self) -> Ints:
        """Gate, wait and ride together, s, [legs]."""
        return self.gate_s + self.wait_s + self.ride_s


def expected_legs(
    rides: Rides, trips: Floats, gate_s: Ints, *, period_s: int, planned_cap_s: int | None = None
) -> Legs:
    """Return the legs of a period under the traveller's expected time.

    Parameters
    ----------
    rides
        All rides.
    trips
        Departures of each ride in the period, [rides]; rides without any are left out.
    gate_s
        Seconds before departure at which the gate of each ride closes, [rides].
    period_s
        Length of the period, s.
    planned_cap_s
        Longest wait of a traveller who knows the timetable, s; None is a traveller who comes at random. A leg
        then costs the lesser of the random one and the cap with the quickest ride.

    Returns
    -------
    Legs
        The total is rounded to whole seconds, and the wait holds what the rounding leaves.
    """
    table = _Table.of(rides, gate_s, np.flatnonzero(trips > 0))
    many = table.padded(trips[table.row])
    time_s, gates = table.padded(table.time_s), table.padded(table.gate_s)
    sum_trips = np.cumsum(many, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_s = np.cumsum(many * time_s, axis=1) / sum_trips
        total_s = np.round(period_s / (2 * sum_trips) + mean_s, _PLACES)
    total_s[~table.filled] = np.inf
    count = np.argmin(total_s, axis=1)
    at = np.arange(len(count)), count
    gate = whole_s(np.round(np.cumsum(many * gates, axis=1)[at] / sum_trips[at], _PLACES))
    total = whole_s(total_s[at])
    ride = whole_s(np.round(mean_s[at], _PLACES)) - gate
    wait = total - gate - ride
    taken = count + 1
    if planned_cap_s is not None:
        quick_s = planned_cap_s + table.time_s[table.first]
        planned = quick_s < total
        gate[planned], wait[planned] = table.gate_s[table.first][planned], planned_cap_s
        ride[planned] = (table.time_s - table.gate_s)[table.first][planned]
        taken[planned] = 1
    return table.legs(gate, wait, ride, taken)


def best_legs(rides: Rides, trips: Floats, gate_s: Ints) -> Legs:
    """Return the legs at their quickest: the fastest ride, and no wait.

    Parameters
    ----------
    rides, trips, gate_s
        As for `expected_legs`.
    """
    table = _Table.of(rides, gate_s, np.flatnonzero(trips > 0))
    gate = table.gate_s[table.first]
    ride = table.time_s[table.first] - gate
    return table.legs(gate, np.zeros_like(gate), ride, np.ones_like(gate))


def usual_legs(rides: Rides, trips: Floats) -> Legs:
    """Return the legs by the median of the time in the vehicle, each service counting by its trips.

    Parameters
    ----------
    rides
        All rides.
    trips
        Trips a day of each ride, [rides]; rides without any are left out.

    Returns
    -------
    Legs
        No gate and no wait; the leg's services are those no slower than the median.
    """
    table = _Table.of(rides, np.zeros(len(rides), np.int64), np.flatnonzero(trips > 0))
    many = np.cumsum(table.padded(trips[table.row]), axis=1)
    count = np.argmax(np.round(2 * many - many[:, -1:], _PLACES) >= 0, axis=1)
    time_s = table.padded(table.time_s)
    ride = time_s[np.arange(len(count)), count].astype(np.int64)
    taken = np.count_nonzero((time_s <= ride[:, None]) & table.filled, axis=1)
    zero = np.zeros_like(ride)
    return table.legs(zero, zero, ride, taken)


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """Rides that run, sorted by leg and time, and how they spread over a rectangle of legs by rank."""

    rides: Rides
    row: Ints
    time_s: Ints
    gate_s: Ints
    first: Ints
    length: Ints
    filled: NDArray[np.bool_]

    @classmethod
    def of(cls, rides: Rides, gate_s: Ints, running: Ints) -> _Table:
        """Sort the running rides."""
        time_s = (gate_s + rides.ride_s)[running]
        ties = rides.service[running], gate_s[running]
        key = (*ties, time_s, rides.to_station[running], rides.from_station[running])
        row = running[np.lexsort(key)]
        start, end = rides.from_station[row], rides.to_station[row]
        new = (
            np.append(True, (start[1:] != start[:-1]) | (end[1:] != end[:-1]))
            if len(row)
            else np.zeros(0, bool)
        )
        first = np.flatnonzero(new)
        length = np.diff(np.append(first, len(row)))
        filled = np.arange(length.max(initial=1)) < length[:, None]
        return cls(rides, row, (gate_s + rides.ride_s)[row], gate_s[row], first, length, filled)

    def padded(self, values: NDArray[np.generic]) -> Floats:
        """Return values by leg and rank, [legs, most rides of a leg], 0 where there is none."""
        table = np.zeros(self.filled.shape)
        table[self.filled] = values
        return table

    def legs(self, gate_s: Ints, wait_s: Ints, ride_s: Ints, taken: Ints) -> Legs:
        """Return legs of which the first `taken` rides are used."""
        used = np.arange(self.filled.shape[1]) < taken[:, None]
        rows = self.row[used[self.filled]]
        start, end = (
            self.rides.from_station[self.row[self.first]],
            self.rides.to_station[self.row[self.first]],
        )
        return Legs(start, end, gate_s, wait_s, ride_s, np.append(0, np.cumsum(taken)), rows)
