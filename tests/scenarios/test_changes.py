"""Each type of change on tiny regions, with what it does worked out by hand."""

from __future__ import annotations

import pytest

from network.errors import BadInputError
from network.region import About
from network.runtimes import RunTimeModel
from network.testing import diamond_region, headway_region, hub_region, line_region, make_region, roads_region
from scenarios.apply import apply_changes
from scenarios.scenario import ScenarioFile

LINE = {"line": "line"}


def apply(region, *tables):
    """Apply changes, and see that the region is as it was."""
    before = region.hash
    file = ScenarioFile(name="t", title="t", change=[{"source": "test", **table} for table in tables])
    applied = apply_changes(region, [("t", change) for change in file.change])
    assert region.hash == before
    assert all(sum(touched.rows.values()) > 0 for touched in applied.touched)
    return applied.region


def refused(region, *tables):
    with pytest.raises(BadInputError) as caught:
        apply(region, *tables)
    return str(caught.value)


def calls(region, service, column="station_id"):
    table = region.service_stops
    values = table.loc[table["service_id"] == service, column]
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN


def departures(region, service):
    table = region.services.set_index("service_id")
    return table.loc[service, "departures"].split()


@pytest.fixture
def line():
    return line_region()


def test_no_change_changes_nothing(line):
    assert apply(line).hash == line.hash


def test_add_service_builds_a_line_with_stations_both_ways(line):
    made = apply(
        line,
        {
            "type": "add-service",
            "line": "new",
            "class": "intercity",
            "max_speed_kmh": 160,
            "stops": [
                {"station": "b"},
                {"station": "way", "lon": 113.1, "lat": 23.1, "passes": True},
                {"station": "x", "lon": 113.2, "lat": 23.1, "name_en": "X"},
            ],
            "length_km": 40,
        },
    )
    assert calls(made, "new-forward") == ["b", "x"]
    assert calls(made, "new-reverse") == ["x", "b"]
    assert calls(made, "new-forward", "distance_km") == [None, 40]
    service = made.services.set_index("service_id").loc["new-forward"]
    assert (service["headway_am_peak_min"], service["headway_midday_min"]) == (15, 20)
    assert (service["first_departure"], service["last_departure"]) == ("06:30", "22:30")
    assert made.stations.set_index("station_id").loc["x", "class"] == "intercity"
    assert "way" not in set(made.stations["station_id"])


def test_two_services_of_one_scenario_on_one_line_are_two(line):
    add = {"type": "add-service", "line": "line", "class": "intercity", "stops": [{"station": "a"}]}
    one = add | {"stops": [{"station": "a"}, {"station": "b"}]}
    two = add | {"stops": [{"station": "a"}, {"station": "c"}]}
    made = apply(line, one, two)
    assert calls(made, "line-t-forward") == ["a", "b"]
    assert calls(made, "line-t-2-forward") == ["a", "c"]


def test_add_service_with_minutes(line):
    stops = [{"station": "a"}, {"station": "b", "run_min": 5, "dwell_min": 2}, {"station": "d", "run_min": 7}]
    made = apply(line, {"type": "add-service", "line": "line", "class": "hsr", "stops": stops})
    assert calls(made, "line-t-forward", "arrive_min") == [None, 5, 14]
    assert calls(made, "line-t-forward", "depart_min") == [0, 7, None]
    assert calls(made, "line-t-reverse", "arrive_min") == [None, 7, 14]
    assert calls(made, "line-t-reverse", "depart_min") == [0, 9, None]


def test_planned_metro_takes_the_speed_of_its_like():
    region = headway_region()
    stops = [{"station": "a"}, {"station": "x", "lon": 113.3, "lat": 23.1}]
    add = {"type": "add-service", "line": "m", "class": "metro", "max_speed_kmh": 100, "stops": stops}
    made = apply(region, add).table("lines").set_index("line_id")
    assert made.loc["m", "commercial_speed_kmh"] == region.table("lines")["commercial_speed_kmh"].median()
    assert "commercial speed" in refused(line_region(), add)


@pytest.mark.parametrize(
    ("stops", "word"),
    [
        ([{"station": "a"}, {"station": "nowhere"}], "no station 'nowhere'"),
        ([{"station": "a"}, {"station": "a"}], "stands twice in a row"),
        ([{"station": "a"}, {"station": "x", "lon": 113.0}], "no station 'x'"),
    ],
)
def test_add_service_refuses(line, stops, word):
    add = {"type": "add-service", "line": "new", "class": "hsr", "max_speed_kmh": 200, "stops": stops}
    assert word in refused(line, add)


def test_a_new_line_needs_a_speed(line):
    stops = [{"station": "a"}, {"station": "b"}]
    assert "has no speed" in refused(
        line, {"type": "add-service", "line": "n", "class": "hsr", "stops": stops}
    )


def test_remove_service(line):
    made = apply(line, {"type": "remove-service", "where": {"service": "up"}})
    assert made.services["service_id"].tolist() == ["down"]
    assert set(made.service_stops["service_id"]) == {"down"}


def test_adjust_speed_divides_runs_and_keeps_dwells(line):
    made = apply(line, {"type": "adjust-speed", "where": {"service": "up"}, "factor": 2.0})
    assert calls(made, "up", "arrive_min") == [None, 3, 7, 11]
    assert calls(made, "up", "depart_min") == [0, 4, 8, None]
    assert calls(made, "down", "arrive_min") == [None, 6, 13, 20]


def test_adjust_speed_of_a_line_without_times():
    stops = [{"station": "b"}, {"station": "x", "lon": 113.2, "lat": 23.1}]
    add = {"type": "add-service", "line": "new", "class": "metro", "max_speed_kmh": 80, "stops": stops}
    region = apply(headway_region(), add)
    made = apply(region, {"type": "adjust-speed", "where": {"line": "new"}, "factor": 0.5})
    speeds = made.table("lines").set_index("line_id").loc["new"]
    assert (speeds["max_speed_kmh"], speeds["commercial_speed_kmh"]) == (40, 50)
    one = {"type": "adjust-speed", "where": {"service": "new-forward"}, "factor": 0.5}
    assert "runs on the same line" in refused(region, one)


def test_trains_have_the_minutes_of_the_model_whatever_else_is_built(line):
    stops = [{"station": "b"}, {"station": "x", "lon": 113.2, "lat": 23.1, "distance_km": 30}]
    add = {"type": "add-service", "line": "new", "class": "hsr", "max_speed_kmh": 200, "stops": stops}
    alone, after = apply(line, add), apply(line, add | {"line": "other"}, add)
    model = RunTimeModel().hop_min(30.0, 200.0, stock="hsr", further_lines=1)
    assert calls(alone, "new-forward", "arrive_min") == [None, pytest.approx(model, abs=0.001)]
    assert calls(alone, "new-reverse", "arrive_min") == calls(after, "new-forward", "arrive_min")


def test_adjust_dwell_time(line):
    made = apply(line, {"type": "adjust-dwell-time", "where": LINE, "dwell_min": 0.0})
    assert calls(made, "up", "arrive_min") == [None, 6, 12, 18]
    assert calls(made, "up", "depart_min") == [0, 6, 12, None]


def test_remove_stops_keeps_run_times(line):
    made = apply(line, {"type": "remove-stops", "where": LINE, "stations": ["b"]})
    assert calls(made, "up") == ["a", "c", "d"]
    assert calls(made, "up", "arrive_min") == [None, 13, 20]
    assert calls(made, "up", "distance_km")[1] == sum(calls(line, "up", "distance_km")[1:3])


def test_remove_the_first_stop(line):
    made = apply(line, {"type": "remove-stops", "where": {"service": "up"}, "stations": ["a"]})
    assert calls(made, "up") == ["b", "c", "d"]
    assert calls(made, "up", "depart_min") == [0, 7, None]
    assert departures(made, "up")[0] != departures(line, "up")[0]


def test_remove_stops_refuses(line):
    gone = {"type": "remove-stops", "where": LINE, "stations": ["a", "b", "c"]}
    assert "fewer than two calls" in refused(line, gone)
    assert "no station" in refused(line, gone | {"stations": ["z"]})


def test_reroute_between_two_calls(line):
    way = {
        "type": "reroute",
        "where": LINE,
        "from_station": "a",
        "to_station": "d",
        "via": ["b"],
        "minutes": 10,
    }
    made = apply(line, way)
    assert calls(made, "up") == ["a", "b", "d"]
    assert calls(made, "up", "arrive_min") == [None, 5, 10]
    assert calls(made, "down") == ["d", "c", "b", "a"]
    assert "no service that is meant runs" in refused(line, way | {"where": {"service": "down"}})


def test_reroute_beyond_an_end_both_ways(line):
    stops = [
        {"station": "x", "lon": 113.1, "lat": 23.3, "distance_km": 20, "run_min": 8, "dwell_min": 1},
        {"station": "y", "lon": 113.2, "lat": 23.4, "distance_km": 20, "run_min": 9},
    ]
    made = apply(line, {"type": "reroute", "where": LINE, "from_station": "d", "extend": stops})
    assert calls(made, "up") == ["a", "b", "c", "d", "x", "y"]
    assert calls(made, "up", "arrive_min") == [None, 6, 13, 20, 28, 38]
    assert calls(made, "up", "depart_min") == [0, 7, 14, 20, 29, None]
    assert calls(made, "down") == ["y", "x", "d", "c", "b", "a"]
    assert calls(made, "down", "arrive_min") == [None, 9, 18, 24, 31, 38]
    assert calls(made, "down", "depart_min") == [0, 10, 18, 25, 32, None]
    assert made.table("line_stops")["station_id"].tolist() == ["a", "b", "c", "d", "x", "y"]


def test_reroute_beyond_the_first_stop_lengthens_the_line_at_its_head(line):
    stops = [{"station": "x", "lon": 113.0, "lat": 22.8, "distance_km": 30, "run_min": 8}]
    change = {"type": "reroute", "where": {"service": "up"}, "from_station": "a", "extend": stops}
    text = "would leave before midnight"
    if "00:0" in " ".join(departures(line, "up")):
        assert text in refused(line, change)
        return
    made = apply(line, change)
    assert calls(made, "up") == ["x", "a", "b", "c", "d"]
    assert made.table("line_stops")["station_id"].tolist() == ["x", "a", "b", "c", "d"]


def test_reroute_refuses_what_is_no_end(line):
    stops = [{"station": "x", "lon": 113.0, "lat": 22.8}]
    change = {"type": "reroute", "where": LINE, "from_station": "b", "extend": stops}
    assert "begins or ends at b" in refused(line, change)


def test_add_station_costs_its_dwell(line):
    station = {"station": "x", "lon": 113.0, "lat": 23.13}
    change = {"type": "add-station", "station": station, "line": "line", "after": "b", "before": "c"}
    made = apply(line, change | {"dwell_min": 2.0, "class": "hub"})
    assert calls(made, "up") == ["a", "b", "x", "c", "d"]
    assert calls(made, "up", "arrive_min") == [None, 6, 10, 15, 22]
    assert calls(made, "up", "depart_min") == [0, 7, 12, 16, None]
    assert calls(made, "down") == ["d", "c", "x", "b", "a"]
    assert made.stations.set_index("station_id").loc["x", "class"] == "hub"
    assert "no train of line runs" in refused(line, change | {"before": "d"})
    assert "did you mean" in refused(line, change | {"line": "lime"})


def test_new_rail_station_is_linked_on_foot_and_to_the_nearest_stop_of_a_metro_line():
    region = hub_region()
    metro = region.stations.set_index("station_id").loc["g"]
    stops = [
        {"station": "r"},
        {"station": "x", "lon": float(metro["lon"]) + 0.001, "lat": float(metro["lat"])},
    ]
    made = apply(
        region, {"type": "add-service", "line": "n", "class": "hsr", "max_speed_kmh": 250, "stops": stops}
    )
    links = set(zip(made.transfers["from_station_id"], made.transfers["to_station_id"], strict=True))
    assert {("x", "g"), ("g", "x"), ("x", "h"), ("h", "x")} <= links


def test_set_entry_waives_security_both_ways_only_there():
    made = apply(hub_region(), {"type": "set-entry", "between": ["metro", "rail"], "security_s": 0})
    assert made.transfers["security_waived"].all()
    made = apply(hub_region(), {"type": "set-entry", "class": "metro", "security_s": 0, "walk_s": 90})
    assert made.parameters["entry_security_metro_min"] == 0
    assert made.parameters["entry_walk_metro_min"] == 1.5
    assert not made.transfers["security_waived"].any()


def test_set_transfer():
    region = hub_region()
    made = apply(region, {"type": "set-transfer", "stations": ["h", "g"], "walk_m": 100})
    assert made.transfers["walk_m"].tolist() == [100, 100]
    made = apply(region, {"type": "set-transfer", "between": ["hub", "metro"], "walk_factor": 0.5})
    assert made.transfers["walk_m"].tolist() == [150, 150]
    made = apply(region, {"type": "set-transfer", "stations": ["r", "m"], "walk_m": 900})
    assert len(made.transfers) == len(region.transfers) + 2
    assert "give walk_m" in refused(
        region, {"type": "set-transfer", "stations": ["r", "m"], "security_waived": True}
    )
    assert "no station" in refused(region, {"type": "set-transfer", "stations": ["r", "z"], "walk_m": 1})


def test_set_access_and_parameter(line):
    made = apply(line, {"type": "set-access", "walk_kmh": 5.0, "feeder_wait_min": 3.0})
    assert (made.parameters["walk_kmh"], made.parameters["feeder_wait_min"]) == (5, 3)
    assert apply(line, {"type": "set-parameter", "name": "toll_plaza_min", "value": 0.25})
    assert "did you mean toll_plaza_min" in refused(
        line, {"type": "set-parameter", "name": "tol_plaza_min", "value": 1}
    )
    assert "is out of range" in refused(line, {"type": "set-parameter", "name": "walk_kmh", "value": 0})


def test_set_congestion_of_a_period_or_of_all():
    region = roads_region()
    one = apply(
        region,
        {"type": "set-congestion", "class": "urban", "area": "inner", "period": "am-peak", "factor": 2},
    )
    assert one.parameters.at("congestion_urban_inner", "am-peak") == 2
    assert (
        one.parameters.at("congestion_urban_inner", "midday") == region.parameters["congestion_urban_inner"]
    )
    every = apply(region, {"type": "set-congestion", "class": "urban", "scale": 1.1})
    for period in region.about.period_names:
        old = region.parameters.at("congestion_urban_outer", period)
        assert every.parameters.at("congestion_urban_outer", period) == pytest.approx(1.1 * old)
    assert "no period" in refused(
        region, {"type": "set-congestion", "class": "urban", "period": "night", "factor": 2}
    )


def test_add_road_over_junctions_new_and_old():
    region = roads_region()
    road = {
        "type": "add-road",
        "road": "new",
        "speed_kmh": 100,
        "nodes": [{"node": "j"}, {"node": "m", "lon": 113.02, "lat": 23.05}, {"node": "k"}],
        "joins": [{"node": "m", "to": "p", "length_km": 3}],
    }
    links = apply(region, road).table("road_links").set_index("link_id")
    assert (links.loc["new-1", "from_node_id"], links.loc["new-2", "to_node_id"]) == ("j", "k")
    assert links.loc["new-join-1", "class"] == "connector"
    assert bool(links.loc["new-1", "tolled"])
    assert "no junction" in refused(region, road | {"nodes": [{"node": "j"}, {"node": "nowhere"}]})


def test_modify_road():
    region = roads_region()
    road = region.table("road_links").set_index("link_id").loc["j-k-fast", "road_id"]
    change = {"type": "modify-road", "where": {"road": road}, "links": ["j-k-fast"], "speed_factor": 0.5}
    made = apply(region, change).table("road_links").set_index("link_id")
    assert made.loc["j-k-fast", "speed_kmh"] == 57.5
    assert "did you mean" in refused(region, change | {"links": ["j-k-fest"]})
    assert "changes nothing" in refused(region, {"type": "modify-road", "where": {"road": road}})
    assert "by its id alone" in refused(region, change | {"where": {"road": road, "line": "x"}})


def test_headways_of_a_class_cover_lines_that_come_after_in_the_file(line):
    stops = [{"station": "b"}, {"station": "x", "lon": 113.2, "lat": 23.1}]
    made = apply(
        line,
        {
            "type": "adjust-frequency",
            "where": {"class": "intercity"},
            "headway_min": {"am-peak": 8, "midday": 12},
        },
        {"type": "add-service", "line": "new", "class": "intercity", "max_speed_kmh": 160, "stops": stops},
    )
    service = made.services.set_index("service_id").loc["new-forward"]
    assert (service["headway_am_peak_min"], service["headway_midday_min"]) == (8, 12)


def test_a_headway_is_that_of_a_route_and_never_lengthens():
    region = headway_region()
    before = region.services.set_index("service_id")["headway_midday_min"]
    every = {"type": "adjust-frequency", "where": {"class": "metro"}, "headway_min": {"midday": 30}}
    after = apply(region, every).services.set_index("service_id")["headway_midday_min"]
    assert (after == before).all()
    named = str(before.index[0])
    one = {"type": "adjust-frequency", "where": {"service": named}, "headway_min": {"midday": 30}}
    assert apply(region, one).services.set_index("service_id").loc[named, "headway_midday_min"] == 30


def test_of_patterns_between_the_same_ends_one_gets_the_headway():
    region = diamond_region()
    ends = region.service_stops.groupby("service_id")["station_id"].agg(["first", "last"])
    change = {"type": "adjust-frequency", "where": {"class": "metro"}, "headway_min": {"am-peak": 4}}
    after = apply(region, change).services.set_index("service_id")["headway_am_peak_min"]
    for names in ends.groupby(["first", "last"]).groups.values():
        assert sorted(after[list(names)]) == [4, 10]


def test_what_is_made_must_be_a_good_region():
    region = make_region(
        {
            "stations": [
                {"station_id": name, "system": "rail", "class": "intercity", "lon": 113 + k / 10, "lat": 23}
                for k, name in enumerate("ab")
            ],
            "services": [{"service_id": "s", "class": "hsr", "departures": "06:00"}],
            "service_stops": [
                {"service_id": "s", "seq": k, "station_id": name} for k, name in enumerate("ab")
            ],
        },
        about=About("two"),
    )
    add = {
        "type": "add-service",
        "line": "n",
        "class": "hsr",
        "max_speed_kmh": 250,
        "headway_min": {"midday": 9},
    }
    made = apply(region, add | {"stops": [{"station": "a"}, {"station": "b"}]})
    assert len(made.services) == 3
