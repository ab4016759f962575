"""Ways on foot between places and stations: over real streets where a region has them, else straight lines.

A walk over streets leads straight from a point to the nearest street, along the streets by the shortest way,
and straight to the other point. It is searched in decimetres, so that neither the pace nor rounding to
seconds has a part in it, from one side of the points, as far as one walks at most.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from network.access import FootTable, Ways, pairs_within, station_ways, straight_ways, walk_ways
from network.region import positions
from sim.search import SearchGraph, Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.ends import Ends
    from network.region import Region
    from network.streets.model import Streets
    from network.streets.snapping import Snapped

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_DM = 10.0
_BLOCK_CELLS = 1 << 25  # times of a block of searches that are held at once
_FARTHEST_M = 5000.0
"""Longest walk that a change may be, m, as the table of transfers allows."""


class StreetWalks:
    """Walks over a street network.

    Parameters
    ----------
    streets
        Streets to walk on; all links may be used both ways.
    """

    def __init__(self, streets: Streets) -> None:
        self.streets = streets
        self._length = _dm(streets.length_m)
        self._graph = SearchGraph.from_arrays(
            np.concatenate([streets.tail, streets.head]),
            np.concatenate([streets.head, streets.tail]),
            np.tile(self._length, 2),
            streets.n_nodes,
        )
        self._changes_m: dict[tuple[float, ...], float] = {}

    def table(self, lon_lat: Floats, other: Floats, longest_m: float) -> FootTable:
        """Return the walks between points in degrees, [points, 2], of at most `longest_m` metres.

        Points that no street is near to have none; they are marked.
        """
        if len(lon_lat) > len(other):  # a walk is as long backwards
            back = self.table(other, lon_lat, longest_m)
            order = np.lexsort((back.one, back.other))
            return FootTable(
                back.other[order], back.one[order], back.way_m[order], back.off_other, back.off_one
            )
        here, there = self.streets.snap(lon_lat), self.streets.snap(other)
        off_here, off_there = here.link < 0, there.link < 0
        xy, other_xy = self.streets.metric_xy(lon_lat), self.streets.metric_xy(other)
        known, other_known = np.flatnonzero(~off_here), np.flatnonzero(~off_there)
        one, two, _ = pairs_within(xy[known], other_xy[other_known], longest_m)
        one, two = known[one], other_known[two]
        way = np.zeros(len(one), np.int64)
        starts = np.unique(one)
        step = max(1, _BLOCK_CELLS // max(self.streets.n_nodes, 1))
        for first in range(0, len(starts), step):
            block = starts[first : first + step]
            low, high = np.searchsorted(one, [block[0], block[-1] + 1])
            way[low:high] = self._ways_dm(here, block, one[low:high], there, two[low:high], longest_m)
        near = way <= round(_DM * longest_m)
        return FootTable(one[near], two[near], way[near] / _DM, off_here, off_there)

    def _ways_dm(
        self, here: Snapped, block: Ints, one: Ints, there: Snapped, two: Ints, longest_m: float
    ) -> Ints:
        """Return the walks between pairs of rows whose first ones are among those of a block, dm."""
        tail, head = self.streets.tail, self.streets.head
        to_tail, to_head = self._gates_dm(here)
        nodes = np.column_stack([tail[here.link[block]], head[here.link[block]]])
        offsets = np.column_stack([to_tail[block], to_head[block]])
        sources = [Source(*pair) for pair in zip(nodes, offsets, strict=True)]
        found = self._graph.times(sources, horizon_s=round(_DM * longest_m))
        from_tail, from_head = self._gates_dm(there)
        row, link = np.searchsorted(block, one), there.link[two]
        at_tail, at_head = found[row, tail[link]].astype(np.int64), found[row, head[link]].astype(np.int64)
        way: Ints = np.minimum(at_tail + from_tail[two], at_head + from_head[two])
        same = here.link[one] == link
        straight = np.abs(here.along_m[one] - there.along_m[two]) + here.off_m[one] + there.off_m[two]
        way[same] = np.minimum(way[same], _dm(straight[same]))
        return way

    def _gates_dm(self, at: Snapped) -> tuple[Ints, Ints]:
        """Return the ways from points to tail and head of their links, dm; for lost points they mean nil."""
        length = self._length[at.link]
        along = np.minimum(_dm(np.nan_to_num(at.along_m)), length)
        off = _dm(np.nan_to_num(at.off_m))
        return off + along, off + length - along

    def changes_m(self, lon_lat: Floats, other: Floats) -> Floats:
        """Return the walk between the points of each pair, m, [pairs]; NaN where there is none.

        What has been found is kept: scenarios ask for the same pairs again and again.
        """
        keys = list(map(tuple, np.column_stack([lon_lat, other]).tolist()))
        new = list(dict.fromkeys(key for key in keys if key not in self._changes_m))
        if new:
            ends = np.array(new).reshape(-1, 4)
            starts, row = np.unique(ends[:, :2], axis=0, return_inverse=True)
            stops, column = np.unique(ends[:, 2:], axis=0, return_inverse=True)
            found = self.table(starts, stops, _FARTHEST_M)
            ways = dict(
                zip(zip(found.one.tolist(), found.other.tolist(), strict=True), found.way_m, strict=True)
            )
            pairs = zip(row.tolist(), column.tolist(), strict=True)
            self._changes_m |= {key: ways.get(pair, np.nan) for key, pair in zip(new, pairs, strict=True)}
        return np.array([self._changes_m[key] for key in keys], np.float64)


@lru_cache(maxsize=2)
def _walks_over(streets: Streets) -> StreetWalks:
    return StreetWalks(streets)


def street_walks(region: Region) -> StreetWalks | None:
    """Return walks over the region's streets; None where it has none."""
    streets = region.streets("walk")
    return None if streets is None else _walks_over(streets)


def ways(region: Region, ends: Ends) -> Ways:
    """Return the ways of ends to stations and to each other: over streets where the region has them."""
    walks = street_walks(region)
    if walks is None:
        return straight_ways(region, ends)
    longest_m = longest_walk_m(region)
    at, stations = (table[["lon", "lat"]].to_numpy(np.float64) for table in (ends.table, region.stations))
    return Ways(
        station_ways(region, ends, walks.table(at, stations, longest_m)),
        walk_ways(region, ends, walks.table(at, at, longest_m)),
    )


def longest_walk_m(region: Region) -> float:
    """Return the longest way on foot over streets, m: as long as that over a straight line."""
    return 1000 * region.parameters["walk_max_km"] * region.parameters["walk_detour"]


def with_street_changes(region: Region) -> Region:
    """Return the region with changes on foot over its streets; the region itself where it has none.

    Walks that were counted or told (confidence high) stay; others are estimates, and give way where streets
    lead from one station to the other.
    """
    walks, links = street_walks(region), region.transfers
    if walks is None or links.empty:
        return region
    stations = region.stations
    at = stations[["lon", "lat"]].to_numpy(np.float64)
    pairs = [positions(stations["station_id"], links[name]) for name in ("from_station_id", "to_station_id")]
    guessed = np.flatnonzero((links["confidence"] != "high").to_numpy(bool))
    found = walks.changes_m(*(at[side[guessed]] for side in pairs))
    walk_m = links["walk_m"].to_numpy(np.float64).copy()
    led = np.isfinite(found)
    walk_m[guessed[led]] = found[led]
    return region.replace(tables={"transfers": links.assign(walk_m=walk_m)})


def _dm(metres: Floats) -> Ints:
    """Return metres as whole decimetres."""
    return np.floor(metres * _DM + 0.5).astype(np.int64)
