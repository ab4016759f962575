"""Driving over streets: against NetworkX on a real extract, and by hand on a small map."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import sim.drives
from network.compile import Query
from network.ends import ends_of
from network.streets.driving import drive_arcs, link_seconds
from network.streets.reading import read_streets
from network.testing import make_region
from sim.drives import StreetDrives
from sim.grid import grid_of
from sim.journeys import Network
from sim.surface import surfaces
from tests.network.streets_files import HELSINKI, osm_text

METRE_DEG = 1 / 111_195.08
LON = 111.0
PERIODS = ("am-peak", "midday")


def region_with(streets, numbers=None, **tables):
    """Return a region of these tables with streets to drive on."""
    region = make_region(tables)
    numbers = {"congestion_connector_outer": 1.0, "congestion_connector_outer_am_peak": 1.5} | (numbers or {})
    held = region.parameters.with_values(numbers, periods=PERIODS, source="test")
    return region.replace(streets={"drive": streets}, parameters=held)


def place(name, x, y, **more):
    return {"place_id": name, "lon": LON + x * METRE_DEG, "lat": y * METRE_DEG, **more}


def made(tmp_path, nodes, ways):
    path = tmp_path / "made.osm"
    degrees = {key: (LON + x * METRE_DEG, y * METRE_DEG) for key, (x, y) in nodes.items()}
    path.write_text(osm_text(degrees, ways), encoding="utf-8")
    return read_streets(path, "drive")


@pytest.fixture
def town(tmp_path):
    """Return streets: a way round by 3 km of street at 40 km/h, and a motorway of 2 km at 120 with a toll.

    The motorway leads from node 1 to node 4 over 2 and 3, where nobody gets on or off; the street, 1 to 4 over 5
    and 6, is 0.5 + 2 + 0.5 km. A one-way street leads from 6 to 7 and by 8 back to 5.
    """
    nodes = {
        1: (0, 0), 2: (500, 0), 3: (1500, 0), 4: (2000, 0),
        5: (0, 500), 6: (2000, 500), 7: (2000, 800), 8: (0, 800),
    }  # fmt: skip
    return made(
        tmp_path,
        nodes,
        [
            (1, [1, 2, 3, 4], {"highway": "motorway", "maxspeed": "120", "toll": "yes"}),
            (2, [1, 5, 6, 4], {"highway": "tertiary", "maxspeed": "40"}),
            (3, [6, 7, 8, 5], {"highway": "residential", "maxspeed": "30", "oneway": "yes"}),
        ],
    )


def table(*points):
    return pd.DataFrame(
        {"lon": [LON + x * METRE_DEG for x, _ in points], "lat": [y * METRE_DEG for _, y in points]}
    )


def test_seconds_of_links(town):
    """Limits, the delay of streets, and congestion: 3 km x 3.6 / 40 x 1.25 = 337.5 s off the peak."""
    region = region_with(town, places=[place("p", 0, 0)])
    tertiary = town.speed_kmh == 40
    for period, factor in (("midday", 1.0), ("am-peak", 1.5)):
        seconds = link_seconds(region, town, period)
        expected = np.array([500, 2000, 500]) * 3.6 / 40 * 1.25 * factor
        assert np.sort(seconds[tertiary]) == pytest.approx(np.sort(expected), abs=1)
    motorway = town.speed_kmh == 120
    factor = region.parameters["congestion_expressway_outer"]
    assert link_seconds(region, town, "midday")[motorway] == pytest.approx([2000 * 3.6 / 120 * factor], abs=1)
    assert drive_arcs(town).plaza.sum() == 4


def test_drives_by_hand(town):
    """From beside node 1 to beside node 4, by motorway and two plazas or by the street, whichever is quicker."""
    walks = table((10, 250), (1990, 250))  # 10 m off the street, halfway between 1 and 5, and 4 and 6
    off_s = 10 * 1.3 * 3.6 / 30
    half_s = 250 * 3.6 / 40 * 1.25
    for plaza_min, ways in ((0.5, "motorway"), (9.0, "street")):
        region = region_with(town, {"toll_plaza_min": plaza_min}, places=[place("p", 0, 0)])
        found = StreetDrives(town).between(region, "midday", walks, walks)
        factor = region.parameters["congestion_expressway_outer"]
        fast_s = 2000 * 3.6 / 120 * factor + 120 * plaza_min
        slow_s = 2000 * 3.6 / 40 * 1.25
        assert (fast_s < slow_s) == (ways == "motorway")
        expected = min(fast_s, slow_s) + 2 * off_s + 2 * half_s
        assert found.seconds[0, 1] == pytest.approx(expected, abs=3)
        assert found.seconds[1, 0] == pytest.approx(expected, abs=3)
        assert found.toll_s[0, 1] == (120 * plaza_min if ways == "motorway" else 0)
        assert found.seconds[0, 0] == pytest.approx(2 * off_s, abs=1)


def test_one_way_streets(town):
    """On the one-way street one drives on along it, and all the way round to what lies behind."""
    region = region_with(town, {"toll_plaza_min": 30}, places=[place("p", 0, 0)])
    points = table((1500, 800), (500, 800), (1000, 500))
    seconds = StreetDrives(town).between(region, "midday", points, points).seconds
    pace = {"one": 3.6 / 30 * 1.25, "street": 3.6 / 40 * 1.25}
    assert seconds[0, 1] == pytest.approx(1000 * pace["one"], abs=2)
    behind_s = (500 + 300) * pace["one"] + 2000 * pace["street"] + (300 + 500) * pace["one"]
    assert seconds[1, 0] == pytest.approx(behind_s, abs=3)
    assert seconds[2, 0] == pytest.approx(1000 * pace["street"] + 800 * pace["one"], abs=3)
    assert seconds[0, 2] == pytest.approx((1500 + 300) * pace["one"] + 1000 * pace["street"], abs=3)


def test_far_points_have_no_drive(town):
    region = region_with(town, places=[place("p", 0, 0)])
    found = StreetDrives(town).between(
        region, "midday", table((0, 100), (9000, 0)), table((9000, 0), (0, 300))
    )
    assert found.seconds.tolist()[0][0] == -1
    assert found.seconds.tolist()[1] == [-1, -1]
    assert found.seconds[0, 1] > 0


def test_nobody_starts_on_a_motorway(town):
    found = town.snap(table((1000, 10)).to_numpy())
    assert town.speed_kmh[found.link[0]] != 120
    assert found.off_m[0] == pytest.approx(490, rel=0.01)


@pytest.fixture(scope="module")
def helsinki():
    return read_streets(HELSINKI, "drive", speeds="china")


@pytest.mark.parametrize("prepared", [False, True])
def test_drives_are_those_of_networkx(helsinki, monkeypatch, prepared):
    monkeypatch.setattr(sim.drives, "WORTH_PREPARING", 0 if prepared else 10**9)
    streets = helsinki
    region = region_with(streets, places=[{"place_id": "p", "lon": 24.94, "lat": 60.17}])
    link_s = link_seconds(region, streets, "am-peak")
    graph = nx.MultiDiGraph()
    for tail, head, oneway, seconds in zip(streets.tail, streets.head, streets.oneway, link_s, strict=True):
        graph.add_edge(int(tail), int(head), seconds=int(seconds))
        if not oneway:
            graph.add_edge(int(head), int(tail), seconds=int(seconds))
    nodes = np.random.default_rng(2).choice(streets.n_nodes, 25, replace=False)
    points = pd.DataFrame({"lon": streets.node_lon[nodes], "lat": streets.node_lat[nodes]})
    found = StreetDrives(streets).between(region, "am-peak", points, points)
    for row, node in enumerate(nodes.tolist()):
        known = nx.single_source_dijkstra_path_length(graph, node, weight="seconds")
        assert found.seconds[row] == pytest.approx([known[other] for other in nodes.tolist()], abs=2)
    assert (found.toll_s == 0).all()


def test_prepared_or_not_is_the_same(helsinki, monkeypatch):
    region = region_with(helsinki, places=[{"place_id": "p", "lon": 24.94, "lat": 60.17}])
    rng = np.random.default_rng(6)
    points = pd.DataFrame({"lon": rng.uniform(24.93, 24.96, 30), "lat": rng.uniform(60.16, 60.18, 30)})
    plain = StreetDrives(helsinki).between(region, "midday", points, points)
    monkeypatch.setattr(sim.drives, "WORTH_PREPARING", 0)
    monkeypatch.setattr(sim.drives, "_BLOCK_CELLS", 1000)
    drives = StreetDrives(helsinki)
    drives.between(region, "am-peak", points, points)
    ready = drives.between(region, "midday", points, points)
    assert np.array_equal(plain.seconds, ready.seconds)


def test_journeys_by_car(town):
    """Parts of a drive over streets, with parking as over the sketch; a place far off has none."""
    region = region_with(
        town,
        {"toll_plaza_min": 0.5},
        places=[place("p", 10, 250, level="core"), place("q", 1990, 250), place("far", 20_000, 0)],
    )
    query, ends = Query(mode="car", period="midday"), ends_of(region, ["p", "q", "far"])
    router = Network(region).router(ends, query)
    times = router.times([0, 1, 2], [0, 1, 2])
    drives = StreetDrives(town).between(region, "midday", ends.table, ends.table)
    names = dict(zip(("drive", "toll", "park"), times.parts_s[0, 1, 7:10], strict=True))
    assert names == {"drive": drives.seconds[0, 1] - 60, "toll": 60, "park": 240}
    assert times.parts_s[1, 0, 9] == 480
    assert times.seconds[0, 2] == -1
    assert router.missing(0, 2) == "no way by road"
    stages = router.paths([(0, 1)])[0]
    assert [stage.kind for stage in stages] == ["drive", "park"]


@pytest.mark.parametrize("mode", ["car", "any"])
def test_surfaces_are_the_journeys(town, mode):
    stations = [("a", 0, 500), ("b", 2000, 520)]
    region = region_with(
        town,
        places=[place("p", 10, 250, level="core"), place("q", 3500, 700)],
        stations=[
            {"station_id": name, "system": "metro", "class": "metro", "lon": LON + x * METRE_DEG, "lat": y * METRE_DEG}
            for name, x, y in stations
        ],
        lines=[{"line_id": "l", "class": "metro"}],
        services=[{"service_id": "s", "line_id": "l", "name": "s", "class": "metro", "headway_am_peak_min": 2,
                   "headway_midday_min": 2}],
        service_stops=[{"service_id": "s", "seq": 1, "station_id": "a", "depart_min": 0},
                       {"service_id": "s", "seq": 2, "station_id": "b", "arrive_min": 1}],
    )  # fmt: skip
    numbers = region.parameters.with_values({"feeder_max_km": 0.5}, periods=PERIODS, source="test")
    region = region.replace(parameters=numbers)
    network, grid = Network(region), grid_of(region, 250)
    query, ends = Query(mode=mode, period="midday"), ends_of(region, ["p", "q"])
    found = surfaces(network, ends, query, grid)[:, grid.inside]
    chosen = np.random.default_rng(5).choice(found.shape[1], 60, replace=False)
    cells = pd.DataFrame(grid.lon_lat[chosen], columns=["lon", "lat"]).assign(id=chosen.astype(str))
    both = ends_of(region, pd.concat([ends.table, cells], ignore_index=True))
    known = network.router(both, query).times([0, 1], 2 + np.arange(60)).seconds
    assert np.abs(found[:, chosen] - known).max() <= 1
    assert (known >= 0).mean() > 0.2
