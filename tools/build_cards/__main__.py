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
            changes = line(row, stops.get(name, []), metro, region)
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
    plain = re.sub(r"\(.*?\)|（.*?）", "", text)
    return re.sub(r"[^a-z0-9]+", "-", "".join(lazy_pinyin(plain)).lower()).strip("-")


def line(
    row: dict[str, str], stops: list[dict[str, str]], metro: dict[str, list[dict[str, str]]], region: Region
) -> list[dict[str, Any]]:
    """Return the change that builds a line, or none where fewer than two stops have a position."""
    name, kind = row["project_id"], row["kind"]
    stations = region.stations.set_index("station_id")
    if name in effects.METRO_LINES:
        listed = [metro_stop(stop, stations) for stop in metro[effects.METRO_LINES[name]]]
    else:
        first = [{"station": station} for station in effects.BEFORE.get(name, ())]
        listed = first + [plan_stop(stop, name, kind, stations) for stop in stops]
    listed = [stop for stop in listed if stop]
    if sum(not stop.get("passes") for stop in listed) < 2:
        return []
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
        }
    ]


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
    if not stop["lon"] or stop["station_id"] in effects.CLOSED:
        return {}
    metro = name in effects.METRO_STATIONS
    station = stop["station_id"]
    if metro:
        station = effects.METRO_STOP.get(station, station)
    rail = station in stations.index and stations.loc[station, "system"] == "rail"
    found: dict[str, Any]
    if (station in stations.index and (rail or metro) and stop["coord_confidence"] != "low") or (
        station in stations.index and rail and kind != "metro"
    ):
        found = {"station": station}
    else:
        prefix = "metro" if metro else "cr"
        found = {
            "station": f"{prefix}-{slug(stop['stop_name_zh'])}",
            "name_zh": re.sub(r"\(.*?\)", "", stop["stop_name_zh"]),
            "name_en": stop["stop_name_en"],
            "lon": float(stop["lon"]),
            "lat": float(stop["lat"]),
            "system": "metro" if metro else "rail",
            "confidence": {"high": "high", "medium": "medium"}.get(stop["coord_confidence"], "low"),
        }
    if stop["distance_km_from_previous"]:
        found["distance_km"] = float(stop["distance_km_from_previous"])
    if stop["stop_name_zh"] in effects.NO_CALL:
        if "lon" not in found:
            place = stations.loc[found["station"]]
            found |= {"lon": float(place["lon"]), "lat": float(place["lat"])}
        found["passes"] = True
    return found


def road(row: dict[str, str], nodes: list[dict[str, str]], region: Region) -> list[dict[str, Any]]:
    """Return the change that builds a road over its junctions with a position."""
    placed = [node for node in nodes if node["lon"]]
    if len(placed) < 2:
        return []
    name = row["project_id"]
    kind = "expressway" if row["kind"] == "expressway" else "urban"
    if row["kind"] == "crossing" and float(row["design_speed_kmh"] or 0) >= 80:
        kind = "expressway"
    own = [
        {
            "node": f"{name}-{node['seq']}",
            "name": node["node_name"],
            "lon": float(node["lon"]),
            "lat": float(node["lat"]),
        }
        for node in placed
    ]
    change: dict[str, Any] = {
        "type": "add-road",
        "road": f"plan-{name.replace('_', '-')}",
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "class": kind,
        "speed_kmh": float(row["design_speed_kmh"] or (100 if kind == "expressway" else 60)),
        "tolled": kind == "expressway",
    }
    if row["length_km"] and len(placed) == len(nodes) and name != "exp_nansha_newairport":
        change["length_km"] = float(row["length_km"])
    return [
        {
            **change,
            "nodes": own,
            "joins": joins(own, region),
            "source": f"{row['source'] or 'junctions of the plan'}; speed is the limit; joined to the roads nearest",
            "confidence": "low",
        }
    ]


def joins(own: list[dict[str, Any]], region: Region) -> list[dict[str, Any]]:
    """Return links to the junctions and places that are there.

    The ends are joined to the nearest junction within 8 km, the others within 2 km; every place within 6 km of
    the road is joined to its nearest junction. Length is 1.3 × the straight line, at least 0.3 km.
    """
    junctions = region.table("road_nodes")
    places = region.places
    found = []
    for at, node in enumerate(own):
        reach = 8.0 if at in {0, len(own) - 1} else 2.0
        away = straight_km(
            *point(node, len(junctions)), junctions["lon"].to_numpy(), junctions["lat"].to_numpy()
        )
        nearest = int(away.argmin())
        if away[nearest] <= reach:
            found.append(join(node["node"], junctions["node_id"].iloc[nearest], float(away[nearest])))
    for place in places.itertuples(index=False):
        away = [
            float(straight_km(*point(node, 1), [place.lon], [place.lat])[0])  # type: ignore[arg-type]
            for node in own
        ]
        if min(away) <= 6.0:
            found.append(join(own[away.index(min(away))]["node"], place.place_id, min(away)))
    return found


def join(node: str, other: str, km: float) -> dict[str, Any]:
    """Return a link by connector."""
    return {"node": node, "to": other, "length_km": round(max(1.3 * km, 0.3), 2)}


def point(node: dict[str, Any], count: int) -> tuple[list[float], list[float]]:
    """Return a junction's position, as often as wanted."""
    return [node["lon"]] * count, [node["lat"]] * count


if __name__ == "__main__":
    main()
