"""The window engine against a plain search of every departure on its own."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kernels.window import UNREACHED
from sim.points import Access, Points, Settings
from sim.window import Window
from tests.reference.earliest import travel_times
from tests.reference.random_timetables import random_plain, timetable_of

BEGIN, END = 7 * 3600, 8 * 3600


def points_of(names, reach):
    """Return points with walks {stop row: s} each."""
    start = np.append(0, np.cumsum([len(one) for one in reach]))
    stops = [stop for one in reach for stop in one]
    seconds = [one[stop] for one in reach for stop in one]
    return Points(tuple(names), Access(*(np.array(part, np.int32) for part in (start, stops, seconds))))


def own_points(timetable):
    """Return all stops as points of their own."""
    return points_of(timetable.stops["stop_id"], [{row: 0} for row in range(timetable.n_stops)])


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n_stops=st.integers(2, 30),
    n_lines=st.integers(1, 25),
    n_trips=st.integers(1, 300),
    step_s=st.sampled_from([47, 60, 300, 3600]),
    max_min=st.sampled_from([15, 60, 180]),
    max_rides=st.sampled_from([1, 2, 8]),
    least_s=st.sampled_from([0, 60]),
)
def test_every_departure_equals_a_search_of_its_own(
    seed, n_stops, n_lines, n_trips, step_s, max_min, max_rides, least_s
):
    plain = random_plain(seed, n_stops=n_stops, n_lines=n_lines, n_trips=n_trips)
    timetable = timetable_of(plain)
    rng = np.random.default_rng(seed)
    reach = [
        {
            int(stop): int(rng.integers(0, 1200))
            for stop in rng.choice(n_stops, min(3, n_stops), replace=False)
        }
        for _ in range(3)
    ]
    names = [f"s{row}" for row in range(n_stops)]
    window = Window(
        timetable, (BEGIN, END), step_s=step_s, max_min=max_min,
        settings=Settings(min_transfer_s=least_s, max_rides=max_rides),
    )  # fmt: skip
    found = window.samples(points_of("abc", reach), own_points(timetable))
    assert found.shape == (3, 1, len(range(BEGIN, END, step_s)), n_stops)
    for origin, walks in enumerate(reach):
        access = {names[stop]: seconds for stop, seconds in walks.items()}
        for number in rng.choice(len(window.clocks_s), min(6, len(window.clocks_s)), replace=False):
            leave = int(window.clocks_s[number])
            times = travel_times(
                plain, access, leave, limit=60 * max_min, least=least_s, most_rides=max_rides
            )
            row = found[origin, 0, number]
            got = {names[stop]: int(row[stop]) for stop in np.flatnonzero(row != UNREACHED)}
            for stop, seconds in access.items():  # walking all the way is not asked for here
                if got.get(stop) != times.get(stop):
                    assert times.pop(stop) == seconds <= got.pop(stop, UNREACHED)
            assert got == times
