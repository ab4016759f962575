"""The plain builder of timetables."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.errors import BadInputError
from network.timetable import Timetable

STOPS = pd.DataFrame({"stop_id": list("abc"), "lon": [113.0, 113.1, 113.2], "lat": [23.0, 23.0, 23.0]})


def times_of(trips, route="r"):
    """Return long stop times of {trip: [(stop, arrival, departure)]}."""
    return pd.DataFrame(
        [
            {
                "trip_id": trip,
                "sequence": at,
                "stop_id": stop,
                "arrival_s": arrival,
                "departure_s": departure,
                "route_id": route,
            }
            for trip, calls in trips.items()
            for at, (stop, arrival, departure) in enumerate(calls)
        ]
    )


TWO = {"t2": [("a", 600, 600), ("b", 900, 960)], "t1": [("a", 0, 0), ("b", 300, 360)]}


def trips_of(timetable):
    """Return {trip: [(stop, arrival, departure)]} as the arrays hold it."""
    found = {}
    for pattern in range(timetable.n_patterns):
        stops = timetable.pattern_stops[
            timetable.pattern_start[pattern] : timetable.pattern_start[pattern + 1]
        ]
        for trip in range(timetable.pattern_trips_start[pattern], timetable.pattern_trips_start[pattern + 1]):
            at = slice(timetable.trip_times_start[trip], timetable.trip_times_start[trip + 1])
            names = timetable.stops["stop_id"].to_numpy()[stops]
            rows = zip(names, timetable.arrival_s[at], timetable.departure_s[at], strict=True)
            found[timetable.trip_ids[trip]] = [(name, int(one), int(other)) for name, one, other in rows]
    return found


def test_trips_of_equal_stops_are_one_pattern_in_order_of_departure():
    timetable = Timetable.from_trips(STOPS, times_of(TWO))
    assert timetable.n_patterns == 1
    assert timetable.trip_ids.tolist() == ["t1", "t2"]
    assert timetable.departure_s.tolist() == [0, 360, 600, 960]
    assert trips_of(timetable) == TWO
    assert timetable.routes["route_id"].tolist() == ["r"]
    with pytest.raises(ValueError, match="read-only"):
        timetable.arrival_s[0] = 1


def test_an_overtaking_trip_has_a_pattern_of_its_own():
    fast = {"slow": [("a", 0, 0), ("b", 900, 900)], "fast": [("a", 60, 60), ("b", 300, 300)]}
    timetable = Timetable.from_trips(STOPS, times_of(fast))
    assert timetable.n_patterns == 2
    assert trips_of(timetable) == fast


def test_headways_are_patterns_without_trips():
    frequencies = pd.DataFrame(
        {
            "trip_id": ["t1", "t1"],
            "start_s": [36_000, 25_200],
            "end_s": [57_600, 32_400],
            "headway_s": [600, 300],
            "exact": [False, True],
        }
    )
    timetable = Timetable.from_trips(
        STOPS, times_of({"t1": [("a", 90, 100), ("b", 400, 460)]}), frequencies=frequencies
    )
    assert timetable.n_trips == 0
    assert timetable.run_arrival_s.tolist() == [-10, 300]
    assert timetable.run_departure_s.tolist() == [0, 360]
    assert timetable.headway_start_s.tolist() == [25_200, 36_000]
    assert timetable.headway_exact.tolist() == [True, False]


def test_transfers_gates_and_rights():
    calls = times_of(TWO).assign(can_board=[True, False] * 2)
    links = pd.DataFrame(
        {"from_stop_id": ["b", "b", "b"], "to_stop_id": ["c", "b", "c"], "seconds": [90, 45, 80]}
    )
    routes = pd.DataFrame({"route_id": ["r"], "name": ["line"], "colour": ["ff0000"], "gate_s": [300]})
    timetable = Timetable.from_trips(STOPS, calls, transfers=links, routes=routes, change_s=60)
    assert timetable.change_s.tolist() == [60, 45, 60]
    assert timetable.transfer_start.tolist() == [0, 0, 1, 1]
    assert (timetable.transfer_stop.tolist(), timetable.transfer_s.tolist()) == ([2], [80])
    assert timetable.can_board.tolist() == [True, False]
    assert timetable.gate_s.tolist() == [300]
    assert timetable.routes.iloc[0].tolist() == ["r", "line", "ff0000"]


def test_every_problem_is_told_at_once():
    stops = STOPS.assign(lat=[23, 99, 23])
    calls = times_of(
        {"x": [("a", 0, 0)], "y": [("a", 9, 9), ("zz", 5, 5)], "w": [("a", 0.5, 1), ("b", 2, 2)]}
    )
    frequencies = pd.DataFrame(
        {
            "trip_id": ["q", "y", "y"],
            "start_s": [0, 9, 5],
            "end_s": [9, 12, 10],
            "headway_s": [5, 0, 1],
            "exact": [True] * 3,
        }
    )
    links = pd.DataFrame({"from_stop_id": ["a", "k"], "to_stop_id": ["b", "a"], "seconds": [-1, 5]})
    with pytest.raises(BadInputError) as caught:
        Timetable.from_trips(stops, calls, frequencies=frequencies, transfers=links)
    text = str(caught.value)
    for words in (
        "b: has no position", "zz: is no stop", "trip y: goes back", "trip x: has one call",
        "trip w: has a time that is none", "q: is no trip", "y: has no headway", "y: has bands that overlap",
        "k: is no stop", "a to b: has no time",
    ):  # fmt: skip
        assert words in text
    with pytest.raises(BadInputError, match="a: stands twice"):
        Timetable.from_trips(pd.concat([STOPS, STOPS.iloc[:1]]), calls)
    with pytest.raises(BadInputError, match="'arrival_s' is missing"):
        Timetable.from_trips(STOPS, calls.drop(columns="arrival_s"))


@given(st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=1, max_size=12), st.randoms())
def test_no_trip_of_a_pattern_overtakes_and_none_is_lost(gaps, random):
    trips = {}
    for number, gap in enumerate(gaps):
        clock = np.cumsum(gap).tolist()
        trips[f"t{number}"] = [
            ("a", clock[0], clock[0]),
            ("b", clock[1], clock[2]),
            ("a", clock[3], clock[3]),
        ]
    calls = times_of(trips)
    order = list(range(len(calls)))
    random.shuffle(order)
    timetable = Timetable.from_trips(STOPS, calls.iloc[order])
    assert trips_of(timetable) == trips
    for pattern in range(timetable.n_patterns):
        rows = range(timetable.pattern_trips_start[pattern], timetable.pattern_trips_start[pattern + 1])
        for one, other in itertools.pairwise(rows):
            for flat in (timetable.arrival_s, timetable.departure_s):
                assert (flat[3 * one : 3 * one + 3] <= flat[3 * other : 3 * other + 3]).all()
