"""The grid: square cells over a region, on which surfaces of travel times lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from network.distances import metric_xy
from network.ends import in_core
from network.errors import BadInputError, Problem
from network.streets.model import SNAP_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from network.region import Region

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

CELLS_M = (100.0, 200.0, 500.0)
"""Sides of a cell where none is given, m: the least that makes at most `USUAL_CELLS`, else the largest."""

USUAL_CELLS = 250_000

_STEP_M = 100.0
_SIDES_M = (10.0, 10_000.0)
_MOST_CELLS = 5_000_000


@dataclass(frozen=True, eq=False)
class Grid:
    """Square cells of a region's metric CRS, their sides on whole multiples of the side's length.

    So every scenario of a region has the same cells. A ring of cells around the region is always there, and
    never `inside`.

    Attributes
    ----------
    crs
        The region's metric CRS, as ``EPSG:32649``.
    cell_m
        Side of a cell, m.
    x_m, y_m
        Centres of columns and rows, m, ascending, [columns] and [rows].
    inside
        Whether the centre lies in the region, bool [rows, columns].
    core
        Whether it lies in the district of a metropolitan core, bool [rows, columns].
    """

    crs: str
    cell_m: float
    x_m: Floats
    y_m: Floats
    inside: Bools
    core: Bools

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return len(self.y_m), len(self.x_m)

    @property
    def cell_km2(self) -> float:
        """Area of a cell in the projection, km²."""
        return self.cell_m**2 / 1e6

    @cached_property
    def xy(self) -> Floats:
        """Centres of the cells inside, m, [inside, 2]."""
        rows, columns = np.nonzero(self.inside)
        return np.column_stack([self.x_m[columns], self.y_m[rows]])

    @cached_property
    def lon_lat(self) -> Floats:
        """Centres of the cells inside, degrees WGS 84, [inside, 2]."""
        to_degrees = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        return np.column_stack(to_degrees.transform(*self.xy.T))

    def cells(self) -> pd.DataFrame:
        """Return the cells inside as places: id, lon, lat (degrees, seven decimals), sorted by id.

        An id is that of the cell's lower left corner in metres of the metric CRS: ``N2553000E0735000``.
        """
        corner = np.rint(self.xy - self.cell_m / 2).astype(np.int64)
        lon, lat = np.round(self.lon_lat, 7).T
        ids = [f"N{y:07}E{x:07}" for x, y in corner.tolist()]
        return pd.DataFrame({"id": ids, "lon": lon, "lat": lat}).sort_values("id", ignore_index=True)

    def holds(self, xy: Floats) -> Bools:
        """Return whether points lie in cells that are inside; [points], of metres [points, 2]."""
        left, low = self.x_m[0] - self.cell_m / 2, self.y_m[0] - self.cell_m / 2
        column = np.floor((xy[:, 0] - left) / self.cell_m)
        row = np.floor((xy[:, 1] - low) / self.cell_m)
        known = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        found = np.zeros(len(xy), bool)
        found[known] = self.inside[row[known].astype(np.int64), column[known].astype(np.int64)]
        return found


def grid_of(region: Region, cell_m: float | None = None) -> Grid:
    """Return the grid of a region.

    Parameters
    ----------
    region
        Its districts are what is inside, with what they surround: simplified boundaries leave gaps. Without
        districts it is the box around its stations, places and zones, as far beyond as feet or the
        feeder bus go; and where it has streets, what of that is near to one of them, or to a station.
    cell_m
        Side of a cell, m; one of `CELLS_M` by the region's size if None.

    Raises
    ------
    BadInputError
        The side is no length from 10 m to 10 km, or the cells were more than five millions.
    """
    low, high = _SIDES_M
    if cell_m is not None and not low <= cell_m <= high:
        fix = f"a length from {low:g} to {high:g} m"
        raise BadInputError(Problem("--cell-m", f"{cell_m:g} is no side of a cell", fix))
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in region.districts["features"]]
    (left, bottom), (right, top) = _box(region, shapes)
    if cell_m is None:
        area = (right - left) * (top - bottom)
        cell_m = next((side for side in CELLS_M if area <= USUAL_CELLS * side**2), CELLS_M[-1])
    count = ((right - left) / cell_m + 3) * ((top - bottom) / cell_m + 3)
    if count > _MOST_CELLS:
        least = np.ceil(np.sqrt((right - left) * (top - bottom) / _MOST_CELLS) / 10 + 1) * 10
        what = f"{cell_m:g} makes {count:,.0f} cells, more than {_MOST_CELLS:,}"
        raise BadInputError(Problem("--cell-m", what, f"{least:g} m or more"))
    x_m, y_m = (
        cell_m * (np.arange(np.floor(first / cell_m) - 1, np.floor(last / cell_m) + 2) + 0.5)
        for first, last in ((left, right), (bottom, top))
    )
    inside = np.zeros((len(y_m), len(x_m)), bool)
    core = np.zeros_like(inside)
    if not shapes:
        inside[1:-1, 1:-1] = _near_ways(region, x_m[1:-1], y_m[1:-1])
        return Grid(region.about.crs, cell_m, x_m, y_m, inside, core)
    ids = pd.Series([str(one["properties"]["district_id"]) for one in region.districts["features"]])
    to_degrees = pyproj.Transformer.from_crs(region.about.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(*np.meshgrid(x_m, y_m))
    for shape, in_a_core in reversed(list(zip(shapes, in_core(region, ids), strict=True))):
        west, south, east, north = shape.bounds
        near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        shapely.prepare(shape)
        near[near] = shapely.intersects_xy(shape, lon[near], lat[near])
        inside |= near
        core[near] = in_a_core
    return Grid(region.about.crs, cell_m, x_m, y_m, without_holes(inside), core)


def _near_ways(region: Region, x_m: Floats, y_m: Floats) -> Bools:
    """Return which cells are near to a street on foot, or to a station; all where the region has no streets.

    What is farther from the streets, such as open water, would be reached in a straight line.
    """
    streets = region.streets("walk")
    if streets is None:
        return np.ones((len(y_m), len(x_m)), bool)
    ways = metric_xy(region, pd.DataFrame({"lon": streets.shape_lon, "lat": streets.shape_lat}))
    lines = shapely.linestrings(
        ways, indices=np.repeat(np.arange(streets.n_links), np.diff(streets.shape_start))
    )
    spots = shapely.get_coordinates(shapely.segmentize(lines, _STEP_M))
    tree = cKDTree(np.concatenate([spots, metric_xy(region, region.stations)]))
    cells = np.column_stack([side.ravel() for side in np.meshgrid(x_m, y_m)])
    away_m = np.asarray(tree.query(cells, distance_upper_bound=SNAP_M["walk"])[0], np.float64)
    return (away_m <= SNAP_M["walk"]).reshape(len(y_m), len(x_m))


def without_holes(inside: Bools) -> Bools:
    """Return the cells inside, and those outside from which no way over sides leads to the edge of the grid.

    The same as ``scipy.ndimage.binary_fill_holes``, whose package takes a fifth of a second to load.
    """
    number = np.arange(inside.size).reshape(inside.shape)
    ends = []
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        both = ~inside[one] & ~inside[other]
        ends.append((number[one][both], number[other][both]))
    tail, head = (np.concatenate(column) for column in zip(*ends, strict=True))
    joined = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(inside.size, inside.size))
    part = connected_components(joined, directed=False)[1].reshape(inside.shape)
    edge = np.ones_like(inside)
    edge[1:-1, 1:-1] = False
    return inside | ~np.isin(part, np.unique(part[edge & ~inside]))


def _box(region: Region, shapes: Sequence[shapely.Geometry]) -> tuple[Floats, Floats]:
    """Return the least and the greatest metric coordinates of a region."""
    if shapes:
        points = pd.DataFrame(shapely.get_coordinates(shapes), columns=["lon", "lat"])
        xy, margin_m = metric_xy(region, points), 0.0
    else:
        xy = np.concatenate(
            [metric_xy(region, table) for table in (region.stations, region.places, region.zones)]
        )
        margin_m = 1000 * max(region.parameters["feeder_max_km"], region.parameters["walk_max_km"])
    if not len(xy):
        raise BadInputError(Problem("region", "has no districts, stations or places", "nowhere to travel"))
    return xy.min(axis=0) - margin_m, xy.max(axis=0) + margin_m
