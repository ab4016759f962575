"""Changes of headways.

A headway set on a class or a line is that of a route, never one per stop pattern. A route is all trains of a
family between the same two ends, with at least six a day each way. The pattern that most of its trains run
(of equals the one with most stops) gains departures until its own gaps in the service hours are no longer
than the headway; today's trains stay. A change that names one service sets that service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.errors import BadInputError, Problem
from network.region import seconds_of
from scenarios.draft import Touched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from network.region import About
    from scenarios.changes import AdjustFrequency
    from scenarios.draft import Draft

TRAINS_OF_A_ROUTE = 6
"""Trains a day each way from which trains between the same ends are a route."""


def adjust_frequency(draft: Draft, change: AdjustFrequency, by: str) -> Touched:
    """Set a headway."""
    fits = draft.services_where(change.where)
    headways = draft.headways(change.headway_min)
    services = draft.tables["services"].copy()
    timed = services["departures"] != ""
    frequent = fits & ~timed
    changed = 0
    for column, headway in headways.items():
        old = services.loc[frequent, column]
        new = old.where((old <= headway) | old.isna(), headway) if change.where.service is None else headway
        services.loc[frequent, column] = new
    changed += int(frequent.sum())
    rows = np.flatnonzero(fits & timed)
    if change.where.service is None:
        rows = _main_patterns(draft, services, rows)
    more = 0
    departures = services["departures"].tolist()
    for row in rows.tolist():
        filled = filled_departures(departures[row], change.headway_min, draft.about)
        more += len(filled.split()) - len(departures[row].split())
        departures[row] = filled
    services["departures"] = pd.Series(departures, index=services.index, dtype="str")
    if not changed and not len(rows):
        raise BadInputError(
            Problem("where", "matches no route with six trains a day each way", "name a service")
        )
    draft.tables["services"] = services
    words = f"headway of {changed + len(rows)} services, {more} departures more"
    return Touched(
        by, change.type, words, {"services": changed + len(rows)}, change.source, change.confidence
    )


def _main_patterns(draft: Draft, services: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pattern of each route that most of its trains run, by rows of the services."""
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable")
    grouped = calls.groupby("service_id")["station_id"]
    ends = grouped.agg(["first", "last", "size"])
    table = services.iloc[rows][["service_id", "class", "departures"]].assign(row=rows)
    table["trains"] = [len(listed.split()) for listed in table["departures"]]
    table = table.join(ends, on="service_id")
    trains = table.groupby(["class", "first", "last"])["trains"].sum().to_dict()
    big = [
        min(trains.get((kind, one, two), 0), trains.get((kind, two, one), 0)) >= TRAINS_OF_A_ROUTE
        for kind, one, two in zip(table["class"], table["first"], table["last"], strict=True)
    ]
    table = table[big].sort_values(
        ["trains", "size", "service_id"], ascending=[False, False, True], kind="stable"
    )
    return np.sort(table.drop_duplicates(["class", "first", "last"])["row"].to_numpy(np.int64))


def filled_departures(listed: str, headway_min: Mapping[str, float], about: About) -> str:
    """Return departures with as many more as keep the gaps within the service hours to the headway.

    Parameters
    ----------
    listed
        Departures, ``07:05 08:10``.
    headway_min
        Headway by period, minutes; at other times the longest of them.
    about
        Periods and service hours of the region.
    """
    longest = max(headway_min.values())
    old = sorted(seconds_of(text) // 60 for text in listed.split())
    at, end = about.service_start_s // 60, about.service_end_s // 60
    new: list[int] = []
    for stop in [*(minute for minute in old if at <= minute <= end), end]:
        while True:
            headway = next(
                (
                    headway_min[period.name]
                    for period in about.periods
                    if period.name in headway_min and period.start_s <= at * 60 < period.end_s
                ),
                longest,
            )
            step = max(int(headway), 1)
            if stop - at <= step:
                break
            at += step
            new.append(at)
        at = stop
    return " ".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in sorted({*old, *new}))
