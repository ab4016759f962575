"""Break-even factors, on times that can be solved by hand and on a network."""

import numpy as np
import pytest

from network.compile import Query
from network.reader import get_region
from scenarios.scenario import get_scenario
from sim.breakeven import HIGH, LOW, RESOLUTION, Lever, break_even, levers_of, new_stop
from sim.evaluate import Evaluator
from sim.factors import Factors

LEVERS = [Lever("ride", "a", ("a",)), Lever("headway", "a", ("a",)), Lever("part", "transfer", ("transfer",))]


def by_hand(factors, rows):
    """Two pairs: 1,000 s of ride, 600 s of wait, 400 s of transfer; and half of each; one more is never reached."""
    ride = factors.by_line(factors.ride, ["a"])[:, 0]
    wait = factors.by_line(factors.headway, ["a"])[:, 0]
    change = factors.parts[:, 2]
    one = np.broadcast_to(1000 * ride + 600 * wait + 400 * change, rows)
    return np.column_stack([one, one / 2, np.full(rows, -1)]).astype(np.int64)


def test_what_is_solved_by_hand():
    found = break_even(by_hand, LEVERS, 1500)
    assert found.seconds.tolist() == [2000, 1000, -1]
    assert found.kept.tolist() == [False, True, False]
    # 1000 f + 1000 = 1500; 600 f + 1400 = 1500 needs f = 1/6, out of the range; 400 f + 1600 never
    assert found.factor[0, 0] == pytest.approx(0.5, rel=3 * RESOLUTION)
    assert np.isnan(found.factor[0, 1:]).all()
    assert found.end_s[0].tolist() == [1250, 1550, 1700]
    # 500 f + 500 = 1500 at f = 2; 300 f + 700 at 8/3; 200 f + 800 at 3.5
    assert found.factor[1] == pytest.approx([2, 8 / 3, 3.5], rel=3 * RESOLUTION)
    assert found.end_s[1].tolist() == [2500, 1900, 1600]
    assert np.isnan(found.factor[2]).all()
    assert (found.end_s[2] == -1).all()


def test_both_sides_of_what_is_returned():
    found = break_even(by_hand, LEVERS, 1500)
    value = found.factor[0, 0]
    assert 1000 * value + 1000 < 1501
    assert 1000 * value * (1 + 2 * RESOLUTION) + 1000 > 1500
    assert np.nanmin(found.factor) >= LOW
    assert np.nanmax(found.factor) <= HIGH


def test_without_levers():
    found = break_even(by_hand, [], 1500)
    assert found.factor.shape == (3, 0)


def test_levers_are_lines_classes_and_parts():
    levers = levers_of({"l1": "metro", "l2": "metro", "": "hsr"})
    assert Lever("ride", "metro", ("l1", "l2")) in levers
    assert Lever("headway", "l2", ("l2",)) in levers
    assert Lever("ride", "hsr", ("",)) in levers
    assert not any(lever.name == "" for lever in levers)


def test_on_a_network_the_pair_turns_at_the_factor():
    region = get_region("guangzhou")
    base = get_scenario("today-2026", region)
    places = ["gz-yuexiu", "fs-chancheng"]
    evaluator = Evaluator(region, base, (), places, Query("door", "transit", "am-peak"))

    def times(factors, rows):
        return evaluator.times(np.zeros((rows, 0), bool), factors=factors)[:, [0, 1], [1, 0]]

    levers = [lever for lever in levers_of(evaluator.lines()) if lever.name in {"metro", "access and egress"}]
    limit_s = 60 * 60
    found = break_even(times, levers, limit_s)
    some = np.argwhere(np.isfinite(found.factor))
    assert len(some)
    for pair, at in some:
        value = found.factor[pair, at]
        lever = levers[at]
        for factor, turned in ((value, True), (1 + (value - 1) * 0.99, False)):
            given = {key: np.array([factor]) for key in lever.keys}
            seconds = times(Factors(**{lever.kind: given}), 1)[0, pair]
            assert (seconds <= limit_s) == (found.kept[pair] != turned)


def test_new_stops_by_hand():
    """From place 0 by stations 1 and 2 to place 3: the rest takes 50 min from 1, 40 from 2; 4 is not reached."""
    seconds = np.full((5, 5), -1)
    seconds[1, 3], seconds[2, 3], seconds[0, 3] = 3000, 2400, 4000
    pairs = [np.array(rows, int) for rows in ([1, 2], [0], [1], [4], [])], [np.array([3])] * 5
    found = new_stop(seconds, *pairs, 3000)
    assert found.door_s.tolist() == [2400, 4000, 3000, -1, -1]
    assert found.access_s[:3].tolist() == [600, -1000, 0]
    assert (found.access_s[3:] < 0).all()
    assert found.start.tolist() == [2, 0, 1, -1, -1]
    assert found.end.tolist() == [3, 3, 3, -1, -1]
