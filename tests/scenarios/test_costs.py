"""Costs of cards: their own, by length, by straight lines, free, or not known."""

import pytest

from network.reader import get_region
from network.testing import line_region
from scenarios.cards import Card, get_card, list_cards
from scenarios.costs import cost_of, unit_costs


@pytest.fixture(scope="module")
def region():
    return get_region("guangzhou")


def test_a_card_s_own_figure_comes_first(region):
    found = cost_of(get_card("gf_ring_fsxi_gzbei", "guangzhou"), region)
    assert found.cny == 22_618_000_000
    assert found.basis == "the card's own figure"


def test_length_times_the_unit_cost(region):
    found = cost_of(get_card("foshan_gz_dongguan_intercity", "guangzhou"), region)
    assert found.cny == pytest.approx(113 * 546e6)
    assert found.confidence == "low"
    assert "656 km" in found.source


def test_without_a_length_straight_lines_between_the_stops(region):
    """One degree of latitude is 110.6 km here, and rails take 1.15 of it."""
    stops = [{"station": f"s{k}", "lon": 113.0, "lat": 22.5 + k / 2} for k in range(3)]
    change = {"type": "add-service", "line": "new", "class": "metro", "max_speed_kmh": 80, "stops": stops}
    card = Card.model_validate({"project_id": "new", "kind": "metro", "change": [change]})
    assert cost_of(card, region).cny == pytest.approx(110.75 * 1.15 * 761e6, rel=0.002)


def test_free_and_not_known(region):
    assert cost_of(get_card("security_mutual_recognition", "guangzhou"), region).cny == 0
    assert cost_of(get_card("exp_qinghua", "guangzhou"), region).cny is None
    assert "no unit cost" in cost_of(get_card("exp_qinghua", "guangzhou"), region).basis
    assert unit_costs("nowhere") == {}
    assert cost_of(get_card("gz_metro8_branch", "guangzhou"), line_region()).cny is None


def test_every_unit_cost_has_a_source_and_a_use():
    kinds = {card.kind for card in list_cards("guangzhou")}
    for kind, unit in unit_costs("guangzhou").items():
        assert kind in kinds
        assert unit.source
