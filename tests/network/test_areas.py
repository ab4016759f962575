"""Areas of zones: squares by hand, and the districts of Guangzhou."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from network.areas import zone_areas_km2
from network.reader import get_region
from network.testing import line_region


def region_with(points, square):
    """Return a region with zones at points, in a square district of some side in km around (113, 23)."""
    side = square / 111.0
    ring = [
        [112.9, 22.9],
        [112.9 + side, 22.9],
        [112.9 + side, 22.9 + side],
        [112.9, 22.9 + side],
        [112.9, 22.9],
    ]
    zones = pd.DataFrame(
        {
            "zone_id": [f"z{number}" for number in range(len(points))],
            "district_id": ["d" if inside else "elsewhere" for *_, inside in points],
            "lon": [112.9 + side * x for x, _, _ in points],
            "lat": [22.9 + side * y for _, y, _ in points],
        }
    )
    feature = {
        "type": "Feature",
        "properties": {"district_id": "d"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    districts = {"type": "FeatureCollection", "features": [feature]}
    return SimpleNamespace(about=line_region().about, zones=zones, districts=districts)


def whole_km2(region):
    ring = np.array(region.districts["features"][0]["geometry"]["coordinates"][0])
    to = pyproj.Transformer.from_crs("EPSG:4326", region.about.crs, always_xy=True)
    return shapely.Polygon(np.column_stack(to.transform(*ring.T))).area / 1e6


def test_quarters_of_a_square():
    region = region_with([(x, y, True) for x in (0.25, 0.75) for y in (0.25, 0.75)], 10)
    found = zone_areas_km2(region)
    assert found.to_numpy() == pytest.approx([whole_km2(region) / 4] * 4, rel=2e-3)
    assert found.sum() == pytest.approx(whole_km2(region))


def test_twins_share_one_has_all_and_what_has_no_boundary_has_no_area():
    region = region_with([(0.2, 0.5, True), (0.2, 0.5, True), (0.6, 0.5, True), (0.5, 0.5, False)], 10)
    found = zone_areas_km2(region)
    assert found[["z0", "z1", "z2"]].to_numpy() == pytest.approx(
        whole_km2(region) * np.array([0.2, 0.2, 0.6]), rel=2e-3
    )
    assert np.isnan(found["z3"])
    alone = zone_areas_km2(region_with([(2.0, 2.0, True)], 10))
    assert alone.to_numpy() == pytest.approx([whole_km2(region)])


def test_zones_add_up_to_their_district():
    region = get_region("guangzhou")
    found = zone_areas_km2(region)
    district = region.zones.set_index("zone_id")["district_id"]
    listed = {
        one["properties"]["district_id"]: one["properties"]["area_km2"]
        for one in region.districts["features"]
    }
    sums = found.groupby(district).sum()
    assert len(sums) == 23
    assert sums.to_numpy() == pytest.approx(sums.index.map(listed).to_numpy(), rel=0.02)
    assert found.min() > 0
