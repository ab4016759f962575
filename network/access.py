"""Access on foot and by feeder bus where no street network says better: straight line times a detour.

The quicker of the two counts. Walking reaches ``walk_max_km``, the feeder bus ``feeder_max_km``; since the
bus brings a wait, it is the slower one next to a station. So a farther place is never sooner at a station
than a nearer one in the same direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from network.seconds import whole_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.parameters import Parameters

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
