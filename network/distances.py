"""Straight lines between points, in the region's metric projection or on the sphere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pyproj.aoi
import pyproj.database

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from network.region import Region

    Floats = NDArray[np.float64]

_GEOD = pyproj.Geod(ellps="WGS84")


def straight_km(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Return geodesic distances between points given in degrees WGS 84, km."""
    metres = _GEOD.inv(lon, lat, other_lon, other_lat)[2]
    return np.asarray(metres, np.float64) / 1000


def on_sphere(lon_lat: Floats) -> Floats:
    """Return points in degrees, [points, 2], as x, y, z on a sphere of the earth's size, m, [points, 3]."""
    lon, lat = np.radians(lon_lat).T
    return 6_371_000 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def utm_crs(lon: float, lat: float) -> str:
    """Return the zone of the Universal Transverse Mercator projection at a point, as ``EPSG:32649``."""
    here = pyproj.aoi.AreaOfInterest(lon, lat, lon, lat)
    zones = pyproj.database.query_utm_crs_info("WGS 84", here)
    return f"EPSG:{zones[0].code}"


def metric_xy(region: Region, table: pd.DataFrame) -> Floats:
    """Return the positions of a table's rows in the region's metric CRS, m, [rows, 2]."""
    lon, lat = table["lon"].to_numpy(np.float64), table["lat"].to_numpy(np.float64)
    return np.column_stack(_to_metric(region.about.crs).transform(lon, lat))


@cache
def _to_metric(crs: str) -> pyproj.Transformer:
    """Return the projection from degrees to a metric CRS."""
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
