"""Changes of stations: new ones, the centres that they stand for, and their links on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from network.distances import metric_xy
from network.ends import district_of
from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from scenarios.changes import AddStation, Stop
    from scenarios.draft import Draft

_STATION_CLASS = {"hsr": "national", "intercity": "intercity", "conventional": "national", "metro": "metro"}


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
                "system": "metro" if kind == "metro" else "rail",
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
    if stop.system == "metro":
        return "metro"
    return "intercity" if stop.system == "rail" and own == "metro" else own


def join_centres(draft: Draft, names: Sequence[str]) -> int:
    """Let stations that opened stand for centres: rail in the district, metro near by; return how many."""
    places = draft.tables["places"]
    places = places[places["in_area"]]
    stations = draft.tables["stations"]
    listed = draft.tables["centre_stations"]
    have = set(zip(listed["place_id"].tolist(), listed["station_id"].tolist(), strict=True))
    served = set(draft.region.service_stops["station_id"].unique().tolist())
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
    """Link new stations on foot by the rule of the region's own tables; return how many rows it took.

    A rail station is linked to every rail station within ``complex_walk_max_m``, and of each metro line to
    the nearest stop within it.
    """
    stations = draft.tables["stations"]
    reach_m = draft.parameters["complex_walk_max_m"]
    detour = draft.parameters["walk_detour"]
    ids = stations["station_id"].to_numpy()
    rail = (stations["system"] == "rail").to_numpy(bool)
    fresh = ~stations["station_id"].isin(draft.region.stations["station_id"]).to_numpy(bool)
    xy = metric_xy(draft.region, stations)
    named = np.flatnonzero(np.isin(ids, list(names)))
    lines_of: dict[str, set[str]] = {}
    stops = draft.tables["line_stops"]
    for station, line in zip(stops["station_id"].tolist(), stops["line_id"].tolist(), strict=True):
        lines_of.setdefault(station, set()).add(line)
    links = draft.tables["transfers"]
    have = set(zip(links["from_station_id"].tolist(), links["to_station_id"].tolist(), strict=True))
    rows: list[dict[str, Any]] = []
    for at in np.flatnonzero(rail):
        away = np.hypot(*(xy - xy[at]).T)
        if not (away[named] <= reach_m).any():
            continue
        for k in _linked(ids, rail, away, lines_of, reach_m):
            if k == at or not (fresh[at] or fresh[k]):
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
    lines = draft.tables["lines"].set_index("line_id")["class"]
    if change.line not in lines.index:
        raise UnknownNameError("line", change.line, sorted(lines.index), where="line")
    if change.station.passes:
        raise BadInputError(Problem("station.passes", "a station at which no train calls", "leave it out"))
    kind = str(lines[change.line])
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
    found["centre_stations"] = join_centres(draft, [change.station.station])
    found["transfers"] = join_on_foot(draft, [change.station.station], by)
    return Touched(
        by, change.type, f"{len(hit)} services call at it", found, change.source, change.confidence
    )


def renumbered(draft: Draft, calls: pd.DataFrame) -> pd.DataFrame:
    """Return calls with whole numbers in order, and the types of the table."""
    old = draft.tables["service_stops"]
    calls = calls.sort_values(["service_id", "seq"], kind="stable", ignore_index=True)
    calls["seq"] = calls.groupby("service_id").cumcount() + 1
    for column in ("track_project_id",):
        calls[column] = calls[column].fillna("")
    return calls.reindex(columns=old.columns).astype(old.dtypes.to_dict())
