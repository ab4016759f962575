"""Areas of zones: in the tables a zone is a point; it stands for the ground of its district nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape

from network.distances import metric_xy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from network.region import Region

    Floats = NDArray[np.float64]


def zone_areas_km2(region: Region) -> pd.Series[float]:
    """Return the area that each zone stands for.

    Parameters
    ----------
    region
        The region; its zones and the boundaries of their districts.

    Returns
    -------
    Series
        By zone_id, km²: what of the district is nearer to the zone's point than to that of any other zone of
        the district (Voronoi cell, in the region's metric CRS). The zones of a district add up to it. NaN
        where the district has no boundary.

    Notes
    -----
    Zones of one district at the same point share its cell equally.
    """
    zones = region.zones
    spots = metric_xy(region, zones)
    area = np.full(len(zones), np.nan)
    district = zones["district_id"].to_numpy()
    for feature in region.districts["features"]:
        rows = np.flatnonzero(district == str(feature["properties"]["district_id"]))
        if rows.size:
            ground = _metric(region, shape(feature["geometry"]))
            area[rows] = _cells_m2(spots[rows], ground) / 1e6
    return pd.Series(area, index=pd.Index(zones["zone_id"], name="zone_id"), name="area_km2")


def _metric(region: Region, ground: BaseGeometry) -> BaseGeometry:
    """Return a shape in the region's metric CRS."""
    return shapely.transform(
        ground, lambda lon_lat: metric_xy(region, pd.DataFrame(lon_lat, columns=["lon", "lat"]))
    )


def _cells_m2(spots: Floats, ground: BaseGeometry) -> Floats:
    """Return the area of the cell of each point within a ground."""
    single, which = np.unique(spots, axis=0, return_inverse=True)
    cut = np.full(1, ground.area)
    if len(single) > 1:
        points = shapely.points(single)
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(single), extend_to=shapely.envelope(ground))
        )
        point, cell = shapely.STRtree(cells).query(points, predicate="within")
        cut = np.zeros(len(single))
        cut[point] = shapely.area(shapely.intersection(cells[cell], ground))
    return np.asarray(cut[which] / np.bincount(which)[which])
