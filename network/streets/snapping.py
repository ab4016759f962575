"""Points snapped to the nearest street."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import shapely

from network.streets.model import by_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.streets.model import Streets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


_PASSED_OVER = ("motorway", "motorway_link")


class Snapped(NamedTuple):
    """Places on streets.

    Attributes
    ----------
    link
        Link of each point, int64 [points]; -1 where no street is near enough.
    along_m
        Way along the link from its tail, m, float64 [points]; NaN without a link.
    off_m
        Straight line between the point and the street, m, float64 [points]; NaN without a link.
    """

    link: Ints
    along_m: Floats
    off_m: Floats

    @property
    def lost(self) -> Ints:
        """Rows of the points that no street is near enough to."""
        return np.flatnonzero(self.link < 0)


class Snapper:
    """The shapes of a street network in metres around its middle, with an index."""

    def __init__(self, streets: Streets) -> None:
        self.streets = streets
        wanted = ~(streets.tolled | by_class(streets, _PASSED_OVER))
        if not wanted.any():
            wanted[:] = True
        self._links = np.flatnonzero(wanted)
        lon, lat = streets.shape_lon, streets.shape_lat
        middle = [float(side.min() + side.max()) / 2 if len(side) else 0.0 for side in (lon, lat)]
        local = f"+proj=tmerc +lon_0={middle[0]} +lat_0={middle[1]} +ellps=WGS84 +units=m"
        self._to_metres = pyproj.Transformer.from_crs("EPSG:4326", local, always_xy=True)
        points = self.metres(np.column_stack([lon, lat]))
        of_link = np.repeat(np.arange(streets.n_links), np.diff(streets.shape_start))
        self._shapes = np.atleast_1d(np.asarray(shapely.linestrings(points, indices=of_link), object))
        self._tree = shapely.STRtree(self._shapes[self._links])

    def metres(self, lon_lat: Floats) -> Floats:
        """Return points in metres, [points, 2]."""
        return np.column_stack(self._to_metres.transform(lon_lat[:, 0], lon_lat[:, 1]))

    def snap(self, lon_lat: Floats, limit_m: float) -> Snapped:
        """Return the nearest place on a street of each point; see `Streets.snap`.

        Of streets that are equally near the first counts.
        """
        count = len(lon_lat)
        link = np.full(count, -1, np.int64)
        along_m, off_m = np.full(count, np.nan), np.full(count, np.nan)
        if not count or not self.streets.n_links:
            return Snapped(link, along_m, off_m)
        x, y = self.metres(lon_lat).T
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x[known], y[known])
        (row, near), away_m = self._tree.query_nearest(points, max_distance=limit_m, return_distance=True)
        found = self._links[near]
        order = np.lexsort((found, row))
        row, first = np.unique(row[order], return_index=True)
        found, away_m = found[order][first], away_m[order][first]
        shapes = self._shapes[found]
        share = shapely.line_locate_point(shapes, points[row], normalized=True)
        link[known[row]], off_m[known[row]] = found, away_m
        along_m[known[row]] = share * self.streets.length_m[found]
        return Snapped(link, along_m, off_m)
