"""Tables ``stations``, ``centre_stations`` and ``transfers``."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd
import shapely
from dates import BAIYUN, BAIYUN_CARD, BAIYUN_OPENED, STATIONS_CLOSED
from facts import Places, Report, confidence_in, say_position_source

if TYPE_CHECKING:
    from pathlib import Path

HUBS = ("cr-guangzhou", "cr-guangzhou-east", "cr-guangzhou-south", BAIYUN, "cr-foshan-west")
CITIES = {"guangzhou": "广州", "foshan": "佛山"}

#: Longest straight line of a walking link to or from a rail station.
RAIL_LINK_KM = 0.75
#: Longest walk between two metro or tram stops that count as an interchange.
METRO_LINK_M = 300
#: Walking way over straight line (as in the model's access on foot).
WALK_DETOUR = 1.3
#: A complex wider than this is no interchange.
WIDEST_COMPLEX_KM = 1.5

#: Directions without a security check: (from, to) -> source.
SECURITY_WAIVED = {
    (
        "cr-guangzhou-south",
        "gz-guangzhou-south-railway-station",
    ): "rail to metro without a second check since 2021-02-08",
}


def build_stations(
    rail: pd.DataFrame, metro: pd.DataFrame, line_stops: pd.DataFrame, national: set[str], districts: Path
) -> pd.DataFrame:
    """Return the stations of the open lines, and those that closed.

    Parameters
    ----------
    rail, metro
        The stations of the facts.
    line_stops
        Stops of the open lines: stations without one are planned, and left out.
    national
        Rail stations at which a high-speed or conventional train calls.
    districts
        Boundaries, GeoJSON.
    """
    frame = pd.concat([rail.assign(system="rail"), metro.assign(system="metro")], ignore_index=True)
    frame = frame[frame["station_id"].isin(line_stops["station_id"])].copy()
    opened = line_stops.groupby("station_id")["opened"].min()
    frame["opened"] = frame["station_id"].map(opened)
    frame.loc[frame["station_id"] == BAIYUN, "opened"] = BAIYUN_OPENED
    frame["closed"] = frame["station_id"].map(lambda station: STATIONS_CLOSED.get(station, ("", ""))[0])
    frame["class"] = [
        _class(*row, national) for row in zip(frame["station_id"], frame["system"], strict=True)
    ]
    frame["district_id"] = _districts_of(frame, districts)
    frame["city"] = frame["city"].replace(CITIES)
    frame["name_en"] = [en or _pinyin(zh) for en, zh in zip(frame["name_en"], frame["name_zh"], strict=True)]
    frame["project_id"] = frame["station_id"].map({BAIYUN: BAIYUN_CARD}).fillna("")
    frame["confidence"] = frame["source"].map(confidence_in)
    frame["source"] = frame["source"].map(say_position_source)
    return frame.drop(columns="telecode")


def build_centre_stations(facts: pd.DataFrame, stations: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Return which stations stand for a centre."""
    known = facts["station_id"].isin(stations["station_id"])
    for row in facts[~known].itertuples():
        report.add("left out: centre stations", f"{row.centre_id}: {row.station_id} is no open station")
    return facts[known].rename(columns={"centre_id": "place_id"})


def build_transfers(stations: pd.DataFrame, line_stops: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return the walking links between stations, one row a direction."""
    links = _rail_links(stations, line_stops, places) | _metro_links(stations, line_stops, places)
    rows = []
    for pair in sorted(links):
        walk_m = round(places.straight_km(*pair) * 1000 * WALK_DETOUR)
        for ends in (pair, pair[::-1]):
            waiver = SECURITY_WAIVED.get(ends)
            source = f"straight line × {WALK_DETOUR}" + (f"; {waiver}" if waiver else "")
            rows.append((*ends, walk_m, "yes" if waiver else "no", source, "medium"))
    columns = ["from_station_id", "to_station_id", "walk_m", "security_waived", "source", "confidence"]
    return pd.DataFrame(rows, columns=columns)


def complexes(transfers: pd.DataFrame) -> list[list[str]]:
    """Return the groups of stations linked on foot."""
    graph = nx.from_pandas_edgelist(transfers, "from_station_id", "to_station_id")
    return sorted(sorted(group) for group in nx.connected_components(graph))


def width_km(group: list[str], places: Places) -> float:
    """Return the longest straight line within a complex."""
    return max(places.straight_km(a, b) for a, b in combinations(group, 2))


def _rail_links(stations: pd.DataFrame, line_stops: pd.DataFrame, places: Places) -> set[tuple[str, str]]:
    """Return pairs of a rail station and another station in walking reach.

    Of one metro line only the stop nearest to the rail station counts; of two rail stations any.
    """
    system = dict(zip(stations["station_id"], stations["system"], strict=True))
    lines_at = line_stops.groupby("station_id")["line_id"].agg(set).to_dict()
    links = set()
    for rail in (station for station, kind in system.items() if kind == "rail"):
        taken: set[str] = set()
        near = sorted((places.straight_km(rail, other), other) for other in system if other != rail)
        for distance_km, other in near:
            if distance_km > RAIL_LINK_KM:
                break
            if system[other] == "metro":
                if lines_at[other] <= taken:
                    continue
                taken |= lines_at[other]
            links.add((min(rail, other), max(rail, other)))
    return links


def _metro_links(stations: pd.DataFrame, line_stops: pd.DataFrame, places: Places) -> set[tuple[str, str]]:
    """Return pairs of a tram stop and the nearest metro stop, where the walk is an interchange."""
    metro = set(stations.loc[stations["system"] == "metro", "station_id"])
    on_tram = set(line_stops.loc[line_stops["line_id"].str.contains("-tram-"), "station_id"])
    links = set()
    for tram in sorted(on_tram):
        distance_km, stop = min((places.straight_km(tram, stop), stop) for stop in metro - on_tram)
        if distance_km * 1000 * WALK_DETOUR <= METRO_LINK_M:
            links.add((min(tram, stop), max(tram, stop)))
    return links


def _class(station: str, system: str, national: set[str]) -> str:
    if system == "metro":
        return "metro"
    if station in HUBS:
        return "hub"
    return "national" if station in national else "intercity"


def _districts_of(stations: pd.DataFrame, path: Path) -> list[str]:
    """Return the district that each station lies in, blank outside."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    tree = shapely.STRtree([shapely.geometry.shape(feature["geometry"]) for feature in features])
    points = shapely.points(stations["lon"].astype(float), stations["lat"].astype(float))
    districts = [""] * len(stations)
    for point, polygon in zip(*tree.query(points, predicate="intersects"), strict=True):
        districts[point] = features[polygon]["properties"]["adcode"]
    return districts


def _pinyin(name_zh: str) -> str:
    """Return a name in pinyin, for stations without an English name."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - needed for a blank name only

    return " ".join(lazy_pinyin(name_zh)).title()


def is_wide(group: list[str], places: Places) -> bool:
    """Return whether a complex is too wide to be one."""
    return math.ceil(width_km(group, places) * 100) / 100 > WIDEST_COMPLEX_KM
