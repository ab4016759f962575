"""The region on a day: calls that drop, tracks that cut, cards built and cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from network import get_region
from network.cells import empty_table
from network.checks import check_references, cross_check
from network.dates import later, region_on
from network.region import About, Region, canonical
from network.schema import TABLES, columns

EARLY = date(2020, 1, 1)
LATE = date(2025, 1, 1)


def table(name, periods, *rows):
    empty = empty_table(name, periods)
    wanted = {column.name: column.type for column in columns(name, periods)}
    blank = {"float": float("nan"), "date": pd.NaT, "bool": False, "int": 0}
    cells = {
        column: pd.Series(
            [
                pd.Timestamp(row[column])
                if kind == "date" and column in row
                else row.get(column, blank.get(kind, ""))
                for row in rows
            ],
            dtype=empty[column].dtype,
        )
        for column, kind in wanted.items()
    }
    return canonical(name, pd.DataFrame(cells))


def tiny(calls, services=None, stations=(), lines=(), stops=(), **tables):
    about = About("tiny", date=LATE)
    names = sorted({row["station_id"] for row in [*calls, *stops]} - {row["station_id"] for row in stations})
    given = {
        "stations": [{"station_id": name} for name in names] + list(stations),
        "services": services
        or [
            {"service_id": name, "departures": "23:50 06:00"} for name in {row["service_id"] for row in calls}
        ],
        "service_stops": calls,
        "lines": list(lines),
        "line_stops": list(stops),
        **tables,
    }
    return Region(about, {name: table(name, about.period_names, *given.get(name, [])) for name in TABLES})


def ride(*stations, **more):
    """Return calls two minutes and one km apart, one minute of dwell; `more` holds cells by station."""
    rows = []
    for k, station in enumerate(stations):
        last = k == len(stations) - 1
        rows.append(
            {
                "service_id": "s",
                "seq": k + 1,
                "station_id": station,
                "arrive_min": 3.0 * k - 1 if k else float("nan"),
                "depart_min": 3.0 * k if not last else float("nan"),
                "distance_km": 1.0 if k else float("nan"),
                **more.get(station, {}),
            }
        )
    return rows


def calls_of(region, service):
    calls = region.service_stops
    return calls[calls["service_id"] == service]


@pytest.fixture(scope="module")
def guangzhou():
    return get_region("guangzhou")


@pytest.fixture(scope="module")
def in_2023(guangzhou):
    return region_on(guangzhou, date(2023, 12, 20))


def test_dropped_call_adds_its_way_and_keeps_run_times():
    region = tiny(ride("a", "b", "c", b={"opened": "2022-01-01"}))
    early = calls_of(region_on(region, EARLY), "s")
    assert early["station_id"].tolist() == ["a", "c"]
    assert early["distance_km"].tolist()[1] == 2
    assert early["arrive_min"].tolist()[1] == 5
    assert len(calls_of(region_on(region, LATE), "s")) == 3


def test_way_past_an_unknown_hop_is_unknown():
    region = tiny(ride("a", "b", "c", b={"opened": "2022-01-01", "distance_km": float("nan")}))
    assert calls_of(region_on(region, EARLY), "s")["distance_km"].isna().all()


def test_call_that_closed_drops():
    region = tiny(ride("a", "b", "c", b={"closed": "2019-01-01"}))
    assert calls_of(region_on(region, EARLY), "s")["station_id"].tolist() == ["a", "c"]


def test_closed_day_is_the_first_without():
    region = tiny(ride("a", "b", "c", b={"closed": "2020-01-01", "opened": "2019-12-31"}))
    assert len(calls_of(region_on(region, EARLY), "s")) == 2
    assert len(calls_of(region_on(region, date(2019, 12, 31)), "s")) == 3


def test_missing_track_cuts_into_parts():
    region = tiny(ride("a", "b", "c", "d", c={"track_opened": "2022-01-01"}))
    early = region_on(region, EARLY)
    assert early.services["service_id"].tolist() == ["s", "s~2"]
    assert early.services["departures"].tolist() == ["23:50 06:00", "23:56 06:06"]
    first, second = calls_of(early, "s"), calls_of(early, "s~2")
    assert first["station_id"].tolist() == ["a", "b"]
    assert second["station_id"].tolist() == ["c", "d"]
    assert second["depart_min"].tolist()[0] == 0
    assert second["arrive_min"].tolist()[1] == 2
    assert pd.isna(second["arrive_min"].tolist()[0])
    assert pd.isna(first["depart_min"].tolist()[1])
    assert not cross_check({name: early.table(name) for name in TABLES}, early.about)


def test_part_without_the_first_call_is_not_the_service():
    region = tiny(ride("a", "b", "c", b={"track_opened": "2022-01-01"}))
    early = region_on(region, EARLY)
    assert early.services["service_id"].tolist() == ["s~2"]
    assert early.services["departures"].tolist() == ["23:53 06:03"]


def test_service_that_lost_its_first_call_keeps_its_name():
    region = tiny(ride("a", "b", "c"), stations=[{"station_id": "a", "opened": "2022-01-01"}])
    early = region_on(region, EARLY)
    assert early.services["service_id"].tolist() == ["s"]
    assert early.services["departures"].tolist() == ["23:53 06:03"]


def test_service_with_nothing_left_is_gone():
    region = tiny(ride("a", "b", b={"track_opened": "2022-01-01"}))
    early = region_on(region, EARLY)
    assert early.services.empty
    assert early.service_stops.empty


def test_departures_may_pass_midnight():
    assert later("23:50 06:00", 15) == "24:05 06:15"


def test_loop_keeps_both_rounds():
    region = tiny(ride("a", "b", "c", "a", "b", "c", "a"))
    assert calls_of(region_on(region, EARLY), "s")["station_id"].tolist() == list("abcabca")


def test_no_call_twice_in_a_row():
    region = tiny(ride("a", "b", "a", "c"), stations=[{"station_id": "b", "opened": "2022-01-01"}])
    assert calls_of(region_on(region, EARLY), "s")["station_id"].tolist() == ["a", "c"]


def test_cancelled_track_cuts_and_built_track_joins():
    region = tiny(ride("a", "b", "c", c={"track_opened": "2022-01-01", "track_project_id": "p;q"}))
    assert len(region_on(region, EARLY, built=frozenset("pq")).service_stops) == 3
    assert len(region_on(region, EARLY, built=frozenset("p")).service_stops) == 2
    assert len(region_on(region, LATE, cancelled=frozenset("p")).service_stops) == 2
    assert len(region_on(region, LATE, built=frozenset("p"), cancelled=frozenset("p")).service_stops) == 2


def test_replaced_rows_come_back_when_the_card_is_cancelled():
    services = [
        {"service_id": "new", "departures": "06:00", "opened": "2022-01-01", "project_id": "p"},
        {"service_id": "old", "departures": "06:00", "closed": "2022-01-01", "replaced_by": "p"},
    ]
    calls = [row | {"service_id": name} for name in ("new", "old") for row in ride("a", "b")]
    region = tiny(calls, services)

    def names(day, **more):
        return region_on(region, day, **more).services["service_id"].tolist()

    card = frozenset("p")
    assert names(EARLY) == ["old"]
    assert names(LATE) == ["new"]
    assert names(EARLY, built=card) == ["new"]
    assert names(LATE, cancelled=card) == ["old"]


def test_built_line_brings_its_stations():
    stops = [
        {"line_id": "l", "seq": 1, "station_id": "a", "opened": "2022-01-01"},
        {"line_id": "l", "seq": 2, "station_id": "b", "opened": "2022-01-01", "track_opened": "2022-01-01"},
    ]
    region = tiny(
        ride("a", "b", b={"track_opened": "2022-01-01", "track_project_id": "p"}),
        stations=[{"station_id": name, "opened": "2022-01-01"} for name in "ab"],
        lines=[{"line_id": "l", "class": "metro", "opened": "2022-01-01", "project_id": "p"}],
        stops=stops,
    )
    assert region_on(region, EARLY).stations.empty
    early = region_on(region, EARLY, built=frozenset("p"))
    assert len(early.stations) == len(early.service_stops) == len(early.table("line_stops")) == 2
    assert not len(region_on(region, LATE, cancelled=frozenset("p")).table("lines"))


def test_without_a_date_no_row_is_left_out():
    region = tiny(ride("a", "b", "c", b={"opened": "2022-01-01"}))
    region = replace(region, about=replace(region.about, date=None))
    assert len(region_on(region, None).service_stops) == 3


def test_line_is_cut_as_its_services_are():
    stops = [
        {"line_id": "l", "seq": k, "station_id": name, "distance_km": 1.0 if k else float("nan")}
        for k, name in enumerate("abcd")
    ]
    stops[2]["track_opened"] = "2022-01-01"
    region = tiny(ride("a", "b", "c", "d"), lines=[{"line_id": "l", "class": "metro"}], stops=stops)
    early = region_on(region, EARLY).table("line_stops")
    assert early["branch"].tolist() == ["", "", "~2", "~2"]
    assert early["distance_km"].isna().tolist() == [True, False, True, False]


def test_guangzhou_before_baiyun(guangzhou, in_2023):
    assert "cr-guangzhou-baiyun" not in set(in_2023.service_stops["station_id"])
    assert "cr-foshan" not in set(in_2023.service_stops["station_id"])
    late = region_on(guangzhou, None)
    assert "cr-guangzhou-baiyun" in set(late.service_stops["station_id"])
    assert not late.services["service_id"].str.endswith("-before-baiyun").any()


def test_line_6_without_shahe_runs_on(in_2023):
    calls = calls_of(in_2023, "gz-l6-local-forward")
    assert "gz-shahe" not in set(calls["station_id"])
    assert not in_2023.services["service_id"].str.startswith("gz-l6-local-forward~").any()


def test_foshan_3_in_parts(guangzhou, in_2023):
    def parts(region):
        services = region.services
        return services.loc[services["line_id"] == "fs-l3", "service_id"].tolist()

    between = region_on(guangzhou, date(2025, 1, 1))
    assert parts(in_2023) == ["fs-l3-through-forward", "fs-l3-through-reverse~2"]
    assert parts(between) == [
        "fs-l3-through-forward", "fs-l3-through-forward~2",
        "fs-l3-through-reverse", "fs-l3-through-reverse~2",
    ]  # fmt: skip
    branches = between.table("line_stops").query("line_id == 'fs-l3'")["branch"].unique().tolist()
    assert branches == ["", "~2"]


def test_foshan_station_is_a_card(guangzhou):
    without = region_on(guangzhou, None, cancelled=frozenset({"foshan_station_hsr"}))
    assert "cr-foshan" not in set(without.service_stops["station_id"])
    early = region_on(guangzhou, date(2026, 1, 1), built=frozenset({"foshan_station_hsr"}))
    assert "cr-foshan" in set(early.service_stops["station_id"])


@pytest.mark.parametrize("day", [None, date(2023, 12, 20), date(2010, 1, 1)])
def test_guangzhou_passes_its_checks_on_any_day(guangzhou, day):
    region = region_on(guangzhou, day)
    tables = {name: region.table(name) for name in TABLES}
    assert [*check_references(tables), *cross_check(tables, region.about)] == []


def test_cancelling_then_building_changes_nothing(guangzhou):
    before = guangzhou.hash
    today = region_on(guangzhou, None)
    for card in ("hub_gzbaiyun", "gf_ring_gznan_airport", "foshan_station_hsr"):
        assert region_on(guangzhou, None, cancelled=frozenset({card})).hash != today.hash
        assert region_on(guangzhou, None, built=frozenset({card})).hash == today.hash
    assert guangzhou.hash == before


def test_cards_that_no_row_names_change_nothing(guangzhou):
    today = region_on(guangzhou, None)
    other = frozenset({"a card of no row"})
    assert region_on(guangzhou, None, built=other) is today
    assert region_on(guangzhou, None, cancelled=other) is today
    assert region_on(guangzhou, date(2023, 12, 20)).hash != today.hash
