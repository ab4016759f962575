"""Write the project cards and goals of the Guangzhou plan.

    python -m tools.build_cards FACTS_DIR scenarios/guangzhou

Reads the facts on projects, their stops and roads, and the region's own tables; `effects.py` and `goals.py` hold
what was decided by hand.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import Any

import tomli_w
from pypinyin import lazy_pinyin

from network import Region, get_region
from network.distances import straight_km
from tools.build_cards import effects
from tools.build_cards.goals import goals

KINDS = {"hsr", "intercity", "metro"}
ROADS = {"expressway", "crossing", "road"}
#: A junction this near to one that is there is the same.
SAME_JUNCTION_KM = 0.35
#: How far the ends of a new road, its other junctions, and the centres along it are joined.
END_JOIN_KM, JOIN_KM = 10.0, 5.0
PLACE_KM = {"expressway": 8.0, "urban": 3.0}
JOIN_KMH = {"expressway": 40, "urban": 30}


def main() -> None:
    """Write the files."""
    facts, out = Path(sys.argv[1]), Path(sys.argv[2])
    region = get_region("guangzhou")
    stops = grouped(facts / "plan_project_stops.csv")
    nodes = grouped(facts / "plan_road_nodes.csv")
    metro = metro_lines(facts)
    files: dict[str, list[dict[str, Any]]] = {}
    for row in rows(facts / "plan_projects.csv"):
        card = head(row)
        name = row["project_id"]
        changes: list[dict[str, Any]] = []
        if name in effects.NO_EFFECT:
            card["no_effect"], card["reason"] = effects.NO_EFFECT[name]
        elif name in effects.CHANGES:
            changes = effects.CHANGES[name]
        elif name.startswith("base_") or owned(region, name):
            card["no_effect"], card["reason"] = "open in base", "its lines are in the tables of the region"
            if name == "base_guangzhu_rail":
                card["no_effect"], card["reason"] = "outside", "a goods railway outside the area"
        elif row["relevance"] == "outside":
            card["no_effect"], card["reason"] = "outside", "lies outside the metropolitan area"
        elif row["kind"] in KINDS:
            changes = line(row, stops.get(name, []), metro, region) + on_foot(name)
        elif row["kind"] in ROADS:
            changes = road(row, nodes.get(name, []), region)
        if not changes and "no_effect" not in card:
            card["no_effect"], card["reason"] = (
                "no position known",
                "fewer than two of its points have a position",
            )
        if name in effects.MOVES_TRAINS:
            card["moves_trains"] = True
        if name in effects.NOTES:
            card["notes"] = f"{effects.NOTES[name]} {card.get('notes', '')}".strip()
        files.setdefault(file_of(row), []).append({**card, **({"change": changes} if changes else {})})
    (out / "projects").mkdir(parents=True, exist_ok=True)
    for name, cards in files.items():
        text = tomli_w.dumps({"card": cards}, multiline_strings=False)
        (out / "projects" / f"{name}.toml").write_text(text, encoding="utf-8")
    found = {"goal": goals(rows(facts / "plan_goals.csv"))}
    (out / "goals.toml").write_text(tomli_w.dumps(found), encoding="utf-8")
    print({name: len(cards) for name, cards in files.items()}, len(found["goal"]), "goals")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def grouped(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return rows by project, in their order."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows(path):
        found.setdefault(row["project_id"], []).append(row)
    return {name: sorted(group, key=lambda row: int(row["seq"])) for name, group in found.items()}


def metro_lines(facts: Path) -> dict[str, list[dict[str, str]]]:
    """Return the stops of planned metro lines with names, positions and distances."""
    stations = {row["station_id"]: row for row in rows(facts / "metro_stations.csv")}
    length = {
        (row["line_id"], row["seq"]): row["distance_km_from_previous"]
        for row in rows(facts / "metro_stop_distances.csv")
    }
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows(facts / "metro_line_stops.csv"):
        if row["line_id"] in effects.METRO_LINES.values():
            known = stations.get(row["station_id"], {})
            km = length.get((row["line_id"], row["seq"]), "")
            found.setdefault(row["line_id"], []).append({**known, "station_id": row["station_id"], "km": km})
    return found


def head(row: dict[str, str]) -> dict[str, Any]:
    """Return what a card says of itself."""
    text = (
        "project_id",
        "name_seed",
        "name_zh",
        "name_en",
        "box",
        "kind",
        "endpoints",
        "status_2023",
        "status_2026",
    )
    card: dict[str, Any] = {name: row[name] for name in text}
    for name in ("length_km", "design_speed_kmh"):
        if row[name]:
            card[name] = float(row[name])
    for name in ("opens_from", "opens_to", "relevance", "source", "confidence", "notes"):
        if row[name]:
            card[name] = row[name].replace("shared/facts/", "")
    return card


def file_of(row: dict[str, str]) -> str:
    """Return the file that a card stands in: by box of the plan, else by chapter."""
    box = row["box"]
    part = {"一": 1, "二": 2, "三": 3, "四": 4}.get(box[-1], 0)
    if box.startswith("專欄"):
        return f"{box[2]}-box-{box[2]}-{part}"
    return "4-chapter-3" if box.startswith("第三章") else "5-other-chapters"


def owned(region: Region, name: str) -> bool:
    """Whether rows of the region's tables belong to a card."""
    tables = ("lines", "line_stops", "services", "stations", "road_links")
    if any((region.table(table)["project_id"] == name).any() for table in tables):
        return True
    owners = region.service_stops["track_project_id"].str.split(";")
    return any(name in found for found in owners)


def slug(text: str) -> str:
    """Return an id of a Chinese name."""
    plain = re.sub(r"\(.*?\)|（.*?）", "", text).replace("佛", "fo")  # not fu, as pinyin has it
    return re.sub(r"[^a-z0-9]+", "-", "".join(lazy_pinyin(plain)).lower()).strip("-")


def on_foot(name: str) -> list[dict[str, Any]]:
    """Return the walk between two stations at one point that a line card makes."""
    if name not in effects.ONE_PLACE:
        return []
    one, other, called = effects.ONE_PLACE[name]
    return [
        {
            "type": "set-transfer",
            "stations": [one, other],
            "walk_m": 100.0,
            "source": f"assumed: two platforms of one station, {called}; the facts have them at one point",
            "confidence": "low",
        }
    ]


def line(
    row: dict[str, str], stops: list[dict[str, str]], metro: dict[str, list[dict[str, str]]], region: Region
) -> list[dict[str, Any]]:
    """Return the change that builds a line, or none where fewer than two stops have a position."""
    name, kind = row["project_id"], row["kind"]
    stations = region.stations.set_index("station_id")
    if name in effects.METRO_LINES:
        listed = [metro_stop(stop, stations) for stop in metro[effects.METRO_LINES[name]]]
    else:
        listed = [plan_stop(stop, name, kind, stations) for stop in stops]
        if effects.BEFORE.get(name):
            listed = [*effects.BEFORE[name], *listed]
            if name in effects.FIRST_KM:
                listed[1]["distance_km"] = effects.FIRST_KM[name]
    listed = [stop for stop in [*listed, *effects.BEHIND.get(name, [])] if stop]
    if sum(not stop.get("passes") for stop in listed) < 2:
        return []
    if name in effects.EXTENDS:
        return extension(row, listed, stops, region)
    change: dict[str, Any] = {
        "type": "add-service",
        "line": f"plan-{name.replace('_', '-')}",
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "class": kind,
        "max_speed_kmh": float(row["design_speed_kmh"] or effects.SPEED_KMH[kind]),
    }
    if (
        row["length_km"]
        and not all("distance_km" in stop for stop in listed[1:])
        and whole(name, listed, stops)
    ):
        change["length_km"] = float(row["length_km"])
    return [
        {
            **change,
            "stops": listed,
            "source": f"stops: {row['source'].replace('shared/facts/', '')}; headway: {effects.ASSUMED}",
            "confidence": "low",
            **({"committed": True} if name in effects.PART_COMMITTED else {}),
        }
    ]


def extension(
    row: dict[str, str], listed: list[dict[str, Any]], stops: list[dict[str, str]], region: Region
) -> list[dict[str, Any]]:
    """Return the change that leads trains of a line that is there on over the new section."""
    name = row["project_id"]
    line_id, end = effects.EXTENDS[name]
    if listed[0]["station"] != end:
        raise ValueError(f"{name} begins at {listed[0]['station']}, not at {end}")
    change: dict[str, Any] = {
        "type": "reroute",
        "where": {"line": line_id},
        "from_station": end,
        "extend": listed[1:],
    }
    before = len(effects.BEFORE.get(name, []))
    if row["length_km"] and len(listed) == len(stops) + before:
        join_km = 0.0
        if before:
            places = region.stations.set_index("station_id").loc[[stop["station"] for stop in listed[:2]]]
            lon, lat = places["lon"].to_numpy(), places["lat"].to_numpy()
            join_km = round(1.15 * float(straight_km(lon[:1], lat[:1], lon[1:], lat[1:])[0]), 2)
            listed[1]["distance_km"] = join_km
        change["length_km"] = round(float(row["length_km"]) + join_km, 2)
    source = row["source"].replace("shared/facts/", "")
    return [{**change, "source": f"stops: {source}; trains, headway and speed: those of the line"}]


def whole(name: str, listed: list[dict[str, Any]], stops: list[dict[str, str]]) -> bool:
    """Whether the stops with a position span the whole line, so that its length is theirs."""
    return name in effects.METRO_LINES or len(listed) == len(stops)


def metro_stop(stop: dict[str, str], stations: Any) -> dict[str, Any]:
    """Return a stop of a planned metro line."""
    found: dict[str, Any] = {"station": stop["station_id"]}
    if stop["station_id"] not in stations.index:
        if not stop.get("lon"):
            return {}
        found |= {"name_zh": stop["name_zh"], "name_en": stop["name_en"]}
        found |= {"lon": float(stop["lon"]), "lat": float(stop["lat"]), "system": "metro"}
    if stop["km"]:
        found["distance_km"] = float(stop["km"])
    if stop["station_id"].endswith("-tbc"):
        found["passes"] = True
    return found


def plan_stop(stop: dict[str, str], name: str, kind: str, stations: Any) -> dict[str, Any]:
    """Return a stop of a planned line; blank without a position."""
    if not stop["lon"]:
        return {}
    metro = name in effects.METRO_STATIONS
    station = stop["station_id"]
    closed = station in effects.CLOSED
    if metro:
        station = effects.METRO_STOP.get(station, station)
        if name in effects.EXTENDS and station.startswith("cr-"):
            station = ""
    if closed:
        station = ""
    rail = station in stations.index and stations.loc[station, "system"] == "rail"
    found: dict[str, Any]
    if (station in stations.index and (rail or metro) and stop["coord_confidence"] != "low") or (
        station in stations.index and rail and kind != "metro"
    ):
        found = {"station": station}
    else:
        prefix = "metro" if metro else "cr"
        of_facts = metro and station.startswith(("gz-", "fs-"))
        found = {
            "station": station if of_facts else f"{prefix}-{slug(stop['stop_name_zh'])}",
            "name_zh": re.sub(r"\(.*?\)", "", stop["stop_name_zh"]),
            "name_en": stop["stop_name_en"],
            "lon": float(stop["lon"]),
            "lat": float(stop["lat"]),
            "system": "metro" if metro else "rail",
            "confidence": {"high": "high", "medium": "medium"}.get(stop["coord_confidence"], "low"),
        }
    if stop["distance_km_from_previous"]:
        found["distance_km"] = float(stop["distance_km_from_previous"])
    if closed or stop["stop_name_zh"] in effects.NO_CALL:
        if "lon" not in found:
            place = stations.loc[found["station"]]
            found |= {"lon": float(place["lon"]), "lat": float(place["lat"])}
        found["passes"] = True
    return found


def road(row: dict[str, str], nodes: list[dict[str, str]], region: Region) -> list[dict[str, Any]]:
    """Return the change that builds a road over its junctions with a position."""
    name = row["project_id"]
    if name not in effects.ROAD_PARTS:
        change = road_part(row, nodes, nodes, region)
        if name != "exp_nansha_newairport" and change and row["length_km"] and all(n["lon"] for n in nodes):
            change["length_km"] = float(row["length_km"])
        return [change] if change else []
    found = []
    for part, (one, two, length_km, speed_kmh, committed) in enumerate(effects.ROAD_PARTS[name], 1):
        span = [node for node in nodes if one <= int(node["seq"]) <= two]
        change = road_part(row, span, nodes, region)
        change["road"] += f"-{part}"
        change["speed_kmh"] = speed_kmh
        if length_km:
            change["length_km"] = length_km
        if committed:
            change["committed"] = True
        done = {(one["node"], one["to"]) for earlier in found for one in earlier["joins"]}
        change["joins"] = [one for one in change["joins"] if (one["node"], one["to"]) not in done]
        found.append(change)
    return found


def road_part(
    row: dict[str, str], span: list[dict[str, str]], nodes: list[dict[str, str]], region: Region
) -> dict[str, Any]:
    """Return the change that builds a road over some junctions; blank if fewer than two have a position."""
    placed = [node for node in span if node["lon"]]
    if len(placed) < 2:
        return {}
    name = row["project_id"]
    kind = "expressway" if row["kind"] == "expressway" else "urban"
    if row["kind"] == "crossing" and float(row["design_speed_kmh"] or 0) >= 80:
        kind = "expressway"
    junctions = region.table("road_nodes")
    own = []
    for node in placed:
        spot = {"lon": float(node["lon"]), "lat": float(node["lat"])}
        nearest, away = near(spot, junctions)
        if away <= SAME_JUNCTION_KM and nearest not in {one["node"] for one in own}:
            own.append({"node": nearest})
        else:
            own.append({"node": f"{name}-{node['seq']}", "name": node["node_name"], **spot})
    ends = {nodes[0]["seq"], nodes[-1]["seq"], placed[0]["seq"], placed[-1]["seq"]}
    open_ends = {one["node"] for one, node in zip(own, placed, strict=True) if node["seq"] in ends}
    change: dict[str, Any] = {
        "type": "add-road",
        "road": f"plan-{name.replace('_', '-')}",
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "class": kind,
        "speed_kmh": float(row["design_speed_kmh"] or (100 if kind == "expressway" else 60)),
        "tolled": kind == "expressway",
    }
    return {
        **change,
        "nodes": own,
        "joins": joins(own, open_ends, kind, region),
        "source": f"{row['source'] or 'junctions of the plan'}; speed is the limit; joined to the roads nearest",
        "confidence": "low",
    }


def near(spot: dict[str, Any], junctions: Any) -> tuple[str, float]:
    """Return the junction nearest to a point, and how far it is, km."""
    lon, lat = junctions["lon"].to_numpy(), junctions["lat"].to_numpy()
    away = straight_km([spot["lon"]] * len(lon), [spot["lat"]] * len(lat), lon, lat)
    return str(junctions["node_id"].iloc[int(away.argmin())]), float(away.min())


def joins(own: list[dict[str, Any]], ends: set[str], kind: str, region: Region) -> list[dict[str, Any]]:
    """Return links to the junctions and places that are there.

    The ends are joined to the nearest junction within 10 km, the others within 5 km; every place within 8 km of
    an expressway and 3 km of another road is joined to its nearest junction. Length is 1.3 × the straight line, at least 0.3 km. Joins that
    the facts name stand in `effects.JOINS`.
    """
    junctions = region.table("road_nodes")
    spots = junctions.set_index("node_id")[["lon", "lat"]]
    placed = [
        node if "lon" in node else {**node, **spots.loc[node["node"]].astype(float).to_dict()} for node in own
    ]
    found = []
    for node, here in zip(own, placed, strict=True):
        nearest, away = near(here, junctions)
        if "lon" in node and away <= (END_JOIN_KM if node["node"] in ends else JOIN_KM):
            found.append(join(node["node"], nearest, away))
        if node["node"] in effects.JOINS:
            other = effects.JOINS[node["node"]]
            spot = spots.loc[other].astype(float).to_dict()
            away = float(straight_km([here["lon"]], [here["lat"]], [spot["lon"]], [spot["lat"]])[0])
            if all(one["node"] != node["node"] or one["to"] != other for one in found):
                found.append(join(node["node"], other, away))
    for place in region.places.itertuples(index=False):
        away_km = [
            float(straight_km([here["lon"]], [here["lat"]], [place.lon], [place.lat])[0]) for here in placed
        ]
        nearest_own = own[away_km.index(min(away_km))]
        if min(away_km) <= PLACE_KM[kind] and "lon" in nearest_own:
            found.append(join(nearest_own["node"], str(place.place_id), min(away_km)))
    return [{**one, "speed_kmh": JOIN_KMH[kind]} for one in found]


def join(node: str, other: str, km: float) -> dict[str, Any]:
    """Return a link by connector."""
    return {"node": node, "to": other, "length_km": round(max(1.3 * km, 0.3), 2)}


if __name__ == "__main__":
    main()
