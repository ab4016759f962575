"""Isochrones: nested polygons, with holes, of what can be reached within so many minutes on a surface.

A surface holds whole seconds at the centres of cells. Between neighbouring centres the edge of an isochrone
is found by linear interpolation (contourpy's marching squares), of ``seconds - limit`` held between minus and
plus the time of walking across one cell:

- a cell that cannot be reached at all, or lies outside, counts as one that is out of the limit by that walk:
  the edge then never lies farther from the last cell in reach than one could still walk;
- half a second is added to the limit, so that a cell of exactly the limit is inside and no corner of a
  polygon falls on a centre: every polygon is valid.

The value at each centre never falls where a time does not, nor does it grow with the limit; interpolation
keeps that order, also where it has to choose at a saddle, which goes by the mean of the four corners. Hence
a longer limit, or times that are nowhere longer, never give a smaller polygon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from contourpy import FillType, contour_generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.parameters import Parameters
    from sim.grid import Grid

    Ints = NDArray[np.int64]


def isochrone(seconds: Ints, grid: Grid, limit_s: float, parameters: Parameters) -> shapely.MultiPolygon:
    """Return what lies within a limit.

    Parameters
    ----------
    seconds
        Times at the centres of the cells, s, int64 [rows, columns], -1 where there is none.
    grid
        The cells.
    limit_s
        Longest time that is within, s.
    parameters
        For the speed of walking.

    Returns
    -------
    MultiPolygon
        In the grid's metric CRS, with the largest polygon first; empty where no cell is within.
    """
    across_s = grid.cell_m * parameters["walk_detour"] * 3.6 / parameters["walk_kmh"]
    over_s = np.where(seconds < 0, across_s, np.clip(seconds - limit_s - 0.5, -across_s, across_s))
    maker = contour_generator(grid.x_m, grid.y_m, over_s, name="serial", fill_type=FillType.OuterOffset)
    found: Any = maker.filled(-np.inf, 0.0)
    parts: list[shapely.Polygon] = []
    for points, offsets in zip(*found, strict=True):
        shell, *holes = np.split(points, offsets[1:-1].astype(np.int64))
        parts.append(shapely.Polygon(shell, holes))
    return _sorted(parts)


def differences(
    before: shapely.MultiPolygon, after: shapely.MultiPolygon
) -> tuple[shapely.MultiPolygon, shapely.MultiPolygon, shapely.MultiPolygon]:
    """Return the area gained, that `after` has and `before` has not, the area lost, and that of both."""
    found = (
        shapely.difference(after, before),
        shapely.difference(before, after),
        shapely.intersection(before, after),
    )
    gained, lost, kept = map(_polygons, found)
    return gained, lost, kept


def _polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a geometry; lines and points have no area and are left out."""
    return _sorted([part for part in shapely.get_parts(shape).tolist() if isinstance(part, shapely.Polygon)])


def _sorted(parts: list[shapely.Polygon]) -> shapely.MultiPolygon:
    """Return polygons as one geometry, the largest first."""
    ordered = sorted(parts, key=_rank)
    return shapely.MultiPolygon(ordered)


def _rank(part: shapely.Polygon) -> tuple[float, tuple[float, ...]]:
    return -part.area, part.bounds
