"""Changes of stations: new ones, the centres that they stand for, and their links on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.ends import district_of
from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from scenarios.changes import AddStation, Stop
    from scenarios.draft import Draft

_STATION_CLASS = {
    "hsr": "national",
    "intercity": "intercity",
    "conventional": "national",
    "metro": "metro",
    "street": "street",
}


def new_stations(
    draft: Draft, stops: Sequence[Stop], line_class: str, by: str, source: str, station_class: str = ""
) -> int:
    """Open the stations of `stops` that are not there yet; return how many.

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
    kinds = [station_class or _class_of(stop, line_class) for stop in new]
    return draft.add(
        "stations",
        [
            {
                "station_id": stop.station,
                "name_zh": stop.name_zh,
                "name_en": stop.name_en,
                "system": kind if kind in {"metro", "street"} else "rail",
                "class": kind,
                "district_id": district,
                "lon": stop.lon,
                "lat": stop.lat,
                "project_id": by,
                "source": source,
                "confidence": stop.confidence,
            }
            for stop, district, kind in zip(new, districts, kinds, strict=True)
        ],
    )


def _class_of(stop: Stop, line_class: str) -> str:
    """Return the class of a new station: that of the line, but of the metro or the railway as it says."""
    own = _STATION_CLASS[line_class]
    if stop.system in {"metro", "street"}:
        return stop.system
    return "intercity" if stop.system == "rail" and own in {"metro", "street"} else own


def joined(draft: Draft, names: Sequence[str], by: str) -> dict[str, int]:
    """Let stations that opened stand for centres, and link them on foot; return rows by table."""
    known = draft.tables.column("stations", "station_id")
    rows = [row for row, name in enumerate(known) if name in set(names)]
    return {
        "centre_stations": _join_centres(draft, rows),
        "transfers": _join_on_foot(draft, rows, by),
    }


def _join_centres(draft: Draft, rows: Sequence[int]) -> int:
    """Let stations without trains so far stand for centres: rail in the district, metro near by."""
    known, system, district = (
        draft.tables.column("stations", name) for name in ("station_id", "system", "district_id")
    )
    new = [row for row in rows if known[row] not in draft.old_served_ids]
    if not new:
        return 0
    listed = (draft.tables.column("centre_stations", name) for name in ("place_id", "station_id"))
    have = set(zip(*listed, strict=True))
    away_m = np.hypot(*(draft.centres_xy - draft.station_xy()[new][:, None]).transpose(2, 0, 1))
    rail = np.array([[system[row] == "rail"] for row in new])
    of_station = np.array([[district[row]] for row in new], object)
    of_place = draft.centres["district_id"].to_numpy(object)
    own = rail & (of_station == of_place) & (of_place != "")
    near = ~rail & (away_m <= 1000 * draft.parameters["centre_metro_max_km"])
    place_ids, station_ids = draft.centres["place_id"].tolist(), [known[row] for row in new]
    found = [
        {
            "place_id": place_ids[row],
            "station_id": station_ids[at],
            "why": "rail station in the district" if own[at, row] else "metro station near the centre",
        }
        for at, row in np.argwhere(own | near).tolist()
        if (place_ids[row], station_ids[at]) not in have
    ]
    return draft.add("centre_stations", found)


def _join_on_foot(draft: Draft, named: Sequence[int], by: str) -> int:
    """Link new stations on foot by the rule of the region's own tables; return how many rows it took.

    A rail station is linked to every rail station within ``complex_walk_max_m``, and of each metro line to
    the nearest stop within it.
    """
    reach_m = draft.parameters["complex_walk_max_m"]
    detour = draft.parameters["walk_detour"]
    ids = np.array(draft.tables.column("stations", "station_id"), object)
    rail = np.array(draft.tables.column("stations", "system"), object) == "rail"
    xy = draft.station_xy()
    lines_of: dict[str, set[str]] = {}
    stops = draft.tables.column("line_stops", "station_id"), draft.tables.column("line_stops", "line_id")
    for station, line in zip(*stops, strict=True):
        lines_of.setdefault(station, set()).add(line)
    links = (draft.tables.column("transfers", name) for name in ("from_station_id", "to_station_id"))
    have = set(zip(*links, strict=True))
    rows: list[dict[str, Any]] = []
    near = (np.hypot(*(xy - xy[list(named), None]).transpose(2, 0, 1)) <= reach_m).any(axis=0)
    for at in np.flatnonzero(rail & near):
        away = np.hypot(*(xy - xy[at]).T)
        for k in _linked(ids, rail, away, lines_of, reach_m):
            if k == at or {ids[at], ids[k]} <= draft.old_station_ids:
                continue
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


def _linked(
    ids: NDArray[Any],
    rail: NDArray[np.bool_],
    away_m: NDArray[np.float64],
    lines_of: dict[str, set[str]],
    reach_m: float,
) -> Iterator[int]:
    """Yield the stations that a rail station is linked to, nearest first."""
    met: set[str] = set()
    near = np.flatnonzero(away_m <= reach_m)
    for k in near[np.argsort(away_m[near], kind="stable")].tolist():
        if not rail[k]:
            lines = lines_of.get(ids[k], set())
            if lines <= met:
                continue
            met |= lines
        yield k


def add_station(draft: Draft, change: AddStation, by: str) -> Touched:
    """Open a station on a line that is there; trains that run past it call, and lose the dwell."""
    lines = draft.by("lines", "line_id", "class")
    if change.line not in lines:
        raise UnknownNameError("line", change.line, sorted(lines), where="line")
    if change.station.passes:
        raise BadInputError(Problem("station.passes", "a station at which no train calls", "leave it out"))
    kind = lines[change.line]
    stations = new_stations(draft, [change.station], kind, by, change.source, change.class_ or "")
    calls = draft.tables["service_stops"].sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    line_of = draft.tables["services"].set_index("service_id")["line_id"]
    on_line = (calls["service_id"].map(line_of) == change.line).to_numpy(bool)
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
    draft.tables["service_stops"] = renumbered(draft, both)
    found = {"stations": stations, "service_stops": len(hit)}
    found |= joined(draft, [change.station.station], by)
    return Touched(
        by, change.type, f"{len(hit)} services call at it", found, change.source, change.confidence
    )


def renumbered(draft: Draft, calls: pd.DataFrame) -> pd.DataFrame:
    """Return calls with whole numbers in order, and the types of the table."""
    old = draft.tables["service_stops"]
    calls = calls.sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    calls["seq"] = calls.groupby("service_id").cumcount() + 1
    calls["track_project_id"] = calls["track_project_id"].fillna("")
    return calls.reindex(columns=old.columns).astype(old.dtypes.to_dict())
