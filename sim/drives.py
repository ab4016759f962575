"""Driving between points over real streets, by the prepared search.

A drive leads from a point to the nearest street that is no motorway and has no toll, along the streets by the
quickest way, and to the other point. The graph is prepared where many points ask (`SearchGraph.prepare`); for
few, plain searches are quicker. Results do not depend on it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from network.roads import RoadGraph
from network.seconds import whole_s
from network.streets.driving import drive_arcs, link_seconds, paces, plaza_seconds
from sim.search import SearchGraph, Source

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from network.region import Region
    from network.streets.model import Streets
    from network.streets.snapping import Snapped
    from sim.prepared import PreparedGraph

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_PLAZAS = 32
"""Times are searched as seconds times so many, plus the plazas passed: so a total tells both."""

_NEVER_S = 10_000_000
"""Seconds that no drive takes: some four months. They mark what may not be used."""

_AT_NODE_M = 1.0
"""So near to the end of a one-way street a point is at the junction, and not on that street alone, m."""

WORTH_PREPARING = 64
"""From so many origins on the graph is prepared."""

_BLOCK_CELLS = 1 << 25


class Drives(NamedTuple):
    """Drives from points to points: whole s, -1 where there is none, and the s at toll plazas among them.

    Both int64 [starts, ends].
    """

    seconds: Ints
    toll_s: Ints


class _Doors(NamedTuple):
    """Where points are on the streets.

    Attributes
    ----------
    at
        Their places on links.
    nodes
        Nodes at both ends of the link, [points, 2].
    extra_s
        Seconds between a point and these nodes, the way off the street included; `_NEVER_S` against the
        traffic, [points, 2].
    off_s
        Seconds between a point and the street, [points].
    """

    at: Snapped
    nodes: Ints
    extra_s: Ints
    off_s: Ints


class StreetDrives:
    """Driving over a street network.

    Parameters
    ----------
    streets
        Streets to drive on.
    """

    def __init__(self, streets: Streets) -> None:
        self.streets = streets
        self.arcs = drive_arcs(streets)
        none = np.zeros(len(self.arcs.tail), np.int32)
        self._graph = SearchGraph.from_arrays(self.arcs.tail, self.arcs.head, none, self.arcs.n_nodes)
        self._prepared: PreparedGraph | None = None

    def between(
        self,
        region: Region,
        period: str,
        starts: pd.DataFrame,
        ends: pd.DataFrame,
        *,
        after_s: Ints | None = None,
    ) -> Drives:
        """Return the drives from points to points in a period.

        Parameters
        ----------
        region
            Its congestion, tolls and pace of local streets count.
        period
            One of its periods.
        starts, ends
            Points: columns lon and lat, degrees.
        after_s
            Where given, seconds spent before leaving each start by each origin, [origins, starts], -1 for
            never: a row of the result is then an origin, and its drive begins at whichever start is best.

        Returns
        -------
        Drives
            None where a point is too far from all streets.
        """
        link_s, plaza_s = link_seconds(region, self.streets, period), plaza_seconds(region)
        here = self._doors(region, period, starts, link_s, arrive=False)
        there = self._doors(region, period, ends, link_s, arrive=True)
        alone = after_s is None
        before = np.where(np.eye(len(starts), dtype=bool), 0, -1) if after_s is None else after_s
        before = np.where(here.at.link < 0, -1, before)
        weights = _PLAZAS * self.arcs.seconds(link_s, plaza_s) + self.arcs.plaza
        total = np.full((len(before), len(ends)), _PLAZAS * _NEVER_S, np.int64)
        rows, reached = np.flatnonzero((before >= 0).any(axis=1)), np.flatnonzero(there.at.link >= 0)
        step = max(1, _BLOCK_CELLS // max(self.arcs.n_nodes, 1))
        search = self._search(weights, len(rows))
        for block in (rows[first : first + step] for first in range(0, len(rows), step)):
            sources = [_source(here, before[row]) for row in block.tolist()]
            found = search(sources, there.nodes[reached].ravel()).reshape(len(block), -1, 2)
            whole = found.astype(np.int64) + _PLAZAS * there.extra_s[reached]
            total[np.ix_(block, reached)] = whole.min(axis=2)
        total = np.minimum(total, self._along(here, there, link_s, before, alone=alone))
        led = total < _PLAZAS * _NEVER_S
        return Drives(np.where(led, total // _PLAZAS, -1), np.where(led, total % _PLAZAS * plaza_s, 0))

    def _doors(
        self, region: Region, period: str, points: pd.DataFrame, link_s: Ints, *, arrive: bool
    ) -> _Doors:
        """Return where points leave or reach the streets."""
        at = self.streets.snap(points[["lon", "lat"]].to_numpy(np.float64))
        off_s = whole_s(np.nan_to_num(at.off_m) * paces(region, period, points))
        along_m, length_m = np.nan_to_num(at.along_m), self.streets.length_m[at.link]
        share = along_m / np.maximum(length_m, 1e-9)
        to_tail = whole_s(np.clip(share, 0, 1) * link_s[at.link])
        to_head = link_s[at.link] - to_tail
        oneway = self.streets.oneway[at.link]
        to_head = np.where(oneway & arrive & (length_m - along_m > _AT_NODE_M), _NEVER_S, to_head)
        to_tail = np.where(oneway & (not arrive) & (along_m > _AT_NODE_M), _NEVER_S, to_tail)
        nodes = np.column_stack([self.arcs.at_tail[at.link], self.arcs.at_head[at.link]])
        return _Doors(at, nodes, np.column_stack([to_tail, to_head]) + off_s[:, None], off_s)

    def _search(self, weights: Ints, count: int) -> Any:
        """Return the function from sources and targets to times, [sources, targets]."""
        column = weights.astype(np.int32)
        if count < WORTH_PREPARING and self._prepared is None:
            graph = self._graph.with_seconds(column)
            return lambda sources, targets: graph.times(sources)[:, targets]
        if self._prepared is None:
            self._prepared = self._graph.with_seconds(column).prepare()
        if not np.array_equal(self._prepared.seconds, column):
            self._prepared = self._prepared.with_seconds(column)
        ready = self._prepared
        return lambda sources, targets: ready.times(sources, targets=targets)

    def _along(self, here: _Doors, there: _Doors, link_s: Ints, before: Ints, *, alone: bool) -> Ints:
        """Return the drives along a single link, as totals, [rows, ends]."""
        found = np.full((len(before), len(there.off_s)), _PLAZAS * _NEVER_S, np.int64)
        start, end = np.nonzero(here.at.link[:, None] == there.at.link[None, :])
        kept = here.at.link[start] >= 0
        start, end = start[kept], end[kept]
        link = here.at.link[start]
        share = (there.at.along_m[end] - here.at.along_m[start]) / np.maximum(
            self.streets.length_m[link], 1e-9
        )
        ahead = (share >= 0) | ~self.streets.oneway[link]
        seconds = whole_s(np.abs(share) * link_s[link]) + here.off_s[start] + there.off_s[end]
        for one, other, time_s in zip(start[ahead], end[ahead], seconds[ahead], strict=True):
            rows = np.array([one]) if alone else np.flatnonzero(before[:, one] >= 0)
            rows = rows[before[rows, one] >= 0]
            whole = _PLAZAS * (before[rows, one] + time_s)
            found[rows, other] = np.minimum(found[rows, other], whole)
        return found


def _source(here: _Doors, before: Ints) -> Source:
    """Return the seeds of one origin: both ends of the link of each start that it leaves from."""
    used = np.flatnonzero(before >= 0)
    return Source(here.nodes[used].ravel(), (_PLAZAS * (before[used, None] + here.extra_s[used])).ravel())


@lru_cache(maxsize=2)
def _drives_over(streets: Streets) -> StreetDrives:
    return StreetDrives(streets)


def street_drives(region: Region) -> StreetDrives | None:
    """Return driving over the region's streets; None where it has none to drive on."""
    streets = region.streets("drive")
    return None if streets is None else _drives_over(streets)


def street_road_graph(
    drives: StreetDrives, region: Region, period: str, points: pd.DataFrame, n_ends: int
) -> RoadGraph:
    """Return a road graph of points alone, whose edges are the quickest drives over streets.

    Parameters
    ----------
    drives
        Driving over the region's streets.
    region, period
        What congestion and tolls go by.
    points
        Columns id, lon, lat: first the ends of trips, then the stations where one changes from or to the car.
    n_ends
        How many of them are ends; no drive leads from station to station.
    """
    every, ends = np.arange(len(points)), np.arange(n_ends)
    first = drives.between(region, period, points.iloc[:n_ends], points)
    rest = drives.between(region, period, points.iloc[n_ends:], points.iloc[:n_ends])
    pieces = ((ends, every, first), (every[n_ends:], ends, rest))
    columns = []
    for start, end, found in pieces:
        row, column = np.nonzero(found.seconds >= 0)
        toll_s = found.toll_s[row, column]
        columns.append((start[row], end[column], found.seconds[row, column] - toll_s, toll_s))
    tail, head, drive_s, toll_s = (np.concatenate(one) for one in zip(*columns, strict=True))
    apart = tail != head
    ids = points["id"].tolist()
    count = len(points)
    return RoadGraph(
        origin=dict(zip(ids, range(count), strict=True)),
        destination=dict(zip(ids, range(count, 2 * count), strict=True)),
        node_ids=tuple(ids * 2),
        lon=np.tile(points["lon"].to_numpy(np.float64), 2),
        lat=np.tile(points["lat"].to_numpy(np.float64), 2),
        tolled=np.zeros(2 * count, bool),
        tail=tail[apart].astype(np.int32),
        head=(count + head[apart]).astype(np.int32),
        drive_s=drive_s[apart].astype(np.int32),
        toll_s=toll_s[apart].astype(np.int32),
        link=np.full(int(apart.sum()), -1, np.int32),
    )
