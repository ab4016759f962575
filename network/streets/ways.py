"""Ways of OpenStreetMap as flat arrays: read from files by pyosmium, or from answers of the Overpass API."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from network.errors import BadInputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


MOST_POINTS = 60_000_000
"""Most points of ways that are read: some ten times those of the streets of a metropolitan area."""

NO_POSITION = 2_147_483_647
"""Coordinate of a node that is not in the file, 1e-7 degrees: libosmium's own mark."""

_TERM = re.compile(r'\["([^"]+)"(?:(!~)"([^"]+)")?\]')
_ONEWAY = {"yes": 1, "true": 1, "1": 1, "F": 1, "-1": -1, "reverse": -1, "T": -1}


@dataclass(slots=True)
class Ways:
    """Ways that belong to a network, one after another.

    Attributes
    ----------
    way_id
        Ids.
    start
        First point of each way, and the end of the last.
    node, x, y
        Id and position of each point, 1e-7 degrees; `NO_POSITION` where the file does not have it.
    highway, maxspeed
        Tags, blank where there is none.
    oneway
        1 along the way, -1 against it, 0 both.
    tolled
        Whether it is tagged ``toll=yes``.
    """

    way_id: array[int] = field(default_factory=lambda: array("q"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    node: array[int] = field(default_factory=lambda: array("q"))
    x: array[int] = field(default_factory=lambda: array("i"))
    y: array[int] = field(default_factory=lambda: array("i"))
    highway: list[str] = field(default_factory=list)
    maxspeed: list[str] = field(default_factory=list)
    oneway: array[int] = field(default_factory=lambda: array("b"))
    tolled: array[int] = field(default_factory=lambda: array("b"))

    def __len__(self) -> int:
        """Return the number of ways."""
        return len(self.way_id)

    def add(self, way_id: int, tags: Mapping[str, str], *, on_foot: bool) -> None:
        """Add a way whose points have just been added."""
        self.way_id.append(way_id)
        self.start.append(len(self.node))
        self.highway.append(tags["highway"])
        self.maxspeed.append(tags.get("maxspeed", ""))
        roundabout = tags.get("junction") == "roundabout"
        self.oneway.append(0 if on_foot else _ONEWAY.get(tags.get("oneway", ""), int(roundabout)))
        self.tolled.append(tags.get("toll") == "yes")


@cache
def way_filter(network: str) -> Callable[[Mapping[str, str]], bool]:
    """Return whether the tags of a way put it into a network, as OSMnx asks the Overpass API for it.

    OSMnx applies its filters on the server alone; here they are read and applied to files too, so that both
    give the same streets.
    """
    from osmnx import _overpass  # noqa: PLC0415 - heavy, and needed to read files only

    terms = _TERM.findall(_overpass._get_network_filter(network))  # noqa: SLF001 - there is no public one
    unwanted = [(key, re.compile(pattern)) for key, sign, pattern in terms if sign]

    def belongs(tags: Mapping[str, str]) -> bool:
        if "highway" not in tags:
            return False
        return not any((text := tags.get(key)) and pattern.search(text) for key, pattern in unwanted)

    return belongs


def ways_of_file(path: Path, network: str) -> Ways:
    """Read the ways of a network from a file in any format of OpenStreetMap.

    Raises
    ------
    BadInputError
        The file is damaged, no such file, or has too many points.
    """
    import osmium  # noqa: PLC0415 - needed to read files only

    belongs, ways, on_foot = way_filter(network), Ways(), network == "walk"
    node, x, y = ways.node, ways.x, ways.y
    try:
        found = (
            osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            .with_locations()
            .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
            .with_filter(osmium.filter.KeyFilter("highway"))
        )
        for way in found:
            tags = dict(way.tags)
            if not isinstance(way, osmium.osm.Way) or not belongs(tags):
                continue
            for point in way.nodes:
                node.append(point.ref)
                x.append(point.x)
                y.append(point.y)
            ways.add(way.id, tags, on_foot=on_foot)
            if len(node) > MOST_POINTS:
                what = f"has more than {MOST_POINTS:,} points of streets"
                raise BadInputError(Problem(str(path), what, "cut out a smaller area, or only its streets"))
    except (RuntimeError, ValueError, OverflowError) as error:
        if isinstance(error, BadInputError):
            raise
        fix = "it may be cut off or damaged: get it anew, as .osm.pbf or .osm"
        raise BadInputError(
            Problem(str(path), f"cannot be read as OpenStreetMap data: {error}", fix)
        ) from error
    return ways


def ways_of_answers(answers: Iterable[Mapping[str, Any]], network: str) -> Ways:
    """Return the ways of a network in answers of the Overpass API (``[out:json]``), each way once.

    Raises
    ------
    BadInputError
        An answer is none.
    """
    belongs, ways, on_foot = way_filter(network), Ways(), network == "walk"
    place: dict[int, tuple[int, int]] = {}
    kept: dict[int, Mapping[str, Any]] = {}
    try:
        for answer in answers:
            for element in answer["elements"]:
                if element["type"] == "node":
                    place[int(element["id"])] = _tenmillionths(element["lon"]), _tenmillionths(element["lat"])
                elif element["type"] == "way":
                    kept[int(element["id"])] = element
        for way_id, element in kept.items():
            tags = element.get("tags", {})
            if not belongs(tags):
                continue
            for point in map(int, element["nodes"]):
                x, y = place.get(point, (NO_POSITION, NO_POSITION))
                ways.node.append(point)
                ways.x.append(x)
                ways.y.append(y)
            ways.add(way_id, tags, on_foot=on_foot)
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        what = f"is no answer of the Overpass API: {error!r}"
        raise BadInputError(Problem("Overpass", what, "fetch it anew")) from error
    return ways


def _tenmillionths(degrees: float) -> int:
    return round(float(degrees) * 10_000_000)
