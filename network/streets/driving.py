"""Driving over real streets: seconds of links by class, area and period, tolls, and the ways on and off them.

Free-flow seconds are multiplied by the congestion factors of the region: motorways are its expressways, trunk
roads its urban fast roads, and all other streets its connectors. These also take ``street_delay`` of
``network/streets/speeds.toml``, for signals and junctions. A link lies in the area, inner or outer, of the
nearest link of the same class in the region's sketch of roads; without such a sketch all is outer.

As in `network.roads`, nodes on tolled links stand twice, and going from one twin to the other costs
``toll_plaza_min``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from network.distances import metric_xy
from network.roads import local_pace, road_nodes
from network.seconds import minutes_s, whole_s
from network.streets.model import by_class
from network.streets.speeds import street_delay

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from network.region import Region
    from network.streets.model import Streets

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

MOTORWAYS = ("motorway", "motorway_link")
FAST = ("trunk", "trunk_link")


class DriveArcs(NamedTuple):
    """Streets as a directed graph to drive on, toll plazas included.

    Attributes
    ----------
    tail, head
        Nodes of each arc; nodes from ``streets.n_nodes`` on are the twins of those on tolled links.
    plaza
        Whether an arc is the way through a toll plaza, bool [arcs].
    link
        Link of each arc, -1 at plazas.
    at_tail, at_head
        Node at which each link is left and reached at its tail and at its head, [links].
    n_nodes
        Number of nodes.
    """

    tail: Ints
    head: Ints
    plaza: Bools
    link: Ints
    at_tail: Ints
    at_head: Ints
    n_nodes: int

    def seconds(self, link_s: Ints, plaza_s: int) -> Ints:
        """Return the seconds of arcs, of those of links and of a plaza."""
        return np.where(self.plaza, plaza_s, link_s[self.link])


def drive_arcs(streets: Streets) -> DriveArcs:
    """Return streets as a directed graph to drive on."""
    n_nodes = streets.n_nodes
    behind = np.unique(np.concatenate([streets.tail[streets.tolled], streets.head[streets.tolled]]))
    twin = np.full(n_nodes, -1, np.int64)
    twin[behind] = n_nodes + np.arange(len(behind))
    at_tail, at_head = (
        np.where(streets.tolled, twin[side], side.astype(np.int64)) for side in (streets.tail, streets.head)
    )
    back = np.flatnonzero(~streets.oneway)
    rows = np.arange(streets.n_links)
    gates = 2 * len(behind)
    return DriveArcs(
        np.concatenate([at_tail, at_head[back], behind, twin[behind]]),
        np.concatenate([at_head, at_tail[back], twin[behind], behind]),
        np.append(np.zeros(len(rows) + len(back), bool), np.ones(gates, bool)),
        np.concatenate([rows, back, np.full(gates, -1)]),
        at_tail,
        at_head,
        n_nodes + len(behind),
    )


def link_seconds(region: Region, streets: Streets, period: str) -> Ints:
    """Return the driving time of each link in a period, whole s, [links].

    Raises
    ------
    UnknownNameError
        The region has no such period.
    """
    region.about.period(period)
    factor = np.ones(streets.n_links)
    motorway, fast = by_class(streets, MOTORWAYS), by_class(streets, FAST)
    middle = (streets.shape_start[:-1] + streets.shape_start[1:]) // 2
    at = streets.metric_xy(np.column_stack([streets.shape_lon[middle], streets.shape_lat[middle]]))
    for kind, which in (("expressway", motorway), ("urban", fast), ("connector", ~motorway & ~fast)):
        inner = _inner(region, streets, kind, at[which])
        numbers = [region.parameters.at(f"congestion_{kind}_{area}", period) for area in ("outer", "inner")]
        factor[which] = np.where(inner, numbers[1], numbers[0])
    factor[~motorway & ~fast] *= street_delay()
    return whole_s(streets.length_m * 3.6 / streets.speed_kmh * factor)


def _inner(region: Region, streets: Streets, kind: str, xy: Floats) -> Bools:
    """Return whether points lie in the inner area of a class of roads, by the nearest link of the sketch."""
    links = region.table("road_links")
    links = links[links["class"] == kind]
    if links.empty:
        return np.zeros(len(xy), bool)
    place = road_nodes(region).set_index("node_id")[["lon", "lat"]]
    ends = [place.loc[links[f"{side}_node_id"]].to_numpy(np.float64) for side in ("from", "to")]
    nearest = cKDTree(streets.metric_xy((ends[0] + ends[1]) / 2)).query(xy)[1]
    inner: Bools = (links["area"] == "inner").to_numpy(bool)[nearest]
    return inner


def plaza_seconds(region: Region) -> int:
    """Return the time at a toll plaza, s."""
    return minutes_s(region.parameters["toll_plaza_min"])


def paces(region: Region, period: str, points: pd.DataFrame) -> Floats:
    """Return the seconds per metre of straight line between points and the nearest street, s/m, [points].

    That of local streets (`network.roads.local_pace`).
    """
    nodes = road_nodes(region)
    return local_pace(region, period, metric_xy(region, points), nodes, metric_xy(region, nodes))
