"""Changes of lines: new ones with their trains, and trains led on beyond an end."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from network.dates import later
from network.distances import straight_km
from network.errors import BadInputError, Problem, UnknownNameError
from network.runtimes import RunTimeModel
from scenarios.changes import Stop
from scenarios.draft import Touched
from scenarios.stations import joined, new_stations, renumbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from network.region import Region
    from scenarios.changes import AddService, Reroute
    from scenarios.draft import Draft

    Floats = NDArray[np.float64]

#: Headways of planned lines, minutes in the peak and off it: the plan gives none (see docs/scenarios.md).
PLANNED_HEADWAY_MIN = {
    "hsr": (30, 40),
    "intercity": (15, 20),
    "conventional": (30, 60),
    "metro": (4, 7),
    "street": (8, 12),
}


def add_service(draft: Draft, change: AddService, by: str) -> Touched:
    """Build a line with its stations, and run it both ways."""
    stations = new_stations(draft, change.stops, change.class_, by, change.source)
    rows: dict[str, int] = {"stations": stations}
    ends = np.cumsum(np.append(0.0, hops_km(draft, change.stops, change.length_km)))
    kept = [position for position, stop in enumerate(change.stops) if not stop.passes]
    stops = [change.stops[position] for position in kept]
    between_km = np.diff(ends[kept])
    names = [stop.station for stop in stops]
    for one, two in itertools.pairwise(names):
        if one == two:
            raise BadInputError(Problem("stops", f"{one} stands twice in a row", "remove one"))
    known = draft.by("lines", "line_id", "class")
    if change.line not in known:
        rows |= _new_line(draft, change, by, names, between_km)
    elif known[change.line] != change.class_ and change.class_ == "metro":
        what = f"the line {change.line} is {known[change.line]}"
        raise BadInputError(Problem("class", what, "give another id to the new line"))
    peak, off_peak = PLANNED_HEADWAY_MIN[change.class_]
    headways = draft.headways(change.headway_min or _by_peak(draft, peak, off_peak))
    services, calls = [], []
    taken = set(draft.tables.column("services", "service_id"))
    name = f"{change.line}-{by}" if change.line in known else change.line
    number = next(k for k in itertools.count(1) if f"{_numbered(name, k)}-forward" not in taken)
    run, dwell = _run_and_dwell(draft, change, stops, between_km)
    order, length = names, between_km
    for way in ("forward", "reverse"):
        service = f"{_numbered(name, number)}-{way}"
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
                "seq": place + 1,
                "station_id": station,
                "distance_km": None if place == 0 else round(float(length[place - 1]), 3),
                "track_project_id": "" if place == 0 else by,
                "confidence": change.confidence,
                **times,
            }
            for place, (station, times) in enumerate(zip(order, _times(run, dwell), strict=True))
        ]
        run, dwell, order, length = run[::-1], dwell[::-1], order[::-1], length[::-1]
    rows["services"] = draft.add("services", services)
    rows["service_stops"] = draft.add("service_stops", calls)
    rows |= joined(draft, names, by)
    words = f"a line of {len(names)} stops and {ends[-1]:.0f} km, {stations} new stations"
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def _run_and_dwell(
    draft: Draft, change: AddService, stops: list[Stop], km: Floats
) -> tuple[list[float | None], list[float]]:
    """Return minutes of each run and each stop: those given, else of trains the run-time model's.

    The model's are written down here, with the railways that meet at the scenario's date: left blank, they
    would grow with every other line that a scenario adds. A metro's stay blank: its speed tells them.
    """
    if stops[1].run_min is not None or change.class_ == "metro":
        return [stop.run_min for stop in stops[1:]], [stop.dwell_min for stop in stops]
    if change.class_ == "street":
        what = f"{change.line} has no times, and no model knows those of buses"
        raise BadInputError(Problem("stops", what, "give run_min at all stops but the first"))
    model = RunTimeModel()
    speed = float(draft.by("lines", "line_id", "max_speed_kmh").get(change.line, np.nan))
    if np.isnan(speed):
        raise BadInputError(
            Problem("line", f"{change.line} has no max_speed_kmh", "give run_min at the stops")
        )
    kinds, table = draft.by("lines", "line_id", "class"), draft.region.table("line_stops")
    other = Counter(
        station
        for station, line in set(zip(table["station_id"].tolist(), table["line_id"].tolist(), strict=True))
        if kinds.get(line) not in {"metro", "street"} and line != change.line
    )
    meeting = np.array([float(other[stop.station]) for stop in stops])
    run = np.zeros(len(km))
    moves = km > 0
    run[moves] = model.hop_min(
        km[moves], speed, stock=change.class_, further_lines=(meeting[:-1] + meeting[1:])[moves]
    )
    return [float(one) for one in run], [model.stock(change.class_).dwell_min] * len(stops)


def _numbered(name: str, number: int) -> str:
    """Return the name of the first, second ... service of a card on a line."""
    return name if number == 1 else f"{name}-{number}"


def _times(run_min: Sequence[float | None], dwell_min: Sequence[float]) -> list[dict[str, float | None]]:
    """Return arrival and departure at each call, minutes; blank where run times are."""
    found: list[dict[str, float | None]] = [
        {"arrive_min": None, "depart_min": None if None in run_min else 0.0}
    ]
    at = 0.0
    for place, run in enumerate(run_min, 1):
        if run is None:
            found.append({"arrive_min": None, "depart_min": None})
            continue
        arrive = at + run
        at = arrive + dwell_min[place]
        last = place == len(run_min)
        found.append({"arrive_min": round(arrive, 3), "depart_min": None if last else round(at, 3)})
    return found


def _new_line(
    draft: Draft, change: AddService, by: str, names: Sequence[str], between_km: Floats
) -> dict[str, int]:
    """Add a line with its stops; return rows by table."""
    if change.max_speed_kmh is None:
        raise BadInputError(Problem("max_speed_kmh", f"the new line {change.line} has no speed", "give it"))
    line = {
        "line_id": change.line,
        "name_zh": change.name_zh,
        "name_en": change.name_en,
        "class": change.class_,
        "max_speed_kmh": change.max_speed_kmh,
        "commercial_speed_kmh": _commercial_kmh(draft.region, change) if change.class_ == "metro" else None,
        "length_km": round(float(between_km.sum()), 2),
        "project_id": by,
        "source": change.source,
        "confidence": change.confidence,
    }
    stops = [
        {
            "line_id": change.line,
            "seq": order,
            "station_id": name,
            "distance_km": None if order == 1 else round(float(between_km[order - 2]), 3),
            "project_id": "" if order == 1 else by,
            "confidence": change.confidence,
        }
        for order, name in enumerate(names, 1)
    ]
    return {"lines": draft.add("lines", [line]), "line_stops": draft.add("line_stops", stops)}


def extend(draft: Draft, change: Reroute, by: str) -> Touched:
    """Lead services on beyond one of their ends, both ways.

    Services that end there go on, services that begin there come from further out. Where they have times, the
    new hops take those of the line: a metro's commercial speed, else the run-time model.
    """
    start = change.from_station
    if start not in draft.station_ids():
        raise UnknownNameError("station", start, sorted(draft.station_ids()), where="from_station")
    services = draft.tables["services"].set_index("service_id")
    chosen = services[draft.services_where(change.where).to_numpy(bool)]
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    mine = calls[calls["service_id"].isin(chosen.index)]
    ends = mine.groupby("service_id")["station_id"].agg(["first", "last"])
    outward = ends.index[(ends["last"] == start) & (ends["first"] != start)]
    inward = ends.index[(ends["first"] == start) & (ends["last"] != start)]
    if ends.index.size and not (len(outward) or len(inward)):
        what = f"none of the services begins or ends at {start}"
        raise BadInputError(Problem("from_station", what, "name an end of theirs"))
    line_ids = sorted(set(chosen.loc[[*outward, *inward], "line_id"]) - {""})
    way = [Stop.model_validate({"station": start}), *change.extend]
    family = str(chosen.loc[[*outward, *inward], "class"].iloc[0])
    stations = new_stations(draft, change.extend, family, by, change.source)
    reach = np.cumsum(np.append(0.0, hops_km(draft, way, change.length_km)))
    kept = [position for position, stop in enumerate(way) if not stop.passes]
    stops = [way[position] for position in kept]
    km = np.diff(reach[kept])
    rows = {"stations": stations, "line_stops": 0}
    for line in line_ids:
        rows["line_stops"] += _longer_line(draft, line, stops, km, change.confidence, by)
    new_calls = []
    departures = services["departures"].copy()
    for service in outward:
        speed = _speed(draft, str(chosen.loc[service, "line_id"]), family)
        own = mine.index[mine["service_id"] == service]
        new_calls += _outward(calls, own, stops, km, speed, change, by)
    for service in inward:
        speed = _speed(draft, str(chosen.loc[service, "line_id"]), family)
        own = mine.index[mine["service_id"] == service]
        more, earlier = _inward(calls, own, stops, km, speed, change, by)
        new_calls += more
        departures[service] = later(departures[service], -earlier)
        if "-" in departures[service]:
            raise BadInputError(
                Problem("extend", f"{service} would leave before midnight", "extend fewer stops")
            )
    new = draft.tables["services"].copy()
    new["departures"] = departures.to_numpy()
    draft.tables["services"] = new
    draft.tables["service_stops"] = calls
    rows["services"] = len(outward) + len(inward)
    rows["service_stops"] = draft.add("service_stops", new_calls)
    draft.tables["service_stops"] = renumbered(draft, draft.tables["service_stops"])
    names = [stop.station for stop in stops]
    rows |= joined(draft, names, by)
    words = f"{rows['services']} services led on by {len(km)} stops and {reach[-1]:.0f} km"
    return Touched(
        by, change.type, f"{words}, {stations} new stations", rows, change.source, change.confidence
    )


def _commercial_kmh(region: Region, change: AddService) -> float | None:
    """Return the commercial speed of a new metro line; None where its times are given and no line has one."""
    timed = change.stops[1].run_min is not None
    if timed and region.table("lines")["commercial_speed_kmh"].isna().all():
        return None
    return commercial_kmh(region, change.max_speed_kmh or 0.0)


def _speed(draft: Draft, line: str, family: str) -> tuple[str, float]:
    """Return how a new hop of a line is timed: by commercial or by top speed, km/h."""
    column = "commercial_speed_kmh" if family == "metro" else "max_speed_kmh"
    speed = float(draft.by("lines", "line_id", column).get(line, np.nan))
    if np.isnan(speed):
        raise BadInputError(
            Problem("where", f"the line {line or 'of the service'} has no {column}", "give it")
        )
    return family, speed


def _hop_min(km: Floats, speed: tuple[str, float]) -> Floats:
    """Return the minutes of new hops; dwell is in a metro's."""
    family, kmh = speed
    if family == "metro":
        return 60 * km / kmh
    return np.asarray(RunTimeModel().hop_min(km, kmh, stock=family))


def _outward(
    calls: pd.DataFrame,
    own: pd.Index[int],
    stops: list[Stop],
    km: Floats,
    speed: tuple[str, float],
    change: Reroute,
    by: str,
) -> list[dict[str, Any]]:
    """Let a service, whose rows of `calls` are `own`, go on from its last call; return the new calls."""
    group = calls.loc[own]
    timed = bool(group["arrive_min"].iloc[1:].notna().all())
    model = _hop_min(km, speed)
    seq, at = int(group["seq"].iloc[-1]), float(group["arrive_min"].iloc[-1])
    if timed:
        calls.loc[own[-1], "depart_min"] = at
    new = []
    for k, stop in enumerate(stops[1:]):
        arrive = at + (model[k] if stop.run_min is None else stop.run_min)
        at = arrive + stop.dwell_min
        new.append(
            {
                "service_id": group["service_id"].iloc[0],
                "seq": seq + k + 1,
                "station_id": stop.station,
                "distance_km": round(float(km[k]), 3),
                "arrive_min": round(arrive, 3) if timed else None,
                "depart_min": round(at, 3) if timed and k < len(km) - 1 else None,
                "track_project_id": by,
                "confidence": change.confidence,
            }
        )
    return new


def _inward(
    calls: pd.DataFrame,
    own: pd.Index[int],
    stops: list[Stop],
    km: Floats,
    speed: tuple[str, float],
    change: Reroute,
    by: str,
) -> tuple[list[dict[str, Any]], float]:
    """Let a service, whose rows of `calls` are `own`, come to its first call from further out.

    Returns the new calls, and how many minutes earlier it leaves.
    """
    group = calls.loc[own]
    timed = bool(group["arrive_min"].iloc[1:].notna().all())
    back = stops[::-1]
    given = [stop.run_min for stop in stops[1:]][::-1]
    model = _hop_min(km[::-1], speed)
    run = [model[k] if one is None else one for k, one in enumerate(given)]
    times = _times([round(float(one), 3) for one in run], [0.0, *(stop.dwell_min for stop in back[1:])])
    earlier = float(times[-1]["arrive_min"] or 0.0) if timed else 0.0
    seq = int(group["seq"].iloc[0])
    new = [
        {
            "service_id": group["service_id"].iloc[0],
            "seq": seq - len(km) + k,
            "station_id": stop.station,
            "distance_km": None if k == 0 else round(float(km[::-1][k - 1]), 3),
            "arrive_min": times[k]["arrive_min"] if timed else None,
            "depart_min": times[k]["depart_min"] if timed else None,
            "track_project_id": "" if k == 0 else by,
            "confidence": change.confidence,
        }
        for k, stop in enumerate(back[:-1])
    ]
    if timed:
        calls.loc[own, ["arrive_min", "depart_min"]] += earlier
        calls.loc[own[0], "arrive_min"] = earlier
    calls.loc[own[0], "distance_km"] = round(float(km[0]), 3)
    calls.loc[own[0], "track_project_id"] = by
    return new, earlier


def _longer_line(draft: Draft, line: str, stops: list[Stop], km: Floats, confidence: str, by: str) -> int:
    """Add the stops of an extension to a line's own, where it ends there; return how many."""
    table = draft.tables["line_stops"]
    own = table[table["line_id"] == line].sort_values("seq")
    if own.empty or stops[0].station not in {own["station_id"].iloc[0], own["station_id"].iloc[-1]}:
        return 0
    outwards = own["station_id"].iloc[-1] == stops[0].station
    new = [
        {
            "line_id": line,
            "station_id": stop.station,
            "branch": own["branch"].iloc[-1 if outwards else 0],
            "confidence": confidence,
        }
        for stop in stops[1:]
    ]
    table = table.copy()
    if outwards:
        for k, row in enumerate(new):
            row |= {"seq": int(own["seq"].iloc[-1]) + k + 1, "distance_km": round(float(km[k]), 3)}
            row["project_id"] = by
    else:
        rows = table["line_id"] == line
        table.loc[rows, "seq"] = table.loc[rows, "seq"] + len(new)
        first = own.index[0]
        table.loc[first, "distance_km"] = round(float(km[0]), 3)
        table.loc[first, "project_id"] = by
        for k, row in enumerate(new):
            last = k == len(new) - 1
            row |= {"seq": int(own["seq"].iloc[0]) + len(new) - 1 - k}
            row |= {"distance_km": None if last else round(float(km[k + 1]), 3)}
            row["project_id"] = "" if last else by
    draft.tables["line_stops"] = table
    return draft.add("line_stops", new)


def _by_peak(draft: Draft, peak: float, off_peak: float) -> dict[str, float]:
    """Return a headway by period: the peak's in periods called so."""
    return {name: peak if "peak" in name else off_peak for name in draft.about.period_names}


def commercial_kmh(region: Region, max_speed_kmh: float) -> float:
    """Return the median commercial speed of the metro lines of the nearest top speed."""
    lines = region.table("lines")
    metro = lines[(lines["class"] == "metro") & lines["commercial_speed_kmh"].notna()]
    if metro.empty:
        what = "no metro line tells a commercial speed"
        raise BadInputError(Problem("max_speed_kmh", what, "give run_min at the stops"))
    away = (metro["max_speed_kmh"] - max_speed_kmh).abs()
    alike = metro[away == away.min()] if away.notna().any() else metro
    return round(float(alike["commercial_speed_kmh"].median()), 1)


def hops_km(draft: Draft, stops: Sequence[Stop], length_km: float | None) -> Floats:
    """Return the length of each hop, waypoints included, km.

    A blank one takes its share of what is left of the line's length by straight line, else straight line ×
    ``rail_detour``; never less than the straight line.
    """
    places = draft.by("stations", "station_id", "lon", "lat")
    spots = []
    for stop in stops:
        there = stop.lon is None or (stop.station in places and not stop.passes)
        if there and stop.station not in places:
            raise UnknownNameError("station", stop.station, sorted(places), where="stops")
        spots.append(places[stop.station] if there else (stop.lon, stop.lat))
    x, y = np.array(spots, float).T
    straight = straight_km(x[:-1], y[:-1], x[1:], y[1:])
    given = np.array([stop.distance_km or np.nan for stop in stops[1:]])
    blank = np.isnan(given)
    factor = draft.parameters["rail_detour"]
    if length_km is not None and blank.any() and straight[blank].sum() > 0:
        left = length_km - float(np.nansum(given))
        factor = min(max(left / float(straight[blank].sum()), 1.0), 2.0)
    return np.where(blank, straight * factor, np.maximum(given, straight))


def _clock(seconds: int) -> str:
    """Return a time of day as text."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
