"""Build places, zones, districts and roads of the Guangzhou region from the compiled facts.

Run as ``python tools/build_region/places_roads.py FACTS_DIR REGION_DIR``. Writes ``places.csv``,
``zones.csv``, ``districts.geojson``, ``road_nodes.csv`` and ``road_links.csv``; ``region.toml``,
``parameters.toml`` and ``LICENCE.md`` of the region are written by hand. Needs ``pypinyin``.
How the tables are made, and what they do not hold, stands in ``docs/guangzhou-roads.md``.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin
from pyproj import Geod
from shapely.geometry import LineString, Point, Polygon, shape
from shapely.ops import unary_union

from network.schema import columns

Row = dict[str, Any]
Facts = list[dict[str, str]]

CORES = {"gz-yuexiu", "fs-chancheng", "zq-duanzhou", "qy-qingcheng"}
GRADES = ("low", "medium", "high")
CLASSES = {
    "expressway": "expressway",
    "urban-expressway": "urban",
    "arterial-corridor": "urban",
    "arterial": "connector",
}
FREE = re.compile(r"free\b")

#: The G1508 ring clockwise from Huocun: roads and, where only a part belongs to the ring, its two ends.
#: The south arc is Guangming Expressway (S5) between Hualong and Xiqiao.
RING = (
    ("G1508E", "huocun", "hualong"),
    ("S5", "hualong", "xiqiao_hub"),
    ("G1508W", "xiqiao_hub", "guanyao"),
    ("G1508N", "guanyao", "huocun"),
)
#: A node this close to the ring counts as on it, degrees (about 200 m: nodes are hand-placed).
RING_TOLERANCE_DEG = 0.002

#: Sections that opened apart from the first date of their road: road, its nodes from .. to, first day.
#: Dates are those of the road's own ``opened``; they hold for the links between the two nodes.
SECTIONS = (
    ("S8", "huakuai_chungang", "s8_shijing", "2019-01-01"),
    ("S8", "s8_shijing", "s8_dawang", "2021-04-25"),
    ("S8", "s8_dawang", "s8_lubu", "2016-12-01"),
    ("FQC", "guanyao", "qingyuan_s", "2023-01-16"),
    ("FQC", "qingyuan_s", "aotou_hub", "2024-01-01"),
    ("FQC", "aotou_hub", "taiping_ch", "2024-08-02"),
    ("S41", "airport_t", "huashan", "2008-01-01"),
    ("G0421", "qingyuan_w", "qingxin_hub", "2018-09-28"),
    ("HK", "taihe", "cencun", "2009-01-01"),
)
#: Roads whose own text would mislead: it dates a tunnel only.
OPENED = {"GFX": "", "FCR": ""}
#: Links whose road is a card of the plan: road, its nodes from .. to, card.
CARDS = (("FQC", "guankeng", "taiping_ch", "exp_foqingcong_north"),)
#: Part of a card that is open: its first day, its nodes' ids, and the links that two of them lie on.
OPEN_CARD = "exp_zengfo"
OPEN_CARD_DATE = "2025-12-31"
OPEN_CARD_NODES = (
    "zf_zhucun",
    "zf_ningxi",
    "zf_fengcun",
    "zf_huangling",
    "zf_yonglong",
    "zf_huangdeng",
    "zf_taihe",
)
OPEN_CARD_ON = {
    "zf_fengcun": ("HUAGUAN", "jiufo_hub", "ningxi"),
    "zf_taihe": ("S2", "huakuai_chungang", "badou"),
}
CONNECTOR_DETOUR = 1.3

KINDS = {"街道": "Subdistrict", "镇": "Town"}
ZONE_NAMES = {"肇庆高新技术产业开发区": "Zhaoqing High-tech Industrial Development Zone"}
#: Names and characters that local use reads otherwise than the dictionary.
STEMS = {"长洲": "Changzhou", "长岭": "Changling", "九佛": "Jiufo", "海幢": "Haizhuang", "勒流": "Leliu"}
READINGS = {"涌": "chong"}

_GEOD = Geod(ellps="WGS84")


def main(facts: Path, region: Path) -> None:
    """Read the facts and write the tables."""
    region.mkdir(parents=True, exist_ok=True)
    districts = make_districts(json.loads((facts / "districts.geojson").read_text(encoding="utf-8")))
    text = json.dumps(districts, ensure_ascii=False, separators=(",", ":"))
    (region / "districts.geojson").write_text(text + "\n", encoding="utf-8")
    write_table(region, "places", make_places(read(facts, "centres")))
    write_table(region, "zones", make_zones(read(facts, "townships")))
    nodes, links = make_roads(
        read(facts, "expressways"),
        read(facts, "expressway_nodes"),
        [row for row in read(facts, "plan_road_nodes") if row["project_id"] == OPEN_CARD],
        districts,
    )
    write_table(region, "road_nodes", nodes)
    write_table(region, "road_links", links)


def read(folder: Path, name: str) -> Facts:
    """Return the rows of one facts table."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(folder: Path, name: str, rows: list[Row]) -> None:
    """Write rows in the schema's column order, sorted by nothing but their making; blanks stay blank."""
    names = [column.name for column in columns(name, ())]
    unknown = {key for row in rows for key in row} - set(names)
    assert not unknown, f"{name}: {unknown}"
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{name}.csv: {len(rows)} rows")


def lowest(*texts: str) -> str:
    """Return the lowest grade that stands in `texts`; ``medium-high`` counts as medium, and so on."""
    found = [grade for text in texts for grade in GRADES if grade in text.lower()]
    return min(found, key=GRADES.index) if found else "low"


def make_districts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the boundaries with ``district_id`` and coordinates of five decimals (about 1 m)."""
    features = []
    for feature in facts["features"]:
        old = feature["properties"]
        new = {key: old[key] for key in ("name_zh", "name_en", "city", "area_km2")}
        new = {"district_id": old["adcode"]} | new
        new |= {"source": old["source"], "confidence": lowest(old["confidence"])}
        geometry = feature["geometry"] | {"coordinates": rounded(feature["geometry"]["coordinates"])}
        features.append({"type": "Feature", "properties": new, "geometry": geometry})
    features.sort(key=lambda feature: str(feature["properties"]["district_id"]))
    return {"type": "FeatureCollection", "name": "districts", "features": features}


def rounded(value: Any) -> Any:
    """Return nested coordinates rounded to five decimals."""
    return [rounded(item) for item in value] if isinstance(value, list) else round(value, 5)


def make_places(centres: Facts) -> list[Row]:
    """Return the 23 centres of the area and the linked cities outside it."""
    rows = []
    for row in centres:
        inside = row["in_metro_area"] == "yes"
        grades = [part for part in row["confidence"].split(";") if "gdp" not in part]
        rows.append(
            {
                "place_id": row["centre_id"],
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "city": row["city"],
                "level": place_level(row, inside=inside),
                "district_id": row["adcode"],
                "in_area": "yes" if inside else "no",
                "lon": row["lon"],
                "lat": row["lat"],
                "population": row["population_2020"],
                "source": f"{row['what']}; {row['source']}",
                "confidence": lowest(*grades),
            }
        )
    return rows


def place_level(row: dict[str, str], *, inside: bool) -> str:
    """Return the rank of a place: the four cores by name, Tianhe being a reading of Guangzhou's core."""
    if not inside:
        return "linked"
    if row["centre_id"] in CORES:
        return "core"
    return "county" if row["level"] == "county" else "district"


def make_zones(towns: Facts) -> list[Row]:
    """Return the towns and subdistricts with their population."""
    rows = []
    for row in towns:
        name_en = ZONE_NAMES.get(row["name_zh"]) or romanised(row["name_zh"])
        sources = [row["source"], f"point: {row['coord_source']}", "English name romanised (pinyin)"]
        rows.append(
            {
                "zone_id": row["township_code"],
                "name_zh": row["name_zh"],
                "name_en": name_en,
                "city": row["city"],
                "district_id": row["district_adcode"],
                "lon": row["lon"],
                "lat": row["lat"],
                "population": row["population_2020"],
                "source": "; ".join(sources),
                "confidence": lowest(row["pop_confidence"], row["coord_confidence"]),
            }
        )
    return rows


def romanised(name: str) -> str:
    """Return the pinyin of a town's name with its kind in English."""
    for ending, kind in KINDS.items():
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            if stem in STEMS:
                return f"{STEMS[stem]} {kind}"
            said = lazy_pinyin(stem, v_to_u=True)
            parts = [READINGS.get(sign, sound) for sign, sound in zip(stem, said, strict=True)]
            joined = parts[0] + "".join(f"'{part}" if part[0] in "aoe" else part for part in parts[1:])
            return f"{joined.capitalize()} {kind}"
    raise ValueError(name)


def make_roads(
    roads: Facts,
    stops: Facts,
    open_card: Facts,
    districts: dict[str, Any],
) -> tuple[list[Row], list[Row]]:
    """Return nodes and links: consecutive nodes of a road are a link, the connectors being pairs."""
    about = {row["road_id"]: row for row in roads}
    nodes: dict[str, Row] = {}
    by_road: dict[str, Facts] = defaultdict(list)
    for stop in stops:
        add_node(nodes, stop, about[stop["road_id"]])
        by_road[stop["road_id"]].append(stop)
    links: list[Row] = []
    for road_id, chain in by_road.items():
        links += road_links(about[road_id], sorted(chain, key=lambda stop: int(stop["seq"])))
    add_open_card(nodes, links, open_card)
    mark_sections(links, by_road)
    mark_areas(links, nodes, by_road, districts)
    check_roads(links, nodes)
    owners = defaultdict(set)
    for link in links:
        for end in ("from_node_id", "to_node_id"):
            owners[link[end]].add(link.get("project_id", ""))
    for node_id, cards in owners.items():
        nodes[node_id]["project_id"] = next(iter(cards)) if len(cards) == 1 else ""
    return [node for node in nodes.values() if not node.pop("centre")], links


def add_node(nodes: dict[str, Row], stop: dict[str, str], road: dict[str, str]) -> None:
    """Add a node, or check that it stands where its other rows have it."""
    node = nodes.get(stop["node_id"])
    if node is None:
        source = "; ".join(filter(None, [f"{road['name_en']}: {road['source']}", stop["note"]]))
        nodes[stop["node_id"]] = {
            "node_id": stop["node_id"],
            "name": stop["name"],
            "lon": stop["lon"],
            "lat": stop["lat"],
            "source": source,
            "confidence": lowest(stop["confidence"]),
            "centre": stop["kind"] == "centre",
        }
        return
    assert (node["lon"], node["lat"]) == (stop["lon"], stop["lat"]), f"{stop['node_id']} stands in two places"
    assert node["centre"] == (stop["kind"] == "centre"), f"{stop['node_id']} is both a centre and a junction"
    node["confidence"] = lowest(node["confidence"], stop["confidence"])


def road_links(road: dict[str, str], chain: Facts) -> list[Row]:
    """Return the links of one road."""
    connector = road["class"] == "arterial"
    pairs = zip(chain[:-1:2], chain[1::2], strict=True) if connector else pairwise(chain)
    links = []
    for first, second in pairs:
        length_km = float(second["km_from_prev_est"])
        links.append(
            {
                "link_id": f"{road['road_id']}-{int(first['seq']) // 2 + 1 if connector else first['seq']}",
                "road_id": road["road_id"],
                "name_zh": road["name_zh"],
                "name_en": road["name_en"],
                "from_node_id": first["node_id"],
                "to_node_id": second["node_id"],
                "class": CLASSES[road["class"]],
                "length_km": length_km,
                "speed_kmh": float(second["speed_kmh_from_prev"] or road["speed_limit_kmh"]),
                "tolled": "no" if FREE.match(road["toll"]) else "yes",
                "oneway": "no",
                "opened": first_date(road),
                "source": link_source(road, second, connector=connector),
                "confidence": lowest(road["confidence"], first["confidence"], second["confidence"]),
            }
        )
    return links


def link_source(road: dict[str, str], stop: dict[str, str], *, connector: bool) -> str:
    """Return the source of a link: its road's, with how length and speed were set."""
    if connector:
        return f"{road['source']}; {stop['note'].split(';')[0]}"
    return f"{road['source']}; length estimated along the drawn line; speed is the limit"


def first_date(road: dict[str, str]) -> str:
    """Return the first date that the text of `opened` holds, of a range of years the later one.

    A year stands for its first day, a month likewise; decades (``2000s``) are no date and leave it blank.
    """
    if road["road_id"] in OPENED:
        return OPENED[road["road_id"]]
    span = re.match(r"(?:19|20)\d\d-((?:19|20)\d\d)\b", road["opened"])
    if span:
        return f"{span[1]}-01-01"
    day = re.search(r"\b((?:19|20)\d\d)(?:-(\d\d))?(?:-(\d\d))?\b", road["opened"])
    return f"{day[1]}-{day[2] or '01'}-{day[3] or '01'}" if day else ""


def stretch(by_road: dict[str, Facts], road_id: str, first: str, last: str) -> set[tuple[str, str]]:
    """Return the pairs of neighbouring nodes of a road between two of its nodes, in the road's direction."""
    order = [stop["node_id"] for stop in by_road[road_id]]
    part = order[order.index(first) : order.index(last) + 1]
    assert len(part) > 1, (road_id, first, last)
    return set(pairwise(part))


def mark_sections(links: list[Row], by_road: dict[str, Facts]) -> None:
    """Set the opening date of sections and the plan's card of roads that are one."""
    for road_id, first, last, value in (*SECTIONS, *CARDS):
        field = "opened" if (road_id, first, last, value) in SECTIONS else "project_id"
        pairs = stretch(by_road, road_id, first, last)
        for link in links:
            if link["road_id"] == road_id and (link["from_node_id"], link["to_node_id"]) in pairs:
                link[field] = value
    for link in links:
        if link["link_id"] == "FQC-1":
            link["source"] += "; opening assumed with the section north of it"


def add_open_card(nodes: dict[str, Row], links: list[Row], stops: Facts) -> None:
    """Add the open section of a card of the plan, joined to the roads that two of its nodes lie on."""
    located = [stop for stop in stops if stop["lon"]]
    for node_id, stop in zip(OPEN_CARD_NODES, located, strict=True):
        nodes[node_id] = {
            "node_id": node_id,
            "name": stop["node_name"],
            "lon": stop["lon"],
            "lat": stop["lat"],
            "source": f"{stop['source']}; {stop['coord_source'].replace('shared/facts/', '')}",
            "confidence": lowest(stop["coord_confidence"]),
            "centre": False,
        }
    for node_id, (road_id, first, last) in OPEN_CARD_ON.items():
        split(nodes, links, node_id, (road_id, first, last))
    straight = [straight_km(nodes[a], nodes[b]) for a, b in pairwise(OPEN_CARD_NODES)]
    factor = float(located[0]["length_km"]) / sum(straight)
    common = {
        "road_id": "ZENGTIAN",
        "name_zh": "增天高速",
        "name_en": "Zengcheng-Tianhe Expressway (open part of Zengcheng-Foshan)",
        "oneway": "no",
        "opened": OPEN_CARD_DATE,
        "project_id": OPEN_CARD,
        "confidence": "low",
    }
    for place, length_km in enumerate(straight):
        links.append(
            common
            | {
                "link_id": f"ZENGTIAN-{place + 1}",
                "from_node_id": OPEN_CARD_NODES[place],
                "to_node_id": OPEN_CARD_NODES[place + 1],
                "class": "expressway",
                "length_km": round(length_km * factor, 2),
                "speed_kmh": float(located[0]["design_speed_kmh"]),
                "tolled": "yes",
                "source": f"{located[0]['source']}; scaled to the published {located[0]['length_km']} km; "
                "speed is the design speed; toll assumed",
            }
        )
    to_centre_km = straight_km(nodes[OPEN_CARD_NODES[0]], nodes["gz-zengcheng"])
    links.append(
        common
        | {
            "link_id": "ZENGTIAN-C",
            "from_node_id": OPEN_CARD_NODES[0],
            "to_node_id": "gz-zengcheng",
            "class": "connector",
            "length_km": round(CONNECTOR_DETOUR * to_centre_km, 2),
            "speed_kmh": 50.0,
            "tolled": "no",
            "source": "derived: 1.30 x straight line; typical off-peak arterial speed, as other connectors",
        }
    )


def split(nodes: dict[str, Row], links: list[Row], node_id: str, where: tuple[str, str, str]) -> None:
    """Cut the link of a road between two nodes at a third node that lies on it."""
    found = [link for link in links if (link["road_id"], link["from_node_id"], link["to_node_id"]) == where]
    (old,) = found
    before_km, after_km = (straight_km(nodes[node_id], nodes[end]) for end in where[1:])
    share = before_km / (before_km + after_km)
    note = f"; cut at {node_id}"
    first = old | {
        "link_id": f"{old['link_id']}a",
        "to_node_id": node_id,
        "length_km": round(old["length_km"] * share, 2),
        "source": old["source"] + note,
    }
    second = old | {
        "link_id": f"{old['link_id']}b",
        "from_node_id": node_id,
        "length_km": round(old["length_km"] - first["length_km"], 2),
        "source": old["source"] + note,
    }
    place = links.index(old)
    links[place : place + 1] = [first, second]


def mark_areas(
    links: list[Row], nodes: dict[str, Row], by_road: dict[str, Facts], districts: dict[str, Any]
) -> None:
    """Set the congestion area: inside or on the G1508 ring for expressways, Guangzhou city for the rest."""
    ring = ring_polygon(nodes, by_road).buffer(RING_TOLERANCE_DEG)
    city = unary_union(
        [shape(part["geometry"]) for part in districts["features"] if part["properties"]["city"] == "广州"]
    )
    for link in links:
        first, second = (point_of(nodes[link[end]]) for end in ("from_node_id", "to_node_id"))
        if link["class"] == "expressway":
            inner = ring.contains(first) and ring.contains(second)
        else:
            inner = city.contains(LineString([first, second]).interpolate(0.5, normalized=True))
        link["area"] = "inner" if inner else "outer"


def ring_polygon(nodes: dict[str, Row], by_road: dict[str, Facts]) -> Polygon:
    """Return the ring road as a polygon through its nodes."""
    corners = []
    for road_id, first, last in RING:
        order = [stop["node_id"] for stop in by_road[road_id]]
        if order.index(first) > order.index(last):
            order.reverse()
        corners += order[order.index(first) : order.index(last)]
    return Polygon([point_of(nodes[corner]) for corner in corners])


def point_of(node: Row) -> Point:
    """Return a node as a point in degrees."""
    return Point(float(node["lon"]), float(node["lat"]))


def straight_km(first: Row, second: Row) -> float:
    """Return the straight line between two nodes in kilometres."""
    ends = (float(first["lon"]), float(first["lat"]), float(second["lon"]), float(second["lat"]))
    return float(_GEOD.inv(*ends)[2]) / 1000


def check_roads(links: list[Row], nodes: dict[str, Row]) -> None:
    """Stop at a link shorter or much longer than its straight line, a duplicate, or a part cut off."""
    assert max(Counter(link["link_id"] for link in links).values()) == 1
    for link in links:
        ratio = link["length_km"] / straight_km(nodes[link["from_node_id"]], nodes[link["to_node_id"]])
        assert 0.995 <= ratio <= 1.4, f"{link['link_id']}: {ratio:.3f} of the straight line"
    neighbours: dict[str, set[str]] = defaultdict(set)
    for link in links:
        neighbours[link["from_node_id"]].add(link["to_node_id"])
        neighbours[link["to_node_id"]].add(link["from_node_id"])
    seen, todo = set(), [next(iter(nodes))]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += neighbours[node]
    assert seen == set(nodes), f"cut off: {sorted(set(nodes) - seen)}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
