"""The cards of the Guangzhou plan: complete, and each resolves and does what it says."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import pytest

import scenarios
from network.schema import TABLES
from scenarios.membership import is_committed, is_promised, members

CARDS = scenarios.list_cards("guangzhou")
IDS = [card.project_id for card in CARDS]
BUILDING = {"add-service", "add-road", "reroute"}


def owned(region):
    """Return the cards that own rows of the region's tables."""
    found = set()
    for name in TABLES:
        table = region.table(name)
        for column in {"project_id", "track_project_id"} & set(table):
            found |= {card for text in table[column].unique() for card in text.split(";")}
    return found - {""}


def test_there_is_a_card_for_every_project():
    assert len(IDS) == len(set(IDS)) == 135
    assert Counter(card.box[:4] for card in CARDS)["專欄1-"] == 47


def test_every_card_says_where_it_comes_from():
    for card in CARDS:
        assert card.name_seed, card.project_id
        assert card.source not in {"", "no source given"}, card.project_id
        for change in card.changes:
            assert change.source not in {"", "no source given"}, card.project_id


def test_every_card_has_changes_or_one_reason():
    for card in CARDS:
        assert bool(card.changes) != bool(card.no_effect), card.project_id
        assert bool(card.reason) == bool(card.no_effect), card.project_id


def test_aliases():
    for name in ("gsg_hsr_to_centre", "axis_guangqingyong", "build_gz_baiyun"):
        assert scenarios.get_card(name, "guangzhou").no_effect == "alias"


def test_owners_of_rows_are_open_cards(guangzhou):
    assert owned(guangzhou) <= set(IDS)
    for name in owned(guangzhou):
        assert scenarios.get_card(name, "guangzhou").no_effect == "open in base", name


def test_assumed_numbers_say_so():
    for card in CARDS:
        if card.policy:
            for change in card.changes:
                assert change.confidence == "low" or "the plan" in change.source, card.project_id
                if change.confidence == "low":
                    assert "assumed" in change.source, card.project_id


def test_years():
    def year(name):
        return scenarios.get_card(name, "guangzhou").opens

    assert year("gz_gznan_link") == 2027
    assert year("fs_metro4") == 2028  # a range counts at its later year
    assert year("fs_metro11_hedong") == 2033  # 2032+: in 2033 at the earliest
    assert year("one_ticket") is None


@pytest.mark.parametrize("card", [card for card in CARDS if card.changes], ids=lambda card: card.project_id)
def test_each_card_applies_and_touches_rows(guangzhou, shipped, card):
    base, before = shipped["today-2026"]
    applied = scenarios.compose(base, build=[card.project_id]).apply(guangzhou)
    assert applied.region.hash != before.region.hash
    assert len(applied.touched) == len(card.changes)
    for touched in applied.touched:
        assert touched.by == card.project_id
        assert sum(touched.rows.values()) > 0
        assert touched.words
    if {change.type for change in card.changes} & BUILDING:
        assert card.project_id in owned(applied.region)


@pytest.mark.parametrize("name", sorted(IDS))
def test_cancelling_then_building_changes_nothing(guangzhou, shipped, name):
    if name not in owned(guangzhou):
        return
    base, before = shipped["today-2026"]
    without = scenarios.compose(base, cancel=[name])
    assert without.apply(guangzhou).region.hash != before.region.hash
    again = scenarios.compose(without, build=[name])
    assert again.apply(guangzhou).region.hash == before.region.hash


def test_a_built_card_can_be_cancelled(guangzhou, shipped):
    plan, applied = shipped["plan-2030"]
    without = scenarios.compose(plan, cancel=["fs_metro4"])
    made = without.apply(guangzhou).region
    assert "fs_metro4" not in owned(made)
    assert "fs_metro4" not in without.cards
    again = scenarios.compose(without, build=["fs_metro4"]).apply(guangzhou).region
    assert again.hash == applied.region.hash


def test_roads_hang_together(shipped):
    links = shipped["outlook-2035"][1].region.table("road_links")
    graph = nx.Graph(zip(links["from_node_id"], links["to_node_id"], strict=True))
    assert nx.number_connected_components(graph) == 1


def test_trains_run_through_from_the_lines_that_are_there(shipped):
    calls = shipped["committed-2030"][1].region.service_stops

    def of(service):
        return set(calls.loc[calls["service_id"] == service, "station_id"])

    for service in ("gz-l8-local-forward", "gz-l8-local-reverse"):
        assert {"gz-guangzhou-north-railway-station", "gz-lianhua"} <= of(service)
    assert {"gz-airport-north-t2", "gz-guangzhou-south-railway-station"} <= of("gz-l22-local-forward")
    assert {"metro-huachengjie", "gz-wanqingsha"} <= of("gz-l18-express-reverse")


def test_waypoints_are_no_stations(shipped):
    stations = shipped["outlook-2035"][1].region.stations
    assert not stations["station_id"].str.contains("-tbc").any()
    assert not stations["name_zh"].isin(["浸潭", "江村西线路所", "普君北路(预留)"]).any()


def test_new_stations_know_their_district_and_links(shipped):
    region = shipped["plan-2030"][1].region
    stations = region.stations.set_index("station_id")
    assert stations.loc["cr-gaoming", "district_id"] == "440608"
    assert stations.loc["cr-nansha", "class"] == "national"
    assert stations.loc["gz-lianhua", "class"] == "metro"
    centres = region.table("centre_stations")
    assert "cr-gaoming" in set(centres.loc[centres["place_id"] == "fs-gaoming", "station_id"])
    links = set(zip(region.transfers["from_station_id"], region.transfers["to_station_id"], strict=True))
    assert links == {pair[::-1] for pair in links}
    assert ("cr-baiyun-airport-east", "metro-baiyunjichangdong") in links


def test_no_centre_loses_a_station(shipped):
    def pairs(name):
        centres = shipped[name][1].region.table("centre_stations")
        return set(zip(centres["place_id"], centres["station_id"], strict=True))

    assert pairs("today-2026") <= pairs("committed-2030") <= pairs("plan-2030") <= pairs("outlook-2035")


def test_partial_cards_are_committed_in_part(shipped):
    committed, applied = shipped["committed-2030"]
    assert committed.built["exp_huizhao"]
    roads = set(applied.region.table("road_links")["road_id"])
    assert "plan-exp-huizhao-1" in roads
    assert "plan-exp-huizhao-2" not in roads
    assert not shipped["plan-2030"][0].built["exp_huizhao"]
    assert "plan-exp-huizhao-2" in set(shipped["plan-2030"][1].region.table("road_links")["road_id"])


def test_membership_follows_the_cards():
    committed, plan = members(CARDS, "committed"), members(CARDS, "plan")
    assert set(committed) == {card.project_id for card in CARDS if is_committed(card)}
    assert set(committed) <= set(plan) <= set(members(CARDS, "all")) == set(IDS)
    policies = {card.project_id for card in CARDS if card.policy}
    assert set(members(CARDS, "policies")) == policies
    assert not set(committed) & policies
    for card in CARDS:
        if card.status_2023 == "study" and not card.policy:
            assert (card.project_id in plan) == (card.project_id in committed), card.project_id
        if is_promised(card):
            assert card.project_id in plan
            assert not plan[card.project_id]
    assert {"security_mutual_recognition", "intercity_metro_transfer"} <= set(plan)
    assert not {name for name in plan if name.startswith("base_")} - set(committed)
