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
from network.schema import headway_column
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
    columns = draft.headways(change.headway_min)
    by_period = {
        name: columns[headway_column(name)]
        for name in draft.about.period_names
        if headway_column(name) in columns
    }
    services = draft.tables["services"].reset_index(drop=True)
    timed = (services["departures"] != "").to_numpy(bool)
    rows = np.flatnonzero(fits)
    named = change.where.service is not None
    if not named:
        rows = _main_patterns(draft, services, rows)
    if not len(rows):
        what = "matches no route with six trains a day each way"
        raise BadInputError(Problem("where", what, "name a service"))
    frequent = rows[~timed[rows]]
    for column, headway in columns.items():
        old = services[column].to_numpy(np.float64, copy=True)
        shorter = np.fmin(old[frequent], headway)
        old[frequent] = headway if named else np.where(np.isnan(old[frequent]), np.nan, shorter)
        services[column] = old
    more = 0
    departures = services["departures"].tolist()
    for row in rows[timed[rows]].tolist():
        before = departures[row]
        if named:
            before = _outside(before, by_period, draft.about)
        filled = filled_departures(before, by_period, draft.about, everywhere=not named)
        more += len(filled.split()) - len(departures[row].split())
        departures[row] = filled
    services["departures"] = pd.Series(departures, index=services.index, dtype="str")
    draft.tables["services"] = services
    words = f"headway of {len(rows)} services, {more:+d} departures"
    return Touched(by, change.type, words, {"services": len(rows)}, change.source, change.confidence)


def _main_patterns(draft: Draft, services: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pattern of each route that most of its trains run, by rows of the services."""
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable")
    ends = calls.groupby("service_id")["station_id"].agg(["first", "last", "size"])
    table = services.iloc[rows][["service_id", "class"]].assign(row=rows)
    table["trains"] = _trains(services.iloc[rows], draft.about)
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


def _trains(services: pd.DataFrame, about: About) -> NDArray[np.float64]:
    """Return how many trains a day services have; of a headway, those of its periods."""
    trains = np.array([len(text.split()) for text in services["departures"]], float)
    for period in about.periods:
        headway_min = services[headway_column(period.name)].to_numpy(np.float64)
        more = period.length_s / 60 / np.where(headway_min > 0, headway_min, np.inf)
        trains += np.where(services["departures"] == "", more, 0.0)
    return trains


def _outside(listed: str, headway_min: Mapping[str, float], about: About) -> str:
    """Return the departures outside the periods that a headway is set for."""
    spans = [(period.start_s, period.end_s) for period in about.periods if period.name in headway_min]
    kept = [text for text in listed.split() if not any(a <= seconds_of(text) < b for a, b in spans)]
    return " ".join(kept)


def filled_departures(
    listed: str, headway_min: Mapping[str, float], about: About, *, everywhere: bool = True
) -> str:
    """Return departures with as many more as keep the gaps to the headway.

    Parameters
    ----------
    listed
        Departures, ``07:05 08:10``.
    headway_min
        Headway by period, minutes. Two departures of which the later lies in a period are no further apart
        than its headway, unless the earlier one's is longer and the period has just begun.
    about
        Periods and service hours of the region.
    everywhere
        Whether gaps at other times of the service hours are kept to the longest of the headways, too.
    """
    longest = max(headway_min.values()) if everywhere else float("inf")
    old = sorted(seconds_of(text) // 60 for text in listed.split())
    at, end = about.service_start_s // 60, about.service_end_s // 60
    new: list[int] = []
    if not everywhere:
        spans = sorted(
            (p.start_s // 60, p.end_s // 60, headway_min[p.name])
            for p in about.periods
            if p.name in headway_min
        )
        for start, stop, headway in spans:
            count = max(int((stop - start) / headway), 1)
            new += [start + int(k * headway) for k in range(count)]
        return _listed({*old, *new})
    for stop in [*(minute for minute in old if at <= minute <= end), end]:
        while stop - at > max(int(_headway_at(at, headway_min, about, longest)), 1):
            at = _next(at, headway_min, about, longest)
            if at >= stop:
                break
            new.append(at)
        at = stop
    return _listed({*old, *new})


def _next(at: int, headway_min: Mapping[str, float], about: About, longest: float) -> int:
    """Return the latest minute of a departure after one: a period that begins before it sets its own pace."""
    step = max(int(_headway_at(at, headway_min, about, longest)), 1)
    for period in about.periods:
        start = period.start_s // 60
        if period.name in headway_min and at < start < at + step:
            own = max(int(headway_min[period.name]), 1)
            return min(at + step, max(start, at + own))
    return at + step


def _headway_at(minute: int, headway_min: Mapping[str, float], about: About, longest: float) -> float:
    """Return the headway at a minute of the day."""
    for period in about.periods:
        if period.name in headway_min and period.start_s <= minute * 60 < period.end_s:
            return headway_min[period.name]
    return longest


def _listed(minutes: set[int]) -> str:
    """Return minutes of the day as a list of departures."""
    return " ".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in sorted(minutes))
