"""The verb `export network`: read back by pyogrio and networkx."""

import json

import networkx as nx
import pyogrio
import pytest
import shapely

from network.testing import line_region, roads_region
from onehour.layers import STATUSES, network_layers
from onehour.networks import network_graph
from onehour.study import Area, Study
from scenarios import compose


@pytest.fixture(scope="module")
def written(command, tmp_path_factory):
    """Write the network of outlook-2035 in both forms; return the folder and what the command said."""
    home = tmp_path_factory.mktemp("networks")
    said = {}
    for ending in ("gpkg", "graphml"):
        done = command("export", "network", "outlook-2035", "-o", home / f"net.{ending}", "--json")
        assert done.status == 0
        said[ending] = done.json
    assert sorted(path.name for path in home.iterdir()) == ["net.gpkg", "net.graphml"]
    return home, said


def test_the_geopackage_reads_back_layer_by_layer(written):
    home, said = written
    kinds = dict(pyogrio.list_layers(home / "net.gpkg"))
    assert kinds == {
        "districts": "Polygon", "zones": "Point", "centres": "Point", "stations": "Point",
        "transfers": "LineString", "lines": "MultiLineString", "services": "LineString",
        "roads": "LineString", "service_stops": None, "about": None,
    }  # fmt: skip
    for name, kind in kinds.items():
        layer = pyogrio.read_dataframe(home / "net.gpkg", layer=name)
        assert len(layer) == said["gpkg"]["rows"][name] > 0
        if kind is not None:
            assert layer.crs.to_epsg() == 4326
            assert layer.is_valid.all() or kind == "LineString"  # two ends may be one point
            assert not layer.is_empty.any()


def test_the_geopackage_holds_both_names_dates_status_and_provenance(written):
    home, said = written
    lines = pyogrio.read_dataframe(home / "net.gpkg", layer="lines").set_index("line_id")
    line = lines.loc["guangqing-icr-north"]
    assert (line["name_zh"], line["opened"], line["status"]) == (
        "广清城际北延线（清城—飞霞）",
        "2025-01-31",
        "open",
    )
    assert lines.loc["plan-fs-metro4", "status"] == "construction"
    assert lines.loc["plan-zhaoqing-shunde-nansha", "status"] == "planned"
    stations = pyogrio.read_dataframe(home / "net.gpkg", layer="stations").set_index("station_id")
    spot = stations.loc["cr-guangzhou-south"]
    assert (round(spot.geometry.x, 3), round(spot.geometry.y, 3)) == (113.264, 22.991)
    about = pyogrio.read_dataframe(home / "net.gpkg", layer="about").set_index("name")["value"]
    assert about["scenario"] == "outlook-2035"
    assert about["scenario_hash"] == said["gpkg"]["scenario_hash"]
    assert "OpenStreetMap" in about["attribution"]


def test_what_the_shipped_networks_of_today_hold_is_open(today):
    for name, layer in network_layers(today).items():
        if "status" in layer:
            assert set(layer["status"]) == {"open"} <= set(STATUSES), name


def test_what_is_built_before_its_day_is_not_open(guangzhou):
    early = compose(guangzhou.scenario("plan-2023").scenario, build=["gq_north_ext"])  # opened in 2025
    lines = network_layers(Study(guangzhou, early, {}))["lines"].set_index("line_id")
    assert lines.loc["guangqing-icr-north", "status"] == "construction"
    assert lines.loc["guangqing-icr", "status"] == "open"


def test_the_graph_reads_back(written):
    home, said = written
    graph = nx.read_graphml(home / "net.graphml", force_multigraph=True)
    assert {"nodes": len(graph), "edges": graph.number_of_edges()} == said["graphml"]["rows"]
    assert graph.nodes["gz-yuexiu"]["name_zh"] == "越秀区"
    assert json.loads(graph.graph["onehour"])["scenario"] == "outlook-2035"
    kinds = {kind for *_, kind in graph.edges(data="kind")}
    assert kinds == {"ride", "walk", "road", "stands-for"}
    assert {kind for _, kind in graph.nodes(data="kind")} == {"centre", "station", "junction"}


def test_no_two_nodes_share_an_id(today):
    region = today.network.region
    rows = sum(map(len, (region.places, region.stations, region.table("road_nodes"))))
    assert len(network_graph(today)) == rows


def test_a_line_of_four_stations_is_drawn_and_timed():
    study = Area(line_region()).scenario()
    layers = network_layers(study)
    (track,) = layers["lines"].geometry[0].geoms
    spots = layers["stations"].set_index("station_id").geometry
    assert list(track.coords) == [(spots[name].x, spots[name].y) for name in "abcd"]
    up = layers["services"].set_index("service_id").loc["up"]
    # a train every 10 minutes from 06:00 to 22:50; 12 of them leave from 07:00 to 09:00
    assert (up["calls"], up["trips_a_day"], up["trips_am_peak"]) == ("a b c d", 102, 12)
    assert shapely.equals(up.geometry, track)
    rides = [
        (start, end, data["minutes"])
        for start, end, data in network_graph(study).edges(data=True)
        if data["kind"] == "ride" and data["service"] == "up"
    ]
    assert rides == [("a", "b", 6), ("b", "c", 6), ("c", "d", 6)]


def test_roads_lead_both_ways_unless_they_are_one_way():
    study = Area(roads_region()).scenario()
    links = study.network.region.table("road_links")
    graph = network_graph(study)
    found = sorted((start, end) for start, end, kind in graph.edges(data="kind") if kind == "road")
    ends = list(zip(links["from_node_id"], links["to_node_id"], strict=True))
    back = [(end, start) for (start, end), one in zip(ends, links["oneway"], strict=True) if not one]
    assert found == sorted(ends + back)


def test_empty_layers_are_written_too(command, folder, tmp_path):
    output = tmp_path / "roads.gpkg"
    done = command("export", "network", "--region", folder / "roads", "-o", output)
    assert done.status == 0
    assert "roads 4" in done.out
    assert len(pyogrio.read_dataframe(output, layer="stations")) == 0


def test_a_file_that_cannot_be_written_leaves_the_old_one(command, folder, tmp_path):
    output = tmp_path / "net.shp"
    done = command("export", "network", "no-such", "--region", folder / "line", "-o", output)
    assert done.status == 2
    assert done.err.startswith("onehour: 2 problems")
    assert ".gpkg or .graphml" in done.err
    assert not any(tmp_path.iterdir())
