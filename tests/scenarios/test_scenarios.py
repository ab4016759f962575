"""Scenarios: the shipped ones, their nesting and hashes, composing, and files of one's own."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from itertools import pairwise

import pytest

import scenarios
from network.checks import check_references, cross_check
from network.dates import region_on
from network.errors import BadInputError
from network.schema import TABLES, keys
from scenarios.scenario import ORDER

OWN_CARD = """
extends = "today-2026"
year = 2030

[[card]]
project_id = "my_line"
name_en = "A line of my own"
kind = "metro"

[[card.change]]
type = "add-service"
line = "my-line"
class = "metro"
max_speed_kmh = 80
stops = [{ station = "gz-jiaoxin" }, { station = "mine", name_zh = "我的站", lon = 113.2, lat = 23.26 }]
"""


def test_the_shipped_scenarios_in_their_order():
    assert scenarios.list_scenarios("guangzhou") == list(ORDER)
    assert scenarios.list_scenarios("nowhere") == ["base"]
    assert scenarios.list_scenarios("../guangzhou") == ["base"]


def test_base_of_any_region_is_the_region(line):
    applied = scenarios.get_scenario("base", line).apply(line)
    assert applied.region.hash == line.hash
    assert applied.touched == applied.assumptions == ()


def test_base_is_the_region_on_its_own_date(guangzhou, shipped):
    assert shipped["base"][1].region.hash == region_on(guangzhou, None).hash


def test_the_base_region_is_untouched(guangzhou, shipped):
    from network import get_region  # noqa: PLC0415

    assert shipped
    assert guangzhou.hash == get_region("guangzhou").hash


@pytest.mark.parametrize("name", ORDER)
def test_every_result_is_a_good_region(shipped, name):
    region = shipped[name][1].region
    tables = {table: region.table(table) for table in TABLES}
    assert [*check_references(tables), *cross_check(tables, region.about)] == []
    for table, rows in tables.items():
        assert not rows.duplicated(list(keys(table))).any(), table


def test_days_and_years(shipped):
    assert {name: (one.year, one.day) for name, (one, _) in shipped.items()} == {
        "base": (None, None),
        "plan-2023": (2023, dt.date(2023, 12, 20)),
        "today-2026": (2026, dt.date(2026, 11, 1)),
        "do-nothing-2030": (2030, dt.date(2026, 11, 1)),
        "committed-2030": (2030, dt.date(2026, 11, 1)),
        "plan-2030": (2030, dt.date(2026, 11, 1)),
        "outlook-2035": (2035, dt.date(2026, 11, 1)),
        "policies-only-2030": (2030, dt.date(2026, 11, 1)),
    }


def test_cards_are_nested(shipped):
    cards = {name: set(one.cards) for name, (one, _) in shipped.items()}
    assert cards["plan-2023"] == cards["today-2026"] == cards["do-nothing-2030"] == set()
    assert cards["committed-2030"] < cards["plan-2030"] < cards["outlook-2035"]
    assert len(cards["outlook-2035"]) == 135
    assert not cards["policies-only-2030"] & cards["committed-2030"]


def test_nothing_is_lost_from_one_to_the_next(shipped):
    order = ("today-2026", "committed-2030", "plan-2030", "outlook-2035")
    for smaller, larger in pairwise(order):
        one, two = shipped[smaller][1].region, shipped[larger][1].region
        for table in ("stations", "transfers", "lines", "services", "road_nodes", "road_links"):
            have = set(map(tuple, two.table(table)[list(keys(table))].to_numpy()))
            assert set(map(tuple, one.table(table)[list(keys(table))].to_numpy())) <= have, table
        few, many = (
            region.services.set_index("service_id")["departures"].str.split().str.len()
            for region in (one, two)
        )
        assert (many[few.index] >= few).all()
        calls = [
            set(zip(r.service_stops["service_id"], r.service_stops["station_id"], strict=True))
            for r in (one, two)
        ]
        assert calls[0] <= calls[1]
        trains = set(one.services.loc[one.services["class"] != "metro", "service_id"])
        few, many = (r.service_stops[r.service_stops["service_id"].isin(trains)] for r in (one, two))
        assert few.reset_index(drop=True).equals(many.reset_index(drop=True))
        for name, value in one.parameters.items():
            longer = two.parameters[name] > value
            assert not longer or name in {"feeder_max_km", "feeder_kmh"}, name


def test_do_nothing_is_today(shipped):
    assert shipped["do-nothing-2030"][1].region.hash == shipped["today-2026"][1].region.hash


def test_policies_build_no_line_but_suburban_trains(shipped):
    one, two = shipped["today-2026"][1].region, shipped["policies-only-2030"][1].region
    assert one.table("lines").equals(two.table("lines"))
    assert one.table("road_links").equals(two.table("road_links"))
    new = set(two.services["service_id"]) - set(one.services["service_id"])
    assert {name.split("-forward")[0].split("-reverse")[0] for name in new} == {
        "guangmao-conv-suburban_trains_existing_lines",
        "guangshen-conv-suburban_trains_existing_lines",
    }


def test_hashes_are_stable_and_tell_scenarios_apart(guangzhou, shipped):
    hashes = {name: one.hash for name, (one, _) in shipped.items()}
    assert len(set(hashes.values())) == len(hashes)
    assert all(scenarios.get_scenario(name, guangzhou).hash == found for name, found in hashes.items())
    code = (
        "import network, scenarios; r = network.get_region('guangzhou');"
        "s = scenarios.get_scenario('committed-2030', r); print(s.hash, s.apply(r).region.hash)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [hashes["committed-2030"], shipped["committed-2030"][1].region.hash]


def test_order_of_cards_does_not_matter(guangzhou, shipped):
    base = shipped["today-2026"][0]
    names = [
        "gz_metro8_north",
        "gz_metro8_east",
        "intercity_transit_operation",
        "zhuzhao_hsr_b_jiangmen_airport",
    ]
    one, two = (scenarios.compose(base, build=order) for order in (names, names[::-1]))
    assert one.hash == two.hash
    assert one.cards == two.cards
    assert one.apply(guangzhou).region.hash == two.apply(guangzhou).region.hash


def test_composing_keeps_the_base_and_is_undone(shipped):
    plan = shipped["plan-2030"][0]
    less = scenarios.compose(plan, cancel=["fs_metro4", "hub_gzbaiyun"], name="less")
    assert (less.name, plan.name) == ("less", "plan-2030")
    assert set(plan.cards) - set(less.cards) == {"fs_metro4", "hub_gzbaiyun"}
    assert scenarios.compose(less, build=["fs_metro4", "hub_gzbaiyun"]).hash == plan.hash


def test_cancelling_a_card_that_stays_out_changes_only_the_label(guangzhou, shipped):
    base, before = shipped["today-2026"]
    assert scenarios.compose(base, cancel=["fs_metro4"]).apply(guangzhou).region.hash == before.region.hash


def test_assumptions_are_told(shipped):
    told = shipped["policies-only-2030"][1].assumptions
    assert any("8 and 12 min" in source for source in told)
    assert len(told) == len(set(told))


def test_build_cancel_and_delay_in_a_file(guangzhou, write):
    text = 'extends = "committed-2030"\n'
    text += '[[change]]\ntype = "cancel"\nproject = "fs_metro4"\n'
    text += '[[change]]\ntype = "build"\nproject = "gz_gzdong_34"\n'
    text += '[[change]]\ntype = "delay"\nproject = "gz_gznan_link"\nyears = 3\n'
    text += '[[change]]\ntype = "delay"\nproject = "gz_metro8_north"\nyears = 3\n'
    found = scenarios.get_scenario(write(text), guangzhou)
    cards = set(found.cards)
    assert "gz_gzdong_34" in cards
    assert "gz_gznan_link" in cards  # 2027 and three years is still 2030
    assert not {"fs_metro4", "gz_metro8_north"} & cards


def test_a_card_of_ones_own(guangzhou, shipped, write):
    found = scenarios.get_scenario(write(OWN_CARD), guangzhou)
    assert found.cards == ("my_line",)
    made = found.apply(guangzhou).region
    assert made.stations.set_index("station_id").loc["mine", "project_id"] == "my_line"
    without = scenarios.compose(found, cancel=["my_line"]).apply(guangzhou).region
    assert without.hash == shipped["today-2026"][1].region.hash
    for wrong, word in (("fs_metro4", "id of another card"), ("my line", "project_id")):
        with pytest.raises(BadInputError, match=word):
            scenarios.get_scenario(write(OWN_CARD.replace("my_line", wrong)), guangzhou)


def test_a_card_needs_and_excludes_others(guangzhou, write):
    text = OWN_CARD.replace('kind = "metro"', 'kind = "metro"\nneeds = ["fs_metro4"]')
    with pytest.raises(BadInputError, match="needs fs_metro4, which is not built"):
        scenarios.get_scenario(write(text), guangzhou).apply(guangzhou)
    fine = text.replace("today-2026", "committed-2030")
    assert scenarios.get_scenario(write(fine), guangzhou).apply(guangzhou)
    with pytest.raises(BadInputError, match="excludes fs_metro4, which is built"):
        scenarios.get_scenario(write(fine.replace("needs", "excludes")), guangzhou).apply(guangzhou)


def test_importing_the_package_loads_no_pydantic():
    code = "import sys, scenarios; print({'pydantic', 'pandas'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
