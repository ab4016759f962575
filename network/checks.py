"""Checks across the tables of a region, after each cell has been checked by itself.

Tables come here with their row numbers as index, as `network.cells` makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from network.errors import Problem, suggest
from network.region import among
from network.schema import TABLES, columns, headway_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from network.region import About


def check_references(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return the identifiers that stand in no row of the table that they refer to."""
    problems = []
    for name in TABLES:
        for column in columns(name, ()):
            if not column.references:
                continue
            known: set[str] = set()
            for table, key in column.references:
                known.update(tables[table][key].tolist())
            values = tables[name][column.name]
            target = " or ".join(f"{table}.csv" for table, _ in column.references)
            lost = values[~among(values, known | {""})]
            fixes = {value: suggest(value, sorted(known)) for value in lost.unique()}
            problems += [
                Problem(f"{name}.csv row {row}, {column.name}", f"{value!r} is not in {target}", fixes[value])
                for row, value in lost.items()
            ]
    return problems


def cross_check(tables: Mapping[str, pd.DataFrame], about: About) -> list[Problem]:
    """Return what is wrong between tables whose cells and references are good."""
    return [
        *_check_services(tables, about),
        *_check_calls(tables["service_stops"]),
        *_check_dates(tables),
        *_check_loops(tables["transfers"], "transfers", "station"),
        *_check_loops(tables["road_links"], "road_links", "node"),
    ]


def _check_services(tables: Mapping[str, pd.DataFrame], about: About) -> list[Problem]:
    services = tables["services"]
    problems = []
    calls = services["service_id"].map(tables["service_stops"].groupby("service_id").size()).fillna(0)
    timed = services["departures"] != ""
    frequent = services[[headway_column(name) for name in about.period_names]].notna().any(axis=1)
    wrong = (timed == frequent) | (calls < 2)  # noqa: PLR2004 - a ride needs two calls
    told = zip(services["service_id"], timed, frequent, calls, wrong, strict=True)
    for row, (service, has_times, has_headway, n_calls, is_wrong) in zip(services.index, told, strict=True):
        if not is_wrong:
            continue
        where = f"services.csv row {row}, {service}"
        if has_times == has_headway:
            both = "both departures and headways"
            what = f"has {both if has_times else 'neither departures nor a headway'}"
            problems.append(Problem(where, what, "give one of the two"))
        if n_calls < 2:  # noqa: PLR2004
            what = f"has {n_calls:.0f} calls in service_stops.csv"
            problems.append(Problem(where, what, "a service needs at least two"))
    return problems


def _check_calls(stops: pd.DataFrame) -> list[Problem]:
    if stops.empty:
        return []
    calls = stops.sort_values(["service_id", "seq"])
    rows, service = calls.index.to_numpy(), calls["service_id"].to_numpy()
    station = calls["station_id"].to_numpy()
    arrive, depart = calls["arrive_min"].to_numpy(), calls["depart_min"].to_numpy()
    last = np.append(service[1:] != service[:-1], True)
    first = np.append(True, last[:-1])
    before = np.roll(depart, 1)
    hop = ~first
    given = hop & ~(np.isnan(before) & np.isnan(arrive))
    timed = among(service, service[given])
    blank = hop & timed & (np.isnan(before) | np.isnan(arrive))
    _, position = np.unique(service[blank], return_index=True)
    start = np.flatnonzero(blank)[position] - 1
    problems = [
        Problem(
            f"service_stops.csv row {rows[at]}, {service[at]}",
            "some calls have times and some have none",
            "give all or none",
        )
        for at in start
    ]
    found = (
        (hop & (arrive < before), "arrive_min", "is before the departure of the call before"),
        (hop & ~last & (depart < arrive), "depart_min", "is before the arrival"),
        (hop & (station == np.roll(station, 1)), "station_id", "is the call before again"),
    )
    for wrong, column, what in found:
        problems += [
            Problem(f"service_stops.csv row {row}, {column}", what, "mend or remove the call")
            for row in rows[wrong]
        ]
    return problems


def _check_dates(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    return [
        Problem(f"{name}.csv row {row}, closed", "is before opened", "mend one of the two")
        for name, table in tables.items()
        if "closed" in table
        for row in table.index[table["closed"] < table["opened"]]
    ]


def _check_loops(links: pd.DataFrame, name: str, end: str) -> list[Problem]:
    loops = links[f"from_{end}_id"] == links[f"to_{end}_id"]
    return [
        Problem(f"{name}.csv row {row}", f"leads from a {end} to itself", "remove it")
        for row in links.index[loops]
    ]
