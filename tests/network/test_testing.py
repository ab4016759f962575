"""The tiny regions: they pass the checks, equal what their folder reads as, and say true times."""

import doctest

import numpy as np
import pytest

from network import testing
from network.errors import BadInputError
from network.reader import read_region
from network.region import About
from network.roads import road_graph
from network.testing import (
    diamond_region,
    headway_region,
    hub_region,
    line_region,
    make_region,
    roads_region,
)
from network.writer import write_region
from sim.search import SearchGraph

REGIONS = (line_region, diamond_region, hub_region, roads_region, headway_region)


@pytest.mark.parametrize("build", REGIONS)
def test_equals_the_region_that_its_folder_reads_as(build, tmp_path):
    write_region(build(), tmp_path)
    again = read_region(tmp_path)
    assert again.hash == build().hash
    assert again.about == build().about


def test_each_region_is_another():
    assert len({build().hash for build in REGIONS}) == len(REGIONS)


@pytest.mark.parametrize("build", [line_region, diamond_region, hub_region, headway_region])
def test_every_service_runs_both_ways(build):
    region = build()
    calls = region.service_stops.groupby("service_id")["station_id"].agg("".join)
    assert sorted(calls) == sorted(stops[::-1] for stops in calls)
    assert (region.service_stops["distance_km"].dropna() == 10).all()


def test_line_rides_are_those_of_the_docstring():
    calls = line_region().service_stops.query("service_id == 'up'")
    assert calls["station_id"].tolist() == list("abcd")
    assert calls["arrive_min"].tolist()[1:] == [6, 13, 20]
    assert calls["depart_min"].tolist()[:-1] == [0, 7, 14]


def test_line_has_twelve_departures_in_the_peak_at_every_station():
    region = line_region()
    departures = region.services.set_index("service_id").at["up", "departures"].split()
    start = [int(hour) * 60 + int(minute) for hour, minute in (text.split(":") for text in departures)]
    for depart in (0, 7, 14):
        assert sum(420 <= at + depart < 540 for at in start) == 12


def test_roads_take_the_minutes_of_the_docstring():
    region = roads_region()
    graph = road_graph(region, "midday")
    search = SearchGraph.from_arrays(graph.tail, graph.head, graph.drive_s + graph.toll_s, graph.n_nodes)
    times = search.times([graph.origin["p"], graph.origin["q"]])
    assert times[0, graph.destination["q"]] == 11 * 60
    assert times[1, graph.destination["p"]] == 11 * 60
    slow = region.replace(tables={"road_links": region.table("road_links").query("not tolled")})
    graph = road_graph(slow, "midday")
    search = SearchGraph.from_arrays(graph.tail, graph.head, graph.drive_s + graph.toll_s, graph.n_nodes)
    assert search.times([graph.origin["p"]])[0, graph.destination["q"]] == 19 * 60


def test_stations_are_ten_kilometres_apart():
    lat = line_region().stations["lat"].to_numpy()
    assert np.allclose(np.diff(lat) * 111.195, 10, atol=0.02)


def test_rows_written_in_code_are_checked_as_those_of_a_file_are():
    place = {"place_id": "x", "lon": 200, "lat": 23.0, "colour": "red"}
    with pytest.raises(BadInputError, match=r"places\.csv row 1: unknown column 'colour'"):
        make_region({"places": [place]})
    del place["colour"]
    with pytest.raises(BadInputError, match=r"places\.csv row 2, lon: '200' is out of range"):
        make_region({"places": [place]}, about=About("x"))


def test_problems_come_in_the_order_of_rows():
    rows = [{"place_id": "a", "lon": 0, "lat": 91}, {"place_id": "b c", "lon": 0, "lat": 0}]
    with pytest.raises(BadInputError) as caught:
        make_region({"places": rows})
    assert [problem.where for problem in caught.value.problems] == [
        "places.csv row 2, lat",
        "places.csv row 3, place_id",
    ]


def test_examples_of_the_docstrings():
    assert doctest.testmod(testing).failed == 0
