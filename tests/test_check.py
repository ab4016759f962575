"""The check: limits, slack, notes, people and the worst pair."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from network.compile import Query
from network.ends import ends_of
from network.errors import BadInputError
from network.graph import PARTS
from network.testing import hub_region, line_region, roads_region
from sim.check import check
from sim.journeys import Network

STATION = Query("station")


def verdict_of(region, names, pairs=None, query=STATION, limit_min=60.0, **more):
    pairs = list(permutations(names, 2)) if pairs is None else pairs
    return check(Network(region), ends_of(region, names), pairs, query, limit_min=limit_min, **more)


def test_rows_are_sorted_pairs_each_once():
    names = ["at-c", "at-a"]
    verdict = verdict_of(line_region(), names, [("at-c", "at-a"), ("at-a", "at-c"), ("at-c", "at-a")])
    assert verdict.table[["origin", "destination"]].to_numpy().tolist() == [
        ["at-a", "at-c"],
        ["at-c", "at-a"],
    ]
    assert verdict.pairs == 2
    assert verdict.table["minutes"].tolist() == [5 + 13, 5 + 13]


def test_parts_sum_to_the_minutes():
    table = verdict_of(hub_region(), ["at-r", "at-m"], query=Query()).table
    columns = [f"{name}_min" for name in PARTS]
    assert table[columns].sum(axis=1).tolist() == table["minutes"].tolist() == [37.5, 38.5]


@pytest.mark.parametrize(
    ("limit_min", "kept", "close"),
    [(25, True, True), (25 - 1 / 60, False, True), (20, False, True), (19.9, False, False), (30, True, True), (30.1, True, False)],
)  # fmt: skip
def test_the_limit_is_kept_to_the_second_and_five_minutes_are_close(limit_min, kept, close):
    verdict = verdict_of(line_region(), ["at-a", "at-d"], [("at-a", "at-d")], limit_min=limit_min)
    row = verdict.table.iloc[0]
    assert (row["minutes"], row["kept"], row["close"]) == (25, kept, close)
    assert row["slack_min"] == pytest.approx(limit_min - 25)
    assert verdict.kept == kept


@pytest.mark.parametrize("seconds", [261, 1501, 3599])
def test_a_limit_in_parts_of_minutes_is_met_by_just_as_many_seconds(seconds):
    """60 times 4.35 minutes is a hair below 261 in floating point."""
    region = line_region()
    calls = region.service_stops
    late = calls.assign(arrive_min=calls["arrive_min"].where(calls["seq"] != 2, seconds / 60))
    late["depart_min"] = late["arrive_min"]
    late = late[late["seq"] <= 2].assign(depart_min=lambda t: t["depart_min"].where(t["seq"] == 2, 0))
    region = region.replace(tables={"service_stops": late})
    pair, query = [("at-a", "at-b")], Query("in-vehicle")
    assert verdict_of(region, ["at-a", "at-b"], pair, query, limit_min=round(seconds / 60, 9)).kept
    assert not verdict_of(region, ["at-a", "at-b"], pair, query, limit_min=(seconds - 1) / 60).kept


def test_both_directions_must_keep_the_limit():
    region = roads_region()
    query = Query(mode="car", period="midday")
    verdict = verdict_of(region, ["p", "q"], query=query, limit_min=15)
    assert verdict.table["minutes"].tolist() == [15, 19]
    assert (verdict.passing, verdict.kept) == (1, False)
    assert verdict.worst["origin"] == "q"


def test_without_a_limit_what_is_reached_is_kept():
    verdict = verdict_of(line_region(), ["at-a", "at-d", "120.0,40.0"], query=Query(), limit_min=None)
    assert verdict.table["kept"].tolist() == verdict.table["minutes"].notna().tolist()
    assert verdict.table["slack_min"].isna().all()
    assert not verdict.table["close"].any()


def test_why_there_is_no_journey():
    region = line_region()
    far = ["at-a", "120.0,40.0"]
    notes = verdict_of(region, far, query=Query()).table["note"]
    assert notes.tolist() == ["no station in reach of 120.0,40.0"] * 2
    late = region.replace(tables={"services": region.services.assign(departures="12:00")})
    table = verdict_of(late, ["at-a", "at-b"]).table
    assert table["note"].tolist() == ["no connection in the period"] * 2
    assert table["minutes"].isna().all()
    assert not table["kept"].any()
    assert not table["close"].any()
    one_way = region.replace(tables={"service_stops": region.service_stops.query("service_id == 'up'")})
    one_way = one_way.replace(tables={"services": region.services.query("service_id == 'up'")})
    verdict = verdict_of(one_way, ["at-a", "at-b"], query=Query("in-vehicle"))
    assert verdict.table["note"].tolist() == ["", "no connection"]
    assert verdict.worst["origin"] == "at-b"  # no journey is worse than any
    assert verdict_of(region, far, query=Query(mode="car")).table["note"].tolist() == ["no way by road"] * 2


def test_a_walk_next_door_is_no_station_in_reach():
    region = line_region()
    names = ["115.0,23.0", "115.001,23.0", "at-a"]
    table = verdict_of(region, names, query=Query()).table.set_index(["origin", "destination"])
    assert table.loc[("115.0,23.0", "115.001,23.0"), "access_min"] > 0
    assert table.loc[("115.0,23.0", "at-a"), "note"] == "no station in reach of 115.0,23.0"
    assert table.loc[("at-a", "115.001,23.0"), "note"] == "no station in reach of 115.001,23.0"


def test_the_same_station_is_told_at_stations_only():
    region = hub_region()
    both = ["h", "g"]
    assert verdict_of(region, both).table["note"].tolist() == ["same station"] * 2
    assert verdict_of(region, both, query=Query("in-vehicle")).table["note"].tolist() == ["same station"] * 2
    table = verdict_of(region, ["at-r", "r"], query=Query()).table
    assert table["minutes"].tolist() == [0, 0]  # at the station's door
    assert table["note"].tolist() == ["", ""]
    assert verdict_of(region, ["h"], [("h", "h")]).table["note"].tolist() == [""]


def test_unknown_pairs_are_told():
    with pytest.raises(BadInputError, match=r"'at-x' is none of the ends.*\n.*'at-y' is none"):
        verdict_of(line_region(), ["at-a"], [("at-a", "at-x"), ("at-a", "at-y")])


def test_people_count_where_they_are_known():
    region = line_region()
    names = [f"at-{name}" for name in "abcd"]

    def share(people, limit_min=18):
        with_people = region.replace(tables={"places": region.places.assign(population=people)})
        return verdict_of(with_people, names, limit_min=limit_min).people_share

    # station to station with 5 min of waiting: 11, 18 and 25 min for one, two and three stops
    assert share([1, 0, 0, 0]) == pytest.approx(2 / 3)
    assert share([0, 5, 0, 0]) == 1
    assert share([600, 100, 100, 200]) == pytest.approx((600 * 2 / 3 + 200 + 200 * 2 / 3) / 1000)
    assert share([600, None, None, 200]) == pytest.approx(2 / 3)  # nobody counts where nobody is known
    assert np.isnan(share([0, 0, 0, 0]))
    assert share([1, 1, 1, 1], limit_min=1) == 0


def test_people_count_once_however_many_pairs_they_have():
    region = line_region()
    region = region.replace(tables={"places": region.places.assign(population=[100, 300, 0, 0])})
    pairs = [("at-a", "at-b"), ("at-a", "at-c"), ("at-a", "at-d"), ("at-b", "at-a")]
    verdict = verdict_of(region, [f"at-{name}" for name in "abcd"], pairs, limit_min=11)
    assert verdict.people_share == pytest.approx((100 / 3 + 300) / 400)


def test_nothing_asked_is_nothing_found():
    verdict = verdict_of(line_region(), ["at-a"], [])
    assert (verdict.pairs, verdict.passing, verdict.kept, verdict.worst) == (0, 0, True, None)
    assert np.isnan(verdict.people_share)


def test_paths_come_in_the_order_of_the_table():
    verdict = verdict_of(line_region(), ["at-b", "at-a", "120.0,40.0"], query=Query(), paths=True)
    for row, stages in zip(verdict.table.itertuples(), verdict.paths, strict=True):
        if np.isnan(row.minutes):
            assert stages is None
        else:
            assert (stages[0].start, stages[-1].end) == (row.origin[3:], row.destination[3:])
            assert sum(stage.seconds for stage in stages) == row.minutes * 60
    assert verdict_of(line_region(), ["at-a", "at-b"]).paths == ()


def test_points_of_the_same_names_elsewhere_are_other_ends():
    network = Network(line_region())
    near = pd.DataFrame({"id": ["x", "y"], "lon": [113.0, 113.0], "lat": [23.0, 23.09]})
    far = near.assign(lat=[23.0, 23.27])
    found = [
        check(network, ends_of(network.region, table), [("x", "y")], Query(), limit_min=60)
        .table["minutes"]
        .item()
        for table in (near, far, near)
    ]
    assert found == [19, 33, 19]
    ends = ends_of(network.region, near)
    assert network.router(ends, Query()) is network.router(ends_of(network.region, near), Query())
