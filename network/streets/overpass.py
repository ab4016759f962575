"""Streets from the Overpass API, by OSMnx: in tiles that are kept, so that a fetch that broke off goes on.

Each tile is one question. OSMnx asks the server when it has a slot, waits when it says so, and keeps the
answer in a file; a tile whose answer lies there is not asked for again.
"""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from network.errors import BadInputError, Problem
from network.streets.building import streets_of_ways
from network.streets.ways import ways_of_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from network.region import Region
    from network.streets.model import Streets

    Area = shapely.Polygon | shapely.MultiPolygon

URL = "https://overpass-api.de/api"
"""The public server that OSMnx asks; another one by ``--overpass``."""

TILE_KM = 20.0
"""Side of a tile: an answer of a dense city then has some tens of megabytes."""

_KM_A_DEGREE = 111.2
_REACH_S = 20
_MOST_TILES = 2_000
_MOST_ANSWER_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of an area: west, south, east and north, degrees."""

    west: float
    south: float
    east: float
    north: float

    def name(self, network: str) -> str:
        """Return the name of the folder of its answer."""
        return f"{network}_{self.west:.6f}_{self.south:.6f}_{self.east:.6f}_{self.north:.6f}"


def area_of(region: Region) -> Area:
    """Return the area whose streets a region needs, degrees: its districts, else a box around what it has.

    The box reaches as far beyond as one walks.

    Raises
    ------
    BadInputError
        The region has no districts, places or stations.
    """
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in region.districts["features"]]
    if shapes:
        return cast("Area", shapely.union_all(shapely.make_valid(shapes)))
    tables = (region.places, region.stations, region.zones)
    points = np.concatenate([table[["lon", "lat"]].to_numpy(np.float64) for table in tables])
    if not len(points):
        raise BadInputError(Problem("region", "has no districts, places or stations", "give it some"))
    reach_deg = region.parameters["walk_max_km"] * region.parameters["walk_detour"] / _KM_A_DEGREE
    west, south = points.min(axis=0) - reach_deg
    east, north = points.max(axis=0) + reach_deg
    return cast("Area", shapely.box(west, south, east, north))


def tiles_of(area: Area, tile_km: float = TILE_KM) -> list[Tile]:
    """Return the tiles that cover an area, from the south-west on; those without any of it are left out.

    Raises
    ------
    BadInputError
        They were more than two thousand.
    """
    west, south, east, north = area.bounds
    lat = np.radians((south + north) / 2)
    steps = tile_km / _KM_A_DEGREE / max(np.cos(lat), 0.01), tile_km / _KM_A_DEGREE
    columns, rows = (
        max(1, int(np.ceil((high - low) / step - 1e-9)))
        for low, high, step in ((west, east, steps[0]), (south, north, steps[1]))
    )
    if columns * rows > _MOST_TILES:
        what = f"makes {columns * rows:,} tiles of {tile_km:g} km, more than {_MOST_TILES:,}"
        raise BadInputError(Problem("area", what, "take a smaller area, or a file of its streets"))
    x, y = np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1)
    shapely.prepare(area)
    boxes = [
        Tile(*(round(float(side), 6) for side in (x[column], y[row], x[column + 1], y[row + 1])))
        for row in range(rows)
        for column in range(columns)
    ]
    return [
        tile for tile in boxes if area.intersects(shapely.box(tile.west, tile.south, tile.east, tile.north))
    ]


def fetch(
    area: Area,
    network: str,
    folder: Path,
    *,
    speeds: str = "general",
    url: str = URL,
    tile_km: float = TILE_KM,
    progress: Callable[[int, int], None] | None = None,
) -> Streets:
    """Fetch the streets of an area.

    Parameters
    ----------
    area
        Polygon, degrees WGS 84.
    network
        ``walk`` or ``drive``.
    folder
        Where the answers are kept, made where it is not there; those that lie there are not asked for again.
    speeds
        Name of a table of speeds.
    url
        Address of the Overpass API, without ``/interpreter``.
    tile_km
        Side of the tiles, km.
    progress
        Called with the tiles that are done, and all of them.

    Raises
    ------
    BadInputError
        The server cannot be reached or gives no good answer; what it gave before is kept.
    """
    tiles = tiles_of(area, tile_km)
    folders = [folder / tile.name(network) for tile in tiles]
    waiting = [at for at, one in enumerate(folders) if _answer_in(one) is None]
    for at, done in zip(waiting, range(len(tiles) - len(waiting), len(tiles)), strict=True):
        if progress is not None:
            progress(done, len(tiles))
        kept = f"{done} of {len(tiles)} tiles are kept in {folder}: run it again to go on"
        with _settings(folders[at], url), _told(url, kept):
            _ask(tiles[at], network, url)
            if _answer_in(folders[at]) is None:
                raise ValueError("it did not finish: the server was too busy, or the tile too large")
    if progress is not None:
        progress(len(tiles), len(tiles))
    answers = (json.loads(path.read_bytes()) for one in folders if (path := _answer_in(one)) is not None)
    source = f"Overpass API, {len(tiles)} tiles of {tile_km:g} km"
    return streets_of_ways(ways_of_answers(answers, network), network, speeds=speeds, source=source)


def _answer_in(folder: Path) -> Path | None:
    """Return the answer that lies in a tile's folder, None where there is none; what is broken is removed."""
    for path in folder.glob("*.json"):
        try:
            if path.stat().st_size <= _MOST_ANSWER_BYTES and "elements" in json.loads(path.read_bytes()):
                return path
        except (OSError, ValueError, TypeError):
            pass
        path.unlink(missing_ok=True)  # broken off while it was written
    return None


@contextmanager
def _settings(folder: Path, url: str) -> Iterator[None]:
    """Set OSMnx for one question, and put back what it changes."""
    import osmnx as ox  # noqa: PLC0415 - heavy, and needed to fetch only

    wanted: dict[str, Any] = {
        "cache_folder": folder,
        "cache_only_mode": True,
        "use_cache": True,
        "overpass_url": url,
        "doh_url_template": None,  # no other server is asked for the address
        "max_query_area_size": 1e12,  # the tiles are cut here
        "http_user_agent": "onehour (transit accessibility), by OSMnx",
    }
    before = {name: getattr(ox.settings, name) for name in wanted}
    look_up = socket.getaddrinfo  # OSMnx puts its own in place of it
    try:
        for name, value in wanted.items():
            setattr(ox.settings, name, value)
        yield
    finally:
        socket.getaddrinfo = look_up
        for name, value in before.items():
            setattr(ox.settings, name, value)


@contextmanager
def _told(url: str, kept: str) -> Iterator[None]:
    """Tell what a server did wrong, and how many tiles are kept."""
    import requests  # noqa: PLC0415
    from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError  # noqa: PLC0415 - no public place

    where = f"Overpass at {url}"
    try:
        yield
    except requests.RequestException as error:
        what = f"cannot be reached ({type(error).__name__}); {kept}"
        fix = "check the network, or read a file with `onehour streets load`"
        raise BadInputError(Problem(where, what, fix)) from error
    except (InsufficientResponseError, ResponseStatusCodeError, ValueError, OSError) as error:
        what = f"gave no good answer ({' '.join(str(error).split())[:160]}); {kept}"
        raise BadInputError(Problem(where, what, "try later, or smaller tiles: --tile-km")) from error


def _ask(tile: Tile, network: str, url: str) -> None:
    """Let OSMnx ask for a tile and keep the answer."""
    import osmnx as ox  # noqa: PLC0415
    import requests  # noqa: PLC0415
    from osmnx._errors import CacheOnlyInterruptError  # noqa: PLC0415 - there is no public place

    requests.get(f"{url.rstrip('/')}/status", timeout=_REACH_S)  # else OSMnx waits a minute for who is away
    box = shapely.box(tile.west, tile.south, tile.east, tile.north)
    with suppress(CacheOnlyInterruptError):
        ox.graph.graph_from_polygon(box, network_type=network, simplify=False, retain_all=True)
