"""Access over straight lines: the quicker of walking and feeder bus, each to its own reach."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from network.access import access_s, pairs_within, walk_s
from network.parameters import default_parameters

NUMBERS = default_parameters()


def numbers(**values):
    return NUMBERS.with_values(values, periods=(), source="test")


def test_by_hand():
    # on foot 1.3 x 3.6 / 4.5 = 1.04 s a metre; by bus 300 s and 1.3 x 3.6 / 16 = 0.2925 s a metre
    away_m = np.array([0.0, 100.0, 401.0, 402.0, 2000.0, 12_000.0, 12_001.0, np.inf])
    assert access_s(away_m, NUMBERS).tolist() == [0, 104, 417, 418, 885, 3810, -1, -1]
    assert walk_s(np.array([0.0, 5000.0]), NUMBERS).tolist() == [0, 5200]


def test_each_has_its_own_reach():
    away_m = np.array([999.0, 1001.0, 2999.0, 3001.0])
    on_foot = numbers(walk_max_km=3, feeder_max_km=1)
    assert access_s(away_m, on_foot).tolist() == [592, 1041, 3119, -1]
    assert np.isinf(walk_s(away_m, NUMBERS, longest_km=1)).tolist() == [False, True, True, True]
    assert access_s(away_m, numbers(walk_max_km=1, feeder_max_km=0)).tolist() == [1039, -1, -1, -1]


@given(st.lists(st.floats(0, 13_000), min_size=2, max_size=20))
def test_a_farther_place_is_never_sooner_there(away_m):
    seconds = access_s(np.sort(np.array(away_m)), NUMBERS)
    reached = seconds[seconds >= 0]
    assert (np.diff(reached) >= 0).all()
    assert (seconds[: len(reached)] >= 0).all()


@given(st.integers(0, 2**32 - 1))
def test_pairs_within_are_all_pairs_within(seed):
    rng = np.random.default_rng(seed)
    one, other = (rng.uniform(0, 100, (rng.integers(0, 60), 2)) for _ in range(2))
    first, second, away = pairs_within(one, other, 40.0)
    twin = [
        (i, j) for i in range(len(one)) for j in range(len(other)) if np.hypot(*(one[i] - other[j])) <= 40
    ]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == twin
    assert np.allclose(away, [np.hypot(*(one[i] - other[j])) for i, j in twin])
