"""`Streets` made of ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from network.errors import BadInputError, Problem
from network.streets.model import CLASSES, Streets
from network.streets.simplify import Pieces, chains_of, strong_part
from network.streets.speeds import WALK_KMH, speeds_kmh
from network.streets.ways import NO_POSITION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.streets.simplify import Chains
    from network.streets.ways import Ways

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_CODE = {name: code for code, name in enumerate(CLASSES)}
_DEGREE = 1e-7


def streets_of_ways(ways: Ways, network: str, *, speeds: str, source: str) -> Streets:
    """Return the streets that ways make.

    Parameters
    ----------
    ways
        Ways of the network.
    network
        ``walk`` or ``drive``.
    speeds
        Name of a table of speeds.
    source
        Where the ways come from; problems name it.

    Returns
    -------
    Streets
        The largest part in which every node can be reached from every other, simplified.

    Raises
    ------
    BadInputError
        There are no streets.
    """
    node = np.frombuffer(ways.node, np.int64)
    x, y = (np.frombuffer(side, np.int32) for side in (ways.x, ways.y))
    start: Ints = np.frombuffer(ways.start, np.int64)
    way = np.repeat(np.arange(len(ways)), start[1:] - start[:-1])
    joined = np.flatnonzero((way[1:] == way[:-1]) & (node[1:] != node[:-1]))
    there = x != NO_POSITION
    whole = there[joined] & there[joined + 1]
    tail, head, way = joined[whole], joined[whole] + 1, way[joined[whole]]
    if not len(tail):
        what = f"holds no streets to {'walk' if network == 'walk' else 'drive'} on"
        fix = "ways tagged highway=…, with their nodes; `osmium extract` keeps both"
        raise BadInputError(Problem(source, what, fix))
    against = np.frombuffer(ways.oneway, np.int8)[way] < 0
    tail, head = np.where(against, head, tail), np.where(against, tail, head)
    ids, first, number = np.unique(node[np.append(tail, head)], return_index=True, return_inverse=True)
    lon, lat = (side[np.append(tail, head)[first]] * _DEGREE for side in (x, y))
    tail, head = number[: len(tail)], number[len(tail) :]
    length_m = _great_circle_m(lon, lat, tail, head)
    on_foot = network == "walk"
    kmh = np.full(len(ways), WALK_KMH) if on_foot else speeds_kmh(ways.highway, ways.maxspeed, speeds)
    codes = np.array([_CODE.get(name, len(CLASSES) - 1) for name in ways.highway], np.uint8)
    pieces = Pieces(
        tail,
        head,
        np.frombuffer(ways.oneway, np.int8)[way] != 0,
        codes[way],
        np.frombuffer(ways.tolled, np.int8)[way] != 0 if not on_foot else np.zeros(len(way), bool),
        length_m,
        length_m * 3.6 / kmh[way],
    )
    part, largest = strong_part(pieces, len(ids))
    kept = (part[pieces.tail] == largest) & (part[pieces.head] == largest)
    inside = pieces.kept(kept)
    if not len(inside.tail):
        fix = "take a larger area: streets at its edge often lead out of it"
        raise BadInputError(Problem(source, "holds no streets that join two places both ways", fix))
    tagged = np.array([bool(limit) for limit in ways.maxspeed], bool)[way[kept]]
    nodes = np.bincount(part)
    summary = {
        "ways": len(ways),
        "pieces": len(joined),
        "pieces_without_position": int((~whole).sum()),
        "nodes_read": len(ids),
        "nodes_dropped": int(len(ids) - nodes[largest]),
        "parts_dropped": len(nodes) - 1,
        "km_dropped": round(float(length_m[~kept].sum()) / 1000, 3),
        "km": round(float(inside.length_m.sum()) / 1000, 3),
        "km_with_tagged_limit": None if on_foot else round(float(inside.length_m[tagged].sum()) / 1000, 3),
        "speeds": "" if on_foot else speeds,
    }
    return _of_chains(chains_of(inside, len(ids)), inside, ids, (lon, lat), network, source, summary)


def _of_chains(
    chains: Chains,
    pieces: Pieces,
    ids: Ints,
    lon_lat: tuple[Floats, Floats],
    network: str,
    source: str,
    summary: dict[str, Any],
) -> Streets:
    """Return the streets of chains of pieces, whose nodes have these ids and positions."""
    begin = chains.start[:-1]
    piece, back = chains.half >> 1, (chains.half & 1).astype(bool)
    enter = np.where(back, pieces.head[piece], pieces.tail[piece])
    leave = np.where(back, pieces.tail[piece], pieces.head[piece])
    ends = chains.start[1:] - 1
    chain = np.repeat(np.arange(len(begin)), np.diff(chains.start))
    length_m, seconds = (
        np.add.reduceat(column[piece], begin) for column in (pieces.length_m, pieces.seconds)
    )
    # each shape: the node where each piece is entered, and where the last one is left
    at = np.arange(len(piece)) + chain
    shape = np.empty(len(piece) + len(begin), np.int64)
    shape[at] = enter
    shape[at[ends] + 1] = leave[ends]
    of_link = {
        "tail": enter[begin],
        "head": leave[ends],
        "oneway": pieces.oneway[piece[begin]],
        "road_class": pieces.road_class[piece[begin]],
        "length_m": np.round(length_m, 2),
        "speed_kmh": np.round(length_m * 3.6 / np.maximum(seconds, 1e-9), 3),
        "tolled": pieces.tolled[piece[begin]],
    }
    points = chains.start + np.arange(len(chains.start))
    return assembled(
        network,
        ids,
        of_link,
        (points, lon_lat[0][shape], lon_lat[1][shape]),
        source=source,
        summary=summary,
    )


def assembled(
    network: str,
    ids: Ints,
    of_link: dict[str, Any],
    shapes: tuple[Ints, Floats, Floats],
    *,
    source: str,
    summary: dict[str, Any],
) -> Streets:
    """Return streets in their canonical order.

    Parameters
    ----------
    network, source, summary
        As of `Streets`; ``nodes`` and ``links`` are added to the summary.
    ids
        Ids of nodes, [nodes]; of those that no link has none is kept.
    of_link
        Columns of the links: tail and head as rows of `ids`, and the others of `Streets`.
    shapes
        First point of each link's shape, and the points' longitudes and latitudes, degrees.
    """
    start, lon, lat = shapes
    used = np.unique(np.append(of_link["tail"], of_link["head"]))
    used = used[np.argsort(ids[used], kind="stable")]
    place = np.full(len(ids), -1, np.int64)
    place[used] = np.arange(len(used))
    tail, head = place[of_link["tail"]], place[of_link["head"]]
    turn = ~of_link["oneway"] & (tail > head)
    size = np.diff(start)
    order = np.lexsort(
        (
            of_link["speed_kmh"],
            of_link["road_class"],
            of_link["length_m"],
            np.maximum(tail, head),
            np.minimum(tail, head),
        )
    )
    new_start = np.append(0, np.cumsum(size[order]))
    link = np.repeat(order, size[order])
    within = np.arange(len(link)) - np.repeat(new_start[:-1], size[order])
    point = np.where(turn[link], start[link + 1] - 1 - within, start[link] + within)
    return Streets(
        network=network,
        node_id=ids[used].astype(np.int64),
        tail=np.where(turn, head, tail)[order].astype(np.int32),
        head=np.where(turn, tail, head)[order].astype(np.int32),
        oneway=of_link["oneway"][order].astype(bool),
        road_class=of_link["road_class"][order].astype(np.uint8),
        length_m=of_link["length_m"][order].astype(np.float64),
        speed_kmh=of_link["speed_kmh"][order].astype(np.float64),
        tolled=of_link["tolled"][order].astype(bool),
        shape_start=new_start.astype(np.int64),
        shape_lon=np.round(lon[point], 7),
        shape_lat=np.round(lat[point], 7),
        source=source,
        summary=summary | {"nodes": len(used), "links": len(order)},
    )


def _great_circle_m(lon: Floats, lat: Floats, tail: Ints, head: Ints) -> Floats:
    """Return the length of pieces, m: OSMnx's great circle."""
    import osmnx as ox  # noqa: PLC0415 - heavy, and needed to read files only

    found = ox.distance.great_circle(lat[tail], lon[tail], lat[head], lon[head])
    return np.asarray(found, np.float64)


def shares_by_class(streets: Streets) -> dict[str, float]:
    """Return the kilometres of streets by class, in the order of `CLASSES`."""
    km = np.bincount(streets.road_class, streets.length_m, len(CLASSES)) / 1000
    return {name: round(float(length), 1) for name, length in zip(CLASSES, km, strict=True) if length > 0}
