"""Building a `Timetable` from plain long tables: checks, patterns without overtaking, headways, transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.errors import BadInputError, Problem
from network.timetable import LATEST_S, ROUTE_COLUMNS, STOP_COLUMNS, Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Int64s = NDArray[np.int64]
    Names = NDArray[np.object_]

_MOST_NAMED = 5  # rows that a problem names


def built(
    stops: pd.DataFrame,
    stop_times: pd.DataFrame,
    routes: pd.DataFrame | None,
    frequencies: pd.DataFrame | None,
    transfers: pd.DataFrame | None,
    change_s: int,
) -> Timetable:
    """Return the timetable of long tables; see `Timetable.from_trips`."""
    frequencies = _given(frequencies, ["trip_id", "start_s", "end_s", "headway_s", "exact"])
    transfers = _given(transfers, ["from_stop_id", "to_stop_id", "seconds"])
    routes = _given(routes, ["route_id"])
    _refuse(_columns(stops, stop_times, routes, frequencies, transfers))
    stops = _stops(stops, change_s)
    _refuse(_told("stops", stops["stop_id"][stops["stop_id"].duplicated()], "stands twice", "give it once"))
    calls, names = _calls(stops, stop_times)
    _refuse(
        [
            *_stop_problems(stops),
            *_call_problems(calls, names, stop_times),
            *_route_problems(routes),
            *_frequency_problems(frequencies, names),
            *_transfer_problems(transfers, stops),
        ]
    )
    return _timetable(stops, calls, names, routes, frequencies, transfers)


# ------------------------------------------------------------------------------------------------ the tables


def _given(frame: pd.DataFrame | None, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in names}) if frame is None else frame


def _columns(
    stops: pd.DataFrame,
    stop_times: pd.DataFrame,
    routes: pd.DataFrame,
    frequencies: pd.DataFrame,
    transfers: pd.DataFrame,
) -> list[Problem]:
    """Return which columns are missing."""
    needed = {
        "stops": (stops, ("stop_id", "lon", "lat")),
        "stop_times": (stop_times, ("trip_id", "sequence", "stop_id", "arrival_s", "departure_s")),
        "routes": (routes, ("route_id",)),
        "frequencies": (frequencies, ("trip_id", "start_s", "end_s", "headway_s", "exact")),
        "transfers": (transfers, ("from_stop_id", "to_stop_id", "seconds")),
    }
    return [
        Problem(table, f"column {name!r} is missing", f"the columns {', '.join(names)} are needed")
        for table, (frame, names) in needed.items()
        for name in names
        if name not in frame
    ]


def _stops(stops: pd.DataFrame, change_s: int) -> pd.DataFrame:
    """Return the stops with all columns."""
    table = pd.DataFrame({"stop_id": stops["stop_id"].astype("str")}).reset_index(drop=True)
    for name in ("name_zh", "name_en"):
        table[name] = stops[name].fillna("").astype("str").to_numpy() if name in stops else ""
    for name in ("lon", "lat"):
        table[name] = stops[name].to_numpy(np.float64)
    parent = stops["complex"].fillna("").astype("str").to_numpy() if "complex" in stops else ""
    table["complex"] = parent
    table["complex"] = table["complex"].where(table["complex"] != "", table["stop_id"])
    for name, blank in (("entry_s", 0), ("exit_s", 0), ("change_s", change_s)):
        given = stops[name].fillna(blank).to_numpy(np.float64) if name in stops else float(blank)
        table[name] = given
    return table


def _calls(stops: pd.DataFrame, stop_times: pd.DataFrame) -> tuple[pd.DataFrame, Names]:
    """Return the calls sorted by trip and sequence, with rows for ids; and the trips' ids in order."""
    trip, names = pd.factorize(stop_times["trip_id"], sort=True)
    calls = pd.DataFrame({"trip": trip.astype(np.int64), "row": np.arange(len(trip))})
    calls["stop"] = pd.Index(stops["stop_id"]).get_indexer(pd.Index(stop_times["stop_id"].astype("str")))
    for name in ("sequence", "arrival_s", "departure_s"):
        calls[name] = stop_times[name].to_numpy(np.float64, na_value=np.nan)
    for name in ("can_board", "can_alight"):
        calls[name] = stop_times[name].to_numpy(bool) if name in stop_times else True
    route = stop_times["route_id"].astype("str").to_numpy() if "route_id" in stop_times else ""
    calls["route"] = route
    calls = calls.sort_values(["trip", "sequence"], kind="stable", ignore_index=True)
    return calls, np.asarray(names.astype("str"), object)


# ------------------------------------------------------------------------------------------------ the checks


def _refuse(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise BadInputError(found)


def _told(table: str, rows: Iterable[object], what: str, fix: str) -> list[Problem]:
    """Return one problem that names the first of the rows; none where there is no row."""
    named = [str(row) for row in rows]
    if not named:
        return []
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return [Problem(table, f"{', '.join(named[:_MOST_NAMED])}{more}: {what}", fix)]


def _stop_problems(stops: pd.DataFrame) -> list[Problem]:
    ids = stops["stop_id"]
    placed = stops["lon"].between(-180, 180) & stops["lat"].between(-90, 90)
    seconds = stops[["entry_s", "exit_s", "change_s"]].to_numpy()
    wrong = ~np.all((seconds >= 0) & (seconds <= LATEST_S) & (seconds % 1 == 0), axis=1)
    return [
        *_told("stops", ids[~placed], "has no position on the earth", "lon and lat in degrees, WGS 84"),
        *_told("stops", ids[wrong], "entry_s, exit_s or change_s is none", "whole seconds, not below 0"),
    ]


def _call_problems(calls: pd.DataFrame, names: Names, stop_times: pd.DataFrame) -> list[Problem]:
    trip = calls["trip"].to_numpy()
    times = calls[["arrival_s", "departure_s"]].to_numpy()
    with np.errstate(invalid="ignore"):
        fine = np.all((np.abs(times) <= LATEST_S) & (times % 1 == 0), axis=1)
    same = trip[1:] == trip[:-1]
    again = same & (calls["sequence"].to_numpy()[1:] == calls["sequence"].to_numpy()[:-1])
    twice = np.append(again, False)[: len(trip)]
    back = (times[:, 1] < times[:, 0]) & fine
    back[1:] |= same & (times[1:, 0] < times[:-1, 1]) & fine[1:] & fine[:-1]
    lost = stop_times["stop_id"].astype("str").to_numpy()[calls["row"][calls["stop"] < 0]]
    single = np.flatnonzero(np.bincount(trip, minlength=len(names)) == 1)
    routes = calls.groupby("trip")["route"].nunique()
    by_trip = "trip " + pd.Series(names, dtype="str")

    def trips(rows: NDArray[np.bool_]) -> pd.Series[str]:
        return by_trip.iloc[np.unique(trip[rows])]

    return [
        *_told("stop_times", dict.fromkeys(lost), "is no stop", "add it to stops"),
        *_told("stop_times", trips(~fine), "has a time that is none", "whole seconds after midnight"),
        *_told("stop_times", trips(back), "goes back in time", "no time earlier than the one before"),
        *_told("stop_times", trips(twice), "calls twice at one sequence", "number the calls"),
        *_told("stop_times", by_trip.iloc[single], "has one call", "a trip has two calls or more"),
        *_told("stop_times", by_trip.iloc[routes.index[routes > 1]], "is of two routes", "give it one"),
    ]


def _route_problems(routes: pd.DataFrame) -> list[Problem]:
    ids = routes["route_id"].astype("str")
    gate = routes["gate_s"].fillna(0).to_numpy(np.float64) if "gate_s" in routes else np.zeros(len(routes))
    wrong = ~((gate >= 0) & (gate <= LATEST_S) & (gate % 1 == 0))
    return [
        *_told("routes", ids[ids.duplicated()], "stands twice", "give each route once"),
        *_told("routes", ids[wrong], "gate_s is none", "whole seconds, not below 0"),
    ]


def _frequency_problems(frequencies: pd.DataFrame, names: Names) -> list[Problem]:
    ids = frequencies["trip_id"].astype("str")
    known = ids.isin(set(names))
    clocks = frequencies[["start_s", "end_s", "headway_s"]].to_numpy(np.float64)
    fine = np.all((np.abs(clocks) <= LATEST_S) & (clocks % 1 == 0), axis=1)
    backward = fine & (clocks[:, 1] <= clocks[:, 0])
    never = fine & (clocks[:, 2] <= 0)
    ordered = frequencies.assign(trip_id=ids).sort_values(["trip_id", "start_s"], ignore_index=True)
    before = ordered["end_s"].shift().where(ordered["trip_id"] == ordered["trip_id"].shift())
    overlap = ordered.loc[ordered["start_s"] < before, "trip_id"]
    return [
        *_told("frequencies", dict.fromkeys(ids[~known]), "is no trip", "add it to stop_times"),
        *_told("frequencies", ids[~fine], "has a time that is none", "whole seconds"),
        *_told("frequencies", ids[backward], "ends before it starts", "end_s above start_s"),
        *_told("frequencies", ids[never], "has no headway", "headway_s above 0"),
        *_told("frequencies", dict.fromkeys(overlap), "has bands that overlap", "end one before the next"),
    ]


def _transfer_problems(transfers: pd.DataFrame, stops: pd.DataFrame) -> list[Problem]:
    known = set(stops["stop_id"])
    ids = pd.concat([transfers["from_stop_id"], transfers["to_stop_id"]]).astype("str")
    seconds = transfers["seconds"].to_numpy(np.float64)
    wrong = ~((seconds >= 0) & (seconds <= LATEST_S) & (seconds % 1 == 0))
    pairs = transfers["from_stop_id"].astype("str") + " to " + transfers["to_stop_id"].astype("str")
    return [
        *_told("transfers", dict.fromkeys(ids[~ids.isin(known)]), "is no stop", "add it to stops"),
        *_told("transfers", pairs[wrong], "has no time", "whole seconds, not below 0"),
    ]


# ---------------------------------------------------------------------------------------------- the timetable


def _timetable(
    stops: pd.DataFrame,
    calls: pd.DataFrame,
    names: Names,
    routes: pd.DataFrame,
    frequencies: pd.DataFrame,
    transfers: pd.DataFrame,
) -> Timetable:
    """Return the timetable of checked tables."""
    stop = calls["stop"].to_numpy(np.int64)
    arrival, departure = (calls[name].to_numpy(np.int64) for name in ("arrival_s", "departure_s"))
    length = np.bincount(calls["trip"], minlength=len(names))
    first = np.append(0, np.cumsum(length))[:-1]
    band = pd.Index(names).get_indexer(pd.Index(frequencies["trip_id"].astype("str")))
    by_headway = np.zeros(len(names), bool)
    by_headway[band] = True
    runs = _patterns(calls, first, length, by_headway, arrival, departure)
    lead = np.array([trips[0] for trips in runs], np.int64)
    at = _flat(first[lead], length[lead])
    frequent = by_headway[lead]
    timed = [np.zeros(0, np.int64) if often else run for run, often in zip(runs, frequent, strict=True)]
    scheduled = np.concatenate([np.zeros(0, np.int64), *timed])
    counts = np.array([len(run) for run in timed], np.int64)
    every = _flat(first[scheduled], length[scheduled])
    left_s = np.repeat(departure[first[lead]], length[lead])
    run = np.repeat(frequent, length[lead])
    pattern_of = np.full(len(names), -1, np.int64)
    pattern_of[lead[frequent]] = np.flatnonzero(frequent)
    order = np.lexsort((frequencies["start_s"].to_numpy(np.int64), pattern_of[band]))
    bands = frequencies.iloc[order]
    route_of = calls["route"].to_numpy()[first[lead]]
    labels = routes.assign(route_id=routes["route_id"].astype("str")).set_index("route_id").reindex(route_of)
    table = pd.DataFrame({"route_id": pd.Series(route_of, dtype="str")})
    for name in ROUTE_COLUMNS[1:]:
        table[name] = labels[name].fillna("").astype("str").to_numpy() if name in labels else ""
    gate = labels["gate_s"].fillna(0).to_numpy() if "gate_s" in labels else np.zeros(len(lead))
    start, to, seconds, change = _transfers(transfers, stops)
    return Timetable(
        stops=stops[list(STOP_COLUMNS)],
        routes=table,
        pattern_start=_starts(length[lead]),
        pattern_stops=stop[at].astype(np.int32),
        can_board=calls["can_board"].to_numpy()[at],
        can_alight=calls["can_alight"].to_numpy()[at],
        gate_s=gate.astype(np.int32),
        pattern_trips_start=_starts(counts),
        trip_ids=names[scheduled],
        trip_times_start=np.append(0, np.cumsum(length[scheduled])).astype(np.int64),
        arrival_s=arrival[every].astype(np.int32),
        departure_s=departure[every].astype(np.int32),
        run_arrival_s=np.where(run, arrival[at] - left_s, 0).astype(np.int32),
        run_departure_s=np.where(run, departure[at] - left_s, 0).astype(np.int32),
        headway_pattern=pattern_of[band][order].astype(np.int32),
        headway_start_s=bands["start_s"].to_numpy(np.int32),
        headway_end_s=bands["end_s"].to_numpy(np.int32),
        headway_s=bands["headway_s"].to_numpy(np.int32),
        headway_exact=bands["exact"].to_numpy(bool),
        transfer_start=start,
        transfer_stop=to,
        transfer_s=seconds,
        change_s=change,
        entry_s=stops["entry_s"].to_numpy(np.int32),
        exit_s=stops["exit_s"].to_numpy(np.int32),
    )


def _patterns(
    calls: pd.DataFrame, first: Int64s, length: Int64s, by_headway: Bools, arrival: Int64s, departure: Int64s
) -> list[Int64s]:
    """Return the trips of each pattern in order of departure, headway services each on their own."""
    stop = calls["stop"].to_numpy(np.int64) * 4 + calls["can_board"] * 2 + calls["can_alight"]
    stop, route = np.asarray(stop, np.int64), calls["route"].to_numpy()
    groups: dict[object, list[int]] = {}
    for trip, (begin, many) in enumerate(zip(first.tolist(), length.tolist(), strict=True)):
        own = trip if by_headway[trip] else -1
        groups.setdefault((route[begin], own, stop[begin : begin + many].tobytes()), []).append(trip)
    patterns: list[Int64s] = []
    for group in groups.values():
        trips = np.array(group, np.int64)
        at = first[trips][:, None] + np.arange(length[trips[0]])
        times = np.stack([arrival[at], departure[at]], axis=2).reshape(len(trips), -1)
        order = np.lexsort(times.T[::-1])
        patterns += [trips[order[rows]] for rows in _without_overtaking(times[order])]
    return patterns


def _without_overtaking(times: Int64s) -> list[Int64s]:
    """Return rows of sorted times, [trips, times], in runs without a time earlier than in the row before."""
    if len(times) < 2 or bool((times[1:] >= times[:-1]).all()):  # noqa: PLR2004 - a row and the one before
        return [np.arange(len(times))]
    runs: list[list[int]] = []
    for row in range(len(times)):
        for run in runs:
            if (times[row] >= times[run[-1]]).all():
                run.append(row)
                break
        else:
            runs.append([row])
    return [np.array(run, np.int64) for run in runs]


def _transfers(
    transfers: pd.DataFrame, stops: pd.DataFrame
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return start, stop and seconds of the transfers by stop, and the seconds of a change at each stop."""
    ids = pd.Index(stops["stop_id"])
    links = pd.DataFrame(
        {
            "tail": ids.get_indexer(pd.Index(transfers["from_stop_id"].astype("str"))),
            "head": ids.get_indexer(pd.Index(transfers["to_stop_id"].astype("str"))),
            "seconds": transfers["seconds"].to_numpy(np.int64),
        }
    )
    links = links.sort_values(["tail", "head", "seconds"]).drop_duplicates(["tail", "head"])
    own = links[links["tail"] == links["head"]]
    change = stops["change_s"].to_numpy(np.int32).copy()
    change[own["tail"]] = own["seconds"]
    links = links[links["tail"] != links["head"]]
    start = _starts(np.bincount(links["tail"], minlength=len(stops)))
    return start, links["head"].to_numpy(np.int32), links["seconds"].to_numpy(np.int32), change


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the first place of each of several runs that follow each other, and their end."""
    return np.append(0, np.cumsum(counts)).astype(np.int32)


def _flat(start: Int64s, length: Int64s) -> Int64s:
    """Return the places of several runs, each from its start on, one run after another."""
    ends = np.cumsum(length)
    return np.repeat(start - np.append(0, ends)[:-1], length) + np.arange(ends[-1] if len(ends) else 0)
