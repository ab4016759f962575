"""Headways by departures: gaps are filled, today's trains stay."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from network.region import About, Period, seconds_of
from scenarios.apply import apply_changes
from scenarios.frequency import filled_departures
from scenarios.scenario import ScenarioFile

ABOUT = About(
    "t",
    periods=(Period("am-peak", 25_200, 32_400), Period("midday", 36_000, 57_600)),
    service_start_s=23_400,
    service_end_s=81_000,
)
POLICY = {"am-peak": 8.0, "midday": 12.0}


def minutes(listed):
    return [seconds_of(text) // 60 for text in listed.split()]


def change(region, **table):
    file = ScenarioFile(name="t", title="t", change=[{"type": "adjust-frequency", "source": "test", **table}])
    return apply_changes(region, [("t", one) for one in file.change])


def test_a_gap_is_filled_from_the_train_before():
    found = filled_departures("07:00 07:20 07:25", {"am-peak": 8.0}, ABOUT)
    assert {"07:00", "07:08", "07:16", "07:20", "07:25", "07:33"} <= set(found.split())
    assert "07:23" not in found.split()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 26 * 60), max_size=40))
def test_gaps_in_the_periods_keep_to_the_headway_and_todays_trains_stay(old):
    listed = " ".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in sorted(set(old)))
    found = minutes(filled_departures(listed, POLICY, ABOUT))
    assert set(minutes(listed)) <= set(found)
    inside = [minute for minute in found if ABOUT.service_start_s <= minute * 60 <= ABOUT.service_end_s]
    ends = [ABOUT.service_start_s // 60, *inside, ABOUT.service_end_s // 60]
    for one, two in pairwise(ends):
        assert two - one <= 12
        if one >= 7 * 60 and two < 9 * 60:
            assert two - one <= 8
    assert {m for m in found if m not in inside} <= set(minutes(listed))
    again = filled_departures(" ".join(f"{m // 60:02d}:{m % 60:02d}" for m in found), POLICY, ABOUT)
    assert minutes(again) == found


def test_a_named_service_gets_exactly_the_headway(line):
    made = change(line, where={"service": "up"}, headway_min={"am-peak": 30}).region
    old = minutes(line.services.set_index("service_id").loc["up", "departures"])
    new = minutes(made.services.set_index("service_id").loc["up", "departures"])
    peak = [minute for minute in new if 420 <= minute < 540]
    assert peak == [420, 450, 480, 510]
    assert [m for m in new if m not in peak] == [m for m in old if not 420 <= m < 540]


def test_the_policy_of_intercity_lines(guangzhou, shipped):
    """Pm-peak is as am-peak, evening as midday; only the main pattern of a route gains departures."""
    base, before = shipped["today-2026"]
    applied = scenarios.compose(base, build=["intercity_transit_operation"]).apply(guangzhou)
    old = before.region.services.set_index("service_id")["departures"]
    new = applied.region.services.set_index("service_id")["departures"]
    changed = new.index[new != old[new.index]]
    assert 20 < len(changed) < 120
    assert set(before.region.services.set_index("service_id").loc[changed, "class"]) == {"intercity"}
    for service in changed:
        assert set(old[service].split()) <= set(new[service].split())
        for first, last, headway in ((420, 540, 8), (600, 960, 12), (1020, 1140, 8), (1140, 1320, 12)):
            inside = [minute for minute in minutes(new[service]) if first <= minute < last]
            assert max(two - one for one, two in pairwise(inside)) <= headway, service
    calls = before.region.service_stops
    ends = calls.sort_values("seq").groupby("service_id")["station_id"].agg(["first", "last"]).loc[changed]
    assert not ends.duplicated().any()
    assert applied.touched[0].words.startswith(f"headway of {len(changed)} services")


def test_few_trains_are_no_route(line):
    services = line.services.assign(departures="06:00 07:00 08:00 09:00 10:00")
    rare = line.replace(tables={"services": services})
    with pytest.raises(ValueError, match="no route with six trains"):
        change(rare, where={"class": "intercity"}, headway_min={"midday": 10})
    assert change(rare, where={"service": "up"}, headway_min={"midday": 10})
