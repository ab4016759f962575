"""Break-even: how much of one thing would have to change for a pair to pass, or to fail.

A *lever* multiplies one thing: the time in the vehicles of a line or of a class of lines, their headways, or
a part of each journey (getting to the station and on from it, entry, changes, exit); by road, congestion by
class of road, parking and toll gates. For a pair that fails, the least change is sought with which it passes;
for one that passes, the least with which it breaks. Where the far end of the range does not do it, the lever
alone cannot, and the time at that end is told.

A *new stop* near an end of a pair is no factor: `new_stop` tells how far from the place it may be.

Method: bisection between 1 and the end of the range, of all pairs and levers at once on one super-graph
(`sim.evaluate`), until the factor is known to `RESOLUTION`. Both sides of what is returned are evaluated:
with it the pair has turned, and with the factor one step nearer to 1 it has not. Scaled times never fall as a
factor grows, except on the clock in-vehicle, where the journey is chosen with changes weighed: there a nearer
factor that does it may have been passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.factors import Factors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Times = Callable[[Factors, int], Ints]

LOW, HIGH = 0.25, 4.0
"""Ends of the range of factors that is searched: a quarter and four times."""

RESOLUTION = 0.001
"""Factors are known to a thousandth."""


@dataclass(frozen=True, slots=True)
class Lever:
    """Something that one factor multiplies.

    Attributes
    ----------
    kind
        ``ride``, ``headway``, ``part`` or ``number``.
    name
        Line, class of lines (``metro``), part of the journey, or what the numbers are about.
    keys
        Lines, parts, or numbers of the model, that the factor multiplies.
    """

    kind: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class BreakEven:
    """What each lever would have to be multiplied by for each pair.

    Attributes
    ----------
    seconds
        Time of each pair as it is, s, int64 [pairs]; -1 where there is no journey.
    kept
        Whether it is within the limit, [pairs].
    factor
        Factor with which the pair turns, float64 [pairs, levers]; NaN where none in the range does it.
    end_s
        Time at the end of the range, s, int64 [pairs, levers]; -1 where there is no journey.
    evaluations
        Number of states of the network that were searched.
    """

    seconds: Ints
    kept: NDArray[np.bool_]
    factor: Floats
    end_s: Ints
    evaluations: int


def levers_of(lines: Mapping[str, str]) -> list[Lever]:
    """Return the levers on a network: its classes of lines, its lines, and the parts of journeys.

    Parameters
    ----------
    lines
        Class of each line; ``""`` stands for trains that run on no line of the tables.
    """
    classes = sorted(set(lines.values()))
    levers = [Lever("part", name, keys) for name, keys in _PARTS.items()]
    for kind in ("headway", "ride"):
        levers += [
            Lever(kind, family, tuple(line for line, own in lines.items() if own == family))
            for family in classes
        ]
        levers += [Lever(kind, line, (line,)) for line in lines if line]
    return levers


_ROADS = ("expressway", "urban", "connector")
_AREAS = ("inner", "outer")

_PARTS = {
    "access and egress": ("access", "egress"),
    "entry and exit": ("entry", "exit"),
    "transfer": ("transfer",),
}


_NUMBERS = {
    "congestion": tuple(f"congestion_{kind}_{area}" for kind in _ROADS for area in _AREAS),
    **{f"congestion, {kind} roads": tuple(f"congestion_{kind}_{area}" for area in _AREAS) for kind in _ROADS},
    "parking": ("park_min", "park_core_min", "park_ride_min"),
    "toll gates": ("toll_plaza_min",),
    "wait for a taxi": ("taxi_wait_min",),
}


def road_levers(mode: str) -> list[Lever]:
    """Return the levers on journeys by ``car``, ``park-and-ride`` or ``any`` mode."""
    return [
        Lever("number", name, keys)
        for name, keys in _NUMBERS.items()
        if mode == "any" or not name.endswith("taxi")
    ]


@dataclass(frozen=True, eq=False, slots=True)
class NewStop:
    """How near to an end of each pair a new stop would have to be.

    Attributes
    ----------
    access_s
        Longest way to and from new stops with which the pair is within the limit, s, both together where
        there are two, int64 [pairs]; negative where none is short enough, even at the door.
    door_s
        Time of the pair with the stop at the door, s, int64 [pairs]; -1 where there is no journey.
    start, end
        Row of the station as at which trains call, at the start and at the end of the journey, int64 [pairs];
        -1 where there is no journey.
    """

    access_s: Ints
    door_s: Ints
    start: Ints
    end: Ints


def new_stop(seconds: Ints, starts: Sequence[Ints], ends: Sequence[Ints], limit_s: float) -> NewStop:
    """Return how near new stops would have to be, whose trains are those of some station in reach today.

    Parameters
    ----------
    seconds
        Times between places and stations, a station being at its own entrance, s, int64 [rows, rows]; -1
        where there is no journey.
    starts, ends
        Of each pair, the rows from which the journey may begin and to which it may lead: the stations in
        reach where there is a new stop, else the place itself.
    limit_s
        Limit, s.
    """
    found = np.full((len(starts), 3), -1, np.int64)
    for pair, (start, end) in enumerate(zip(starts, ends, strict=True)):
        table = seconds[np.ix_(start, end)].astype(np.float64)
        table[table < 0] = np.inf
        if table.size and np.isfinite(table).any():
            row, column = np.unravel_index(int(table.argmin()), table.shape)
            found[pair] = int(table[row, column]), start[row], end[column]
    door_s = found[:, 0]
    access_s = np.where(door_s >= 0, np.floor(limit_s - door_s), -1).astype(np.int64)
    return NewStop(access_s, door_s, found[:, 1], found[:, 2])


def break_even(times: Times, levers: Sequence[Lever], limit_s: float) -> BreakEven:
    """Return the least change of each lever with which each pair turns.

    Parameters
    ----------
    times
        Returns the times of all pairs under so many rows of factors, s, int64 [rows, pairs], -1 where there
        is no journey.
    levers
        The levers.
    limit_s
        Limit, s; times up to it pass.

    Returns
    -------
    BreakEven
        Pairs in the order of `times`.
    """
    seconds = times(Factors(), 1)[0]
    kept = _passes(seconds, limit_s)
    n_pairs, n_levers = len(seconds), len(levers)
    ends = times(_one_each([*levers, *levers], np.repeat([LOW, HIGH], n_levers)), 2 * n_levers)
    end_s = np.where(kept, ends[n_levers:], ends[:n_levers]).T
    turns = _passes(end_s, limit_s) != kept[:, None]
    far = np.broadcast_to(np.where(kept, HIGH, LOW)[:, None], (n_pairs, n_levers)).copy()
    near = np.ones_like(far)
    pair, lever = np.nonzero(turns)
    evaluations = 1 + 2 * n_levers
    while pair.size:
        middle = np.sqrt(near[pair, lever] * far[pair, lever])
        used = [levers[at] for at in lever.tolist()]
        found = times(_one_each(used, middle), len(middle))
        evaluations += len(middle)
        turned = _passes(found[np.arange(len(middle)), pair], limit_s) != kept[pair]
        far[pair[turned], lever[turned]] = middle[turned]
        near[pair[~turned], lever[~turned]] = middle[~turned]
        open_ = np.abs(far - near)[pair, lever] > RESOLUTION * np.minimum(far, near)[pair, lever]
        pair, lever = pair[open_], lever[open_]
    return BreakEven(seconds, kept, np.where(turns, far, np.nan), end_s, evaluations)


def _passes(seconds: Ints, limit_s: float) -> NDArray[np.bool_]:
    return (seconds >= 0) & (seconds <= limit_s)


def _one_each(levers: Sequence[Lever], values: Floats) -> Factors:
    """Return factors in whose row k lever k has value k, and all else is 1."""
    kinds: dict[str, dict[str, Floats]] = {"ride": {}, "headway": {}, "part": {}, "number": {}}
    for row, (lever, value) in enumerate(zip(levers, values.tolist(), strict=True)):
        for key in lever.keys:
            kinds[lever.kind].setdefault(key, np.ones(len(levers)))[row] = value
    return Factors(**kinds)
