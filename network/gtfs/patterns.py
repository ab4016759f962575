"""Trips of a day as services: one for each route, stations and times from call to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.gtfs.clock import clock_texts
from network.rides import DAY_S
from network.schema import headway_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from network.region import Period

_MINUTE_S = 60


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """Stations and times of a trip, from its first call.

    Attributes
    ----------
    trip_id, route_id
        The trip and its route.
    stations
        Ids of the stations, in running order, no two in a row the same.
    start_s
        Departure from the first call, s after midnight.
    arrive_s, depart_s
        Seconds after `start_s` of each call.
    """

    trip_id: str
    route_id: str
    stations: tuple[str, ...]
    start_s: int
    arrive_s: tuple[int, ...]
    depart_s: tuple[int, ...]


def patterns_of(calls: pd.DataFrame, notes: list[str]) -> list[Pattern]:
    """Return the pattern of each trip.

    Parameters
    ----------
    calls
        trip_id, station_id, arrival_s, departure_s, route_id, can_board, can_alight; in order of trip and
        sequence. Calls in a row at one station, as at two of its platforms, become one.
    notes
        Gets sentences on what is left out.
    """
    trip, station = calls["trip_id"].to_numpy(), calls["station_id"].to_numpy()
    one_way = int((~(calls["can_board"] & calls["can_alight"])).sum())
    first = np.append(True, trip[1:] != trip[:-1])
    last = np.append(first[1:], True)
    ends = ~calls["can_alight"].to_numpy(bool) & first | ~calls["can_board"].to_numpy(bool) & last
    if one_way - ends.sum() > 0:
        notes.append(f"{one_way - ends.sum()} calls for boarding or alighting alone count as full ones.")
    begins = first | np.append(True, station[1:] != station[:-1])
    finishes = np.append(begins[1:], True)
    arrive, depart = calls["arrival_s"].to_numpy()[begins], calls["departure_s"].to_numpy()[finishes]
    trip, station, route = trip[begins], station[begins], calls["route_id"].to_numpy()[begins]
    starts = np.flatnonzero(np.append(True, trip[1:] != trip[:-1]))
    found, lost = [], 0
    for start, end in zip(starts, np.append(starts[1:], len(trip)), strict=True):
        if end - start < 2:  # noqa: PLR2004 - a ride needs two calls
            lost += 1
            continue
        left_s = int(depart[start])
        found.append(
            Pattern(
                trip_id=str(trip[start]),
                route_id=str(route[start]),
                stations=tuple(station[start:end]),
                start_s=left_s,
                arrive_s=(0, *(arrive[start + 1 : end] - left_s).tolist()),
                depart_s=(*(depart[start : end - 1] - left_s).tolist(), int(arrive[end - 1]) - left_s),
            )
        )
    if lost:
        notes.append(f"{lost} trips that call at one station alone are left out.")
    return found


def services_of(
    patterns: Sequence[Pattern], frequencies: pd.DataFrame, periods: Sequence[Period], notes: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the services of patterns, and their calls.

    Parameters
    ----------
    patterns
        Of all trips; those with headways are not trips themselves.
    frequencies
        trip_id, start_s, end_s, headway_s, exact.
    periods
        Periods of the region, for headways without a phase.
    notes
        Gets sentences on what is told otherwise.

    Returns
    -------
    services : DataFrame
        service_id, route_id, departures, first_departure, last_departure, a column of headways a period;
        first, last (stations), calls (their number).
    stops : DataFrame
        service_id, seq, station_id, arrive_min, depart_min.
    """
    bands = {str(trip): rows for trip, rows in frequencies.groupby("trip_id")}
    timed: dict[tuple[Any, ...], list[int]] = {}
    often: list[tuple[Pattern, dict[str, Any]]] = []
    expanded = 0
    for one in patterns:
        if one.trip_id not in bands:
            _leave(timed, one, [one.start_s])
            continue
        rows = bands[one.trip_id]
        vague = rows[~rows["exact"]]
        headways = _headways(vague, periods) if len(vague) else {}
        if len(vague) and headways:
            often.append((one, headways))
        else:
            expanded += len(vague)
        for start_s, end_s, headway_s in _spans(rows[rows["exact"]] if headways else rows):
            _leave(timed, one, range(start_s, end_s, headway_s))
    if expanded:
        notes.append(
            f"{expanded} headways outside of all periods became departures from the start of their spans."
        )
    services, stops = [], []
    count: dict[str, int] = {}
    for key in sorted(timed, key=lambda key: (key[0], -len(timed[key]), key)):
        route, stations, offset_s, arrive_s, depart_s = key
        count[route] = count.get(route, 0) + 1
        name = f"{route}-{count[route]}"
        clocks = [clock[:5] for clock in clock_texts(sorted(timed[key]))]
        services.append(_service(name, route, stations) | {"departures": " ".join(clocks)})
        stops += _stops(name, stations, offset_s, arrive_s, depart_s)
    for one, headways in often:
        services.append(_service(one.trip_id, one.route_id, one.stations) | headways)
        stops += _stops(one.trip_id, one.stations, 0, one.arrive_s, one.depart_s)
    return pd.DataFrame(services), pd.DataFrame(stops)


def _leave(timed: dict[tuple[Any, ...], list[int]], one: Pattern, starts_s: Iterable[int]) -> None:
    """Add departures, in whole minutes; the seconds that are over are a part of the times of the service."""
    for start_s in starts_s:
        key = (one.route_id, one.stations, start_s % _MINUTE_S, one.arrive_s, one.depart_s)
        timed.setdefault(key, []).append(start_s - start_s % _MINUTE_S)


def _spans(bands: pd.DataFrame) -> list[tuple[int, int, int]]:
    """Return start, end and headway of each band, s."""
    rows = bands[["start_s", "end_s", "headway_s"]].to_numpy(np.int64).tolist()
    return [(start_s, end_s, headway_s) for start_s, end_s, headway_s in rows]


def _headways(bands: pd.DataFrame, periods: Sequence[Period]) -> dict[str, Any]:
    """Return first and last departure and the headway of each period that gives as many departures in it."""
    spans = _spans(bands)
    first_s, last_s = min(start_s for start_s, _, _ in spans), max(end_s for _, end_s, _ in spans)
    found = {}
    for period in periods:
        span_s = sum(_overlap_s(first_s, last_s, period, shift) for shift in (-DAY_S, 0, DAY_S))
        trips = sum(
            _overlap_s(start_s, end_s, period, shift) / headway_s
            for start_s, end_s, headway_s in spans
            for shift in (-DAY_S, 0, DAY_S)
        )
        if trips > 0:
            found[headway_column(period.name)] = span_s / trips / _MINUTE_S
    clocks = clock_texts([first_s, last_s])
    return {"first_departure": clocks[0][:5], "last_departure": clocks[1][:5], **found} if found else {}


def _overlap_s(start_s: int, end_s: int, period: Period, shift_s: int) -> int:
    return max(0, min(end_s, period.end_s + shift_s) - max(start_s, period.start_s + shift_s))


def _service(name: str, route: str, stations: Sequence[str]) -> dict[str, Any]:
    return {
        "service_id": name,
        "route_id": route,
        "departures": "",
        "first": stations[0],
        "last": stations[-1],
        "calls": len(stations),
    }


def _stops(
    name: str, stations: Sequence[str], offset_s: int, arrive_s: Sequence[int], depart_s: Sequence[int]
) -> list[dict[str, Any]]:
    end = len(stations) - 1
    return [
        {
            "service_id": name,
            "seq": seq + 1,
            "station_id": station,
            "arrive_min": None if seq == 0 else (arrive + offset_s) / _MINUTE_S,
            "depart_min": None if seq == end else (depart + offset_s) / _MINUTE_S,
        }
        for seq, (station, arrive, depart) in enumerate(zip(stations, arrive_s, depart_s, strict=True))
    ]
