"""The car model: a region's roads as a directed graph of plain arrays, in whole seconds.

Time on a link is length / speed x the congestion factor of its class, area and period. Every junction on
tolled roads stands twice, in a free and in a tolled layer, and going from one to the other costs
``toll_plaza_min``: so each entry to and exit from tolled roads counts once, however many tolled roads
follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
from scipy.spatial import cKDTree

from network.seconds import whole_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from network.region import Region

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Edges = tuple[Ints, Ints, Floats]


@dataclass(frozen=True, eq=False, slots=True)
class RoadGraph:
    """Directed road graph; the cost of an edge is ``drive_s + toll_s``.

    Attributes
    ----------
    origin, destination
        Where a trip from or to a junction, place or point starts or ends: position in the node arrays.
        The two differ for points only: a point is left from one node and reached at another, so that no
        trip leads through it, and no time depends on which other points there are.
    node_ids
        Identifier of the junction, place or point, per node.
    lon, lat
        Position, degrees WGS 84, per node.
    tolled
        Whether the node is in the tolled layer, per node.
    tail, head
        Nodes that an edge leaves and enters, per edge.
    drive_s
        Driving time in seconds, per edge; 0 at toll plazas.
    toll_s
        Time at toll plazas in seconds, per edge.
    link
        Row of ``region.table("road_links")`` that an edge follows; -1 for plazas and local streets.
    """

    origin: Mapping[str, int]
    destination: Mapping[str, int]
    node_ids: tuple[str, ...]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    tolled: NDArray[np.bool_]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    drive_s: NDArray[np.int32]
    toll_s: NDArray[np.int32]
    link: NDArray[np.int32]

    @property
    def n_nodes(self) -> int:
        """Number of nodes, both layers and the points included."""
        return len(self.node_ids)


def can_drive(region: Region) -> bool:
    """Return whether anything is known of a region's roads: links of its own, or streets."""
    return not region.table("road_links").empty or "drive" in region.street_networks


def road_graph(
    region: Region, period: str, points: pd.DataFrame | None = None, *, between_points: bool = True
) -> RoadGraph:
    """Build the road graph of a region in a period.

    Parameters
    ----------
    region
        Its rows count as they stand: take the region at the wanted date first.
    period
        One of the region's periods; it sets the congestion.
    points
        Further ends of trips: columns ``point_id``, ``lon``, ``lat`` (degrees). Each is joined by local
        streets (straight line x ``walk_detour`` at ``local_road_kmh``, with the congestion of connectors) to
        each junction and place within ``local_road_max_km``, or to the nearest junction if there is none.
        Places that links lead to need no more and are left as they are; places without a link count as
        points.
    between_points
        Whether points within ``local_road_max_km`` of each other are joined directly too.

    Returns
    -------
    RoadGraph
        Arrays of nodes and edges. Empty arrays where the region has no roads and no points.

    Raises
    ------
    UnknownNameError
        The region has no such period.
    """
    region.about.period(period)
    links = region.table("road_links")
    roads, ends = road_nodes(region), _trip_ends(region, links, points)
    n_roads, n_ends = len(roads), len(ends)
    place = pd.Series(np.arange(n_roads), index=roads["node_id"])
    from_node = place.loc[links["from_node_id"]].to_numpy(np.int64)
    to_node = place.loc[links["to_node_id"]].to_numpy(np.int64)
    tolled = links["tolled"].to_numpy(bool)
    behind_gates = np.unique(np.concatenate([from_node[tolled], to_node[tolled]]))
    twin = np.full(n_roads, -1, np.int64)
    twin[behind_gates] = n_roads + np.arange(len(behind_gates))

    drive_s = _link_seconds(region, period, links)
    tail, head = np.where(tolled, twin[from_node], from_node), np.where(tolled, twin[to_node], to_node)
    back = np.flatnonzero(~links["oneway"].to_numpy(bool))
    row = np.arange(len(links))
    first_end = n_roads + len(behind_gates)
    local = _local_edges(region, period, roads, ends, first_end, between_points=between_points)
    gates, gate_twins = behind_gates, twin[behind_gates]
    n_gates = 2 * len(gates)
    plaza_s = whole_s(np.full(n_gates, region.parameters["toll_plaza_min"] * 60))
    none = np.zeros(0, np.int64)
    nodes = pd.concat([roads, roads.iloc[behind_gates], ends, ends], ignore_index=True)
    layer = np.zeros(len(nodes), bool)
    layer[n_roads:first_end] = True
    position = dict(zip(roads["node_id"], range(n_roads), strict=True))
    leave = dict(zip(ends["node_id"], range(first_end, first_end + n_ends), strict=True))
    reach = {node_id: at + n_ends for node_id, at in leave.items()}
    n_local = len(local[0])
    return RoadGraph(
        origin=position | leave,
        destination=position | reach,
        node_ids=tuple(nodes["node_id"]),
        lon=nodes["lon"].to_numpy(np.float64),
        lat=nodes["lat"].to_numpy(np.float64),
        tolled=layer,
        tail=_int32(tail, head[back], gates, gate_twins, local[0]),
        head=_int32(head, tail[back], gate_twins, gates, local[1]),
        drive_s=_int32(drive_s, drive_s[back], np.zeros(n_gates, np.int64), none, whole_s(local[2])),
        toll_s=_int32(np.zeros(len(links) + len(back), np.int64), plaza_s, np.zeros(n_local, np.int64)),
        link=_int32(row, back, np.full(n_gates + n_local, -1)),
    )


def road_nodes(region: Region) -> pd.DataFrame:
    """Return junctions and places that a link leads to: the first nodes of a `RoadGraph`, in its order.

    Columns node_id, lon, lat, is_place.
    """
    links = region.table("road_links")
    used = set(links["from_node_id"]) | set(links["to_node_id"])
    junctions = region.table("road_nodes")[["node_id", "lon", "lat"]].assign(is_place=False)
    places = region.places.rename(columns={"place_id": "node_id"})[["node_id", "lon", "lat"]]
    both = pd.concat([junctions, places.assign(is_place=True)], ignore_index=True)
    return both[both["node_id"].isin(used)].drop_duplicates("node_id").reset_index(drop=True)


def _trip_ends(region: Region, links: pd.DataFrame, points: pd.DataFrame | None) -> pd.DataFrame:
    """Return points, and places without a link, that are no nodes of the roads: node_id, lon, lat."""
    used = set(links["from_node_id"]) | set(links["to_node_id"])
    ends = region.places.rename(columns={"place_id": "node_id"})[["node_id", "lon", "lat"]]
    if points is not None:
        more = points.rename(columns={"point_id": "node_id"})[["node_id", "lon", "lat"]]
        ends = pd.concat([ends, more], ignore_index=True)
    ends = ends[~ends["node_id"].isin(used)].drop_duplicates("node_id").reset_index(drop=True)
    return ends.assign(is_place=False)


def _link_seconds(region: Region, period: str, links: pd.DataFrame) -> Ints:
    """Return the driving time of each link in whole seconds."""
    kinds = list(zip(links["class"], links["area"], strict=True))
    factor = {kind: region.parameters.at(f"congestion_{kind[0]}_{kind[1]}", period) for kind in set(kinds)}
    congestion = np.array([factor[kind] for kind in kinds], np.float64)
    return whole_s(3600 * links["length_km"].to_numpy() / links["speed_kmh"].to_numpy() * congestion)


def _local_edges(
    region: Region,
    period: str,
    roads: pd.DataFrame,
    ends: pd.DataFrame,
    first_end: int,
    *,
    between_points: bool,
) -> Edges:
    """Return tails, heads and seconds of the local streets between trip ends and roads, both ways."""
    if ends.empty:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", region.about.crs, always_xy=True)
    road_xy = np.column_stack(to_metres.transform(roads["lon"].to_numpy(), roads["lat"].to_numpy()))
    end_xy = np.column_stack(to_metres.transform(ends["lon"].to_numpy(), ends["lat"].to_numpy()))
    reach_m = 1000 * region.parameters["local_road_max_km"]
    is_place = roads["is_place"].to_numpy(bool)
    pairs = [
        _joined(end_xy, road_xy, np.flatnonzero(~is_place), reach_m),
        _within(end_xy, road_xy, np.flatnonzero(is_place), reach_m),
    ]
    end = np.concatenate([pair[0] for pair in pairs])
    road = np.concatenate([pair[1] for pair in pairs])
    pace = local_pace(region, period, end_xy, roads, road_xy)
    seconds = _length_m(end_xy[end], road_xy[road]) * pace[end]
    leave, arrive = first_end + end, first_end + len(ends) + end
    tails, heads, times = [leave, road], [road, arrive], [seconds, seconds]
    if between_points:
        one, other = _within(end_xy, end_xy, np.arange(len(ends)), reach_m)
        one, other = one[one != other], other[one != other]
        tails.append(first_end + one)
        heads.append(first_end + len(ends) + other)
        times.append(_length_m(end_xy[one], end_xy[other]) * pace[one])
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(times)


def local_pace(region: Region, period: str, end_xy: Floats, roads: pd.DataFrame, road_xy: Floats) -> Floats:
    """Return seconds per metre of straight line over local streets at each end of a trip.

    They are as congested as the nearest connector.

    Parameters
    ----------
    region
        Its links and parameters count.
    period
        One of the region's periods.
    end_xy
        Positions of the ends in the region's metric CRS, m, [ends, 2].
    roads, road_xy
        What `road_nodes` returns, and its positions, m, [nodes, 2].

    Returns
    -------
    Floats
        s/m, [ends].
    """
    links = region.table("road_links")
    connectors = links[links["class"] == "connector"]
    numbers = region.parameters
    factor = np.full(len(end_xy), numbers.at("congestion_connector_outer", period))
    if not connectors.empty:
        place = pd.Series(np.arange(len(roads)), index=roads["node_id"])
        first = road_xy[place.loc[connectors["from_node_id"]].to_numpy(np.int64)]
        second = road_xy[place.loc[connectors["to_node_id"]].to_numpy(np.int64)]
        nearest = cKDTree((first + second) / 2).query(end_xy)[1]
        inner = (connectors["area"] == "inner").to_numpy(bool)[nearest]
        factor[inner] = numbers.at("congestion_connector_inner", period)
    return numbers["walk_detour"] * 3.6 / numbers["local_road_kmh"] * factor


def _joined(end_xy: Floats, road_xy: Floats, junctions: Ints, reach_m: float) -> tuple[Ints, Ints]:
    """Return pairs of each end and every junction in reach, or the nearest one where there is none.

    All of them, not the nearest few: a junction that is added must not take the place of another.
    """
    if not junctions.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    end, junction = _within(end_xy, road_xy, junctions, reach_m)
    alone = np.setdiff1d(np.arange(len(end_xy)), end)
    if alone.size:
        nearest = junctions[np.asarray(cKDTree(road_xy[junctions]).query(end_xy[alone])[1], np.int64)]
        end, junction = np.append(end, alone), np.append(junction, nearest)
    return end, junction


def _within(end_xy: Floats, other_xy: Floats, others: Ints, reach_m: float) -> tuple[Ints, Ints]:
    """Return pairs of each end and every one of `others` in reach."""
    if not others.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found = cKDTree(end_xy).sparse_distance_matrix(cKDTree(other_xy[others]), reach_m, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    return found["i"][order].astype(np.int64), others[found["j"][order]]


def _length_m(first: Floats, second: Floats) -> Floats:
    """Return straight lines in metres."""
    return np.asarray(np.hypot(*(first - second).T), np.float64)


def _int32(*parts: Ints) -> NDArray[np.int32]:
    """Join the parts of an array."""
    return np.concatenate(parts).astype(np.int32)
