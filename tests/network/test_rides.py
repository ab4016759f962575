"""Calls, rides and departures of services."""

import numpy as np
import pytest

from network.errors import BadInputError
from network.headways import departures_a_day
from network.region import About, Period
from network.rides import calls, departures_in, rides
from network.runtimes import RunTimeModel
from network.testing import headway_region, line_region, make_region

STATIONS = [
    {"station_id": name, "system": "rail", "class": "intercity", "lon": 113.0, "lat": 23.0 + 0.1 * at}
    for at, name in enumerate("abc")
]


def region_of(line=None, service=None, times=((None, None),) * 3, stops="abc", distance_km=10):
    row = {"line_id": "l", "class": "intercity", "max_speed_kmh": 200} | (line or {})
    run = {"service_id": "s", "line_id": "l", "class": row["class"], "headway_am_peak_min": 10} | (
        service or {}
    )
    many = [
        {
            "service_id": "s",
            "seq": seq,
            "station_id": stop,
            "arrive_min": times[seq][0],
            "depart_min": times[seq][1],
        }
        | ({"distance_km": distance_km} if seq and distance_km else {})
        for seq, stop in enumerate(stops)
    ]
    return make_region({"stations": STATIONS, "lines": [row], "services": [run], "service_stops": many})


def test_a_timetable_is_taken_as_it_is():
    region = line_region()
    found = calls(region)
    rows = found.service == list(region.services["service_id"]).index("up")
    assert found.arrive_s[rows].tolist() == [0, 360, 780, 1200]
    assert found.depart_s[rows].tolist() == [0, 420, 840, 1200]


def test_a_metro_line_runs_at_its_commercial_speed():
    found = calls(region_of({"class": "metro", "commercial_speed_kmh": 30, "max_speed_kmh": 80}))
    assert found.arrive_s.tolist() == [0, 1200, 2400]  # 10 km at 30 km/h, dwell included
    assert found.depart_s.tolist() == [0, 1200, 2400]


def test_a_metro_line_without_one_takes_the_median_of_its_like():
    lines = [
        {"line_id": name, "class": "metro", "max_speed_kmh": 80, "commercial_speed_kmh": speed}
        for name, speed in (("x", 30), ("y", 36), ("z", 60), ("l", None))
    ]
    service = {"service_id": "s", "line_id": "l", "class": "metro", "headway_am_peak_min": 10}
    stops = [
        {"service_id": "s", "seq": at, "station_id": name, "distance_km": 12} for at, name in enumerate("ab")
    ]
    region = make_region(
        {"stations": STATIONS, "lines": lines, "services": [service], "service_stops": stops}
    )
    assert calls(region).arrive_s.tolist() == [0, 1200]  # 12 km at 36 km/h


def test_a_railway_runs_by_the_run_time_model_and_stops():
    model = RunTimeModel()
    hop_s, dwell_s = (
        60 * model.hop_min(10.0, 200.0, stock="intercity"),
        60 * model.stock("intercity").dwell_min,
    )
    found = calls(region_of())
    assert found.arrive_s.tolist() == [0, round(hop_s), round(2 * hop_s + dwell_s)]
    assert found.depart_s.tolist()[:2] == [0, round(hop_s + dwell_s)]


def test_an_unknown_length_is_the_straight_line_with_the_tracks_detour():
    model = RunTimeModel()
    straight_km = 11.075  # a tenth of a degree of latitude
    hop_s = 60 * model.hop_min(1.15 * straight_km, 200.0, stock="intercity")
    assert abs(calls(region_of(distance_km=None)).arrive_s[1] - hop_s) <= 1


def test_a_service_needs_times_or_a_speed():
    with pytest.raises(BadInputError, match=r"services.csv, s: has no times .* no line with a speed"):
        calls(region_of({"max_speed_kmh": None}))


def test_a_train_that_goes_round_is_one_train():
    times = tuple((None if at == 0 else 6 * at, 6 * at) for at in range(6))
    found = rides(calls(region_of(times=times, stops="abcabc")))
    pairs = list(
        zip(found.from_station.tolist(), found.to_station.tolist(), found.ride_s.tolist(), strict=True)
    )
    assert pairs == [(0, 1, 360), (0, 2, 720), (1, 0, 720), (1, 2, 360), (2, 0, 360), (2, 1, 720)]


def test_departures_count_where_one_boards_and_after_midnight():
    times = ((None, 0), (60, 61), (120, None))
    service = {"departures": "05:30 06:30 07:59 08:59 30:30", "headway_am_peak_min": None}
    region = region_of(service=service, times=times)
    found = calls(region)
    am_peak = departures_in(region, found, region.about.period("am-peak"))  # 07:00 to 09:00
    # a: 07:59, 08:59 (30:30 is 06:30); b, 61 min later: 06:31, 07:31, 09:00 (too late), 07:31 of the night train
    assert am_peak.tolist()[:2] == [2, 2]


def test_headways_fit_into_the_part_of_the_period_that_is_served():
    region = region_of(
        service={
            "headway_am_peak_min": 10,
            "headway_midday_min": 20,
            "first_departure": "08:00",
            "last_departure": "11:00",
        }
    )
    found = calls(region)
    assert departures_in(region, found, region.about.period("am-peak"))[0] == 6  # 08:00 to 09:00
    assert departures_in(region, found, region.about.period("midday"))[0] == 3  # 10:00 to 11:00
    assert departures_a_day(region)[0] == 6 + 3 + 3  # 09:00 to 10:00 at the longest headway


def test_trips_a_day():
    assert departures_a_day(line_region()).tolist() == [102.0, 102.0]
    trips = departures_a_day(headway_region())
    assert np.allclose(trips, 120 / 6 + 360 / 12 + (960 - 480) / 12)  # 06:30 to 22:30


def test_a_service_without_times_nor_speed_is_told_with_all_others():
    services = [{"service_id": name, "class": "hsr", "headway_am_peak_min": 10} for name in ("s", "t")]
    stops = [
        {"service_id": name, "seq": at, "station_id": stop} for name in "st" for at, stop in enumerate("ab")
    ]
    region = make_region({"stations": STATIONS, "services": services, "service_stops": stops})
    with pytest.raises(BadInputError) as caught:
        calls(region)
    assert [problem.where for problem in caught.value.problems] == ["services.csv, s", "services.csv, t"]


def test_a_quicker_way_round_counts_and_once():
    # a b c a: from b to a there is one way only; from a to c the one over b
    times = ((None, 0), (6, 6), (12, 12), (15, None))
    found = rides(calls(region_of(times=times, stops="abca")))
    pairs = list(
        zip(found.from_station.tolist(), found.to_station.tolist(), found.ride_s.tolist(), strict=True)
    )
    assert pairs == [(0, 1, 360), (0, 2, 720), (1, 0, 540), (1, 2, 360), (2, 0, 180)]
    # a b a c: a to c in 3 min from the second call there, not in 15 from the first
    times = ((None, 0), (6, 6), (12, 12), (15, None))
    found = rides(calls(region_of(times=times, stops="abac")))
    at = (found.from_station == 0) & (found.to_station == 2)
    assert (found.ride_s[at].tolist(), found.call[at].tolist()) == ([180], [2])


def test_dwells_on_the_way_are_ridden_and_those_at_the_ends_are_not():
    found = rides(calls(region_of(times=((None, 0), (6, 9), (15, None)))))
    assert found.ride_s.tolist() == [360, 900, 360]


PERIODS = (Period("late", 22 * 3600, 26 * 3600), Period("early", 0, 7200))


def late_region(*, periods=PERIODS, **service):
    region = make_region(
        {
            "stations": STATIONS,
            "services": [{"service_id": "s", "class": "hsr", **service}],
            "service_stops": [
                {
                    "service_id": "s",
                    "seq": at,
                    "station_id": stop,
                    "arrive_min": 61 * at,
                    "depart_min": 61 * at,
                }
                for at, stop in enumerate("ab")
            ],
        },
        about=About("night", periods=periods),
    )
    return region, calls(region)


@pytest.mark.parametrize(
    ("departures", "late", "early"),
    [
        ("21:00", [0, 1], [0, 0]),  # 22:01 at b
        ("23:30", [1, 1], [0, 1]),  # 00:31 at b, which is 24:31 of the day before
        ("01:30", [1, 0], [1, 0]),  # 02:31 at b
        ("24:30", [1, 1], [1, 1]),
        ("02:00 21:59", [0, 1], [0, 0]),
    ],
)
def test_timetables_in_periods_that_pass_midnight(departures, late, early):
    region, found = late_region(departures=departures)
    assert departures_in(region, found, PERIODS[0]).tolist() == late
    assert departures_in(region, found, PERIODS[1]).tolist() == early


@pytest.mark.parametrize(
    ("first", "last", "late", "early"),
    [
        ("06:00", "23:00", 6, 0),  # 22:00 to 23:00
        ("06:00", "25:00", 18, 6),  # 22:00 to 25:00; 0:00 to 1:00 of the day after
        ("06:00", "01:00", 18, 6),  # the same, written otherwise
        ("00:30", "05:00", 9, 9),  # 0:30 to 2:00 is 24:30 to 26:00 too
        ("00:00", "26:00", 24, 12),  # never more than the whole period
    ],
)
def test_headways_in_periods_that_pass_midnight(first, last, late, early):
    service = {"first_departure": first, "last_departure": last}
    region, found = late_region(headway_late_min=10, headway_early_min=10, **service)
    assert departures_in(region, found, PERIODS[0]).tolist() == [late, late]
    assert departures_in(region, found, PERIODS[1]).tolist() == [early, early]


def test_trips_of_periods_that_overlap_count_once():
    periods = (Period("all-day", 6 * 3600, 22 * 3600), Period("noon", 12 * 3600, 14 * 3600))
    span = {"first_departure": "06:00", "last_departure": "22:00"}
    region, _ = late_region(periods=periods, headway_all_day_min=10, headway_noon_min=5, **span)
    assert departures_a_day(region).tolist() == [16 * 6]  # the first period that holds a time counts


def test_a_blank_headway_is_no_service_in_that_period():
    region, found = late_region(headway_early_min=10)
    assert departures_in(region, found, PERIODS[0]).tolist() == [0, 0]


def test_a_commercial_speed_is_for_metro_services_only():
    plain, with_speed = (calls(region_of(line)) for line in ({}, {"commercial_speed_kmh": 30}))
    assert plain.arrive_s.tolist() == with_speed.arrive_s.tolist()
    # a railway's train on a metro line runs by the model too, a metro's on a line of the railway by its top speed
    on_metro = calls(region_of({"class": "metro", "commercial_speed_kmh": 30}, {"class": "intercity"}))
    assert on_metro.arrive_s.tolist() == plain.arrive_s.tolist()
