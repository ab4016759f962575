"""Checks across tables: each refuses what it is for, and nothing else."""

import pytest

from network.errors import BadInputError
from network.testing import make_region

POINT = {"lon": 113.0, "lat": 23.0}


def region(calls=None, *, service=None, stations="abc", **tables):
    """Return a region of one metro service with the calls given as (station, arrival, departure)."""
    calls = [("a", None, 0), ("b", 6, 7), ("c", 13, None)] if calls is None else calls
    return make_region(
        {
            "stations": [
                {"station_id": name, "system": "metro", "class": "metro", **POINT} for name in stations
            ],
            "services": [{"service_id": "s", "class": "metro", **(service or {"departures": "07:00"})}],
            "service_stops": [
                {
                    "service_id": "s",
                    "seq": seq,
                    "station_id": name,
                    "arrive_min": arrive,
                    "depart_min": depart,
                }
                for seq, (name, arrive, depart) in enumerate(calls)
            ],
            **tables,
        }
    )


def refused(*arguments, **keywords):
    """Return the lines of the error that a region gives."""
    with pytest.raises(BadInputError) as caught:
        region(*arguments, **keywords)
    return str(caught.value).splitlines()


GOOD = [
    [("a", None, 0), ("b", 6, 7), ("c", 13, None)],
    [("a", 0, 0), ("b", 6, 6), ("c", 13, 14)],
    [("a", None, None), ("b", None, None)],
    [("a", None, 0), ("b", 0, None)],
    [("a", None, 0), ("b", 1, 1), ("a", 2, None)],
    [("a", 5, 0), ("b", 1, 0)],
]


@pytest.mark.parametrize("calls", GOOD)
def test_good_calls_are_taken(calls):
    assert len(region(calls).service_stops) == len(calls)


BAD = [
    ([("a", None, 7), ("b", 6, None)], "row 3, arrive_min: is before the departure of the call before"),
    ([("a", None, 0), ("b", 6, 5), ("c", 9, None)], "row 3, depart_min: is before the arrival"),
    ([("a", None, 0), ("b", 6, None), ("c", 9, None)], "row 3, s: some calls have times and some have none"),
    ([("a", None, None), ("b", 6, 7), ("c", 9, None)], "row 2, s: some calls have times and some have none"),
    ([("a", None, 0), ("a", 6, None)], "row 3, station_id: is the call before again"),
    ([("a", None, None), ("a", None, None)], "row 3, station_id: is the call before again"),
]


@pytest.mark.parametrize(("calls", "told"), BAD)
def test_bad_calls_are_told(calls, told):
    lines = refused(calls)
    assert len(lines) == 1
    assert lines[0].startswith(f"service_stops.csv {told}")


def test_calls_count_in_the_order_of_seq_and_by_service():
    services = [{"service_id": name, "class": "metro", "departures": "07:00"} for name in ("s", "t")]
    stops = [
        ("t", 2, "b", 6, None),
        ("s", 9, "c", 13, None),
        ("t", 1, "a", None, 0),
        ("s", 3, "a", None, 0),
        ("s", 5, "b", 6, 7),
    ]
    names = ("service_id", "seq", "station_id", "arrive_min", "depart_min")
    made = region(services=services, service_stops=[dict(zip(names, row, strict=True)) for row in stops])
    assert made.service_stops["station_id"].tolist() == ["a", "b", "c", "a", "b"]
    stops[4] = ("s", 5, "b", 14, 15)
    with pytest.raises(BadInputError, match=r"^service_stops\.csv row 3, arrive_min: is before[^\n]*$"):
        region(services=services, service_stops=[dict(zip(names, row, strict=True)) for row in stops])


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (
            {"departures": "07:00", "headway_midday_min": 5},
            "has both departures and headways (give one of the two)",
        ),
        ({}, "has neither departures nor a headway (give one of the two)"),
    ],
)
def test_a_service_has_departures_or_headways(service, told):
    assert refused(service=service or {"name": "x"}) == [f"services.csv row 2, s: {told}"]


@pytest.mark.parametrize("n_calls", [0, 1])
def test_a_service_has_two_calls(n_calls):
    told = f"services.csv row 2, s: has {n_calls} calls in service_stops.csv (a service needs at least two)"
    assert refused([("a", None, 0)][:n_calls]) == [told]


def test_nothing_closes_before_it_opens():
    lines = [{"line_id": "l", "class": "metro", "opened": "2026-01-02", "closed": "2026-01-01"}]
    assert refused(lines=lines) == ["lines.csv row 2, closed: is before opened (mend one of the two)"]
    lines[0]["closed"] = "2026-01-02"
    assert len(region(lines=lines).table("lines")) == 1


def test_no_link_leads_to_its_own_start():
    walk = [{"from_station_id": "a", "to_station_id": "a", "walk_m": 5}]
    assert refused(transfers=walk) == ["transfers.csv row 2: leads from a station to itself (remove it)"]
    road = {"link_id": "x", "road_id": "x", "class": "urban", "length_km": 1, "speed_kmh": 50}
    links = [{**road, "from_node_id": "n", "to_node_id": "n"}]
    nodes = [{"node_id": "n", **POINT}]
    assert refused(road_nodes=nodes, road_links=links) == [
        "road_links.csv row 2: leads from a node to itself (remove it)"
    ]


def test_every_lost_reference_is_told_with_the_nearest_name():
    lines = refused([("a", None, 0), ("bb", 6, 7), ("cc", 13, None)])
    assert lines == [
        "service_stops.csv row 3, station_id: 'bb' is not in stations.csv (did you mean b?)",
        "service_stops.csv row 4, station_id: 'cc' is not in stations.csv (did you mean c?)",
    ]


def test_a_road_may_end_at_a_junction_or_a_place():
    road = {"road_id": "x", "class": "urban", "length_km": 1, "speed_kmh": 50}
    made = region(
        places=[{"place_id": "p", **POINT}],
        road_nodes=[{"node_id": "n", **POINT}],
        road_links=[{"link_id": "x", "from_node_id": "p", "to_node_id": "n", **road}],
    )
    assert len(made.table("road_links")) == 1
