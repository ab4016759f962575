"""Changes of lines, stations and services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.distances import metric_xy, straight_km
from network.ends import district_of
from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.changes import (
        AddService,
        AddStation,
        AdjustDwellTime,
        AdjustSpeed,
        RemoveService,
        RemoveStops,
        Reroute,
        Stop,
    )
    from scenarios.draft import Draft

#: Headways of planned lines, minutes in the peak and off it: the plan gives none (see docs/scenarios.md).
PLANNED_HEADWAY_MIN = {"hsr": (30, 40), "intercity": (15, 20), "conventional": (30, 60), "metro": (4, 7)}

_STATION_CLASS = {"hsr": "national", "intercity": "intercity", "conventional": "national", "metro": "metro"}


def add_service(draft: Draft, change: AddService, by: str) -> Touched:
    """Build a line with its stations, and run it both ways."""
    stations = new_stations(draft, change.stops, change.class_, by, change.source)
    lines = draft.tables["lines"]
    known = lines[lines["line_id"] == change.line]
    rows: dict[str, int] = {"stations": stations}
    hops_km = _hops_km(draft, change)
    kept = [position for position, stop in enumerate(change.stops) if not stop.passes]
    ends = np.cumsum(np.append(0.0, hops_km))
    between_km = np.diff(ends[kept])
    names = [change.stops[position].station for position in kept]
    if known.empty:
        if change.max_speed_kmh is None:
            raise BadInputError(
                Problem("max_speed_kmh", f"the new line {change.line} has no speed", "give it")
            )
        speed = change.max_speed_kmh
        rows["lines"] = draft.add(
            "lines",
            [
                {
                    "line_id": change.line,
                    "name_zh": change.name_zh,
                    "name_en": change.name_en,
                    "class": change.class_,
                    "max_speed_kmh": speed,
                    "commercial_speed_kmh": commercial_kmh(lines, speed)
                    if change.class_ == "metro"
                    else None,
                    "length_km": round(float(ends[-1]), 2),
                    "project_id": by,
                    "source": change.source,
                    "confidence": change.confidence,
                }
            ],
        )
        rows["line_stops"] = draft.add(
            "line_stops",
            [
                {
                    "line_id": change.line,
                    "seq": order,
                    "station_id": name,
                    "distance_km": None if order == 1 else round(float(between_km[order - 2]), 3),
                    "project_id": by,
                    "confidence": change.confidence,
                }
                for order, name in enumerate(names, 1)
            ],
        )
    peak, off_peak = PLANNED_HEADWAY_MIN[change.class_]
    headways = draft.headways(change.headway_min or _by_peak(draft, peak, off_peak))
    services, calls = [], []
    for way, order in (("forward", names), ("reverse", names[::-1])):
        service = f"{change.line}-{by}-{way}"
        length = between_km if way == "forward" else between_km[::-1]
        services.append(
            {
                "service_id": service,
                "line_id": change.line,
                "name": f"{change.name_en or change.line}, {way}",
                "class": change.class_,
                "first_departure": _clock(draft.about.service_start_s),
                "last_departure": _clock(draft.about.service_end_s),
                "project_id": by,
                "source": change.source,
                "confidence": change.confidence,
                **headways,
            }
        )
        calls += [
            {
                "service_id": service,
                "seq": place,
                "station_id": name,
                "distance_km": None if place == 1 else round(float(length[place - 2]), 3),
                "track_project_id": "" if place == 1 else by,
                "confidence": change.confidence,
            }
            for place, name in enumerate(order, 1)
        ]
    rows["services"] = draft.add("services", services)
    rows["service_stops"] = draft.add("service_stops", calls)
    rows["centre_stations"] = join_centres(draft, names)
    rows["transfers"] = join_on_foot(draft, names, by)
    words = f"a line of {len(names)} stops and {ends[-1]:.0f} km, {stations} new stations"
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def _by_peak(draft: Draft, peak: float, off_peak: float) -> dict[str, float]:
    """Return a headway by period: the peak's in periods called so."""
    return {name: peak if "peak" in name else off_peak for name in draft.about.period_names}


def new_stations(draft: Draft, stops: Sequence[Stop], line_class: str, by: str, source: str) -> int:
    """Open the stations of `stops` that are not there yet, by the class of line or station; return how many.

    Raises
    ------
    UnknownNameError
        A station is neither there nor has a position.
    """
    known = draft.station_ids()
    new = [stop for stop in stops if stop.station not in known and not stop.passes]
    for stop in new:
        if stop.lon is None or stop.lat is None:
            raise UnknownNameError("station", stop.station, sorted(known), where="stops")
    if not new:
        return 0
    lon, lat = (pd.Series([getattr(stop, name) for stop in new], dtype=float) for name in ("lon", "lat"))
    districts = district_of(draft.region, lon, lat)
    return draft.add(
        "stations",
        [
            {
                "station_id": stop.station,
                "name_zh": stop.name_zh,
                "name_en": stop.name_en,
                "system": stop.system or ("metro" if line_class == "metro" else "rail"),
                "class": "metro" if stop.system == "metro" else _STATION_CLASS.get(line_class, line_class),
                "district_id": district,
                "lon": stop.lon,
                "lat": stop.lat,
                "project_id": by,
                "source": source,
                "confidence": stop.confidence,
            }
            for stop, district in zip(new, districts, strict=True)
        ],
    )


def commercial_kmh(lines: pd.DataFrame, max_speed_kmh: float) -> float:
    """Return the median commercial speed of the metro lines of the nearest top speed."""
    metro = lines[(lines["class"] == "metro") & lines["commercial_speed_kmh"].notna()]
    if metro.empty:
        raise BadInputError(Problem("max_speed_kmh", "no metro line tells a commercial speed"))
    away = (metro["max_speed_kmh"] - max_speed_kmh).abs()
    return round(float(metro.loc[away == away.min(), "commercial_speed_kmh"].median()), 1)


def _hops_km(draft: Draft, change: AddService) -> np.ndarray:
    """Return the length of each hop, waypoints included, km.

    A blank one takes its share of what is left of the line's length by straight line, else straight line ×
    ``rail_detour``; never less than the straight line.
    """
    places = draft.tables["stations"].set_index("station_id")
    lon, lat = [], []
    for stop in change.stops:
        there = stop.lon is None or (stop.station in places.index and not stop.passes)
        if there and stop.station not in places.index:
            raise UnknownNameError("station", stop.station, sorted(places.index), where="stops")
        lon.append(places.loc[stop.station, "lon"] if there else stop.lon)
        lat.append(places.loc[stop.station, "lat"] if there else stop.lat)
    x, y = np.array(lon, float), np.array(lat, float)
    straight = straight_km(x[:-1], y[:-1], x[1:], y[1:])
    given = np.array([stop.distance_km or np.nan for stop in change.stops[1:]])
    blank = np.isnan(given)
    factor = draft.parameters["rail_detour"]
    if change.length_km is not None and blank.any() and straight[blank].sum() > 0:
        left = change.length_km - float(np.nansum(given))
        factor = min(max(left / float(straight[blank].sum()), 1.0), 2.0)
    return np.where(blank, straight * factor, np.maximum(given, straight))


def join_centres(draft: Draft, names: Sequence[str]) -> int:
    """Let stations that opened stand for centres: rail in the district, metro near by; return how many."""
    places = draft.tables["places"]
    places = places[places["in_area"]]
    stations = draft.tables["stations"]
    listed = draft.tables["centre_stations"]
    have = set(zip(listed["place_id"], listed["station_id"], strict=True))
    served = set(draft.region.service_stops["station_id"])
    new = stations[stations["station_id"].isin(set(names) - served)]
    reach_m = 1000 * draft.parameters["centre_metro_max_km"]
    place_xy, station_xy = metric_xy(draft.region, places), metric_xy(draft.region, new)
    rows = []
    for at, station in enumerate(new.itertuples(index=False)):
        for row, place in enumerate(places.itertuples(index=False)):
            near = float(np.hypot(*(place_xy[row] - station_xy[at]))) <= reach_m
            district = str(place.district_id)
            own = station.system == "rail" and str(station.district_id) == district != ""
            why = "rail station in the district" if own else "metro station near the centre"
            if (own or (near and station.system == "metro")) and (
                place.place_id,
                station.station_id,
            ) not in have:
                rows.append({"place_id": place.place_id, "station_id": station.station_id, "why": why})
    return draft.add("centre_stations", rows)


def join_on_foot(draft: Draft, names: Sequence[str], by: str) -> int:
    """Link new stations on foot: to rail stations in reach, and to the nearest stop of each metro line."""
    stations = draft.tables["stations"]
    old = draft.region.stations["station_id"]
    reach_m = draft.parameters["complex_walk_max_m"]
    detour = draft.parameters["walk_detour"]
    xy = metric_xy(draft.region, stations)
    ids, system = stations["station_id"].to_numpy(), stations["system"].to_numpy()
    stops = draft.tables["line_stops"]
    lines_of = stops.groupby("station_id")["line_id"].agg(list).to_dict()
    links = draft.tables["transfers"]
    have = set(zip(links["from_station_id"], links["to_station_id"], strict=True))
    rows = []
    for at in np.flatnonzero(stations["station_id"].isin(set(names) - set(old))):
        away = np.hypot(*(xy - xy[at]).T)
        near = [int(k) for k in np.argsort(away, kind="stable") if away[k] <= reach_m and k != at]
        met: set[str] = set()
        for k in near:
            lines = set(lines_of.get(ids[k], ()))
            if system[k] == "metro" and (system[at] == "metro" or lines <= met):
                continue
            met |= lines if system[k] == "metro" else set()
            for pair in ((ids[at], ids[k]), (ids[k], ids[at])):
                if pair not in have:
                    have.add(pair)
                    rows.append(
                        {
                            "from_station_id": pair[0],
                            "to_station_id": pair[1],
                            "walk_m": round(float(away[k]) * detour),
                            "project_id": by,
                            "source": f"straight line × {detour:g}",
                            "confidence": "low",
                        }
                    )
    return draft.add("transfers", rows)


def add_station(draft: Draft, change: AddStation, by: str) -> Touched:
    """Open a station on a line that is there; trains that run past it call, and lose the dwell."""
    classes = dict(zip(draft.tables["lines"]["line_id"], draft.tables["lines"]["class"], strict=True))
    if change.line not in classes:
        raise UnknownNameError("line", change.line, sorted(classes), where="line")
    kind = change.class_ or classes[change.line]
    stations = new_stations(draft, [change.station], kind, by, change.source)
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    lines = draft.tables["services"].set_index("service_id")["line_id"]
    on_line = (calls["service_id"].map(lines) == change.line).to_numpy(bool)
    here, there = calls["station_id"].to_numpy()[:-1], calls["station_id"].to_numpy()[1:]
    same = (calls["service_id"].to_numpy()[:-1] == calls["service_id"].to_numpy()[1:]) & on_line[:-1]
    pair = {change.after, change.before}
    hit = [k for k in np.flatnonzero(same).tolist() if {here[k], there[k]} == pair]
    if not hit:
        what = f"no train of {change.line} runs from {change.after} to {change.before}"
        raise BadInputError(Problem("after, before", what, "give two stops that follow each other"))
    rows: list[dict[str, Any]] = []
    shift = np.zeros(len(calls))
    for k in hit:
        first, second = calls.iloc[k], calls.iloc[k + 1]
        half = (second["arrive_min"] - first["depart_min"]) / 2
        arrive = first["depart_min"] + half + shift[k]
        rows.append(
            {
                "service_id": first["service_id"],
                "seq": first["seq"] + 0.5,
                "station_id": change.station.station,
                "arrive_min": arrive,
                "depart_min": arrive + change.dwell_min,
                "distance_km": second["distance_km"] / 2,
                "confidence": change.confidence,
            }
        )
        later = (calls["service_id"] == first["service_id"]).to_numpy() & (np.arange(len(calls)) > k)
        shift[later] += change.dwell_min
        calls.loc[calls.index[k + 1], "distance_km"] = second["distance_km"] / 2
    calls["arrive_min"] += shift
    calls["depart_min"] += shift
    calls["seq"] = calls["seq"].astype("float64")
    both = pd.concat([calls, pd.DataFrame(rows)], ignore_index=True)
    draft.tables["service_stops"] = _renumbered(draft, both)
    found = {"stations": stations, "service_stops": len(hit)}
    found["centre_stations"] = join_centres(draft, [change.station.station])
    found["transfers"] = join_on_foot(draft, [change.station.station], by)
    return Touched(
        by, change.type, f"{len(hit)} services call at it", found, change.source, change.confidence
    )


def _renumbered(draft: Draft, calls: pd.DataFrame) -> pd.DataFrame:
    """Return calls with whole numbers in order, and the types of the table."""
    old = draft.tables["service_stops"]
    calls = calls.sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    calls["seq"] = calls.groupby("service_id").cumcount() + 1
    for column in ("track_project_id",):
        calls[column] = calls[column].fillna("")
    return calls.reindex(columns=old.columns).astype(old.dtypes.to_dict())


def remove_service(draft: Draft, change: RemoveService, by: str) -> Touched:
    """Take services away."""
    fits = draft.services_where(change.where)
    gone = set(draft.tables["services"].loc[fits, "service_id"])
    draft.tables["services"] = draft.tables["services"][~fits]
    calls = draft.tables["service_stops"]
    left = ~calls["service_id"].isin(gone)
    draft.tables["service_stops"] = calls[left]
    rows = {"services": len(gone), "service_stops": int((~left).sum())}
    return Touched(
        by, change.type, f"{len(gone)} services taken away", rows, change.source, change.confidence
    )


def adjust_speed(draft: Draft, change: AdjustSpeed, by: str) -> Touched:
    """Divide times in motion by a factor."""
    fits = draft.services_where(change.where)
    names = set(draft.tables["services"].loc[fits, "service_id"])
    calls = draft.tables["service_stops"].copy()
    mine = calls["service_id"].isin(names)
    timed = mine & (calls["arrive_min"].notna() | calls["depart_min"].notna())
    for _, group in calls[timed].groupby("service_id"):
        arrive, depart = group["arrive_min"].to_numpy(), group["depart_min"].to_numpy()
        run = (arrive[1:] - depart[:-1]) / change.factor
        dwell = np.nan_to_num(depart[1:] - arrive[1:])
        ends = np.cumsum(run + np.append(0.0, dwell[:-1]))
        calls.loc[group.index[1:], "arrive_min"] = ends
        calls.loc[group.index[1:], "depart_min"] = np.where(np.isnan(depart[1:]), np.nan, ends + dwell)
    draft.tables["service_stops"] = calls
    rows = {"service_stops": int(timed.sum())}
    untimed = names - set(calls.loc[timed, "service_id"])
    lines = draft.tables["lines"].copy()
    on = lines["line_id"].isin(
        draft.tables["services"].set_index("service_id").loc[sorted(untimed), "line_id"]
    )
    for column in ("commercial_speed_kmh", "max_speed_kmh"):
        lines.loc[on, column] = lines.loc[on, column] * change.factor
    draft.tables["lines"] = lines
    rows["lines"] = int(on.sum())
    words = f"times of {len(names) - len(untimed)} services, speed of {int(on.sum())} lines"
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def adjust_dwell_time(draft: Draft, change: AdjustDwellTime, by: str) -> Touched:
    """Set the dwell of timetabled services between their ends."""
    fits = draft.services_where(change.where)
    calls = draft.tables["service_stops"].copy()
    mine = calls["service_id"].isin(draft.tables["services"].loc[fits, "service_id"])
    timed = mine & calls["arrive_min"].notna() & calls["depart_min"].notna()
    if not timed.any():
        raise BadInputError(Problem("where", "matches no timetabled call", "dwell is in the speed of others"))
    for _, group in calls[calls["service_id"].isin(calls.loc[timed, "service_id"])].groupby("service_id"):
        arrive, depart = group["arrive_min"].to_numpy(), group["depart_min"].to_numpy()
        run = arrive[1:] - depart[:-1]
        ends = np.cumsum(run + np.append(0.0, np.full(len(run) - 1, change.dwell_min)))
        calls.loc[group.index[1:], "arrive_min"] = ends
        calls.loc[group.index[1:-1], "depart_min"] = ends[:-1] + change.dwell_min
    draft.tables["service_stops"] = calls
    words = f"dwell at {int(timed.sum())} calls"
    return Touched(
        by, change.type, words, {"service_stops": int(timed.sum())}, change.source, change.confidence
    )


def remove_stops(draft: Draft, change: RemoveStops, by: str) -> Touched:
    """Let services pass stations; the way past is added up, run times stay."""
    fits = draft.services_where(change.where)
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    unknown = sorted(set(change.stations) - draft.station_ids())
    if unknown:
        raise UnknownNameError("station", unknown[0], sorted(draft.station_ids()), where="stations")
    mine = calls["service_id"].isin(draft.tables["services"].loc[fits, "service_id"])
    drop = mine & calls["station_id"].isin(change.stations)
    if not drop.any():
        raise BadInputError(
            Problem("stations", "no service that is meant calls there", "see service_stops.csv")
        )
    left = calls[~drop].groupby("service_id").size()
    short = sorted(set(calls.loc[drop, "service_id"]) - set(left[left > 1].index))
    if short:
        what = f"{short[0]} would keep fewer than two calls"
        raise BadInputError(Problem("stations", what, "use remove-service"))
    first = ~calls["service_id"].duplicated()
    begins_away = (drop & first & calls["depart_min"].notna()).any()
    if begins_away:
        raise BadInputError(Problem("stations", "a timetabled service begins there", "use reroute"))
    passed = calls["distance_km"].where(drop, 0.0).groupby(calls["service_id"]).cumsum()
    before = passed.where(~drop).groupby(calls["service_id"]).ffill().groupby(calls["service_id"]).shift()
    calls["distance_km"] += (passed - before.fillna(0.0)).where(~drop, 0.0)
    draft.tables["service_stops"] = calls[~drop]
    count = int(drop.sum())
    return Touched(
        by, change.type, f"{count} calls dropped", {"service_stops": count}, change.source, change.confidence
    )


def reroute(draft: Draft, change: Reroute, by: str) -> Touched:
    """Let services run by other stops between two of their calls."""
    fits = draft.services_where(change.where)
    known = draft.station_ids()
    for name in (change.from_station, change.to_station, *change.via):
        if name not in known:
            raise UnknownNameError("station", name, sorted(known), where="via")
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    names = set(draft.tables["services"].loc[fits, "service_id"])
    pieces, count = [], 0
    for service, group in calls.groupby("service_id", sort=False):
        stops = list(group["station_id"])
        way = (change.from_station, change.to_station)
        if service not in names or not all(name in stops for name in way):
            pieces.append(group)
            continue
        one, two = (stops.index(name) for name in way)
        if one >= two:
            pieces.append(group)
            continue
        count += 1
        start = group.iloc[one]["depart_min"]
        step = change.minutes / (len(change.via) + 1)
        new = [
            {
                "service_id": service,
                "station_id": name,
                "arrive_min": start + step * (place + 1),
                "depart_min": start + step * (place + 1),
                "confidence": change.confidence,
            }
            for place, name in enumerate(change.via)
        ]
        rest = group.iloc[two:].copy()
        shift = start + change.minutes - rest["arrive_min"].iloc[0]
        rest[["arrive_min", "depart_min"]] += shift
        rest.loc[rest.index[0], "distance_km"] = np.nan
        both = pd.concat([group.iloc[: one + 1], pd.DataFrame(new), rest], ignore_index=True)
        pieces.append(both.assign(seq=np.arange(1, len(both) + 1)))
    if not count:
        what = f"no service that is meant runs from {change.from_station} to {change.to_station}"
        raise BadInputError(Problem("where", what, "give two of its calls in their order"))
    draft.tables["service_stops"] = _renumbered(draft, pd.concat(pieces, ignore_index=True))
    return Touched(
        by, change.type, f"{count} services rerouted", {"services": count}, change.source, change.confidence
    )


def _clock(seconds: int) -> str:
    """Return a time of day as text."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
