"""Legs worked out by hand."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from network.legs import best_legs, expected_legs, usual_legs
from network.rides import Rides

PERIOD_S = 7200


def rides_of(ride_s, pair=None):
    """Rides between few stations; ``pair`` is the number of each ride's pair of stations."""
    count = len(ride_s)
    pair = np.zeros(count, np.int64) if pair is None else np.asarray(pair, np.int64)
    return Rides(pair // 3, 10 + pair % 3, np.arange(count), np.arange(count), np.asarray(ride_s, np.int64))


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
    assert legs.ride.tolist() == [0]  # where both take as long, the fewest services


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


@pytest.mark.parametrize("kind", ["expected", "best", "usual"])
def test_nothing_runs(kind):
    rides, none = rides_of([600]), np.zeros(1)
    legs = {
        "expected": lambda: expected_legs(rides, none, np.zeros(1, np.int64), period_s=PERIOD_S),
        "best": lambda: best_legs(rides, none, np.zeros(1, np.int64)),
        "usual": lambda: usual_legs(rides, none),
    }[kind]()
    assert len(legs) == 0


def test_equal_choices_do_not_hang_on_the_order_of_adding():
    # four trips of 10 min: 3600 / 4 + 600 = 1500, what the fifth service takes; 1.7 + 0.4 + 0.2 + 1.7 is not
    # the same in every order in floating point
    ride, trips = np.array([600, 600, 600, 600, 1500]), np.array([1.7, 0.4, 0.2, 1.7, 1.0])
    for four in permutations(range(4)):
        order = [*four, 4]
        legs = expected_legs(rides_of(ride), trips[order], np.zeros(5, np.int64), period_s=PERIOD_S)
        assert (legs.wait_s[0], legs.ride_s[0], len(legs.ride)) == (900, 600, 4)


def test_the_median_does_not_hang_on_the_order_of_adding():
    # 10 + 6 + 6 ninths of a trip in 10 min are half of all, 22 ninths in 15 min the other
    ride, trips = [600, 600, 600, 900], np.array([10 / 9, 6 / 9, 6 / 9, 22 / 9])
    assert usual_legs(rides_of(ride), trips).ride_s.tolist() == [600]


def test_the_gate_is_met_by_the_services_that_are_taken():
    # gate and ride 5 + 10 every hour, 1 + 20 every 10 min: 30 + 15 = 45 alone; 7200 / 28 + (2 x 15 + 12 x 21) / 14
    legs = expected_legs(rides_of([600, 1200]), np.array([2.0, 12.0]), np.array([300, 60]), period_s=PERIOD_S)
    gate_s, mean_s = (2 * 300 + 12 * 60) / 14, (2 * 900 + 12 * 1260) / 14
    assert legs.gate_s[0] == round(gate_s)
    assert legs.total_s[0] == round(7200 / 28 + mean_s)
    assert legs.gate_s[0] + legs.ride_s[0] == round(mean_s)


def test_planned_takes_the_lesser_of_the_two():
    rides, none = rides_of([600]), np.zeros(1, np.int64)
    for trips, wait_s in ((12.0, 300), (24.0, 150), (1.0, 300)):
        legs = expected_legs(rides, np.array([trips]), none, period_s=PERIOD_S, planned_cap_s=300)
        assert (legs.wait_s[0], legs.ride_s[0]) == (wait_s, 600)


def test_legs_are_sorted_and_name_their_rides():
    rides = rides_of([900, 600, 700, 800], [1, 0, 0, 2])
    legs = expected_legs(rides, np.array([1.0, 9.0, 9.0, 1.0]), np.zeros(4, np.int64), period_s=PERIOD_S)
    assert legs.from_station.tolist() == [0, 0, 0]
    assert legs.to_station.tolist() == [10, 11, 12]
    assert [legs.ride[one:two].tolist() for one, two in pairwise(legs.start.tolist())] == [[1, 2], [0], [3]]


def test_of_equally_long_services_the_one_with_the_shorter_gate_comes_first():
    for order in ([0, 1], [1, 0]):
        ride, gate = np.array([600, 840])[order], np.array([300, 60])[order]
        legs = best_legs(rides_of(ride), np.ones(2), gate)
        assert (legs.gate_s[0], legs.ride_s[0]) == (60, 840)
