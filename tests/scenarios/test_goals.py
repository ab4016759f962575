"""The goals of the plan."""

from __future__ import annotations

import pytest

import scenarios
from network.errors import BadInputError

GOALS = scenarios.list_goals("guangzhou")
CORES = {"gz-yuexiu", "fs-chancheng", "zq-duanzhou", "qy-qingcheng"}


def test_there_are_26():
    assert len({goal.goal_id for goal in GOALS}) == 26
    assert [goal.goal_id[:3] for goal in GOALS] == [f"G{number:02d}" for number in range(1, 27)]


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.goal_id)
def test_each_runs_or_says_why_not(shipped, goal):
    region = shipped["plan-2030"][1].region
    assert goal.text_seed
    assert goal.section
    if goal.runnable:
        pairs = goal.pairs_in(region)
        assert set(pairs) == {pair[::-1] for pair in pairs}
        assert all(one != other for one, other in pairs)
    else:
        assert goal.reason_not
        with pytest.raises(BadInputError, match="cannot be checked"):
            goal.pairs_in(region)


def test_every_place_and_station_of_a_goal_is_there_or_is_built(shipped):
    region = shipped["outlook-2035"][1].region
    known = {*region.places["place_id"], *region.stations["station_id"]}
    for goal in GOALS:
        if goal.pairs is not None:
            for names in (goal.pairs.between, goal.pairs.from_, goal.pairs.to):
                if isinstance(names, tuple):
                    assert set(names) <= known, goal.goal_id


def test_the_headline(guangzhou):
    goal = scenarios.get_goal("G02_centres_1h_rail", "guangzhou")
    reading = (goal.limit_min, goal.clock, goal.mode, goal.period, goal.statistic, goal.traveller)
    assert reading == (60, "door", "transit", "am-peak", "p50", "random")
    pairs = goal.pairs_in(guangzhou)
    assert len(pairs) == 12
    assert {one for one, _ in pairs} == CORES


def test_centres_and_hubs(guangzhou):
    def pairs(name):
        return scenarios.get_goal(name, "guangzhou").pairs_in(guangzhou)

    assert len(pairs("G01_centres_1h_2030")) == 506
    assert len(pairs("G07_five_hubs")) == 20
    assert {name for pair in pairs("G03_centres_1h_annex") for name in pair} >= CORES


def test_a_station_that_no_card_has_built_is_named(guangzhou):
    with pytest.raises(BadInputError, match="cr-fozhao is not there"):
        scenarios.get_goal("G18_new_airport_zqd", "guangzhou").pairs_in(guangzhou)


def test_a_region_without_a_plan_has_the_one_goal(line):
    (goal,) = scenarios.list_goals(line.about.region_id)
    assert len(goal.pairs_in(line)) == 12
