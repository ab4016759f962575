"""Legs of drawn services against plain twins, and the rules that make a search over legs right."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from network.legs import best_legs, expected_legs, usual_legs
from network.rides import Rides

PERIOD_S = 7200
FEW = st.lists(
    st.tuples(st.integers(60, 7200), st.integers(1, 30), st.integers(0, 300)), min_size=1, max_size=8
)
MANY = st.lists(
    st.tuples(st.integers(60, 9000), st.integers(0, 20), st.integers(0, 400), st.integers(0, 8)),
    min_size=1,
    max_size=300,
)
CAPS = st.sampled_from([None, 300, 900])


def rides_of(ride_s, pair=None):
    """Rides between few stations; ``pair`` is the number of each ride's pair of stations."""
    count = len(ride_s)
    pair = np.zeros(count, np.int64) if pair is None else np.asarray(pair, np.int64)
    return Rides(pair // 3, 10 + pair % 3, np.arange(count), np.arange(count), np.asarray(ride_s, np.int64))


def columns_of(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def by_pair(legs):
    pairs = zip(legs.from_station.tolist(), legs.to_station.tolist(), strict=True)
    return dict(zip(pairs, legs.total_s.tolist(), strict=True))


def least_of_subsets(options):
    """Least expected seconds over every subset of services that one may agree to take, exactly.

    Chriqui & Robillard (1975): of a subset, half the combined headway and the mean time by trips.
    """
    return min(
        (Fraction(PERIOD_S, 2) + sum(time * trips for time, trips in chosen)) / sum(n for _, n in chosen)
        for size in range(1, len(options) + 1)
        for chosen in combinations(options, size)
    )


@given(FEW)
def test_the_attractive_set_is_the_best_of_all_subsets(services):
    ride, trips, gate = columns_of(services)
    legs = expected_legs(rides_of(ride), trips.astype(float), gate, period_s=PERIOD_S)
    exact = least_of_subsets([(time + closes, many) for time, many, closes in services])
    assert legs.total_s.tolist() == [math.floor(exact + Fraction(1, 2))]
    used = legs.ride.tolist()
    # the services of the leg cost that much, and no service is left out that is quicker than that
    assert least_of_subsets([(int(ride[at] + gate[at]), int(trips[at])) for at in used]) == exact
    left_out = set(range(len(services))) - set(used)
    assert all(ride[at] + gate[at] >= exact for at in left_out)


@settings(max_examples=25)
@given(FEW, st.integers(0, 2**32 - 1))
def test_a_traveller_who_takes_the_first_attractive_train_needs_that_long(services, seed):
    """Trains that pass at random with the same mean headways (Poisson): twice the wait, the same ride."""
    ride, trips, _ = columns_of(services)
    none = np.zeros(len(ride), np.int64)
    legs = expected_legs(rides_of(ride), trips.astype(float), none, period_s=PERIOD_S)
    used = legs.ride
    rng = np.random.default_rng(seed)
    first = rng.exponential(PERIOD_S / trips[used], size=(20_000, len(used)))
    taken = np.argmin(first, axis=1)
    simulated_s = first.min(axis=1).mean() / 2 + ride[used][taken].mean()
    spread_s = first.min(axis=1).std() / 2 + ride[used][taken].std()
    assert abs(simulated_s - legs.total_s[0]) <= 1 + 6 * spread_s / math.sqrt(20_000)


@settings(max_examples=60)
@given(MANY, st.integers(0, 2**32 - 1), CAPS)
def test_more_service_is_never_slower(many, seed, cap_s):
    ride, trips, gate, pair = columns_of(many)
    rng = np.random.default_rng(seed)

    def totals(keep, trips):
        rides, count, closes = rides_of(ride[keep], pair[keep]), trips[keep].astype(float), gate[keep]
        legs = expected_legs(rides, count, closes, period_s=PERIOD_S, planned_cap_s=cap_s)
        assert (legs.total_s == legs.gate_s + legs.wait_s + legs.ride_s).all()
        assert min(legs.gate_s.min(initial=0), legs.wait_s.min(initial=0), legs.ride_s.min(initial=0)) >= 0
        return by_pair(legs), by_pair(best_legs(rides, count, closes))

    everything = np.arange(len(ride))
    fewer = totals(np.flatnonzero(rng.random(len(ride)) < 0.6), trips)
    rarer = totals(everything, np.where(rng.random(len(ride)) < 0.5, trips, trips // 2))
    for full, less, rare in zip(totals(everything, trips), fewer, rarer, strict=True):
        assert all(full[key] <= value for key, value in less.items())
        assert all(full[key] <= value for key, value in rare.items())


@given(MANY, st.integers(0, 2**32 - 1), CAPS)
def test_the_order_of_rows_does_not_count(many, seed, cap_s):
    """Trips by headway are fractions, whose sums hang on the order of adding."""
    ride, trips, gate, pair = columns_of(many)
    trips, order = trips / 7, np.random.default_rng(seed).permutation(len(many))
    for make in (
        lambda rides, trips, gate: expected_legs(rides, trips, gate, period_s=PERIOD_S, planned_cap_s=cap_s),
        best_legs,
        lambda rides, trips, _: usual_legs(rides, trips),
    ):
        legs = make(rides_of(ride, pair), trips, gate)
        other = make(rides_of(ride[order], pair[order]), trips[order], gate[order])
        for name in ("from_station", "to_station", "gate_s", "wait_s", "ride_s", "start"):
            assert getattr(legs, name).tolist() == getattr(other, name).tolist(), name


@given(MANY)
def test_planned_is_never_slower_than_random_and_best_never_slower_than_either(many):
    ride, trips, gate, pair = columns_of(many)
    rides, trips = rides_of(ride, pair), trips.astype(float)
    random = by_pair(expected_legs(rides, trips, gate, period_s=PERIOD_S))
    later = by_pair(expected_legs(rides, trips, gate, period_s=PERIOD_S, planned_cap_s=900))
    first = by_pair(expected_legs(rides, trips, gate, period_s=PERIOD_S, planned_cap_s=300))
    best = by_pair(best_legs(rides, trips, gate))
    assert random.keys() == later.keys() == first.keys() == best.keys()
    assert all(best[key] <= first[key] <= later[key] <= random[key] for key in random)
    assert all(first[key] <= best[key] + 300 for key in random)


@given(MANY)
def test_usual_is_the_median_of_the_trips(many):
    ride, trips, _, pair = columns_of(many)
    found = usual_legs(rides_of(ride, pair), trips.astype(float))
    twin = {}
    for key in set(pair[trips > 0].tolist()):
        listed = sorted(np.repeat(ride[pair == key], trips[pair == key]).tolist())
        twin[key // 3, 10 + key % 3] = listed[(len(listed) - 1) // 2]
    assert by_pair(found) == twin
    assert not found.wait_s.any()
    assert not found.gate_s.any()
