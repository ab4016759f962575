"""Legs against every subset of services, and the rules that make a search over them right."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.legs import best_legs, expected_legs, usual_legs
from network.rides import Rides

PERIOD_S = 7200


def rides_of(ride_s, pair=None):
    """Rides between few stations; ``pair`` is the number of each ride's pair of stations."""
    count = len(ride_s)
    pair = np.zeros(count, np.int64) if pair is None else np.asarray(pair, np.int64)
    return Rides(pair // 3, 10 + pair % 3, np.arange(count), np.arange(count), np.asarray(ride_s, np.int64))


def twin_s(options):
    """Least expected seconds over every subset of services that one may agree to take (Chriqui & Robillard)."""
    best = np.inf
    for size in range(1, len(options) + 1):
        for chosen in combinations(options, size):
            trips = sum(many for _, many in chosen)
            best = min(best, PERIOD_S / (2 * trips) + sum(time * many for time, many in chosen) / trips)
    return int(np.floor(best + 0.5))


SERVICES = st.lists(
    st.tuples(st.integers(60, 7200), st.integers(1, 30), st.integers(0, 300)), min_size=1, max_size=8
)


@given(SERVICES)
def test_the_attractive_set_is_the_best_of_all_subsets(services):
    ride, trips, gate = (np.array(column) for column in zip(*services, strict=True))
    legs = expected_legs(rides_of(ride), trips.astype(float), gate, period_s=PERIOD_S)
    assert len(legs) == 1
    options = [(time + closing, many) for time, many, closing in services]
    assert abs(int(legs.total_s[0]) - twin_s(options)) <= 1  # a sum in another order may round the other way
    assert (legs.gate_s >= 0).all()
    assert (legs.wait_s > 0).all()
    assert (legs.ride_s > 0).all()


def test_expected_by_hand():
    # every 10 min in 12 min, every 10 min in 14 min: together every 5 min, wait 2.5, mean ride 13
    legs = expected_legs(
        rides_of([720, 840]), np.array([12.0, 12.0]), np.zeros(2, np.int64), period_s=PERIOD_S
    )
    assert (legs.wait_s[0], legs.ride_s[0], legs.start.tolist()) == (150, 780, [0, 2])
    # one of 30 min is not worth boarding: 5 + 12 is less
    legs = expected_legs(
        rides_of([720, 1800]), np.array([12.0, 12.0]), np.zeros(2, np.int64), period_s=PERIOD_S
    )
    assert (legs.wait_s[0], legs.ride_s[0], legs.ride.tolist()) == (300, 720, [0])


def test_the_quickest_service_is_waited_for_or_not():
    # 10 min once an hour against 40 min every 5: 30 + 10 = 40 > 2.5 + 40 = 42.5 > both together
    trips = np.array([2.0, 24.0])
    legs = expected_legs(rides_of([600, 2400]), trips, np.zeros(2, np.int64), period_s=PERIOD_S)
    assert legs.total_s[0] == 2400  # 30 + 10: with the slow one 7200 / 52 + (600 x 2 + 2400 x 24) / 26 = 2400
    assert legs.ride.tolist() in ([0], [0, 1])


def test_planned_by_hand():
    ride, trips = [600, 1200], np.array([1.0, 2.0])
    legs = expected_legs(rides_of(ride), trips, np.array([300, 60]), period_s=PERIOD_S, planned_cap_s=300)
    # random: 1 h wait and 15 min, or with the other 20 + (15 + 2 x 21) / 3 = 39; planned: 5 + 5 + 10 = 20 min
    assert (legs.wait_s[0], legs.gate_s[0], legs.ride_s[0], legs.ride.tolist()) == (300, 300, 600, [0])


def test_best_and_usual_by_hand():
    rides = rides_of([600, 660, 1200, 1260], [0, 0, 0, 1])
    trips = np.array([1.0, 1.0, 3.0, 1.0])
    assert best_legs(rides, trips, np.zeros(4, np.int64)).ride_s.tolist() == [600, 1260]
    assert usual_legs(rides, trips).ride_s.tolist() == [1200, 1260]  # 1 and 1 against 3
    assert usual_legs(rides, np.array([1.0, 2.0, 3.0, 0.0])).ride_s.tolist() == [660]  # half of six trips


MANY = st.lists(
    st.tuples(st.integers(60, 9000), st.integers(0, 20), st.integers(0, 400), st.integers(0, 8)),
    min_size=1,
    max_size=300,
)


def by_pair(legs):
    return dict(
        zip(
            zip(legs.from_station.tolist(), legs.to_station.tolist(), strict=True),
            legs.total_s.tolist(),
            strict=True,
        )
    )


@settings(max_examples=60)
@given(MANY, st.integers(0, 2**32 - 1), st.sampled_from([None, 300, 900]))
def test_more_service_is_never_slower_and_order_does_not_count(many, seed, cap_s):
    ride, trips, gate, pair = (np.array(column) for column in zip(*many, strict=True))
    rng = np.random.default_rng(seed)

    def total(keep, trips):
        legs = expected_legs(
            rides_of(ride[keep], pair[keep]), trips[keep].astype(float), gate[keep],
            period_s=PERIOD_S, planned_cap_s=cap_s,
        )  # fmt: skip
        assert (legs.total_s == legs.gate_s + legs.wait_s + legs.ride_s).all()
        assert min(legs.gate_s.min(initial=0), legs.wait_s.min(initial=0), legs.ride_s.min(initial=0)) >= 0
        return by_pair(legs)

    everything = np.arange(len(ride))
    full = total(everything, trips)
    fewer = total(np.flatnonzero(rng.random(len(ride)) < 0.6), trips)
    rarer = total(everything, np.where(rng.random(len(ride)) < 0.5, trips, trips // 2))
    assert all(full[key] <= value for key, value in fewer.items())
    assert all(full[key] <= value for key, value in rarer.items())
    # float sums in another order may round half a second the other way
    shuffled = total(rng.permutation(len(ride)), trips)
    assert shuffled.keys() == full.keys()
    assert all(abs(full[key] - value) <= 1 for key, value in shuffled.items())


@given(MANY)
def test_planned_is_never_slower_than_random_and_best_never_slower_than_either(many):
    ride, trips, gate, pair = (np.array(column) for column in zip(*many, strict=True))
    rides, trips = rides_of(ride, pair), trips.astype(float)
    random = by_pair(expected_legs(rides, trips, gate, period_s=PERIOD_S))
    planned = by_pair(expected_legs(rides, trips, gate, period_s=PERIOD_S, planned_cap_s=300))
    best = by_pair(best_legs(rides, trips, gate))
    assert random.keys() == planned.keys() == best.keys()
    assert all(best[key] <= planned[key] <= random[key] for key in random)


@given(MANY)
def test_usual_is_the_median_of_the_trips(many):
    ride, trips, _, pair = (np.array(column) for column in zip(*many, strict=True))
    found = usual_legs(rides_of(ride, pair), trips.astype(float))
    twin = {}
    for key in set(pair[trips > 0].tolist()):
        listed = sorted(np.repeat(ride[pair == key], trips[pair == key]).tolist())
        twin[key // 3, 10 + key % 3] = listed[(len(listed) - 1) // 2]
    assert by_pair(found) == twin


@pytest.mark.parametrize("kind", ["expected", "best", "usual"])
def test_nothing_runs(kind):
    rides, none = rides_of([600]), np.zeros(1)
    legs = {
        "expected": lambda: expected_legs(rides, none, np.zeros(1, np.int64), period_s=PERIOD_S),
        "best": lambda: best_legs(rides, none, np.zeros(1, np.int64)),
        "usual": lambda: usual_legs(rides, none),
    }[kind]()
    assert len(legs) == 0
