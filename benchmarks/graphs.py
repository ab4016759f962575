"""The graphs that are searched, made from fixed seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from network.streets.reading import read_streets
from sim.kernels.dijkstra import UNREACHED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Int32Array = NDArray[np.int32]
    Float64Array = NDArray[np.float64]

__all__ = ["Links", "from_osm", "guangzhou", "metropolitan", "road_like"]

SEED = 20230818
"""Seed of all graphs and of all choices of origins."""


class Links(NamedTuple):
    """One graph as links in any order.

    Attributes
    ----------
    name
        What the graph is called in the tables.
    tail, head, seconds
        int32 [links]: nodes that each link leaves and reaches, and its time, s (at least 1).
    n_nodes
        Number of nodes.
    x, y
        float64 [nodes]: where the nodes lie, for peers that must know; empty where it is not known.
    """

    name: str
    tail: Int32Array
    head: Int32Array
    seconds: Int32Array
    n_nodes: int
    x: Float64Array = np.empty(0)
    y: Float64Array = np.empty(0)


def road_like(n_nodes: int = 1_000_000, *, seed: int = SEED) -> Links:
    """Return a road-like graph with a motorway hierarchy.

    Crossings stand 100 m apart, give or take. Every 8th line of them is a collector road, every 32nd an
    arterial, every 128th a motorway. Local streets fill the blocks between them as trees with a few loops,
    and seven in ten of the places where one could meet a larger road are built over; only arterials and
    collectors reaches a motorway. Four local streets in ten are one-way unless that cuts them off.

    Parameters
    ----------
    n_nodes
        Number of nodes, about: the largest strongly connected part of a square of this many crossings.
    seed
        Seed of the generator.

    Returns
    -------
    Links
        The graph: about 2.4 links a node, 2 to 20 s each.
    """
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - importing the module loads numpy alone
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree  # noqa: PLC0415

    side = round(n_nodes**0.5)
    rng = np.random.default_rng(seed)
    cell = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a = np.concatenate([cell[:, :-1].ravel(), cell[:-1].ravel()])
    b = np.concatenate([cell[:, 1:].ravel(), cell[1:].ravel()])
    # the rank of a line is that of its number: 3 motorway, 2 arterial, 1 collector, 0 local
    line = np.arange(side)
    rank = (line % 8 == 4).astype(np.int8) + (line % 32 == 12) + (line % 128 == 44)
    along = np.concatenate([np.repeat(rank, side - 1), np.tile(rank, side - 1)])
    of_node = np.maximum(rank[:, None], rank[None, :]).ravel()
    meets = np.maximum(of_node[a], of_node[b])
    length_m = rng.uniform(60, 140, a.size)
    speed_kmh = np.array([30.0, 45.0, 65.0, 110.0])[along]
    seconds = np.maximum(1, np.rint(length_m * 3.6 / speed_kmh)).astype(np.int32)
    # local streets are a random tree and one in eight of the others; few meet a larger road, none a motorway
    local = along == 0
    chance = rng.random(a.size) + 2.0 * (meets > 0) + 1.0
    tree = minimum_spanning_tree(csr_matrix((np.where(local, chance, 0.5), (a, b)), (cell.size, cell.size)))
    pairs = tree.tocoo()
    in_tree = np.isin(a.astype(np.int64) * cell.size + b, pairs.row.astype(np.int64) * cell.size + pairs.col)
    loop = np.where(meets == 0, rng.random(a.size) < 0.125, (meets < 3) & (rng.random(a.size) < 0.3))
    built = ~local | in_tree | loop
    a, b, seconds, local, in_tree = a[built], b[built], seconds[built], local[built], in_tree[built]
    back = ~(local & ~in_tree & (rng.random(a.size) < 0.4))
    tail, head = np.concatenate([a, b[back]]), np.concatenate([b, a[back]])
    seconds = np.concatenate([seconds, seconds[back]])
    _, part = connected_components(
        csr_matrix((seconds, (tail, head)), (cell.size, cell.size)), connection="strong"
    )
    kept = part == np.bincount(part).argmax()
    number = np.cumsum(kept, dtype=np.int32) - 1
    inside = kept[tail] & kept[head]
    return Links(
        f"road-like, {kept.sum():,} nodes", number[tail[inside]].astype(np.int32),
        number[head[inside]].astype(np.int32), seconds[inside], int(kept.sum()),
        *_degrees(np.flatnonzero(kept) % side * 100.0, np.flatnonzero(kept) // side * 100.0),
    )  # fmt: skip


def metropolitan(n_cells: int = 80_000, n_stations: int = 400, *, seed: int = SEED) -> Links:
    """Return walking cells of a metropolis with a metro.

    The cells are squares of 150 m, each joined to its eight neighbours on foot at 1.25 m/s with detours of up
    to 40 %. The metro has lines of 20 stations, two straight legs each, whose stations stand about 1.2 km
    apart. From a station's cell it takes 150 to 330 s to be on the train (the way down and half a headway),
    and 60 to 120 s from the train to the street. Lines meet where they use the same cell.

    Parameters
    ----------
    n_cells
        Number of walking cells, about: those of a square.
    n_stations
        Number of stations, a multiple of 20.
    seed
        Seed of the generator.

    Returns
    -------
    Links
        The graph: cells first, then stations line by line; about 8 links a node.
    """
    side = round(n_cells**0.5)
    rng = np.random.default_rng(seed)
    cell = np.arange(side * side, dtype=np.int32).reshape(side, side)
    pairs = [
        (cell[:, :-1], cell[:, 1:], 120.0),
        (cell[:-1], cell[1:], 120.0),
        (cell[:-1, :-1], cell[1:, 1:], 120.0 * 2**0.5),
        (cell[:-1, 1:], cell[1:, :-1], 120.0 * 2**0.5),
    ]
    a = np.concatenate([first.ravel() for first, _, _ in pairs])
    b = np.concatenate([second.ravel() for _, second, _ in pairs])
    plain_s = np.concatenate([np.full(first.size, time_s) for first, _, time_s in pairs])
    walk_s = np.rint(plain_s * rng.uniform(1.0, 1.4, a.size)).astype(np.int32)
    tail, head, seconds = [a, b], [b, a], [walk_s, walk_s]
    stations = []
    for line in range(n_stations // 20):
        corner, end = rng.uniform(0.3, 0.7, 2) * side, rng.uniform(0.0, 2 * np.pi, 2)
        steps = np.arange(20) - 9.5  # stations before and after the corner, 8 cells apart
        turn = np.where(steps < 0, end[0] + np.pi, end[1])
        x = np.clip(corner[0] + 8 * np.abs(steps) * np.cos(turn), 0, side - 1).astype(np.int32)
        y = np.clip(corner[1] + 8 * np.abs(steps) * np.sin(turn), 0, side - 1).astype(np.int32)
        station = np.arange(20, dtype=np.int32) + cell.size + 20 * line
        ride_s = rng.integers(90, 151, 19).astype(np.int32)
        stations.append(cell[x, y])
        tail += [cell[x, y], station, station[:-1], station[1:]]
        head += [station, cell[x, y], station[1:], station[:-1]]
        board_s, leave_s = rng.integers(150, 331, 20), rng.integers(60, 121, 20)
        seconds += [board_s.astype(np.int32), leave_s.astype(np.int32), ride_s, ride_s]
    where = np.concatenate([np.arange(cell.size), *stations])
    return Links(
        f"metropolitan, {cell.size:,} cells, {n_stations} stations", np.concatenate(tail),
        np.concatenate(head), np.concatenate(seconds), cell.size + n_stations,
        *_degrees(where % side * 150.0, where // side * 150.0),
    )  # fmt: skip


def guangzhou() -> Links:
    """Return the compiled graph of the Guangzhou region: between all towns, from door to door, by any mode.

    Of parallel links the quickest is kept, and links of 0 s take 1 s: SciPy knows neither.
    """
    import onehour  # noqa: PLC0415 - loads the libraries of tables
    from network.compile import Query  # noqa: PLC0415
    from network.ends import ends_of  # noqa: PLC0415
    from sim.journeys import Router  # noqa: PLC0415

    network = onehour.load("guangzhou").scenario("plan-2030").network
    towns = sorted(network.region.table("zones")["zone_id"])
    router = network.router(ends_of(network.region, towns), Query(mode="any"))
    assert isinstance(router, Router)
    graphs = router.graphs
    compiled = max(graphs, key=lambda graph: graph.tail.size)
    return _simple(
        "Guangzhou region", compiled.tail, compiled.head, compiled.seconds, compiled.node_kind.size
    )


def from_osm(path: Path) -> Links:
    """Return a street network to drive on, from a file of OpenStreetMap or OSMnx, or of streets saved before.

    It is the part in which every node can be reached from every other, as `network.streets.reading` makes it;
    times are those at free flow, at least 1 s.
    """
    streets = read_streets(path, "drive")
    arcs = streets.directed
    name = path.name.partition(".")[0]
    links = _simple(name, arcs.tail, arcs.head, streets.seconds[arcs.link], streets.n_nodes)
    return links._replace(x=streets.node_lon, y=streets.node_lat)


def _simple(name: str, tail: Int32Array, head: Int32Array, seconds: Int32Array, n_nodes: int) -> Links:
    """Return the quickest of parallel links, at least 1 s each, without loops and closed links."""
    used = (tail != head) & (seconds < UNREACHED)
    tail, head, seconds = tail[used], head[used], np.maximum(seconds[used], 1)
    order = np.lexsort((seconds, head, tail))
    first = np.append(True, (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0))[: order.size]
    kept = order[first]
    columns = (tail[kept].astype(np.int32), head[kept].astype(np.int32), seconds[kept].astype(np.int32))
    return Links(f"{name}, {n_nodes:,} nodes", *columns, n_nodes)


def _degrees(x_m: Float64Array, y_m: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return positions as degrees, near the equator."""
    return x_m / 111_320, y_m / 111_320
