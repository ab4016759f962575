"""Timelines: opening years, states of years, and who turned a pair, against a judge that is a rule on cards."""

import datetime as dt
from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.compile import Query
from network.errors import BadInputError
from network.testing import line_region
from scenarios import Card, Scenario
from sim.check import Verdict
from sim.timeline import NO_CARD, dated_in, opening_years, scenario_in, timeline

FASTER = {"type": "adjust-speed", "where": {"class": "intercity"}, "factor": 1.01}
LINE = line_region()
PAIR = ("at-a", "at-d")


def card(name, opens="", *, to="", needs=()):
    return Card.model_validate(
        {
            "project_id": name,
            "kind": "intercity",
            "opens_from": opens,
            "opens_to": to,
            "needs": needs,
            "change": [FASTER],
        }
    )


def plan(*cards, **options):
    return Scenario(
        "plan",
        "A plan",
        own_cards=cards,
        built={one.project_id: False for one in cards},
        region_id="line",
        **options,
    )


def judge_by(rule, asked=None):
    """Return a judge for one pair that is kept where `rule` says so of the cards that are built."""

    def one(scenario):
        if asked is not None:
            asked.append(scenario)
        kept = rule(frozenset(scenario.built) - scenario.cancelled, scenario)
        table = pd.DataFrame(
            {
                "origin": [PAIR[0]],
                "destination": [PAIR[1]],
                "minutes": [50.0 if kept else 70.0],
                "kept": [kept],
            }
        )
        return Verdict(Query(), 60, table, 1.0)

    return lambda scenarios: [one(scenario) for scenario in scenarios]


def turns_of(cards, rule, **options):
    found = timeline(plan(*cards), LINE, (2025, 2030), judge_by(lambda on, _: rule(on)), **options)
    return [(turn.year, turn.kept, turn.alone, turn.together, turn.rule) for turn in found.turns]


# ------------------------------------------------------------------------------------------------------ years


def test_years_of_cards():
    cards = [
        card("a", "2026"), card("b", "2026", to="2028"), card("c", "2031+"), card("d"),
        card("e", "2026", needs=("b",)), card("f", "2026", needs=("d",)), card("g", "2029", needs=("e",)),
    ]  # fmt: skip
    assert opening_years(plan(*cards)) == {
        "a": 2026, "b": 2028, "c": 2032, "d": None, "e": 2028, "f": None, "g": 2029,
    }  # fmt: skip


def test_cards_that_need_each_other_in_a_circle_never_open():
    cards = [card("a", "2026", needs=("b",)), card("b", "2026", needs=("a",))]
    assert opening_years(plan(*cards)) == {"a": None, "b": None}


def test_a_cancelled_need_keeps_a_card_away():
    scenario = plan(card("a", "2026"), card("b", "2026", needs=("a",)), cancelled=frozenset({"a"}))
    assert opening_years(scenario) == {"b": None}


def test_the_state_of_a_year():
    scenario = plan(card("a", "2026"), card("b", "2028"), year=2027, changes=(("plan", object()),))
    early, late = scenario_in(scenario, 2026), scenario_in(scenario, 2028)
    assert len(scenario_in(scenario, 2027).changes) == 1
    assert (early.day, list(early.built), early.changes) == (dt.date(2026, 12, 31), ["a"], ())
    assert (late.day, list(late.built), len(late.changes)) == (dt.date(2028, 12, 31), ["a", "b"], 1)


def test_cards_that_open_later_are_told():
    found = timeline(
        plan(card("a", "2026"), card("b", "2031"), card("c")),
        LINE,
        (2025, 2030),
        judge_by(lambda *_: True),
    )
    assert found.later == {"b": 2031, "c": None}
    assert [year.opened for year in found.years] == [(), ("a",), (), (), (), ()]


@pytest.mark.parametrize(("first", "last", "problems"), [(2030, 2025, 1), (1800, 2300, 2), (1900, 2100, 1)])
def test_years_that_cannot_be(first, last, problems):
    with pytest.raises(BadInputError) as error:
        timeline(plan(), LINE, (first, last), judge_by(lambda *_: True))
    assert len(error.value.problems) == problems


# ------------------------------------------------------------------------------------------------------ turns


def test_one_of_several_openings_did_it_alone():
    cards = [card("a", "2027"), card("b", "2027"), card("c", "2028")]
    assert turns_of(cards, lambda on: "b" in on) == [(2027, True, ("b",), (), "alone")]


def test_either_would_do():
    cards = [card("a", "2027"), card("b", "2027"), card("c", "2027")]
    assert turns_of(cards, lambda on: bool({"a", "c"} & on)) == [(2027, True, ("a", "c"), (), "alone")]


def test_only_together():
    cards = [card("a", "2026"), card("b", "2027"), card("c", "2027"), card("d", "2027")]
    assert turns_of(cards, lambda on: {"a", "b", "d"} <= on) == [(2027, True, (), ("b", "d"), "together")]


def test_several_ways():
    cards = [card(name, "2027") for name in "abcd"]
    rule = lambda on: {"a", "b"} <= on or {"c", "d"} <= on  # noqa: E731
    assert turns_of(cards, rule) == [(2027, True, (), (), "several ways")]


def test_a_pair_that_falls_out_and_comes_back():
    cards = [card("a", "2026"), card("b", "2028"), card("c", "2028")]
    rule = lambda on: "a" not in on or {"b", "c"} <= on  # noqa: E731
    assert turns_of(cards, rule) == [
        (2026, False, ("a",), (), "alone"),
        (2028, True, (), ("b", "c"), "together"),
    ]


def test_the_only_opening_of_a_year_is_not_asked_for_again():
    asked = []
    judge = judge_by(lambda on, _: "a" in on, asked)
    timeline(plan(card("a", "2027")), LINE, (2025, 2030), judge)
    assert len(asked) == 2


def test_a_need_of_the_same_year_comes_along_and_goes_along():
    cards = [card("a", "2027"), card("b", "2027", needs=("a",)), card("c", "2027")]
    asked = []
    judge = judge_by(lambda on, _: {"b", "c"} <= on, asked)
    found = timeline(plan(*cards), LINE, (2026, 2027), judge)
    assert found.turns[0].together == ("a", "b", "c")
    for scenario in asked:
        assert not scenario._card_problems()


CARDS = "abcde"
RULES = st.sets(st.frozensets(st.sampled_from(CARDS), min_size=1), min_size=1, max_size=3)
YEARS = st.fixed_dictionaries(dict.fromkeys(CARDS, st.integers(2026, 2028)))


@settings(max_examples=50, deadline=None)
@given(RULES, YEARS)
def test_turns_are_those_of_the_definition(ways, years):
    """A pair is kept where one of some sets of cards is built whole: compare with all subsets."""
    rule = lambda on: any(way <= on for way in ways)  # noqa: E731
    cards = [card(name, str(year)) for name, year in years.items()]
    found = turns_of(cards, rule)
    open_by = {year: frozenset(name for name in CARDS if years[name] <= year) for year in range(2025, 2031)}
    turned = [year for year in range(2026, 2031) if rule(open_by[year]) != rule(open_by[year - 1])]
    assert [one[0] for one in found] == turned
    for year, kept, alone, together, _ in found:
        assert kept
        new = open_by[year] - open_by[year - 1]
        enough = [
            set(c)
            for n in range(1, len(new) + 1)
            for c in combinations(sorted(new), n)
            if rule(open_by[year - 1] | set(c))
        ]
        assert set(alone) == {name for one in enough if len(one) == 1 for name in one}
        if not alone:
            assert set(together) == set.intersection(*enough)


# ------------------------------------------------------------------------------------------------- dated rows


def dated_region(owner=""):
    """Return the line whose services opened on 1 May 2027, as rows of a card or of none."""
    services = LINE.services.assign(opened=pd.Timestamp(2027, 5, 1), project_id=owner)
    return LINE.replace(tables={"services": services})


def test_rows_that_are_dated():
    assert dated_in(dated_region("x"), 2027) == ({"x"}, False)
    assert dated_in(dated_region(), 2027) == (set(), True)
    assert dated_in(dated_region(), 2026) == (set(), False)


def test_what_belongs_to_no_card_turned_it():
    judge = judge_by(lambda on, scenario: scenario.year >= 2027 or "a" in on)
    found = timeline(plan(card("a", "2027")), dated_region(), (2026, 2028), judge)
    assert [(turn.year, turn.alone) for turn in found.turns] == [(2027, (NO_CARD, "a"))]
    judge = judge_by(lambda _, scenario: scenario.year >= 2027)
    found = timeline(plan(), dated_region(), (2026, 2028), judge)
    assert [(turn.year, turn.alone) for turn in found.turns] == [(2027, (NO_CARD,))]


def test_a_card_whose_rows_are_dated_opens_by_them():
    other = Card.model_validate(
        {"project_id": "x", "kind": "hsr", "no_effect": "open in base", "reason": "it is open"}
    )
    scenario = Scenario(
        "now", "Now", own_cards=(other, card("a", "2027")), built={"a": False}, region_id="line"
    )
    judge = judge_by(
        lambda on, scenario: (scenario.year >= 2027 and "x" not in scenario.cancelled) or "x" in on
    )
    found = timeline(scenario, dated_region("x"), (2026, 2028), judge)
    assert found.years[1].opened == ("x", "a")
    assert [turn.alone for turn in found.turns] == [("x",)]
    without = replace(scenario, cancelled=frozenset({"x"}))
    found = timeline(without, dated_region("x"), (2026, 2028), judge)
    assert found.years[1].opened == ("a",)
