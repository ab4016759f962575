"""Access on foot and by feeder bus: straight line times a detour, or walks over streets from a ready table.

What searches over streets is `sim.access`; here its tables are taken. The quicker of the two counts.
Walking reaches ``walk_max_km``, the feeder bus ``feeder_max_km``; since the bus brings a wait, it is the
slower one next to a station. So, by straight lines, a farther place is never sooner at a station than a
nearer one in the same direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from network.distances import metric_xy
from network.seconds import whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.ends import Ends
    from network.parameters import Parameters
    from network.region import Region

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Way = tuple[Ints, Ints, Ints]


class FootTable(NamedTuple):
    """Walks over streets between two sets of points.

    Attributes
    ----------
    one, other
        Rows of the points, sorted, int64 [walks].
    way_m
        Length of the walk, m, float64 [walks].
    off_one, off_other
        Points that no street is near to, bool [points]: straight lines serve between two of them.
    """

    one: Ints
    other: Ints
    way_m: Floats
    off_one: Bools
    off_other: Bools


class Ways(NamedTuple):
    """Ways of ends of trips on foot or by feeder bus: rows of both sides, and whole seconds, int64 [ways].

    Attributes
    ----------
    to_stations
        Between ends and stations; see `station_ways`.
    on_foot
        From end to end; see `walk_ways`.
    """

    to_stations: Way
    on_foot: Way


def straight_ways(region: Region, ends: Ends) -> Ways:
    """Return the ways of ends by straight lines times a detour."""
    return Ways(station_ways(region, ends), walk_ways(region, ends))


def access_s(straight_m: Floats, parameters: Parameters) -> Ints:
    """Return the seconds to or from a station over a straight line in metres; -1 out of reach."""
    return quicker_s(
        walk_s(straight_m, parameters, longest_km=parameters["walk_max_km"]), straight_m, parameters
    )


def quicker_s(on_foot_s: Floats, straight_m: Floats, parameters: Parameters) -> Ints:
    """Return the lesser of a walk and the feeder bus over a straight line, whole s; -1 out of reach."""
    feeder_s = (
        parameters["feeder_wait_min"] * 60
        + straight_m * parameters["feeder_detour"] * 3.6 / parameters["feeder_kmh"]
    )
    feeder_s = np.where(straight_m <= 1000 * parameters["feeder_max_km"], feeder_s, np.inf)
    seconds = np.minimum(on_foot_s, feeder_s)
    return whole_s(np.where(np.isfinite(seconds), seconds, -1))


def over_streets_s(
    one: Ints, other: Ints, straight_m: Floats, parameters: Parameters, table: FootTable
) -> Floats:
    """Return the seconds on foot of pairs of points over streets; infinite where no walk is short enough.

    Parameters
    ----------
    one, other, straight_m
        Rows of the points, and the straight lines between them, m, [pairs].
    parameters
        Numbers of the model.
    table
        Walks between the points. Where both are off the streets, as beyond the edge of what was read, the
        straight line times a detour serves.
    """
    seconds = np.full(len(one), np.inf)
    size = len(table.off_other)
    keys, wanted = table.one * size + table.other, one * size + other
    if keys.size:
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        seconds = np.where(keys[at] == wanted, table.way_m[at] * 3.6 / parameters["walk_kmh"], np.inf)
    off = table.off_one[one] & table.off_other[other]
    seconds[off] = walk_s(straight_m[off], parameters, longest_km=parameters["walk_max_km"])
    return seconds


def walk_s(straight_m: Floats, parameters: Parameters, *, longest_km: float = np.inf) -> Floats:
    """Return the seconds on foot over a straight line in metres; infinite beyond `longest_km`."""
    seconds = straight_m * parameters["walk_detour"] * 3.6 / parameters["walk_kmh"]
    return np.where(straight_m <= 1000 * longest_km, seconds, np.inf)


def pairs_within(xy: Floats, other_xy: Floats, reach_m: float) -> tuple[Ints, Ints, Floats]:
    """Return all pairs of points at most `reach_m` apart, sorted, with their distance in metres."""
    if not len(xy) or not len(other_xy):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    found = cKDTree(xy).sparse_distance_matrix(cKDTree(other_xy), reach_m, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    return found["i"][order].astype(np.int64), found["j"][order].astype(np.int64), found["v"][order]


def station_ways(region: Region, ends: Ends, table: FootTable | None = None) -> Way:
    """Return the ways between ends of trips and the stations in reach on foot or by feeder bus.

    Parameters
    ----------
    region, ends
        The region, and the ends.
    table
        Walks over streets from ends to stations; straight lines serve where not given.

    Returns
    -------
    end, station, seconds : Ints
        Rows of the ends and of ``region.stations``, and the time, s. A station is at its own entrance.
    """
    numbers = region.parameters
    own = np.flatnonzero(ends.station >= 0)
    xy, station_xy = metric_xy(region, ends.table), metric_xy(region, region.stations)
    reach_m = 1000 * max(numbers["walk_max_km"], numbers["feeder_max_km"])
    end, station, away_m = pairs_within(xy, station_xy, reach_m)
    if table is None:
        seconds = access_s(away_m, numbers)
    else:
        seconds = quicker_s(over_streets_s(end, station, away_m, numbers, table), away_m, numbers)
    near = (seconds >= 0) & (station != ends.station[end])
    end, station, seconds = end[near], station[near], seconds[near]
    return np.append(end, own), np.append(station, ends.station[own]), np.append(seconds, np.zeros_like(own))


def walk_ways(region: Region, ends: Ends, table: FootTable | None = None) -> Way:
    """Return the ways on foot from end to end: rows of both, different ones, and the time, s.

    With a table of walks over streets from ends to ends these serve, else straight lines.
    """
    numbers, xy = region.parameters, metric_xy(region, ends.table)
    one, other, way_m = pairs_within(xy, xy, 1000 * numbers["walk_max_km"])
    one, other, way_m = one[one != other], other[one != other], way_m[one != other]
    if table is None:
        return one, other, whole_s(walk_s(way_m, numbers))
    seconds = over_streets_s(one, other, way_m, numbers, table)
    led = np.isfinite(seconds)
    return one[led], other[led], whole_s(seconds[led])
