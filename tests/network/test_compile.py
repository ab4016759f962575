"""Compiling: what each kind of station, train, end and mode adds to a journey, in minutes by hand."""

import numpy as np
import pandas as pd
import pyproj
import pytest

from network.compile import CLOCKS, MODES, Query, RideTables, compile_graph
from network.complexes import complex_of, stations_of
from network.ends import ends_of
from network.errors import BadInputError, UnknownNameError
from network.graph import PARTS, LinkKind, NodeKind
from network.schema import headway_column
from network.testing import diamond_region, headway_region, hub_region, line_region, make_region, roads_region
from sim.journeys import Network

EVERY_10 = {"headway_am_peak_min": 10, "headway_midday_min": 20}


def parts(region, start, end, **words):
    """Minutes by part, those above 0; None where there is no journey."""
    ends = ends_of(region, [start, end])
    times = Network(region).router(ends, Query(**words)).times([0], [1])
    if times.seconds[0, 0] < 0:
        return None
    assert times.parts_s[0, 0].sum() == times.seconds[0, 0]
    return {name: value / 60 for name, value in zip(PARTS, times.parts_s[0, 0], strict=True) if value}


def minutes(region, start, end, **words):
    found = parts(region, start, end, **words)
    return np.nan if found is None else sum(found.values())


def station(name, kind, at_deg, **more):
    system = "metro" if kind == "metro" else "rail"
    return {"station_id": name, "system": system, "class": kind, "lon": 113 + at_deg, "lat": 23.0, **more}


def runs(*services):
    """Services ``(id, family, stops, minutes from stop to stop)`` every 10 minutes in the morning, no dwell."""
    return {
        "services": [{"service_id": name, "class": family, **EVERY_10} for name, family, _, _ in services],
        "service_stops": [
            {
                "service_id": name,
                "seq": at,
                "station_id": stop,
                "arrive_min": run * at,
                "depart_min": run * at,
            }
            for name, _, stops, run in services
            for at, stop in enumerate(stops)
        ],
    }


def two_stations(kind, *families):
    """Stations ``a`` and ``b`` 20 km apart; each family runs every 10 min, 6 min on the way."""
    services = [(family, family, "ab", 6) for family in families]
    return make_region({"stations": [station("a", kind, 0), station("b", kind, 0.2)], **runs(*services)})


# ------------------------------------------------------------------------------------- tiny regions, all readings

TINY = [
    # wait 5, ride 20; the timetable's traveller waits 5 at most, the best not at all
    (line_region, "at-a", "at-d", {"clock": "in-vehicle"}, 20),
    (line_region, "at-a", "at-d", {"clock": "in-vehicle", "statistic": "best"}, 20),
    (line_region, "at-a", "at-d", {"clock": "station"}, 5 + 20),
    (line_region, "at-a", "at-d", {"clock": "station", "traveller": "planned"}, 5 + 20),
    (line_region, "at-a", "at-d", {"clock": "station", "statistic": "best"}, 20),
    # walk and security 2 + 2, gate 1, exit 3
    (line_region, "at-a", "at-d", {"clock": "door"}, 4 + 1 + 5 + 20 + 3),
    (line_region, "at-a", "at-d", {"clock": "door", "traveller": "planned"}, 4 + 1 + 5 + 20 + 3),
    (line_region, "at-a", "at-d", {"clock": "door", "statistic": "best"}, 4 + 1 + 20 + 3),
    # no roads, and local streets reach 12 km
    (line_region, "at-a", "at-d", {"clock": "door", "mode": "car"}, np.nan),
    (line_region, "at-a", "at-d", {"clock": "door", "mode": "any"}, 4 + 1 + 5 + 20 + 3),
    # s to t: trains over n and over m share their frequency: 10 / 2 / 2 + (12 + 14) / 2
    (diamond_region, "at-s", "at-t", {"clock": "station"}, 2.5 + 13),
    # 5 + 12 of the timetable's traveller is no better than that
    (diamond_region, "at-s", "at-t", {"clock": "station", "traveller": "planned"}, 15.5),
    (diamond_region, "at-s", "at-t", {"clock": "station", "statistic": "best"}, 12),
    (diamond_region, "s", "n", {"clock": "station"}, 5 + 6),
    (diamond_region, "n", "m", {"clock": "station"}, 5 + 6 + 4 + 5 + 7),
    (diamond_region, "at-s", "at-t", {"clock": "in-vehicle"}, 12),  # median of as many 12 as 14: the lower
    (diamond_region, "at-s", "at-t", {"clock": "door"}, 2 + 1 + 15.5 + 2),
    # 5 + 6, exit 7, walk 4, security 1, metro gate 0, 2.5 + 6
    (hub_region, "at-r", "at-m", {"clock": "station"}, 11 + 12 + 8.5),
    (hub_region, "at-r", "at-m", {"clock": "station", "statistic": "best"}, 6 + 12 + 6),
    # 2.5 + 6, exit 2, walk 4, security 5, intercity gate 1, 5 + 6
    (hub_region, "at-m", "at-r", {"clock": "station"}, 8.5 + 12 + 11),
    (hub_region, "at-m", "at-r", {"clock": "in-vehicle"}, 12),
    (hub_region, "at-m", "at-r", {"clock": "door"}, 3 + 31.5 + 3),
    # midday: a train every 12 min of each pattern
    (headway_region, "at-a", "at-b", {"clock": "station"}, 6 / 2 / 2 + 6),
    (headway_region, "at-a", "at-b", {"clock": "station", "period": "midday"}, 12 / 2 / 2 + 6),
    (
        headway_region,
        "at-a",
        "at-c",
        {"clock": "station", "period": "midday", "traveller": "planned"},
        5 + 12,
    ),
    (headway_region, "at-b", "at-c", {"clock": "door", "period": "midday"}, 3 + 6 + 6 + 2),
    # own car: 2 + 6 + 2 midday, 0.5 at each of two plazas, 4 of parking at q and 8 in the core p
    (roads_region, "p", "q", {"clock": "in-vehicle", "mode": "car", "period": "midday"}, 11),
    (roads_region, "p", "q", {"clock": "in-vehicle", "mode": "any", "period": "midday"}, 11),
    (roads_region, "p", "q", {"clock": "door", "mode": "car", "period": "midday"}, 15),
    (roads_region, "q", "p", {"clock": "door", "mode": "car", "period": "midday"}, 19),
    (roads_region, "q", "p", {"clock": "door", "mode": "any", "period": "midday"}, 11 + 4),  # taxi
    (roads_region, "q", "p", {"clock": "door", "mode": "park-and-ride", "period": "midday"}, np.nan),
    (roads_region, "q", "p", {"clock": "station", "mode": "any"}, np.nan),
]


@pytest.mark.parametrize(("make", "start", "end", "words", "expected"), TINY)
def test_tiny_regions(make, start, end, words, expected):
    assert minutes(make(), start, end, **words) == pytest.approx(expected, abs=1e-9, nan_ok=True)


# ------------------------------------------------------------------------------------------------- stations

DOORS = [
    # walk in, security; gate of the train; wait 5, ride 6; exit
    ("hub", "hsr", 5 + 5, 5, 7),
    ("hub", "conventional", 5 + 5, 5, 7),
    ("hub", "intercity", 5 + 5, 1, 7),
    ("national", "hsr", 3 + 3, 5, 4),
    ("national", "intercity", 3 + 3, 1, 4),
    ("intercity", "intercity", 2 + 2, 1, 3),
    ("intercity", "hsr", 2 + 2, 5, 3),
    ("metro", "metro", 2 + 1, 0, 2),
]


@pytest.mark.parametrize(("kind", "family", "entry", "gate", "leave"), DOORS)
def test_walk_and_security_go_by_the_station_and_the_gate_by_the_train(kind, family, entry, gate, leave):
    region = two_stations(kind, family)
    found = parts(region, "a", "b")
    assert found == {"entry": entry + gate, "wait": 5, "ride": 6, "exit": leave}
    assert minutes(region, "a", "b", clock="station") == 5 + 6  # behind the gate already
    assert minutes(region, "a", "b", statistic="best") == entry + gate + 6 + leave


def test_trains_of_two_families_share_a_leg_and_its_gate_is_their_mean():
    found = parts(two_stations("national", "hsr", "intercity"), "a", "b")
    # both join: 10 / 2 / 2 = 2.5; gates 5 and 1: 3 on the mean, with 6 of walk and security
    assert found == {"entry": 6 + 3, "wait": 2.5, "ride": 6, "exit": 4}


@pytest.mark.parametrize("family", ["hsr", "intercity"])
def test_a_change_through_the_street_meets_the_gate_of_the_train_boarded(family):
    region = make_region({
        "stations": [station("a", "metro", 0), station("x", "metro", 0.2), station("y", "hub", 0.2), station("b", "hub", 0.4)],
        "transfers": [{"from_station_id": "x", "to_station_id": "y", "walk_m": 150}],
        **runs(("one", "metro", "ax", 6), ("two", family, "yb", 6)),
    })  # fmt: skip
    gate = {"hsr": 5, "intercity": 1}[family]
    # exit of the metro 2, walk 150 m at 4.5 km/h 2, security of the hub 5
    assert parts(region, "a", "b", clock="station") == {"wait": 10, "ride": 12, "transfer": 2 + 2 + 5 + gate}
    # nobody said how to walk back
    graph = compile_graph(region, ends_of(region, ["a"]), Query())
    assert ((graph.kind == LinkKind.TRANSFER) & (graph.row >= 0)).sum() == 1


def test_in_vehicles_a_change_through_the_street_weighs_as_much_as_any():
    region = hub_region()
    graph = compile_graph(region, ends_of(region, ["at-r", "at-m"]), Query("in-vehicle"))
    changes = graph.kind == LinkKind.TRANSFER
    assert (graph.seconds[changes] == 1200).all()
    assert not graph.parts_s[changes].any()


# ------------------------------------------------------------------------------- stations that stand for an end


def complex_region():
    """``a``, ``x`` and ``y`` are one complex by links from a to x and y to x; ``b`` is none; no train calls at ``z``."""
    return make_region({
        "stations": [station("a", "metro", 0), station("b", "metro", 0.3), station("x", "hub", 0.01), station("y", "hub", 0.02), station("z", "hub", 0.1)],
        "transfers": [
            {"from_station_id": "a", "to_station_id": "x", "walk_m": 100},
            {"from_station_id": "y", "to_station_id": "x", "walk_m": 100},
        ],
        "places": [{"place_id": "centre", "lon": 114.0, "lat": 23.0}, {"place_id": "other", "lon": 113.11, "lat": 23.0}],
        "centre_stations": [{"place_id": "centre", "station_id": "x"}],
        **runs(("m", "metro", "ab", 6), ("w", "metro", "ba", 6), ("r", "hsr", "yb", 4)),
    })  # fmt: skip


def test_links_join_stations_into_complexes_whichever_way_they_lead():
    number = dict(zip("abxyz", complex_of(complex_region()).tolist(), strict=True))
    assert number["a"] == number["x"] == number["y"]
    assert len({number["a"], number["b"], number["z"]}) == 3


def test_stations_that_stand_for_an_end():
    region = complex_region()
    ends = ends_of(region, ["centre", "other", "y", "b", "z", "113.25,23.0"])
    end, row = stations_of(region, ends)
    names = region.stations["station_id"].to_numpy()[row]
    found = {name: "".join(names[end == at]) for at, name in enumerate(ends.ids)}
    # the nearest station of `other` is z, where no train calls; then y with its complex
    assert found == {"centre": "axy", "other": "axy", "y": "axy", "b": "b", "z": "z", "113.25,23.0": "b"}


def test_ends_of_one_complex_are_no_way_apart():
    region = complex_region()
    assert minutes(region, "centre", "y", clock="station") == 0
    assert minutes(region, "a", "y", clock="in-vehicle") == 0
    assert minutes(region, "a", "b", clock="in-vehicle") == 4  # by the train from y, not by the metro in 6
    # at the door the two are apart: the door of a station is its own
    assert parts(region, "a", "b")["ride"] == 6


# ------------------------------------------------------------------------------------------- access and walks


def point_at(region, east_m):
    """A point so many metres east of station ``a`` on the region's plane."""
    plane = pyproj.Transformer.from_crs("EPSG:4326", region.about.crs, always_xy=True)
    x, y = plane.transform(113.0, 23.0)
    lon, lat = plane.transform(x - east_m, y, direction="INVERSE")
    return f"{lon:.8f},{lat:.8f}"


ACCESS = [
    # on foot 1.3 x 60 / 4500 min a metre; by bus 5 + 1.3 x 60 / 16000 min a metre; equal at about 401 m
    (300, 300 * 1.3 / 75),
    (390, 390 * 1.3 / 75),
    (420, 5 + 420 * 1.3 * 60 / 16000),
    (1999, 5 + 1999 * 1.3 * 60 / 16000),
    (11_990, 5 + 11_990 * 1.3 * 60 / 16000),
    (12_010, np.nan),
]


@pytest.mark.parametrize(("away_m", "expected"), ACCESS)
def test_access_and_egress_by_the_quicker_of_foot_and_bus(away_m, expected):
    region = two_stations("metro", "metro")
    point = point_at(region, away_m)
    found = parts(region, point, "b")
    assert (np.nan if found is None else found["access"]) == pytest.approx(expected, abs=1 / 60, nan_ok=True)
    back = region.replace(tables={"service_stops": region.service_stops.assign(station_id=["b", "a"])})
    found = parts(back, "b", point)
    assert (np.nan if found is None else found["egress"]) == pytest.approx(expected, abs=1 / 60, nan_ok=True)


@pytest.mark.parametrize(("walk_max_km", "expected"), [(2.0, 1990 * 1.3 / 75), (1.5, np.nan)])
def test_walks_end_at_their_reach_where_no_bus_runs(walk_max_km, expected):
    region = two_stations("metro", "metro")
    numbers = region.parameters.with_values(
        {"feeder_max_km": 0, "walk_max_km": walk_max_km}, periods=region.about.period_names, source="test"
    )
    found = parts(region.replace(parameters=numbers), point_at(region, 1990), "b")
    assert (np.nan if found is None else found["access"]) == pytest.approx(expected, abs=1 / 60, nan_ok=True)


def test_places_close_to_each_other_are_walked_between():
    region = two_stations("metro", "metro")
    here, there, far = (point_at(region, away) for away in (0, 1500, 2500))
    assert parts(region, here, there) == pytest.approx({"access": 1500 * 1.3 / 75}, abs=1 / 60)
    assert parts(region, here, far) is None


def test_a_table_of_points_is_a_list_of_places():
    region = line_region()
    table = pd.DataFrame({"id": ["here", "a"], "lon": [113.0, 113.0], "lat": [23.27, 23.18]})
    ends = ends_of(region, table)
    assert ends.station.tolist() == [-1, -1]  # called as station a is, but 20 km from it
    times = Network(region).router(ends, Query("station")).times([1], [0])
    assert times.seconds[0, 0] == 60 * (5 + 6)  # from c, the nearest station, to d


# ----------------------------------------------------------------------------------------------- cars and taxis


def driving_region():
    """Place ``q`` 3 km from station ``out``; place ``p``, a core, at station ``in`` 60 km on; no roads but local streets.

    The metro runs between them in 20 min; station ``core`` next to ``q`` lies in the core's district.
    """
    return make_region({
        "stations": [station("core", "metro", -0.01, district_id="dp"), station("in", "metro", 0.6, district_id="dp"), station("out", "metro", 0.03, district_id="dq")],
        "places": [
            {"place_id": "p", "level": "core", "lon": 113.6, "lat": 23.0, "district_id": "dp"},
            {"place_id": "q", "lon": 113.0, "lat": 23.0, "district_id": "dq"},
        ],
        "centre_stations": [{"place_id": "p", "station_id": "in"}, {"place_id": "q", "station_id": "out"}],
        **runs(("there", "metro", ("out", "in"), 20), ("back", "metro", ("in", "out"), 20), ("fast", "metro", ("core", "in"), 2)),
    })  # fmt: skip


def test_park_and_ride():
    region = driving_region()
    drive = parts(region, "q", "out", clock="in-vehicle", mode="car")["drive"]
    # q to out: straight line x 1.3 at 30 km/h, the congestion of connectors being 1 here
    metres = 0.03 * np.cos(np.radians(23)) * 111_320
    assert drive == pytest.approx(metres * 1.3 * 60 / 30_000, rel=0.005)
    found = parts(region, "q", "p", mode="park-and-ride")
    # the train from `core` takes 2 min, but nobody parks in the core's district
    assert found == {"drive": drive, "park": 5, "entry": 3, "wait": 5, "ride": 20, "exit": 2}
    # in vehicles: driving and the train; parking weighs as a change does and is left out
    found = parts(region, "q", "p", clock="in-vehicle", mode="park-and-ride")
    assert found == {"drive": drive, "ride": 20}
    # the car stands at the origin's end: from p, no station outside the cores is in reach
    assert parts(region, "p", "q", mode="park-and-ride") is None


def test_in_vehicles_any_is_the_least_of_the_modes_minutes():
    region = driving_region()
    assert parts(region, "q", "p", clock="in-vehicle", mode="any") == {"ride": 20}
    assert parts(region, "q", "p", clock="in-vehicle", mode="car") is None
    # pair by pair: from `core` to q trains take 2 + 20 with a change, the car less
    car = minutes(region, "core", "q", clock="in-vehicle", mode="car")
    assert minutes(region, "core", "q", clock="in-vehicle") == 22
    assert minutes(region, "core", "q", clock="in-vehicle", mode="any") == car < 22
    assert Query("in-vehicle", "any").alternatives == tuple(
        Query("in-vehicle", mode) for mode in ("transit", "car", "park-and-ride")
    )
    assert Query("station", "any").alternatives == (Query("station", "transit"),)
    assert Query("door", "any").alternatives == (Query("door", "any"),)


def test_a_taxi_leads_to_and_from_stations_in_the_mode_any_only():
    region = driving_region()
    drive = parts(region, "q", "core", clock="in-vehicle", mode="car")["drive"]
    # there: 4 min of waiting for the taxi, to the train of 2 min in the core; p is at its station
    taxi = parts(region, "q", "p", mode="any")
    bus = parts(region, "q", "p", mode="transit")
    metres = 0.01 * np.cos(np.radians(23)) * 111_320
    assert bus["access"] == pytest.approx(5 + metres * 1.3 * 60 / 16_000, abs=0.05)
    assert taxi == {"access": 4, "drive": drive, "entry": 3, "wait": 5, "ride": 2, "exit": 2}
    # back: 4 min of waiting and the drive from out, where the bus takes 5 + 15
    drive = parts(region, "out", "q", clock="in-vehicle", mode="car")["drive"]
    found = parts(region, "p", "q", mode="any")
    assert found == {"entry": 3, "wait": 5, "ride": 20, "exit": 2, "egress": 4, "drive": drive}
    assert found["egress"] + drive < parts(region, "p", "q")["egress"]


@pytest.mark.parametrize("mode", ["transit", "car", "park-and-ride"])
@pytest.mark.parametrize("clock", ["in-vehicle", "door"])
@pytest.mark.parametrize("pair", [("q", "p"), ("p", "q"), ("q", "out"), ("out", "q")])
def test_any_is_never_slower_than_a_mode(clock, mode, pair):
    region = driving_region()
    one, any_mode = (minutes(region, *pair, clock=clock, mode=name) for name in (mode, "any"))
    assert np.isnan(one) or any_mode <= one


def test_a_car_asks_nothing_of_the_services():
    region = make_region({
        "stations": [station("a", "intercity", 0), station("b", "intercity", 0.2)],
        "services": [{"service_id": "s", "class": "intercity", **EVERY_10}],
        "service_stops": [{"service_id": "s", "seq": at, "station_id": stop} for at, stop in enumerate("ab")],
    })  # fmt: skip
    assert parts(region, "113.0,23.0", "113.01,23.0", clock="in-vehicle", mode="car")["drive"] > 0
    with pytest.raises(BadInputError, match=r"services.csv, s: has no times"):
        parts(region, "a", "b")


# --------------------------------------------------------------------------------------------------- the graph


def test_the_graph_is_what_its_arrays_say():
    region = roads_region()
    graph = compile_graph(region, ends_of(region, ["p", "q"]), Query(mode="car", period="midday"))
    assert (graph.seconds == graph.parts_s.sum(axis=1)).all()
    assert len(graph.kind) == len(graph.row) == graph.n_links
    start, head, seconds = graph.csr()
    assert start[-1] == graph.n_links
    for node in range(graph.n_nodes):
        here = graph.tail == node
        assert sorted(
            zip(head[start[node] : start[node + 1]], seconds[start[node] : start[node + 1]], strict=True)
        ) == sorted(zip(graph.head[here], graph.seconds[here], strict=True))
    roads = graph.node_kind == NodeKind.ROAD
    assert {graph.road.node_ids[row] for row in graph.node_row[roads]} == {"p", "q", "j", "k"}
    assert set(graph.row[graph.kind == LinkKind.DRIVE]) == {-1, 0, 1, 2, 3}


def test_legs_are_made_once():
    tables = RideTables(hub_region())
    assert tables.legs(Query()) is tables.legs(Query(clock="station"))
    assert tables.legs(Query(), later=True) is tables.legs(Query())  # a random traveller waits as long later
    planned = Query(traveller="planned")
    assert tables.legs(planned, later=True) is not tables.legs(planned)
    assert tables.legs(Query(), gate=False) is not tables.legs(Query())


def test_unknown_words_are_told():
    region = line_region()
    with pytest.raises(UnknownNameError, match="there is no period 'night'"):
        compile_graph(region, ends_of(region, ["a"]), Query(period="night"))
    with pytest.raises(ValueError, match=r"there is no clock 'dor'.*door"):
        Query(clock="dor")
    with pytest.raises(BadInputError, match=r"(?s)clock.*statistic"):
        Query(clock="doors", statistic="usual")


def test_a_car_at_a_station_is_no_reading():
    readings = {(clock, mode) for clock in CLOCKS for mode in MODES if Query(clock, mode).is_reading}
    assert readings == {(clock, mode) for clock in CLOCKS for mode in MODES} - {
        ("station", "car"),
        ("station", "park-and-ride"),
    }


@pytest.mark.parametrize("clock", ["in-vehicle", "station", "door"])
@pytest.mark.parametrize("mode", ["transit", "any"])
def test_an_empty_region_has_no_journeys(clock, mode):
    region = make_region({"places": [{"place_id": "p", "lon": 113.0, "lat": 23.0}, {"place_id": "q", "lon": 114.0, "lat": 23.0}]})  # fmt: skip
    assert parts(region, "p", "q", clock=clock, mode=mode) is None


def test_the_later_cap_counts_at_changes_inside_the_gates_too():
    region = make_region({
        "stations": [station(name, "national", at / 10) for at, name in enumerate("axb")],
        **runs(("one", "hsr", "ax", 6), ("two", "hsr", "xb", 6)),
    })  # fmt: skip
    services = region.services
    for period in region.about.period_names:
        services[headway_column(period)] = np.nan
    region = region.replace(tables={"services": services.assign(departures="07:30")})
    # one train each in two hours: 5 min at most for the first, 15 for the second; a random traveller waits 60 each
    found = parts(region, "a", "b", clock="station", traveller="planned")
    assert found == {"wait": 5 + 15, "ride": 12, "transfer": 8}
    assert parts(region, "a", "b", clock="station")["wait"] == 120
