"""A region's folder to break: rail, metro and roads, with two districts and a number of its own."""

import json

import pytest

from network.errors import BadInputError
from network.reader import read_region
from network.testing import hub_region, line_region, roads_region
from network.writer import write_region

SQUARE = [[[112.9, 22.9], [113.1, 22.9], [113.1, 23.3], [112.9, 22.9]]]


def feature(district, kind="Polygon", coordinates=SQUARE):
    """Return a district as GeoJSON has it."""
    return {
        "type": "Feature",
        "properties": {"district_id": district},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a good region."""
    hub, roads = hub_region(), roads_region()
    both = hub.replace(
        tables={
            "places": roads.places,
            "centre_stations": hub.table("centre_stations").iloc[:0],
            "road_nodes": roads.table("road_nodes"),
            "road_links": roads.table("road_links"),
        }
    )
    home = tmp_path / "region"
    write_region(both, home)
    (home / "parameters.toml").write_text("[walk_kmh]\nvalue = 5\n", encoding="utf-8")
    districts = {
        "type": "FeatureCollection",
        "features": [feature("d2"), feature("d1", "MultiPolygon", [SQUARE])],
    }
    (home / "districts.geojson").write_text(json.dumps(districts), encoding="utf-8")
    return home


@pytest.fixture
def line_folder(tmp_path):
    """Return the folder of `line_region`."""
    home = tmp_path / "line"
    write_region(line_region(), home)
    return home


@pytest.fixture
def problems():
    """Return the function that reads a folder and returns the lines of its one error."""

    def read(home):
        with pytest.raises(BadInputError) as caught:
            read_region(home)
        lines = str(caught.value).splitlines()
        assert len(lines) == len(caught.value.problems)
        return lines

    return read


@pytest.fixture
def edit():
    """Return the function that replaces one text, which must be there, in a file."""

    def replace(path, old, new):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
