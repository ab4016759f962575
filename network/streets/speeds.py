"""Free-flow speeds of links, filled in by OSMnx with a table by class."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WALK_KMH = 4.5
"""Pace on foot that stands in `Streets.speed_kmh`; a region's ``walk_kmh`` takes its place in searches."""

_LEAST_KMH, _MOST_KMH = 3.0, 150.0
_DRIVING = "driving"


@cache
def speed_tables() -> dict[str, dict[str, Any]]:
    """Return the tables of ``speeds.toml`` by name: kmh by class, fallback, source, confidence."""
    return {name: table for name, table in _held().items() if name != _DRIVING}


def street_delay() -> float:
    """Return the time on streets with junctions over the time at their free-flow speed."""
    return float(_held()[_DRIVING]["street_delay"])


@cache
def _held() -> dict[str, dict[str, Any]]:
    text = files("network.streets").joinpath("speeds.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def speeds_kmh(highway: Sequence[str], maxspeed: Sequence[str], table: str) -> NDArray[np.float64]:
    """Return the free-flow speed of ways: the tagged limit, else that of the class, km/h, [ways].

    OSMnx reads the tags and fills in what is missing, for each pair of class and limit once. Speeds below
    3 km/h and above 150 km/h, which only slips of mapping have, are cut off there.

    Parameters
    ----------
    highway, maxspeed
        OpenStreetMap's tags of each way; blank where there is none.
    table
        Name of a table of ``speeds.toml``.

    Raises
    ------
    UnknownNameError
        There is no such table.
    """
    import networkx as nx  # noqa: PLC0415 - heavy, and needed to read files only
    import osmnx as ox  # noqa: PLC0415

    if table not in speed_tables():
        raise UnknownNameError("table of speeds", table, speed_tables(), where="--speeds")
    chosen = speed_tables()[table]
    pairs = {pair: row for row, pair in enumerate(dict.fromkeys(zip(highway, maxspeed, strict=True)))}
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_nodes_from([(0, {"x": 0.0, "y": 0.0}), (1, {"x": 0.0, "y": 0.0})])
    for (kind, limit), row in pairs.items():
        graph.add_edge(0, 1, key=row, highway=kind, maxspeed=limit or None)
    if pairs:
        ox.routing.add_edge_speeds(graph, hwy_speeds=chosen["kmh"], fallback=float(chosen["fallback"]))
    found = np.array([graph.edges[0, 1, row]["speed_kph"] for row in pairs.values()], np.float64)
    each = np.array([pairs[pair] for pair in zip(highway, maxspeed, strict=True)], np.int64)
    return np.clip(found, _LEAST_KMH, _MOST_KMH)[each]
