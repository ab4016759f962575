"""Streets of a graph that OSMnx saved as GraphML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem
from network.streets.building import assembled
from network.streets.model import CLASSES, Streets
from network.streets.speeds import WALK_KMH, speed_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import networkx as nx

    Edges = Iterable[tuple[Any, Any, Any]]

MOST_BYTES = 256 * 1024 * 1024
"""Largest GraphML file that is read: as a graph of Python objects it takes twenty times its size."""


def streets_of_graphml(path: Path, network: str, *, speeds: str) -> Streets:
    """Read the streets of a graph that OSMnx saved, simplified or not, one link an edge.

    Which ways are in it was settled when it was made. Travel times that it has are kept; else OSMnx fills in
    the speeds. A link merged from several classes counts as the first of them in the order of `CLASSES`.

    Raises
    ------
    BadInputError
        The file is no such graph, is too large, or has no streets.
    """
    import networkx as nx  # noqa: PLC0415 - heavy, and needed to read files only
    import osmnx as ox  # noqa: PLC0415

    name = path.name
    if path.stat().st_size > MOST_BYTES:
        what = f"is larger than {MOST_BYTES / 2**20:g} MiB"
        raise BadInputError(Problem(name, what, "give the streets as .osm.pbf"))
    try:
        graph = ox.io.load_graphml(path)
        read = graph.number_of_nodes()
        if not graph.number_of_edges():
            raise BadInputError(Problem(name, "holds no streets", "save a street network with OSMnx"))
        parts = sorted(nx.strongly_connected_components(graph), key=lambda part: (-len(part), min(part)))
        edges: Edges = graph.edges(data="length")
        read_km = sum(length for _, _, length in edges) / 1000
        graph = nx.MultiDiGraph(graph.subgraph(parts[0]))
        if not graph.number_of_edges():
            fix = "streets at the edge of an area often lead out of it: take a larger one"
            raise BadInputError(Problem(name, "holds no streets that join two places both ways", fix))
        if network == "drive":
            edges = graph.edges(data="travel_time")
            if any(seconds is None for _, _, seconds in edges):
                table = speed_tables()[speeds]
                ox.routing.add_edge_speeds(graph, hwy_speeds=table["kmh"], fallback=float(table["fallback"]))
                ox.routing.add_edge_travel_times(graph)
        return _of_graph(graph, network, name, read, read_km, len(parts) - 1, speeds)
    except (SyntaxError, LookupError, TypeError, ValueError, AttributeError, nx.NetworkXException) as error:
        if isinstance(error, BadInputError):
            raise
        what = f"is no graph that OSMnx saved ({type(error).__name__}: {error})"
        raise BadInputError(Problem(name, what, "save it with osmnx.io.save_graphml")) from error


def _of_graph(
    graph: nx.MultiDiGraph[Any], network: str, name: str, read: int, read_km: float, parts: int, speeds: str
) -> Streets:
    ids = np.array(sorted(graph), np.int64)
    row = {node: at for at, node in enumerate(ids.tolist())}
    tail, head, code, length_m, kmh, tolled, shapes = [], [], [], [], [], [], []
    code_of = {one: at for at, one in enumerate(CLASSES)}
    for start, end, held in graph.edges(data=True):
        tail.append(row[start])
        head.append(row[end])
        code.append(min(code_of.get(one, len(CLASSES) - 1) for one in _texts(held.get("highway"))))
        length_m.append(float(held["length"]))
        seconds = float(held["travel_time"]) if network == "drive" else 0.0
        kmh.append(length_m[-1] * 3.6 / seconds if seconds > 0 else WALK_KMH)
        tolled.append(network == "drive" and "yes" in _texts(held.get("toll")))
        line = held.get("geometry")
        ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (start, end)]
        shapes.append(np.array(ends if line is None else line.coords, np.float64)[:, :2])
    lon, lat = np.concatenate(shapes).T
    lengths = np.array(length_m)
    if not (np.isfinite(lengths).all() and (lengths >= 0).all() and np.isfinite(kmh).all()):
        raise BadInputError(
            Problem(name, "has lengths or times that are none", "make the graph anew with OSMnx")
        )
    if not (np.abs(lon) <= 180).all() or not (np.abs(lat) <= 90).all():  # noqa: PLR2004 - degrees
        raise BadInputError(
            Problem(name, "is projected: positions are no degrees", "save it before projecting")
        )
    km = float(lengths.sum()) / 1000
    return assembled(
        network,
        ids,
        {
            "tail": np.array(tail, np.int64),
            "head": np.array(head, np.int64),
            "oneway": np.ones(len(tail), bool),
            "road_class": np.array(code, np.uint8),
            "length_m": np.round(lengths, 2),
            "speed_kmh": np.round(np.array(kmh), 3),
            "tolled": np.array(tolled, bool),
        },
        (np.append(0, np.cumsum([len(shape) for shape in shapes])), lon, lat),
        source=name,
        summary={
            "nodes_read": read,
            "nodes_dropped": read - len(ids),
            "parts_dropped": parts,
            "km_dropped": round(read_km - km, 3),
            "km": round(km, 3),
            "speeds": "" if network == "walk" else speeds,
        },
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
