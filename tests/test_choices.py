"""What choices of cards are worth, by hand; the rules between cards; and the times against full rebuilds."""

import numpy as np
import pytest

from network.compile import Query
from network.ends import ends_of
from network.reader import get_region
from scenarios.cards import Card, get_card, relations
from scenarios.scenario import compose, get_scenario
from sim.check import check
from sim.choices import Choices, people_weights, why_not_monotone, worth
from sim.journeys import Network

SECONDS = np.array([[3600, 3601, -1, 60], [20000, 3600, 3599, 3600]])


def test_worth_by_hand():
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    assert worth("passing", SECONDS, 3600, weights).tolist() == [2, 3]
    assert worth("people", SECONDS, 3600, weights) == pytest.approx([0.5, 0.9])
    # one second over; no journey counts as five hours; 20000 s as five hours too
    assert worth("slack", SECONDS, 3600, weights) == pytest.approx([-240 - 1 / 60, -240])


@pytest.fixture(scope="module")
def region():
    return get_region("guangzhou")


def test_choices_are_what_the_check_finds(region):
    base = get_scenario("today-2026", region)
    cards = ["gz_metro8_branch", "intercity_transit_operation"]
    pairs = [("gz-yuexiu", "qy-qingcheng"), ("zq-duanzhou", "fs-chancheng"), ("fs-chancheng", "gz-yuexiu")]
    query = Query("door", "transit", "am-peak")
    kept = []
    choices = Choices(region, base, cards, pairs, query, keep=lambda one: kept.append(len(one.known()[0])))
    masks = np.array([[False, True], [True, True], [False, True]])
    found = choices.seconds(masks)
    assert choices.evaluated == 2
    assert kept == [2]
    there = compose(base, build=cards).apply(region).region
    ids = sorted({name for pair in pairs for name in pair})
    verdict = check(Network(there), ends_of(there, ids), pairs, query, limit_min=120)
    at = [
        pairs.index(pair) for pair in zip(verdict.table["origin"], verdict.table["destination"], strict=True)
    ]
    np.testing.assert_array_equal(found[1][at], (verdict.table["minutes"] * 60).round())
    weights = people_weights(region, pairs)
    assert worth("people", found, 7200, weights)[1] == pytest.approx(verdict.people_share)
    again = Choices(region, base, cards, pairs, query)
    again.recall(*choices.known())
    np.testing.assert_array_equal(again.seconds(masks), found)
    assert again.evaluated == 0


def _card(name, **more):
    return Card.model_validate(
        {"project_id": name, "kind": "metro", "no_effect": "alias", "reason": "-", **more}
    )


def test_rules_between_cards():
    cards = [_card("a", needs=["b", "z"]), _card("b"), _card("c", excludes=["a"])]
    needs, excludes = relations(cards)
    assert np.argwhere(needs).tolist() == [[0, 1]]
    assert np.argwhere(excludes).tolist() == [[0, 2], [2, 0]]


def test_where_nothing_may_be_taken_as_proven():
    metro = get_card("gz_metro8_branch", "guangzhou")
    assert why_not_monotone([metro], Query("door", "transit")) == ""
    assert why_not_monotone([metro], Query("station", "transit", statistic="best")) == ""
    for statistic in ("expected", "best"):
        assert why_not_monotone([metro], Query("in-vehicle", "transit", statistic=statistic))
    assert "hub_gzbaiyun" in why_not_monotone([get_card("hub_gzbaiyun", "guangzhou")], Query())
    slower = {"type": "adjust-speed", "where": {"class": "metro"}, "factor": 0.9}
    card = Card.model_validate({"project_id": "slow", "kind": "policy", "change": [slower]})
    assert "slow" in why_not_monotone([card], Query())
    faster = Card.model_validate(
        {"project_id": "fast", "kind": "policy", "change": [slower | {"factor": 1.1}]}
    )
    assert why_not_monotone([faster], Query()) == ""
