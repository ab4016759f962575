"""Walking over streets: against NetworkX on a real extract, and by hand on a small map."""

from dataclasses import replace

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest

from network.compile import Query
from network.ends import ends_of
from network.streets.reading import read_streets
from network.streets.ways import way_filter
from network.testing import hub_region, make_region
from sim.access import StreetWalks, street_walks, ways, with_street_changes
from sim.grid import grid_of
from sim.journeys import Network
from sim.surface import surfaces
from tests.network.streets_files import osm_text, plain_xml

METRE_DEG = 1 / 111_195.08
"""Degrees of latitude (and of longitude on the equator) that are a metre on OSMnx's sphere."""

LON = 111.0
"""Middle of the zone that tiny regions are measured in."""


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory):
    path = plain_xml(tmp_path_factory.mktemp("osm") / "helsinki.osm", way_filter("walk"))
    graph = ox.graph_from_xml(path, bidirectional=True, simplify=False, retain_all=True)
    return read_streets(path, "walk"), ox.truncate.largest_component(graph, strongly=True)


def lon_lat(streets, nodes):
    return np.column_stack([streets.node_lon[nodes], streets.node_lat[nodes]])


def test_walks_are_those_of_networkx(helsinki):
    streets, graph = helsinki
    rng = np.random.default_rng(3)
    starts, ends = (rng.choice(streets.n_nodes, size, replace=False) for size in (9, 60))
    found = StreetWalks(streets).table(lon_lat(streets, starts), lon_lat(streets, ends), 1500.0)
    held = dict(zip(zip(found.one.tolist(), found.other.tolist(), strict=True), found.way_m, strict=True))
    within = 0
    for one, start in enumerate(streets.node_id[starts].tolist()):
        known = nx.single_source_dijkstra_path_length(graph, start, weight="length")
        for other, end in enumerate(streets.node_id[ends].tolist()):
            within += known[end] <= 1490
            if (one, other) in held:
                assert held[one, other] == pytest.approx(known[end], abs=4)  # 0.05 m a link, and snapping
            else:
                assert known[end] > 1495
    assert within > 100


def test_walks_do_not_depend_on_the_side(helsinki):
    streets, _ = helsinki
    rng = np.random.default_rng(4)
    box = [streets.node_lon.min(), streets.node_lat.min()], [streets.node_lon.max(), streets.node_lat.max()]
    many, few = rng.uniform(*box, (30, 2)), rng.uniform(*box, (4, 2))
    walks = StreetWalks(streets)
    there, back = walks.table(few, many, 2000.0), walks.table(many, few, 2000.0)
    assert len(there.one) > 20
    order = np.lexsort((back.one, back.other))
    assert np.array_equal(there.one, back.other[order])
    assert np.array_equal(there.other, back.one[order])
    assert np.array_equal(there.way_m, back.way_m[order])
    assert np.array_equal(np.lexsort((back.other, back.one)), np.arange(len(back.one)))
    shorter = walks.table(few, many, 700.0)
    kept = there.way_m <= 700
    assert np.array_equal(shorter.way_m, there.way_m[kept])


def street(tmp_path, nodes, ways_):
    """Return streets of nodes given in metres around (LON, 0)."""
    path = tmp_path / "made.osm"
    degrees = {key: (LON + x * METRE_DEG, y * METRE_DEG) for key, (x, y) in nodes.items()}
    path.write_text(osm_text(degrees, [(key, refs, {"highway": "footway"}) for key, refs in ways_]))
    return read_streets(path, "walk")


def place(name, x, y, **more):
    return {"place_id": name, "lon": LON + x * METRE_DEG, "lat": y * METRE_DEG, **more}


def two_stops(x, y):
    """Return a region with stations `near` at (x, y) and `far` 50 km away, and places around."""
    stops = [("near", x, y), ("far", 50_000, 0)]
    return make_region(
        {
            "places": [place("p", 0, 400), place("q", 0, 700), place("lost", 5000, 0)],
            "stations": [
                {"station_id": name, "system": "metro", "class": "metro", "lon": LON + a * METRE_DEG, "lat": b * METRE_DEG}
                for name, a, b in stops
            ],
            "lines": [{"line_id": "line", "class": "metro"}],
            "services": [
                {"service_id": name, "line_id": "line", "name": name, "class": "metro",
                 "headway_am_peak_min": 10, "headway_midday_min": 10}
                for name in ("out", "in")
            ],
            "service_stops": [
                {"service_id": "out", "seq": 1, "station_id": "near", "depart_min": 0},
                {"service_id": "out", "seq": 2, "station_id": "far", "arrive_min": 30},
                {"service_id": "in", "seq": 1, "station_id": "far", "depart_min": 0},
                {"service_id": "in", "seq": 2, "station_id": "near", "arrive_min": 30},
            ],
        }
    )  # fmt: skip


def test_access_by_hand(tmp_path):
    """A street 1000 m north, then 300 m east: the station stands 10 m off its end, the place beside its middle.

    p at (0, 400) walks 600 + 300 + 10 m = 910 m, and takes the bus: 300 s of waiting and a straight line of 680 m;
    q at (0, 700) walks 300 + 300 + 10 = 610 m; p to q are 300 m. On foot these are 728, 488 and 240 s. `lost` is
    5 km from all streets: the bus takes it along the straight line too.
    """
    streets = street(tmp_path, {1: (0, 0), 2: (0, 1000), 3: (300, 1000)}, [(5, [1, 2, 3])])
    plain = two_stops(300, 1010)
    region = plain.replace(streets={"walk": streets})
    ends = ends_of(region, ["p", "q", "lost"])
    found = ways(region, ends)
    end, station, seconds = found.to_stations
    told = dict(zip(zip(end.tolist(), station.tolist(), strict=True), seconds.tolist(), strict=True))
    row = region.stations["station_id"].tolist().index("near")
    by_bus = [300 + away_m * 1.3 * 3.6 / 16 for away_m in (np.hypot(300, 610), np.hypot(4700, 1010))]
    assert told[0, row] == pytest.approx(by_bus[0], abs=1)
    assert told[1, row] == pytest.approx(300 + np.hypot(300, 310) * 1.3 * 3.6 / 16, abs=1)
    assert told[2, row] == pytest.approx(by_bus[1], abs=2)
    assert list(zip(*(part.tolist() for part in found.on_foot), strict=True)) == [(0, 1, 240), (1, 0, 240)]
    numbers = region.parameters.with_values({"feeder_max_km": 0}, periods=("midday",), source="test")
    end, station, seconds = ways(region.replace(parameters=numbers), ends).to_stations
    told = dict(zip(zip(end.tolist(), station.tolist(), strict=True), seconds.tolist(), strict=True))
    assert told == {(0, row): pytest.approx(728, abs=1), (1, row): pytest.approx(488, abs=1)}


def test_a_region_without_streets_walks_straight():
    region = hub_region()
    assert street_walks(region) is None
    assert with_street_changes(region) is region
    assert Network(region).region is region


def test_changes_over_streets(tmp_path):
    """Stations 100 m apart whose street leads around 500 m: a guess gives way, a count stays."""
    nodes = {1: (0, 0), 2: (0, 200), 3: (100, 200), 4: (100, 0)}
    streets = street(tmp_path, nodes, [(5, [1, 2, 3, 4])])
    links = [
        {"from_station_id": "a", "to_station_id": "b", "walk_m": 130, "confidence": "medium"},
        {"from_station_id": "b", "to_station_id": "a", "walk_m": 120, "confidence": "high"},
        {"from_station_id": "a", "to_station_id": "c", "walk_m": 900, "confidence": "low"},
    ]
    stations = [("a", 0, 0), ("b", 100, 0), ("c", 900, 0)]
    region = make_region(
        {
            "places": [place("p", 0, 0)],
            "stations": [
                {"station_id": name, "system": "metro", "class": "metro", "lon": LON + x * METRE_DEG, "lat": y * METRE_DEG}
                for name, x, y in stations
            ],
            "transfers": links,
        }
    ).replace(streets={"walk": streets})  # fmt: skip
    changed = with_street_changes(region).transfers
    told = changed.set_index(["from_station_id", "to_station_id"])["walk_m"]
    assert told["a", "b"] == pytest.approx(500, abs=0.5)
    assert told["b", "a"] == 120
    assert told["a", "c"] == 900  # no street is near to c
    assert Network(region).region.transfers["walk_m"].tolist() == changed["walk_m"].tolist()
    assert region.transfers["walk_m"].tolist() != changed["walk_m"].tolist()


def test_journeys_walk_over_streets(tmp_path):
    streets = street(tmp_path, {1: (0, 0), 2: (0, 1000), 3: (300, 1000)}, [(5, [1, 2, 3])])
    plain = two_stops(300, 1010)
    plain = plain.replace(
        parameters=plain.parameters.with_values({"feeder_max_km": 0}, periods=("midday",), source="test")
    )
    over = plain.replace(streets={"walk": streets})
    times = {}
    for name, region in (("straight", plain), ("streets", over)):
        network, ends = Network(region), ends_of(region, ["q", "far"])
        times[name] = network.router(ends, Query(period="midday")).times([0], [1])
        by_window = network.router(ends, Query(period="midday", statistic="p50")).times([0], [1])
        assert by_window.parts_s[0, 0, 0] == times[name].parts_s[0, 0, 0]
    assert times["streets"].parts_s[0, 0, 0] == pytest.approx(488, abs=1)
    straight_m = np.hypot(300, 310)
    assert times["straight"].parts_s[0, 0, 0] == pytest.approx(straight_m * 1.3 * 3.6 / 4.5, abs=2)


@pytest.mark.parametrize("mode", ["transit", "any"])
def test_surfaces_are_the_journeys(tmp_path, mode):
    """The centre of each cell has the time of a journey to a point there, on and off the streets."""
    streets = street(tmp_path, {1: (0, 0), 2: (0, 1000), 3: (300, 1000)}, [(5, [1, 2, 3])])
    region = two_stops(300, 1010).replace(streets={"walk": streets})
    numbers = region.parameters.with_values({"feeder_max_km": 1.5}, periods=("midday",), source="test")
    network = Network(region.replace(parameters=numbers))
    whole = grid_of(network.region, 200)
    near = (whole.x_m > 498_500) & (whole.x_m < 502_000)
    grid = replace(whole, inside=whole.inside & near[None, :])
    query, ends = Query(mode=mode, period="midday"), ends_of(network.region, ["far", "q"])
    found = surfaces(network, ends, query, grid)[:, grid.inside]
    chosen = np.random.default_rng(5).choice(found.shape[1], 60, replace=False)
    table = pd.DataFrame(grid.lon_lat[chosen], columns=["lon", "lat"]).assign(id=chosen.astype(str))
    both = ends_of(network.region, pd.concat([ends.table, table], ignore_index=True))
    known = network.router(both, query).times([0, 1], 2 + np.arange(60)).seconds
    assert np.abs(found[:, chosen] - known).max() <= 1
    assert (known >= 0).mean() > 0.1
    straight = surfaces(Network(network.region.replace(streets={})), ends, query, grid)[:, grid.inside]
    assert (straight != found).any()
