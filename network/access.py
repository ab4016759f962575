"""Access on foot and by feeder bus where no street network says better: straight line times a detour.

The quicker of the two counts. Walking reaches ``walk_max_km``, the feeder bus ``feeder_max_km``; since the
bus brings a wait, it is the slower one next to a station. So a farther place is never sooner at a station
than a nearer one in the same direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def access_s(straight_m: Floats, parameters: Parameters) -> Ints:
    """Return the seconds to or from a station over a straight line in metres; -1 out of reach."""
    feeder_s = (
        parameters["feeder_wait_min"] * 60
        + straight_m * parameters["feeder_detour"] * 3.6 / parameters["feeder_kmh"]
    )
    feeder_s = np.where(straight_m <= 1000 * parameters["feeder_max_km"], feeder_s, np.inf)
    seconds = np.minimum(walk_s(straight_m, parameters, longest_km=parameters["walk_max_km"]), feeder_s)
    return whole_s(np.where(np.isfinite(seconds), seconds, -1))


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


def station_ways(region: Region, ends: Ends) -> tuple[Ints, Ints, Ints]:
    """Return the ways between ends of trips and the stations in reach on foot or by feeder bus.

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
    seconds = access_s(away_m, numbers)
    near = (seconds >= 0) & (station != ends.station[end])
    end, station, seconds = end[near], station[near], seconds[near]
    return np.append(end, own), np.append(station, ends.station[own]), np.append(seconds, np.zeros_like(own))


def walk_ways(region: Region, ends: Ends) -> tuple[Ints, Ints, Ints]:
    """Return the ways on foot from end to end: rows of both, different ones, and the time, s."""
    numbers, xy = region.parameters, metric_xy(region, ends.table)
    one, other, way_m = pairs_within(xy, xy, 1000 * numbers["walk_max_km"])
    one, other, way_m = one[one != other], other[one != other], way_m[one != other]
    return one, other, whole_s(walk_s(way_m, numbers))
