"""Starts and ends of trips, and the ways on foot between them and the stops of a timetable."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from network.distances import on_sphere, straight_km
from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from network.timetable import Timetable

    Int32s = NDArray[np.int32]
    Int64s = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How one walks, changes and rides where the timetable does not say.

    The defaults are those of the comparison with R5 (see ``docs/window.md``). Distances on foot are straight
    lines times the detour.

    Attributes
    ----------
    walk_kmh
        Walking speed, km/h.
    walk_detour
        Way on foot / straight line.
    access_max_min, egress_max_min
        Longest walk to the first stop and from the last one, min.
    access_max_m, egress_max_m
        The same, m along the way.
    walk_max_min
        Longest walk all the way, min.
    transfer_max_m
        Stops so near to each other, m along the way, are joined on foot; 0: by the timetable alone.
    min_transfer_s
        Least time between reaching a stop and a departure, s; the first one too.
    max_rides
        Most vehicles of a journey.
    """

    walk_kmh: float = 3.6
    walk_detour: float = 1.3
    access_max_min: float = 30.0
    access_max_m: float = math.inf
    egress_max_min: float = 30.0
    egress_max_m: float = 2000.0
    walk_max_min: float = 30.0
    transfer_max_m: float = 0.0
    min_transfer_s: int = 60
    max_rides: int = 8


class Access(NamedTuple):
    """Ways on foot (or by feeder) between points and stops, and from point to point, in compressed rows.

    Attributes
    ----------
    start
        int32 [points + 1]: first way of each point.
    stop
        int32 [ways]: row of the stop.
    seconds
        int32 [ways]: s between the point and the street in front of the stop.
    """

    start: Int32s
    stop: Int32s
    seconds: Int32s


class Points(NamedTuple):
    """Starts or ends of trips, with the ways between them and the stops.

    Attributes
    ----------
    ids
        Identifiers.
    access
        Ways between each point and the street in front of stops.
    inside
        Whether the points are behind the gates of their stops: then neither entry, gate nor exit count.
    """

    ids: tuple[str, ...]
    access: Access
    inside: bool = False

    def one(self, row: int) -> Points:
        """Return one of the points alone."""
        return Points(self.ids[row : row + 1], Access(*_one_row(*self.access, row)), self.inside)


class Directs(NamedTuple):
    """Ways from origins to destinations without riding, in compressed rows: int32 arrays, s."""

    start: Int32s
    to: Int32s
    seconds: Int32s

    def one(self, row: int) -> Directs:
        """Return the ways from one of the origins alone."""
        return Directs(*_one_row(*self, row))


class Placed(NamedTuple):
    """Points, and where they are: degrees, [points, 2]; None where that is not known."""

    points: Points
    lon_lat: Floats | None


def points(
    timetable: Timetable,
    wanted: Sequence[str | tuple[float, float]] | Points,
    settings: Settings,
    *,
    access: bool,
) -> Placed:
    """Return points with the walks to the stops in reach; a stop is at its own entrance."""
    if isinstance(wanted, Points):
        return Placed(wanted, None)
    named = [one for one in wanted if isinstance(one, str)]
    row = dict(zip(named, timetable.stop_rows(named).tolist(), strict=True))
    places = positions(timetable.stops)
    problems, ids, at = [], [], []
    for one in wanted:
        if isinstance(one, str):
            at.append(places[row[one]])
            ids.append(one)
            continue
        lon, lat = float(one[0]), float(one[1])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 - degrees of the earth
            problems.append(
                Problem("origins", f"({lon}, {lat}) is not on the earth", "(lon, lat) in degrees")
            )
        at.append(np.array([lon, lat]))
        ids.append(f"{lon:g},{lat:g}")
    if not ids:
        problems.append(Problem("origins", "there is none", "give ids of stops, or (lon, lat)"))
    if problems:
        raise BadInputError(problems)
    lon_lat = np.array(at)
    own = [row.get(name, -1) for name in ids]
    most_min = settings.access_max_min if access else settings.egress_max_min
    most_m = settings.access_max_m if access else settings.egress_max_m
    point, stop, seconds = walks_between(lon_lat, places, settings, most_min=most_min, most_m=most_m)
    seconds[stop == np.array(own)[point]] = 0
    start = np.searchsorted(point, np.arange(len(ids) + 1))
    ways = Access(start.astype(np.int32), stop.astype(np.int32), seconds.astype(np.int32))
    return Placed(Points(tuple(ids), ways), lon_lat)


def direct_walks(start: Placed, end: Placed, settings: Settings) -> Directs | None:
    """Return the walks from origins to destinations, where all positions are known."""
    if start.lon_lat is None or end.lon_lat is None:
        return None
    one, other, seconds = walks_between(
        start.lon_lat, end.lon_lat, settings, most_min=settings.walk_max_min, most_m=math.inf
    )
    begin = np.searchsorted(one, np.arange(len(start.lon_lat) + 1))
    return Directs(begin.astype(np.int32), other.astype(np.int32), seconds.astype(np.int32))


def joined_on_foot(timetable: Timetable, settings: Settings) -> Timetable:
    """Return a timetable with a walk between all stops in reach; of two ways the quicker counts.

    Walks take the way of `walks_between`, up to `Settings.transfer_max_m`.
    """
    if not settings.transfer_max_m > 0:
        return timetable
    places = positions(timetable.stops)
    tail, head, seconds = walks_between(
        places, places, settings, most_min=math.inf, most_m=settings.transfer_max_m
    )
    own = np.repeat(np.arange(timetable.n_stops), np.diff(timetable.transfer_start))
    tail, head = np.append(own, tail), np.append(timetable.transfer_stop, head)
    seconds = np.append(timetable.transfer_s, seconds)
    order = np.lexsort((seconds, head, tail))
    order = order[tail[order] != head[order]]
    tail, head, seconds = tail[order], head[order], seconds[order]
    first = np.ones(len(order), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    start = np.append(0, np.cumsum(np.bincount(tail[first], minlength=timetable.n_stops)))
    return replace(
        timetable,
        transfer_start=start.astype(np.int32),
        transfer_stop=head[first].astype(np.int32),
        transfer_s=seconds[first].astype(np.int32),
    )


def walks_between(
    lon_lat: Floats, other: Floats, settings: Settings, *, most_min: float, most_m: float
) -> tuple[Int64s, Int64s, Int64s]:
    """Return all walks between points in degrees, [points, 2]: rows of both ends, sorted, and whole s.

    The way is the geodesic times the detour; it takes at most `most_min` and is at most `most_m` long.
    """
    reach_m = min(most_m, most_min * settings.walk_kmh * 1000 / 60) / settings.walk_detour
    if not len(lon_lat) or not len(other):
        none = np.zeros(0, np.int64)
        return none, none, none
    found = cKDTree(on_sphere(lon_lat)).sparse_distance_matrix(
        cKDTree(on_sphere(other)), 1.01 * reach_m + 1, output_type="ndarray"
    )
    one, two = found["i"].astype(np.int64), found["j"].astype(np.int64)
    away_m = 1000 * straight_km(lon_lat[one, 0], lon_lat[one, 1], other[two, 0], other[two, 1])
    near = away_m <= reach_m
    order = np.lexsort((two[near], one[near]))
    one, two, away_m = one[near][order], two[near][order], away_m[near][order]
    seconds = np.floor(away_m * settings.walk_detour * 3.6 / settings.walk_kmh + 0.5)
    return one, two, seconds.astype(np.int64)


def _one_row(start: Int32s, to: Int32s, seconds: Int32s, row: int) -> tuple[Int32s, Int32s, Int32s]:
    """Return one of compressed rows as the only one."""
    ways = slice(start[row], start[row + 1])
    return np.array([0, ways.stop - ways.start], np.int32), to[ways], seconds[ways]


def positions(stops: pd.DataFrame) -> Floats:
    """Return the positions of stops, degrees, float64 [stops, 2]."""
    return stops[["lon", "lat"]].to_numpy(np.float64)
