"""Changes of roads."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import shapely

from network.distances import straight_km
from network.errors import BadInputError, Problem, UnknownNameError
from scenarios.draft import Touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scenarios.changes import AddRoad, ModifyRoad, SetCongestion
    from scenarios.draft import Draft

ROAD_DETOUR = 1.1
"""Length of a new road / straight lines between its junctions, where none is known (drawn: 1.02 to 1.24)."""


def add_road(draft: Draft, change: AddRoad, by: str) -> Touched:
    """Build a road with its junctions and what joins it to the roads that are there."""
    spots = _spots(draft)
    known = set(spots)
    new = [node for node in change.nodes if node.node not in known]
    lacking = [node.node for node in new if node.lon is None or node.lat is None]
    if lacking:
        raise UnknownNameError("junction", lacking[0], sorted(known), where="nodes")
    spots |= {node.node: (float(node.lon or 0), float(node.lat or 0)) for node in new}
    rows = {
        "road_nodes": draft.add(
            "road_nodes",
            [
                {
                    "node_id": node.node,
                    "name": node.name,
                    "lon": node.lon,
                    "lat": node.lat,
                    "project_id": by,
                    "source": change.source,
                    "confidence": change.confidence,
                }
                for node in new
            ],
        )
    }
    names = [node.node for node in change.nodes]
    lon, lat = np.array([spots[name] for name in names]).T
    straight = straight_km(lon[:-1], lat[:-1], lon[1:], lat[1:])
    factor = ROAD_DETOUR
    if change.length_km is not None and straight.sum() > 0:
        factor = float(np.clip(change.length_km / straight.sum(), 1.0, 1.4))
    common = {
        "road_id": change.road,
        "name_zh": change.name_zh,
        "name_en": change.name_en,
        "project_id": by,
        "source": change.source,
        "confidence": change.confidence,
    }
    areas = _areas(draft, change.class_, itertools.pairwise(names), spots)
    links = [
        {
            **common,
            "link_id": f"{change.road}-{order}",
            "from_node_id": names[order - 1],
            "to_node_id": names[order],
            "class": change.class_,
            "area": areas[order - 1],
            "length_km": round(max(float(straight[order - 1] * factor), 0.05), 3),
            "speed_kmh": change.speed_kmh,
            "tolled": change.tolled,
        }
        for order in range(1, len(names))
    ]
    for order, join in enumerate(change.joins, 1):
        for name in (join.node, join.to):
            if name not in spots:
                raise UnknownNameError("junction", name, sorted(spots), where=f"joins.{order}")
    areas = _areas(draft, "connector", [(join.node, join.to) for join in change.joins], spots)
    links += [
        {
            **common,
            "link_id": f"{change.road}-join-{order}",
            "from_node_id": join.node,
            "to_node_id": join.to,
            "class": "connector",
            "area": area,
            "length_km": join.length_km,
            "speed_kmh": join.speed_kmh,
            "tolled": False,
        }
        for order, (join, area) in enumerate(zip(change.joins, areas, strict=True), 1)
    ]
    rows["road_links"] = draft.add("road_links", links)
    total = float(straight.sum() * factor)
    words = f"a road of {len(names) - 1} links and {total:.0f} km, joined {len(change.joins)} times"
    return Touched(by, change.type, words, rows, change.source, change.confidence)


def _spots(draft: Draft) -> dict[str, tuple[float, float]]:
    """Return the position of each junction and place."""
    return draft.by("road_nodes", "node_id", "lon", "lat") | draft.by("places", "place_id", "lon", "lat")


def _areas(
    draft: Draft,
    road_class: str,
    links: Iterable[tuple[str, str]],
    spots: Mapping[str, tuple[float, float]],
) -> list[str]:
    """Return the congestion area of each new link: that of the nearest link of its class."""
    columns = ("class", "area", "from_node_id", "to_node_id")
    rows = zip(*(draft.tables.column("road_links", name) for name in columns), strict=True)
    same = [row[1:] for row in rows if row[0] == road_class]
    middles = [np.mean([spots[one], spots[two]], axis=0) for one, two in links]
    if not same or not middles:
        return ["outer"] * len(middles)
    lines = shapely.linestrings([[spots[one], spots[two]] for _, one, two in same])
    nearest = shapely.distance(lines[:, None], shapely.points(middles)).argmin(axis=0)
    return [same[row][0] for row in nearest.tolist()]


def modify_road(draft: Draft, change: ModifyRoad, by: str) -> Touched:
    """Change speed or toll of a road."""
    links = draft.tables["road_links"].copy()
    where = change.where
    if where.road is None or where.class_ or where.line or where.service:
        raise BadInputError(Problem("where", "a road is named by its id alone", "give where = { road = … }"))
    fits = links["road_id"] == where.road
    if not fits.any():
        raise UnknownNameError("road", where.road, sorted(set(links["road_id"])), where="where.road")
    if change.links is not None:
        for name in set(change.links) - set(links.loc[fits, "link_id"]):
            raise UnknownNameError("link", name, sorted(links.loc[fits, "link_id"]), where="links")
        fits &= links["link_id"].isin(change.links)
    if change.speed_kmh is None and change.speed_factor is None and change.tolled is None:
        raise BadInputError(
            Problem("modify-road", "changes nothing", "give speed_kmh, speed_factor or tolled")
        )
    if change.speed_kmh is not None:
        links.loc[fits, "speed_kmh"] = change.speed_kmh
    if change.speed_factor is not None:
        links.loc[fits, "speed_kmh"] = (
            (links.loc[fits, "speed_kmh"] * change.speed_factor).clip(5, 150).round(2)
        )
    if change.tolled is not None:
        links.loc[fits, "tolled"] = change.tolled
    draft.tables["road_links"] = links
    count = int(fits.sum())
    return Touched(by, change.type, f"{count} links", {"road_links": count}, change.source, change.confidence)


def set_congestion(draft: Draft, change: SetCongestion, by: str) -> Touched:
    """Set or scale the congestion of a road class."""
    areas = [change.area] if change.area else ["inner", "outer"]
    periods = draft.about.period_names
    if change.period is not None:
        draft.about.period(change.period)
    values: dict[str, float] = {}
    for area in areas:
        plain = f"congestion_{change.class_}_{area}"
        names = (
            [f"{plain}_{change.period.replace('-', '_')}"]
            if change.period
            else [plain, *(f"{plain}_{name.replace('-', '_')}" for name in periods)]
        )
        for name in names:
            period = change.period or next(
                (one for one in periods if name.endswith(one.replace("-", "_"))), None
            )
            if name != plain and name not in draft.parameters and change.period is None:
                continue
            old = draft.parameters.at(plain, period) if period else draft.parameters[plain]
            values[name] = change.factor if change.factor is not None else old * (change.scale or 1.0)
    draft.parameters = draft.parameters.with_values(
        values, periods=periods, source=change.source, where=change.type
    )
    words = f"{len(values)} congestion factors"
    return Touched(by, change.type, words, {"parameters": len(values)}, change.source, change.confidence)
