"""The timetable of a region: departures and headways of services, gates, changes and walks of stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.complexes import complex_of
from network.headways import headway_bands
from network.rides import DAY_S, calls, timetable
from network.station_times import by_class_s, change_s, entry_s, gate_s, street_changes
from network.timetable import Timetable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.region import Region
    from network.rides import Calls

    Ints = NDArray[np.int64]

_LATE_S = DAY_S + 12 * 3600  # searches end before noon of the next day


def region_timetable(region: Region, *, around: bool = True) -> Timetable:
    """Return the timetable of a region's services; see `Timetable.from_region`."""
    stations, services = region.stations, region.services
    complexes = complex_of(region)
    ids = stations["station_id"]
    stops = pd.DataFrame(
        {
            "stop_id": ids,
            **{name: stations[name] for name in ("name_zh", "name_en", "lon", "lat")},
            "complex": ids.groupby(complexes).transform("first"),
            "entry_s": entry_s(region),
            "exit_s": by_class_s(region, "exit"),
            "change_s": change_s(region),
        }
    )
    lines = region.table("lines").set_index("line_id")["name_en"].reindex(services["line_id"])
    names = pd.Series(lines.to_numpy()).fillna("")
    routes = pd.DataFrame(
        {
            "route_id": services["service_id"],
            "name": services["name"].where(services["name"] != "", names),
            "gate_s": gate_s(region),
        }
    )
    tail, head, seconds = street_changes(region)
    named = ids.to_numpy()
    links = pd.DataFrame({"from_stop_id": named[tail], "to_stop_id": named[head], "seconds": seconds})
    found = calls(region)
    shifts_s = (-DAY_S, 0, DAY_S) if around else (0,)
    trips = _trips(region, found, shifts_s)
    often, frequencies = _headways(region, found, shifts_s)
    times = pd.concat([trips, often], ignore_index=True)
    return Timetable.from_trips(stops, times, routes=routes, frequencies=frequencies, transfers=links)


def _stop_times(region: Region, found: Calls, service: Ints, left_s: Ints, names: list[str]) -> pd.DataFrame:
    """Return the long stop times of trips of services that leave their first call at `left_s`."""
    many = np.bincount(found.service, minlength=len(region.services))
    first = np.append(0, np.cumsum(many))[:-1]
    each = many[service]
    row = np.repeat(np.arange(len(service)), each)
    within = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    call = first[service][row] + within
    return pd.DataFrame(
        {
            "trip_id": np.array(names, object)[row],
            "sequence": within,
            "stop_id": region.stations["station_id"].to_numpy()[found.station[call]],
            "arrival_s": found.arrive_s[call] + left_s[row],
            "departure_s": found.depart_s[call] + left_s[row],
            "route_id": region.services["service_id"].to_numpy()[service[row]],
        }
    )


def _trips(region: Region, found: Calls, shifts_s: tuple[int, ...]) -> pd.DataFrame:
    """Return the stop times of all timetabled trips that run on the day, or into it from the day before."""
    service, left_s = timetable(region.services)
    lasts_s = _run_s(region, found)
    ids = region.services["service_id"].to_numpy()
    tables = []
    for shift_s in shifts_s:
        start_s = left_s + shift_s
        near = (start_s + lasts_s[service] >= 0) & (start_s <= _LATE_S)
        runs = near if shift_s else np.ones(len(left_s), bool)
        rows = np.flatnonzero(runs)
        names = [f"{ids[service[row]]} {_clock(int(start_s[row]))}" for row in rows]
        tables.append(_stop_times(region, found, service[rows], start_s[rows], _distinct(names)))
    return pd.concat(tables, ignore_index=True)


def _headways(region: Region, found: Calls, shifts_s: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the stop times of one run of each headway service, and its bands."""
    bands = headway_bands(region)
    ids, lasts_s = region.services["service_id"].to_numpy(), _run_s(region, found)
    tables = []
    for shift_s in shifts_s:
        start_s, end_s = bands.start_s + shift_s, bands.end_s + shift_s
        near = (end_s + lasts_s[bands.service] >= 0) & (start_s <= _LATE_S)
        table = pd.DataFrame(
            {
                "trip_id": ids[bands.service],
                "start_s": start_s,
                "end_s": end_s,
                "headway_s": bands.headway_s,
                "exact": False,
            }
        )
        tables.append(table[near] if shift_s else table)
    running = np.unique(bands.service)
    names = [str(ids[row]) for row in running]
    start_s = np.zeros(len(running), np.int64)
    return _stop_times(region, found, running, start_s, names), pd.concat(tables, ignore_index=True)


def _run_s(region: Region, found: Calls) -> Ints:
    """Return how long after its first departure each service arrives at its last call, s, [services]."""
    longest = np.zeros(len(region.services), np.int64)
    np.maximum.at(longest, found.service, found.arrive_s)
    return longest


def _clock(seconds: int) -> str:
    """Return a time as hh:mm; one of the day before or after says so."""
    day, within = divmod(seconds, DAY_S)
    mark = {-1: " (day before)", 0: "", 1: " (day after)"}.get(day, f" (day {day:+d})")
    return f"{within // 3600:02d}:{within % 3600 // 60:02d}{mark}"


def _distinct(names: list[str]) -> list[str]:
    """Return names of which none stands twice: trains at the same minute are numbered."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return out
