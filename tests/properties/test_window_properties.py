"""What always holds of a window: arriving by, who knows the timetable, journeys, statistics, draws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.timetable import Timetable
from sim.kernels.window import UNREACHED
from sim.points import Directs, Settings
from sim.statistics import access_percentiles, time_percentiles
from sim.waits import wait_percentile_s, wait_share
from sim.window import Window
from tests.properties.test_window_oracle import own_points, points_of
from tests.reference.earliest import arrivals, planned_time, planned_time_by
from tests.reference.random_timetables import random_plain, timetable_of

BEGIN, END = 7 * 3600, 8 * 3600
SEEDS = st.integers(0, 2**31)
SHORT = settings(max_examples=25, deadline=None)


def reaches(seed, n_stops, many=2):
    rng = np.random.default_rng(seed)
    return [
        {int(stop): int(rng.integers(0, 900)) for stop in rng.choice(n_stops, min(3, n_stops), replace=False)}
        for _ in range(many)
    ]


def named(walks):
    return {f"s{stop}": seconds for stop, seconds in walks.items()}


@SHORT
@given(seed=SEEDS, n_stops=st.integers(2, 20), n_trips=st.integers(1, 150), least_s=st.sampled_from([0, 60]))
def test_arriving_by_is_the_last_departure_in_time(seed, n_stops, n_trips, least_s):
    plain = random_plain(seed, n_stops=n_stops, n_trips=n_trips)
    timetable = timetable_of(plain)
    starts, goals = reaches(seed, n_stops, 2), reaches(seed + 1, n_stops, 2)
    window = Window(
        timetable,
        (9 * 3600, 10 * 3600),
        step_s=900,
        max_min=120,
        arrive_by=True,
        settings=Settings(min_transfer_s=least_s),
    )
    found = window.samples(points_of("ab", starts), points_of("cd", goals))
    exits = {stop: rest[1] for stop, *rest in plain.stops}

    def first_arrival(start, goal, leave):
        reached = arrivals(plain, named(start), leave, least=least_s)
        at = [reached[stop] + exits[stop] + s for stop, s in named(goal).items() if stop in reached]
        return min(at, default=10**9)

    for one, start in enumerate(starts):
        for two, goal in enumerate(goals):
            for at, deadline in enumerate(window.clocks_s.tolist()):
                time_s = int(found[one, 0, at, two])
                if time_s == UNREACHED:
                    assert first_arrival(start, goal, deadline - 7200) > deadline
                    continue
                assert first_arrival(start, goal, deadline - time_s) <= deadline
                assert first_arrival(start, goal, deadline - time_s + 1) > deadline


@SHORT
@given(seed=SEEDS, n_stops=st.integers(2, 12), n_trips=st.integers(1, 60), max_min=st.sampled_from([30, 120]))
def test_who_knows_the_timetable_arrives_first_and_leaves_last(seed, n_stops, n_trips, max_min):
    plain = random_plain(seed, n_stops=n_stops, n_trips=n_trips, n_lines=5)
    timetable = timetable_of(plain)
    walks = reaches(seed, n_stops, 1)
    window = Window(
        timetable,
        (BEGIN, END),
        step_s=1800,
        max_min=max_min,
        traveller="planned",
        settings=Settings(min_transfer_s=0),
    )
    found = window.samples(points_of("a", walks), own_points(timetable))
    for at, leave in enumerate(window.clocks_s.tolist()):
        for stop in range(n_stops):
            if stop in walks[0]:
                continue  # there one may walk, which the plain search counts too
            wanted = planned_time(plain, named(walks[0]), leave, f"s{stop}", limit=60 * max_min)
            got = int(found[0, 0, at, stop])
            assert got == (UNREACHED if wanted is None else wanted)


@SHORT
@given(seed=SEEDS, n_stops=st.integers(2, 12), n_trips=st.integers(1, 60), max_min=st.sampled_from([30, 120]))
def test_who_knows_the_timetable_and_must_be_there_leaves_last_and_arrives_first(
    seed, n_stops, n_trips, max_min
):
    plain = random_plain(seed, n_stops=n_stops, n_trips=n_trips, n_lines=5)
    starts, goals = reaches(seed, n_stops, 1), reaches(seed + 1, n_stops, 2)
    window = Window(
        timetable_of(plain),
        (8 * 3600, 9 * 3600),
        step_s=1800,
        max_min=max_min,
        traveller="planned",
        arrive_by=True,
        settings=Settings(min_transfer_s=0),
    )
    found = window.samples(points_of("a", starts), points_of("bc", goals))
    for two, goal in enumerate(goals):
        times = planned_time_by(
            plain, named(starts[0]), named(goal), window.clocks_s.tolist(), limit=60 * max_min
        )
        got = [None if one == UNREACHED else one for one in found[0, 0, :, two].tolist()]
        assert got == times


@SHORT
@given(
    seed=SEEDS,
    n_stops=st.integers(2, 20),
    n_trips=st.integers(1, 200),
    traveller=st.sampled_from(["random", "planned"]),
    arrive_by=st.booleans(),
)
def test_journeys_run_as_the_tables_say_and_their_parts_sum(seed, n_stops, n_trips, traveller, arrive_by):
    plain = random_plain(seed, n_stops=n_stops, n_trips=n_trips)
    timetable = timetable_of(plain, exact=False)
    walks = reaches(seed, n_stops)
    settings_ = Settings(min_transfer_s=60, max_rides=5)
    window = Window(
        timetable,
        (BEGIN, END),
        step_s=600,
        max_min=90,
        draws=3,
        seed=seed,
        traveller=traveller,
        arrive_by=arrive_by,
        settings=settings_,
    )
    start, goal = points_of("ab", walks), own_points(timetable)
    found = window.ranked(start, goal, window.count // 2 + 1)
    one, two = np.nonzero(found.times_s != UNREACHED)
    at = one, two
    query = np.stack([one, found.draw[at], found.moment_s[at], two, found.times_s[at]], axis=1)
    journeys = window.journeys(start, goal, query.astype(np.int32))
    parts = journeys.parts_s()
    assert (parts >= 0).all()
    assert parts.sum(axis=1).tolist() == query[:, 4].tolist()
    leave_s = query[:, 2] - query[:, 4] if arrive_by else query[:, 2]
    assert journeys.leave_s.tolist() == leave_s.tolist()
    assert (journeys.slack_s[journeys.n_rides > 0] == 0).all() or (arrive_by and traveller == "random")
    if arrive_by:
        assert (query[:, 2] < END).all()
        first = [journeys.rides(row)[0].wait_s for row in range(len(query))]
        assert set(first) <= {60}  # leaves as late as can be
    elif traveller == "planned":
        spare = (parts[:, 2] - 60)[
            journeys.n_rides == 1
        ]  # no first wait, or else it would be too late to leave
        late = leave_s[journeys.n_rides == 1] + spare > BEGIN + window.limit_s
        assert ((spare == 0) | late).all()
    names = timetable.stops["stop_id"].tolist()
    info = {stop: rest for stop, *rest in plain.stops}
    for row in range(len(query)):
        rides = journeys.rides(row)
        assert 1 <= len(rides) <= 5
        clock = (
            leave_s[row]
            + walks[query[row, 0]].get(rides[0].from_stop, 10**6)
            + info[names[rides[0].from_stop]][0]
        )
        for number, ride in enumerate(rides):
            route = timetable.routes["route_id"][ride.pattern]
            gate, before = plain.gates[route], rides[number - 1]
            if number == 0:
                clock += gate
            elif before.to_stop == ride.from_stop:
                clock += info[names[ride.from_stop]][2]
            else:
                clock += plain.walks[names[before.to_stop], names[ride.from_stop]] + gate
            assert clock + ride.wait_s == ride.departure_s
            assert ride.wait_s >= 60 or (number and before.to_stop == ride.from_stop)
            calls = timetable.pattern_stops[timetable.pattern_start[ride.pattern] :]
            assert (calls[ride.board], calls[ride.alight]) == (ride.from_stop, ride.to_stop)
            if ride.trip >= 0:
                trip = plain.trips[timetable.trip_ids[ride.trip]][1]
                assert trip[ride.board][2:4] == (ride.departure_s, True)
                assert (trip[ride.alight][1], trip[ride.alight][4]) == (ride.arrival_s, True)
            clock = ride.arrival_s
        arrival = clock + info[names[rides[-1].to_stop]][1]
        assert arrival + journeys.slack_s[row] == leave_s[row] + query[row, 4]


@SHORT
@given(seed=SEEDS, traveller=st.sampled_from(["random", "planned"]), arrive_by=st.booleans())
def test_statistics_are_those_of_the_samples_whatever_the_threads(seed, traveller, arrive_by):
    plain = random_plain(seed, n_stops=12)
    timetable = timetable_of(plain, exact=False)
    window = Window(
        timetable,
        (BEGIN, END),
        step_s=240,
        max_min=60,
        draws=4,
        seed=seed,
        traveller=traveller,
        arrive_by=arrive_by,
    )
    start, goal = points_of("abc", reaches(seed, 12, 3)), own_points(timetable)
    directs = Directs(
        np.array([0, 1, 1, 2], np.int32), np.array([3, 0], np.int32), np.array([700, 5000], np.int32)
    )
    samples = window.samples(start, goal, directs, threads=1)
    assert (samples == window.samples(start, goal, directs, threads=2)).all()
    names = ["best", "p1", "p50", "p85", "p100", "mean", "reliability"]
    found = window.statistics(start, goal, names, directs, within_min=30, threads=2)
    assert (found == window.statistics(start, goal, names, directs, within_min=30, threads=1)).all()
    flat = samples.reshape(3, -1, 12)
    wanted = time_percentiles(flat, [1, 50, 85, 100])
    assert (found[..., 1:5] == wanted).all()
    lowest = flat.min(axis=1).astype(float)
    lowest[lowest == UNREACHED] = np.inf
    assert (found[..., 0] == lowest).all()
    means = np.where((flat == UNREACHED).any(axis=1), np.inf, flat.mean(axis=1))
    assert found[..., 5] == pytest.approx(means)
    assert found[..., 6] == pytest.approx((flat <= 1800).mean(axis=1))
    assert (found[..., :4] <= found[..., 1:5]).all()
    ranked = window.ranked(start, goal, 1 + window.count // 3, directs, within_min=30)
    assert (ranked.times_s == np.sort(flat, axis=1)[:, window.count // 3]).all()
    assert (ranked.within == found[..., 6]).all()
    assert (ranked.mean_s == found[..., 5]).all()


@SHORT
@given(seed=SEEDS, gone=st.integers(0, 9), arrive_by=st.booleans())
def test_more_service_is_never_slower_and_a_longer_window_never_worse(seed, gone, arrive_by):
    plain = random_plain(seed, n_stops=15)
    start = points_of("ab", reaches(seed, 15))
    fewer = {trip: run for number, (trip, run) in enumerate(plain.trips.items()) if number % 10 != gone}
    less = type(plain)(
        plain.stops, fewer, plain.gates, plain.walks, {t: b for t, b in plain.bands.items() if t in fewer}
    )
    many, few = timetable_of(plain), timetable_of(less)
    whole, part = (
        Window(one, (BEGIN, END), step_s=300, max_min=120, arrive_by=arrive_by) for one in (many, few)
    )
    goal = own_points(many)
    assert (whole.samples(start, goal) <= part.samples(start, goal)).all()
    longer = Window(many, (BEGIN, END + 1800), step_s=300, max_min=120, arrive_by=arrive_by)
    assert (longer.statistics(start, goal, ["best"]) <= whole.statistics(start, goal, ["best"])).all()


def headway_line(headways):
    """A chain of stops, each hop a service of its own that takes 5 min; changes take 2 min."""
    names = [f"s{at}" for at in range(len(headways) + 1)]
    stops = pd.DataFrame({"stop_id": names, "lon": 113.0, "lat": 23.0, "change_s": 120})
    times = pd.DataFrame(
        [
            {
                "trip_id": f"t{at}",
                "sequence": end,
                "stop_id": names[at + end],
                "arrival_s": 300 * end,
                "departure_s": 300 * end,
            }
            for at in range(len(headways))
            for end in range(2)
        ]
    )
    bands = pd.DataFrame(
        {
            "trip_id": [f"t{at}" for at in range(len(headways))],
            "start_s": 0,
            "end_s": 86_400,
            "headway_s": headways,
            "exact": False,
        }
    )
    return Timetable.from_trips(stops, times, frequencies=bands)


@pytest.mark.parametrize("arrive_by", [False, True])
@pytest.mark.parametrize("headways", [[600], [600, 420], [900, 300, 780]])
def test_draws_converge_to_the_exact_distribution(headways, arrive_by):
    timetable = headway_line(headways)
    window = Window(
        timetable,
        (BEGIN, END),
        step_s=60,
        draws=3000,
        seed=7,
        arrive_by=arrive_by,
        settings=Settings(min_transfer_s=0),
    )
    start = points_of("a", [{0: 0}])
    goal = points_of("z", [{len(headways): 0}])
    fixed = 300 * len(headways) + 120 * (len(headways) - 1)
    names = ["p5", "p50", "p95", "mean"]
    p5, p50, p95, mean = window.statistics(start, goal, names)[0, 0] - fixed
    assert mean == pytest.approx(sum(headways) / 2, rel=0.01)
    for got, percentile in ((p5, 5), (p50, 50), (p95, 95)):
        assert got == pytest.approx(wait_percentile_s(headways, percentile), abs=0.015 * sum(headways))
    share = window.statistics(start, goal, ["reliability"], within_min=(fixed + 500) / 60)[0, 0, 0]
    assert share == pytest.approx(float(wait_share(headways, 500)), abs=0.01)
    again = Window(
        timetable, (BEGIN, END), step_s=60, draws=3000, seed=7, settings=Settings(min_transfer_s=0)
    )
    assert (again.phases == window.phases).all()


def test_the_sum_of_two_equal_waits_is_a_triangle():
    assert wait_share([600, 600], [0, 300, 600, 1200, 1300]) == pytest.approx([0, 0.125, 0.5, 1, 1])
    assert wait_share([400], [100]) == pytest.approx([0.25])
    assert wait_percentile_s([600, 600], 50) == pytest.approx(600)


def test_two_readings_of_a_percentile_differ():
    # two places, each near every second minute, never both at once
    times = np.array([[[600, 6000], [6000, 600]] * 2], np.int32)
    assert time_percentiles(times, [50]).tolist() == [[[600.0], [600.0]]]
    assert access_percentiles(times, np.array([1, 1]), 30, [50, 100]).tolist() == [[1.0, 1.0]]
