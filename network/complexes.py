"""Complexes: stations that walking links join, and the stations that stand for an end of a trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from network.distances import metric_xy
from network.region import positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from network.ends import Ends
    from network.region import Region

    Ints = NDArray[np.int64]


def complex_of(region: Region) -> Ints:
    """Return the number of the complex that each station belongs to, [stations].

    A station without a walking link is a complex of its own; so is every stop in the street, of which nearly
    all of a city would hang together.
    """
    stations, links = region.stations["station_id"], region.transfers
    tail, head = positions(stations, links["from_station_id"]), positions(stations, links["to_station_id"])
    one = are_one(region, tail, head)
    tail, head = tail[one], head[one]
    joined = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(len(stations), len(stations)))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64)


def are_one(region: Region, tail: Ints, head: Ints) -> NDArray[np.bool_]:
    """Return which walking links, by the rows of their stations, join two buildings to a complex, [links]."""
    street = (region.stations["class"] == "street").to_numpy(bool)
    return ~(street[tail] | street[head])


def stations_of(region: Region, ends: Ends) -> tuple[Ints, Ints]:
    """Return which stations stand for each end on the clocks that start and end at a station.

    A centre has those of ``centre_stations.csv``, a station has itself, any other end the nearest station
    that has a service; each with the other stations of their complexes, which count as one.

    Returns
    -------
    end, station : Ints
        Pairs of rows, sorted by end and station.
    """
    stations = region.stations["station_id"]
    complexes = complex_of(region)
    listed = region.table("centre_stations")
    place = positions(ends.ids, listed["place_id"])
    own = np.flatnonzero(ends.station >= 0)
    end = np.append(place[place >= 0], own)
    station = np.append(positions(stations, listed["station_id"])[place >= 0], ends.station[own])
    other = np.setdiff1d(np.arange(len(ends)), end)
    if other.size:
        served = np.flatnonzero(stations.isin(region.service_stops["station_id"]))
    if other.size and served.size:
        tree = cKDTree(metric_xy(region, region.stations.iloc[served]))
        near = served[tree.query(metric_xy(region, ends.table.iloc[other]))[1]]
        end, station = np.append(end, other), np.append(station, near)
    members = pd.DataFrame({"complex": complexes, "member": np.arange(len(stations))})
    pairs = pd.DataFrame({"end": end, "complex": complexes[station]}).merge(members, on="complex")
    pairs = pairs[["end", "member"]].drop_duplicates().sort_values(["end", "member"])
    return pairs["end"].to_numpy(np.int64), pairs["member"].to_numpy(np.int64)
