"""Journeys on the tiny regions: times worked out by hand, and every rule of the clocks and modes."""

import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from network.compile import Query
from network.ends import ends_of
from network.graph import PARTS
from network.testing import diamond_region, headway_region, hub_region, line_region, make_region, roads_region
from sim.check import check
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


BY_HAND = [
    (line_region, "at-a", "at-b", "in-vehicle", 6),
    (line_region, "at-a", "at-d", "in-vehicle", 20),
    (line_region, "at-a", "at-b", "station", 11),
    (line_region, "at-a", "at-d", "station", 25),
    (line_region, "at-a", "at-b", "door", 19),
    (line_region, "at-d", "at-a", "door", 33),
    (diamond_region, "s", "t", "station", 15.5),
    (diamond_region, "s", "n", "station", 11),
    (diamond_region, "n", "m", "station", 27),
    (hub_region, "at-r", "at-m", "in-vehicle", 12),
    (hub_region, "at-r", "at-m", "station", 31.5),
    (hub_region, "at-m", "at-r", "station", 31.5),
    (hub_region, "at-r", "at-m", "door", 38.5),
    (hub_region, "at-m", "at-r", "door", 37.5),
    (headway_region, "a", "b", "station", 7.5),
    (headway_region, "a", "c", "station", 15),
    (headway_region, "b", "c", "station", 9),
]


@pytest.mark.parametrize(("make", "start", "end", "clock", "expected"), BY_HAND)
def test_times_by_hand(make, start, end, clock, expected):
    assert minutes(make(), start, end, clock=clock) == expected


def test_midday_is_slower_where_trains_are_rarer():
    assert minutes(headway_region(), "a", "b", clock="station", period="midday") == 9
    assert minutes(headway_region(), "a", "c", clock="station", period="midday") == 18
    # in vehicles the whole day counts, whatever the period
    assert minutes(headway_region(), "a", "c", clock="in-vehicle", period="midday") == 12


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


def test_pairs_that_share_a_station_are_no_way_apart():
    region = hub_region()
    centres = pd.concat(
        [
            region.table("centre_stations"),
            pd.DataFrame({"place_id": ["at-m"], "station_id": ["g"], "why": [""]}),
        ]
    )
    region = region.replace(
        tables={
            "centre_stations": centres.assign(
                place_id=["at-r" if p == "at-r" else "at-m" for p in centres["place_id"]]
            )
        }
    )
    places = region.places
    more = places.iloc[:1].assign(place_id="at-h")
    centres = pd.concat(
        [
            region.table("centre_stations"),
            pd.DataFrame({"place_id": ["at-h"], "station_id": ["h"], "why": [""]}),
        ]
    )
    region = region.replace(tables={"places": pd.concat([places, more]), "centre_stations": centres})
    # g and h are one complex, so the centre at h and the one at m (which has g) share a station
    assert minutes(region, "at-h", "at-m", clock="station") == 0
    network = Network(region)
    verdict = check(
        network,
        ends_of(region, ["at-h", "at-m"]),
        [("at-h", "at-m")],
        Query(clock="in-vehicle"),
        limit_min=60,
    )
    assert verdict.table["note"].tolist() == ["same station"]


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


def test_car_by_hand():
    region = roads_region()
    assert minutes(region, "p", "q", clock="in-vehicle", mode="car") == 11
    assert minutes(region, "p", "q", clock="door", mode="car") == 15
    assert minutes(region, "q", "p", clock="door", mode="car") == 19
    assert parts(region, "q", "p", clock="door", mode="car") == {"drive": 10, "toll": 1, "park": 8}


def test_any_is_the_best_and_a_taxi_is_only_there():
    region = roads_region()
    # a taxi costs 4 min of waiting and no parking: 11 + 4 = 15 to the core, where parking alone is 8
    assert minutes(region, "q", "p", clock="door", mode="any") == 15
    assert minutes(region, "q", "p", clock="in-vehicle", mode="any") == 11
    assert np.isnan(minutes(region, "q", "p", clock="door", mode="transit"))


def park_and_ride_region():
    """The roads' region, with a metro from a station 1 km beyond ``k`` to one at ``p``."""
    roads = roads_region()
    stations = [
        {
            "station_id": "far",
            "system": "metro",
            "class": "metro",
            "lon": 113.2,
            "lat": 23.11,
            "district_id": "dq",
        },
        {
            "station_id": "near",
            "system": "metro",
            "class": "metro",
            "lon": 113.0,
            "lat": 23.0,
            "district_id": "dp",
        },
    ]
    rows = {name: roads.table(name).to_dict("records") for name in ("road_nodes", "road_links", "places")}
    for place in rows["places"]:
        place["district_id"] = "dp" if place["place_id"] == "p" else "dq"
    for table in rows.values():
        for row in table:
            for key in [key for key, value in row.items() if pd.isna(value) or value == ""]:
                del row[key]
            for key, value in row.items():
                if isinstance(value, pd.Timestamp):
                    row[key] = value.date().isoformat()
    every = {"class": "metro", "headway_am_peak_min": 4}
    services = [{"service_id": "in", **every}, {"service_id": "out", **every}]
    calls = [
        {
            "service_id": s,
            "seq": seq,
            "station_id": stop,
            "arrive_min": 3 * seq or None,
            "depart_min": 0 if not seq else None,
        }
        for s, way in (("in", ("far", "near")), ("out", ("near", "far")))
        for seq, stop in enumerate(way)
    ]
    return make_region({**rows, "stations": stations, "services": services, "service_stops": calls})


def test_park_and_ride_drives_at_the_origin_only_and_parks_outside_the_cores():
    region = park_and_ride_region()
    found = parts(region, "q", "p", clock="door", mode="park-and-ride")
    assert found["park"] == 5
    assert found["drive"] > 0
    assert found["ride"] == 3
    # from p, in the core, one may drive to the far station, never park at the near one
    network = Network(region)
    ends = ends_of(region, ["p", "q"])
    (stages,) = network.router(ends, Query(clock="door", mode="park-and-ride")).paths([(0, 1)])
    assert stages is None or all(stage.end != "near" for stage in stages if stage.kind == "park")


def test_access_is_the_quicker_of_walking_and_bus_and_ends_somewhere():
    region = line_region()
    km = 1 / 111.0

    def access(east_km):
        point = f"{113.0 + east_km * km / np.cos(np.radians(23)):.6f},23.0"
        return parts(region, point, "at-b", clock="door")["access"]

    assert access(0.3) == pytest.approx(0.3 * 1.3 / 4.5 * 60, rel=0.02)
    assert access(1.0) == pytest.approx(5 + 1.3 / 16 * 60, rel=0.02)
    assert access(11.0) == pytest.approx(5 + 11 * 1.3 / 16 * 60, rel=0.02)
    point = f"{113.0 + 13 * km / np.cos(np.radians(23)):.6f},23.0"
    assert np.isnan(minutes(region, point, "at-b", clock="door"))


def test_a_station_is_at_its_own_entrance():
    assert "access" not in parts(line_region(), "a", "b", clock="door")
    assert minutes(line_region(), "a", "b", clock="door") == 19


def test_why_there_is_no_journey():
    region = line_region()
    network = Network(region)
    ends = ends_of(region, ["at-a", "120.0,40.0"])
    pairs = [("at-a", "120.0,40.0"), ("120.0,40.0", "at-a")]
    verdict = check(network, ends, pairs, Query(), limit_min=60, paths=True)
    assert verdict.table["minutes"].isna().all()
    assert not verdict.kept
    assert verdict.table["note"].tolist() == ["no station in reach of 120.0,40.0"] * 2
    assert verdict.paths == (None, None)


def test_whole_seconds_are_compared_before_any_rounding():
    region = line_region()
    late = region.service_stops.assign(arrive_min=region.service_stops["arrive_min"] + 1 / 60)
    late = region.replace(tables={"service_stops": late})
    pairs, query = [("at-a", "at-b")], Query(clock="in-vehicle")
    assert check(Network(region), ends_of(region, ["at-a", "at-b"]), pairs, query, limit_min=6).kept
    verdict = check(Network(late), ends_of(late, ["at-a", "at-b"]), pairs, query, limit_min=6)
    assert not verdict.kept
    assert verdict.table["close"].all()
    assert verdict.table["slack_min"].iloc[0] == pytest.approx(-1 / 60)


def test_people_count_by_the_share_of_their_destinations():
    region = line_region()
    names = [f"at-{name}" for name in "abcd"]
    people = region.places.assign(population=[1000, 3000, 0, 0])
    region = region.replace(tables={"places": people})
    pairs = [(one, two) for one in names for two in names if one != two]
    verdict = check(Network(region), ends_of(region, names), pairs, Query(clock="in-vehicle"), limit_min=13)
    # a reaches b and c (6, 13) but not d (20): 2/3; b reaches all: a 6, c 6, d 13
    assert verdict.people_share == pytest.approx((1000 * 2 / 3 + 3000) / 4000)
    assert verdict.passing == 10
    assert verdict.worst["minutes"] == 20


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


def test_queries_are_checked():
    with pytest.raises(ValueError, match=r"there is no clock 'dor'.*door"):
        Query(clock="dor")
    assert not Query(clock="station", mode="car").is_reading
    assert dataclasses.replace(Query(), clock="station").is_reading


def test_any_takes_the_quicker_mode_pair_by_pair():
    region = park_and_ride_region()
    both = {
        mode: minutes(region, "p", "q", clock="in-vehicle", mode=mode) for mode in ("transit", "car", "any")
    }
    assert both["transit"] != both["car"]
    assert both["any"] == min(both["transit"], both["car"])
    back = {
        mode: minutes(region, "near", "far", clock="in-vehicle", mode=mode) for mode in ("transit", "any")
    }
    assert back == {"transit": 3, "any": 3}
