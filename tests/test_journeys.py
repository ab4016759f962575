"""Journeys on the tiny regions: times worked out by hand, and every rule of the clocks and modes."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from network.compile import Query
from network.ends import ends_of
from network.graph import PARTS
from network.testing import hub_region, line_region, make_region, roads_region
from sim.journeys import Network


def minutes(region, start, end, **words):
    """Minutes between two ends; NaN where there is no journey."""
    network = Network(region)
    ends = ends_of(network.region, [start, end])
    times = network.router(ends, Query(**words)).times([0], [len(ends) - 1])
    assert times.parts_s.sum() == max(times.seconds[0, 0], 0)
    return times.seconds[0, 0] / 60 if times.seconds[0, 0] >= 0 else np.nan


def parts(region, start, end, **words):
    network = Network(region)
    times = network.router(ends_of(region, [start, end]), Query(**words)).times([0], [1])
    return {name: value / 60 for name, value in zip(PARTS, times.parts_s[0, 0], strict=True) if value}


def test_parts_by_hand():
    found = parts(hub_region(), "at-r", "at-m", clock="door")
    assert found == {"entry": 5, "wait": 7.5, "ride": 12, "transfer": 12, "exit": 2}
    found = parts(hub_region(), "at-m", "at-r", clock="door")
    assert found == {"entry": 3, "wait": 7.5, "ride": 12, "transfer": 12, "exit": 3}


def test_mutual_recognition_waives_the_security_alone():
    region = hub_region()
    waived = region.replace(tables={"transfers": region.transfers.assign(security_waived=True)})
    assert minutes(waived, "at-r", "at-m", clock="door") == 37.5  # less 1 of the metro
    assert minutes(waived, "at-m", "at-r", clock="door") == 32.5  # less 5 of the hub


@pytest.mark.parametrize(("kind", "change"), [("metro", 4), ("intercity", 8), ("national", 8), ("hub", 12)])
def test_changes_inside_the_gates(kind, change):
    names = "axb"
    stations = [
        {
            "station_id": name,
            "system": "metro" if kind == "metro" else "rail",
            "class": kind,
            "lon": 113 + at / 10,
            "lat": 23,
        }
        for at, name in enumerate(names)
    ]
    every = {"class": "metro" if kind == "metro" else "hsr", "headway_am_peak_min": 10}
    services = [{"service_id": "one", **every}, {"service_id": "two", **every}]
    calls = [
        {
            "service_id": service,
            "seq": seq,
            "station_id": stop,
            "arrive_min": 6 * seq or None,
            "depart_min": 0 if not seq else None,
        }
        for service, way in (("one", "ax"), ("two", "xb"))
        for seq, stop in enumerate(way)
    ]
    region = make_region({"stations": stations, "services": services, "service_stops": calls})
    assert minutes(region, "a", "b", clock="station") == 5 + 6 + change + 5 + 6
    assert parts(region, "a", "b", clock="station")["transfer"] == change
    # in vehicles a change weighs 20 min in choosing and is left out
    assert minutes(region, "a", "b", clock="in-vehicle") == 12


def test_a_change_weighs_twenty_minutes_in_choosing():
    """Direct in 35 min, or 12 with a change: 35 is less than 12 + 20 x 1 = 32? No: the change is taken."""
    for direct, expected in ((31, 31), (33, 12)):
        stations = [
            {"station_id": n, "system": "rail", "class": "national", "lon": 113 + at / 10, "lat": 23}
            for at, n in enumerate("axb")
        ]
        services = [
            {"service_id": name, "class": "hsr", "departures": "08:00"} for name in ("one", "two", "direct")
        ]
        calls = [
            {
                "service_id": service,
                "seq": seq,
                "station_id": stop,
                "arrive_min": run * seq or None,
                "depart_min": 0 if not seq else None,
            }
            for service, way, run in (("one", "ax", 6), ("two", "xb", 6), ("direct", "ab", direct))
            for seq, stop in enumerate(way)
        ]
        region = make_region({"stations": stations, "services": services, "service_stops": calls})
        assert minutes(region, "a", "b", clock="in-vehicle") == expected


def test_planned_waits_no_longer_than_the_cap():
    region = line_region()
    rare = region.replace(tables={"services": region.services.assign(departures="07:30")})
    assert minutes(rare, "a", "b", clock="station") == 60 + 6
    assert minutes(rare, "a", "b", clock="station", traveller="planned") == 5 + 6
    assert minutes(region, "a", "b", clock="station", traveller="planned") == 5 + 6


def test_the_later_cap_is_longer():
    region = hub_region()
    rare = region.services.assign(departures=["07:30" if d else "" for d in region.services["departures"]])
    region = region.replace(tables={"services": rare})
    # metro to train: the train is the second boarding, 15 min at most; the metro wait is 2.5
    assert parts(region, "at-m", "at-r", clock="station", traveller="planned")["wait"] == 2.5 + 15
    assert parts(region, "at-r", "at-m", clock="station", traveller="planned")["wait"] == 5 + 2.5


def test_a_station_is_at_its_own_entrance():
    assert "access" not in parts(line_region(), "a", "b", clock="door")
    assert minutes(line_region(), "a", "b", clock="door") == 19


def test_paths_add_up_and_say_lines_and_stops():
    region = hub_region()
    network = Network(region)
    ends = ends_of(region, ["at-r", "at-m"])
    router = network.router(ends, Query(clock="door"))
    (stages,) = router.paths([(0, 1)])
    assert [stage.kind for stage in stages] == ["entry", "ride", "transfer", "ride", "exit"]
    assert sum(stage.seconds for stage in stages) == router.times([0], [1]).seconds[0, 0]
    assert stages[1].lines == ("rail",)
    assert stages[1].stops == ("r", "h")
    assert (stages[2].start, stages[2].end) == ("h", "g")
    assert all(one.end == two.start for one, two in pairwise(stages))


def test_low_confidence_travels():
    region = hub_region()
    low = region.replace(
        tables={
            "transfers": region.transfers.assign(confidence="low"),
            "services": region.services.assign(confidence="low"),
        }
    )
    (stages,) = Network(low).router(ends_of(low, ["at-r", "at-m"]), Query()).paths([(0, 1)])
    found = {row for stage in stages for row in stage.low_confidence}
    assert found == {"services.csv rail-up", "services.csv metro-up", "transfers.csv h g"}


def test_the_networkx_graph_has_the_same_times():
    nx = pytest.importorskip("networkx")
    region = hub_region()
    router = Network(region).router(ends_of(region, ["at-r", "at-m", "g"]), Query(clock="door"))
    (graph,), (search,) = router.graphs, router.searches
    there = graph.to_networkx()
    seconds = search.times(graph.origin)
    for row, node in enumerate(graph.origin.tolist()):
        lengths = nx.single_source_dijkstra_path_length(there, node, weight="seconds")
        assert {at: time for at, time in enumerate(seconds[row].tolist()) if time != 2147483647} == lengths


def test_drives_are_one_stage_between_named_points():
    region = roads_region()
    router = Network(region).router(ends_of(region, ["p", "q"]), Query("door", "car", "midday"))
    (stages,) = router.paths([(0, 1)])
    drive, park = stages
    assert (drive.kind, drive.start, drive.end) == ("drive", "p", "q")
    assert drive.parts_s == {"drive": 600, "toll": 60}
    assert drive.lines == ("connector", "expressway")
    assert (park.kind, park.end, park.seconds) == ("park", "q", 240)
    (there, back) = (
        Network(region).router(router.ends, Query("door", "any", "midday")).paths([(0, 1), (1, 0)])
    )
    assert [stage.kind for stage in there] == ["drive", "park"]  # 11 + 4 by car, as by taxi: fewer links
    assert [(stage.kind, stage.start, stage.end) for stage in back] == [
        ("taxi", "q", "q"),
        ("drive", "q", "p"),
    ]


def test_roads_of_low_confidence_are_named():
    region = roads_region()
    links = region.table("road_links")
    low = region.replace(
        tables={"road_links": links.assign(confidence=np.where(links["tolled"], "low", "high"))}
    )
    (stages,) = Network(low).router(ends_of(low, ["p", "q"]), Query("door", "car", "midday")).paths([(0, 1)])
    assert stages[0].low_confidence == ("road_links.csv j-k-fast",)


def test_paths_come_from_the_alternative_that_the_times_chose():
    """In vehicles `any` is the least of the modes: trains up the line, the car where none runs back."""
    lines, roads = line_region(), roads_region()
    tables = {name: roads.table(name) for name in ("road_nodes", "road_links")}
    tables["places"] = pd.concat([lines.places, roads.places])
    for name in ("services", "service_stops"):
        tables[name] = lines.table(name).query("service_id == 'up'")
    region = lines.replace(tables=tables)
    ends = ends_of(region, ["at-a", "p", "q", "at-b"])
    router = Network(region).router(ends, Query("in-vehicle", "any", "midday"))
    rows = range(len(ends))
    times = router.times(rows, rows)
    assert times.seconds[ends.rows(["at-a"])[0], ends.rows(["at-b"])[0]] == 360
    pairs = [(row, column) for row in rows for column in rows if row != column]
    given, found = router.paths(pairs, times), router.paths(pairs)
    assert given == found
    for pair, stages in zip(pairs, found, strict=True):
        assert sum(stage.seconds for stage in stages) == times.seconds[pair]
    assert {"drive", "ride"} <= {stage.kind for stages in found for stage in stages}


def test_in_vehicles_stages_hold_what_is_ridden_and_nothing_else():
    region = hub_region()
    (stages,) = Network(region).router(ends_of(region, ["at-r", "at-m"]), Query("in-vehicle")).paths([(0, 1)])
    assert [(stage.kind, stage.seconds) for stage in stages] == [
        ("ride", 360),
        ("transfer", 0),
        ("ride", 360),
    ]


def test_a_network_keeps_its_latest_routers():
    region = line_region()
    network = Network(region)
    ends = ends_of(region, ["a", "b"])
    first = network.router(ends, Query())
    assert network.router(ends_of(region, ["a", "b"]), Query()) is first
    for lat in range(40):
        network.router(ends_of(region, [f"113.0,{23 + lat / 1000}"]), Query(clock="station"))
    assert network.router(ends, Query()) is not first


def test_nothing_asked_is_nothing_found():
    region = line_region()
    assert Network(region).router(ends_of(region, ["a"]), Query()).paths([]) == []


def test_a_ride_names_the_services_of_its_own_kind_of_boarding():
    """From the street the gate counts: 5 + 10 for the fast train, 1 + 13 for the other; behind it, 10 and 13."""
    region = make_region(
        {
            "stations": [
                {"station_id": name, "system": "rail", "class": "national", "lon": lon, "lat": 23.0}
                for name, lon in (("a", 113.0), ("b", 113.5))
            ],
            "services": [
                {"service_id": name, "class": name, "headway_am_peak_min": 10}
                for name in ("hsr", "intercity")
            ],
            "service_stops": [
                {
                    "service_id": name,
                    "seq": at,
                    "station_id": stop,
                    "arrive_min": run * at,
                    "depart_min": run * at,
                }
                for name, run in (("hsr", 10), ("intercity", 13))
                for at, stop in enumerate("ab")
            ],
        }
    )
    ends = ends_of(region, ["a", "b"])
    for clock, services in (("door", ("intercity", "hsr")), ("station", ("hsr", "intercity"))):
        (stages,) = Network(region).router(ends, Query(clock)).paths([(0, 1)])
        assert [stage.services for stage in stages if stage.kind == "ride"] == [services]
