"""Checks across the tables of a region, after each cell has been checked by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from network.errors import Problem
from network.schema import headway_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from network.region import About


def cross_check(tables: Mapping[str, pd.DataFrame], about: About) -> list[Problem]:
    """Return what is wrong between tables whose cells and references are good."""
    return [
        *_check_services(tables, about),
        *_check_calls(tables),
        *_check_dates(tables),
        *_check_roads(tables),
    ]


def _check_services(tables: Mapping[str, pd.DataFrame], about: About) -> list[Problem]:
    services = tables["services"]
    problems = []
    calls = tables["service_stops"].groupby("service_id").size()
    headways = [headway_column(name) for name in about.period_names]
    timed = services["departures"] != ""
    frequent = services[headways].notna().any(axis=1) if headways else timed & False
    for row, (service, has_times, has_headway) in enumerate(
        zip(services["service_id"], timed, frequent, strict=True), 2
    ):
        where = f"services.csv row {row}, {service}"
        if has_times == has_headway:
            what = "has both departures and headways" if has_times else "has neither departures nor a headway"
            problems.append(Problem(where, what, "give one of the two"))
        if calls.get(service, 0) < 2:  # noqa: PLR2004 - a ride needs two calls
            what = f"has {calls.get(service, 0)} calls in service_stops.csv"
            problems.append(Problem(where, what, "a service needs at least two"))
    return problems


def _check_calls(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    calls = tables["service_stops"].reset_index(names="row").sort_values(["service_id", "seq"])
    problems = []
    for service, group in calls.groupby("service_id", sort=False):
        rows = group["row"].to_numpy() + 2
        arrive, depart = group["arrive_min"].to_numpy(), group["depart_min"].to_numpy()
        timed = ~np.isnan(depart[:-1]) | ~np.isnan(arrive[1:])
        if not timed.any():
            continue
        blank = np.flatnonzero(np.isnan(depart[:-1]) | np.isnan(arrive[1:]))
        if blank.size:
            where = f"service_stops.csv row {rows[blank[0]]}, {service}"
            problems.append(Problem(where, "some calls have times and some have none", "give all or none"))
            continue
        back = np.flatnonzero(arrive[1:] < depart[:-1])
        problems += [
            Problem(
                f"service_stops.csv row {rows[k + 1]}, arrive_min",
                "is before the departure of the call before",
            )
            for k in back
        ]
        early = np.flatnonzero(depart[1:-1] < arrive[1:-1]) + 1
        problems += [
            Problem(f"service_stops.csv row {rows[k]}, depart_min", "is before the arrival") for k in early
        ]
        same = group["station_id"].to_numpy()
        twice = np.flatnonzero(same[1:] == same[:-1])
        problems += [
            Problem(f"service_stops.csv row {rows[k + 1]}, station_id", "is the call before again")
            for k in twice
        ]
    return problems


def _check_dates(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    problems = []
    for name, table in tables.items():
        if "opened" in table and "closed" in table:
            wrong = table["closed"] < table["opened"]
            problems += [
                Problem(f"{name}.csv row {int(str(row)) + 2}, closed", "is before opened")
                for row in table.index[wrong]
            ]
    return problems


def _check_roads(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    links = tables["road_links"]
    loops = links["from_node_id"] == links["to_node_id"]
    return [
        Problem(f"road_links.csv row {int(str(row)) + 2}", "leads from a node to itself", "remove it")
        for row in links.index[loops]
    ]
