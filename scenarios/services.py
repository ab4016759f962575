"""Changes of services that are there: fewer, faster, with other dwells, calls and ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.dates import keep_calls
from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched
from scenarios.lines import extend
from scenarios.stations import renumbered

if TYPE_CHECKING:
    from scenarios.changes import AdjustDwellTime, AdjustSpeed, RemoveService, RemoveStops, Reroute, Where
    from scenarios.draft import Draft


def remove_service(draft: Draft, change: RemoveService, by: str) -> Touched:
    """Take services away."""
    fits = draft.services_where(change.where)
    gone = set(draft.tables["services"].loc[fits, "service_id"])
    draft.tables["services"] = draft.tables["services"][~fits]
    calls = draft.tables["service_stops"]
    left = ~calls["service_id"].isin(gone)
    draft.tables["service_stops"] = calls[left]
    rows = {"services": len(gone), "service_stops": int((~left).sum())}
    words = f"{len(gone)} services taken away"
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def adjust_speed(draft: Draft, change: AdjustSpeed, by: str) -> Touched:
    """Divide times in motion by a factor, and speed up the lines of services without times."""
    names, calls = _meant(draft, change.where)
    moving = calls["arrive_min"].notna() | calls["depart_min"].notna()
    timed = calls["service_id"].isin(names) & moving
    for _, group in calls[timed].groupby("service_id"):
        arrive, depart = group["arrive_min"].to_numpy(), group["depart_min"].to_numpy()
        run = (arrive[1:] - depart[:-1]) / change.factor
        dwell = np.nan_to_num(depart[1:] - arrive[1:])
        ends = depart[0] + np.cumsum(run + np.append(0.0, dwell[:-1]))
        calls.loc[group.index[1:], "arrive_min"] = ends
        calls.loc[group.index[1:], "depart_min"] = np.where(np.isnan(depart[1:]), np.nan, ends + dwell)
    untimed = names - set(calls.loc[timed, "service_id"])
    lines = _faster_lines(draft, untimed, change.factor)
    draft.tables["service_stops"] = calls
    words = f"times of {len(names) - len(untimed)} services, speed of {lines} lines"
    rows = {"service_stops": int(timed.sum()), "lines": lines}
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def _faster_lines(draft: Draft, untimed: set[str], factor: float) -> int:
    """Speed up the lines of services without times; return how many.

    Raises
    ------
    BadInputError
        Other services without times run on such a line, or one has no line.
    """
    services = draft.tables["services"]
    mine = services["service_id"].isin(untimed)
    calls = draft.tables["service_stops"]
    has_times = set(calls.loc[calls["arrive_min"].notna(), "service_id"])
    on = set(services.loc[mine, "line_id"])
    others = services[services["line_id"].isin(on) & ~mine & ~services["service_id"].isin(has_times)]
    if "" in on:
        lost = str(services.loc[mine & (services["line_id"] == ""), "service_id"].min())
        raise BadInputError(Problem("where", f"{lost} has neither times nor a line", "give it a line"))
    if len(others):
        what = f"{others['service_id'].iloc[0]} runs on the same line, whose speed it takes"
        raise BadInputError(Problem("where.service", what, "name the line"))
    lines = draft.tables["lines"].copy()
    rows = lines["line_id"].isin(on)
    for column in ("commercial_speed_kmh", "max_speed_kmh"):
        lines.loc[rows, column] = (lines.loc[rows, column] * factor).clip(5, 500)
    draft.tables["lines"] = lines
    return int(rows.sum())


def adjust_dwell_time(draft: Draft, change: AdjustDwellTime, by: str) -> Touched:
    """Set the dwell of timetabled services between their ends."""
    names, calls = _meant(draft, change.where)
    timed = calls["service_id"].isin(names) & calls["arrive_min"].notna() & calls["depart_min"].notna()
    if not timed.any():
        raise BadInputError(Problem("where", "matches no timetabled call", "dwell is in the speed of others"))
    for _, group in calls[calls["service_id"].isin(calls.loc[timed, "service_id"])].groupby("service_id"):
        arrive, depart = group["arrive_min"].to_numpy(), group["depart_min"].to_numpy()
        run = arrive[1:] - depart[:-1]
        ends = depart[0] + np.cumsum(run + np.append(0.0, np.full(len(run) - 1, change.dwell_min)))
        calls.loc[group.index[1:], "arrive_min"] = ends
        calls.loc[group.index[1:-1], "depart_min"] = ends[:-1] + change.dwell_min
    draft.tables["service_stops"] = calls
    words, rows = f"dwell at {int(timed.sum())} calls", {"service_stops": int(timed.sum())}
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def remove_stops(draft: Draft, change: RemoveStops, by: str) -> Touched:
    """Let services pass stations; the way past is added up, run times stay."""
    names, calls = _meant(draft, change.where)
    known = draft.station_ids()
    for name in change.stations:
        if name not in known:
            raise UnknownNameError("station", name, sorted(known), where="stations")
    drop = calls["service_id"].isin(names) & calls["station_id"].isin(change.stations)
    if not drop.any():
        what = "no service that is meant calls there"
        raise BadInputError(Problem("stations", what, "see service_stops.csv"))
    left = calls[~drop].groupby("service_id").size()
    short = sorted(set(calls.loc[drop, "service_id"]) - set(left[left > 1].index))
    if short:
        what = f"{short[0]} would keep fewer than two calls"
        raise BadInputError(Problem("stations", what, "use remove-service"))
    mask = (~drop).to_numpy(bool, copy=True)
    track = np.ones(len(calls), bool)
    draft.tables["services"], draft.tables["service_stops"] = keep_calls(
        draft.tables["services"], calls, mask, track
    )
    words, rows = f"{int(drop.sum())} calls dropped", {"service_stops": int(drop.sum())}
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def reroute(draft: Draft, change: Reroute, by: str) -> Touched:
    """Let services run by other stops between two of their calls, or on beyond an end."""
    if change.to_station is None or change.minutes is None:
        return extend(draft, change, by)
    known = draft.station_ids()
    for name in (change.from_station, change.to_station, *change.via):
        if name not in known:
            raise UnknownNameError("station", name, sorted(known), where="from_station, to_station, via")
    names, calls = _meant(draft, change.where)
    pieces, count = [], 0
    for service, group in calls.groupby("service_id", sort=False):
        stops = list(group["station_id"])
        ends = change.from_station, change.to_station
        if service not in names or not all(name in stops for name in ends):
            pieces.append(group)
            continue
        one = stops.index(ends[0])
        if ends[1] not in stops[one + 1 :]:
            pieces.append(group)
            continue
        if not group["arrive_min"].iloc[1:].notna().all():
            what = f"{stops[0]} to {stops[-1]} has no times of its own, so minutes would count for nothing"
            raise BadInputError(Problem("where", what, "use remove-service and add-service"))
        count += 1
        pieces.append(_by_way(group, one, stops.index(ends[1], one + 1), change))
    if not count:
        what = f"no service that is meant runs from {change.from_station} to {change.to_station}"
        raise BadInputError(Problem("where", what, "give two of its calls in their order"))
    draft.tables["service_stops"] = renumbered(draft, pd.concat(pieces, ignore_index=True))
    words, rows = f"{count} services rerouted", {"services": count}
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def _by_way(group: pd.DataFrame, one: int, two: int, change: Reroute) -> pd.DataFrame:
    """Return the calls of a service with another way between two of them."""
    start = float(group["depart_min"].iloc[one])
    minutes = change.minutes or 0.0
    step = minutes / (len(change.via) + 1)
    new = pd.DataFrame(
        {
            "service_id": group["service_id"].iloc[0],
            "station_id": change.via,
            "arrive_min": [start + step * (place + 1) for place in range(len(change.via))],
            "depart_min": [start + step * (place + 1) for place in range(len(change.via))],
            "track_project_id": "",
            "confidence": change.confidence,
        }
    )
    rest = group.iloc[two:].copy()
    rest[["arrive_min", "depart_min"]] += start + minutes - float(rest["arrive_min"].iloc[0])
    rest.loc[rest.index[0], "distance_km"] = np.nan
    both = pd.concat([group.iloc[: one + 1], new.reindex(columns=group.columns), rest], ignore_index=True)
    return both.assign(seq=np.arange(1, len(both) + 1))


def _meant(draft: Draft, where: Where) -> tuple[set[str], pd.DataFrame]:
    """Return the services that a change is for, and a copy of all calls in their order."""
    fits = draft.services_where(where)
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    return set(draft.tables["services"].loc[fits, "service_id"]), calls
