"""Surfaces: travel times from places to every cell of a grid, each cell reached by its mode's own rule.

One search goes from each place to all stations and junctions. From there to the cells the rules of
`network.compile` for the end of a trip are applied to arrays: on foot or by feeder bus (`network.access`, or
`sim.access` over real streets), over local streets (`network.roads`), or, on the clocks that end at a
station, from the nearest one. So the centre of a cell has the time that `sim.journeys` finds to a destination
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from network.access import quicker_s, walk_s
from network.distances import metric_xy
from network.ends import Ends
from network.graph import NodeKind
from network.roads import local_pace, road_nodes
from network.seconds import minutes_s, whole_s
from sim.access import longest_walk_m, street_walks
from sim.drives import street_drives
from sim.search import UNREACHED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from network.compile import Query
    from network.graph import MultimodalGraph
    from network.region import Region
    from sim.grid import Grid
    from sim.journeys import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Window = tuple[slice, slice]


def surfaces(network: Network, ends: Ends, query: Query, grid: Grid) -> Ints:
    """Return the times from places to the centres of all cells.

    Parameters
    ----------
    network
        The region in the state of a scenario.
    ends
        The places.
    query
        Clock, mode, period, traveller and statistic.
    grid
        The cells.

    Returns
    -------
    Ints
        Whole seconds, int64 [ends, rows, columns]; -1 where there is no journey, and outside of the region.

    Raises
    ------
    UnknownNameError
        The region has no such period.
    """
    best = np.full((len(ends), *grid.shape), UNREACHED, np.int64)
    if query.clock == "door":
        _to_the_door(network, ends, query, grid, best)
    else:
        for single in query.alternatives:
            if single.mode == "car":
                _to_the_door(network, ends, single, grid, best)
            else:
                _to_stations(network, ends, single, grid, best)
    return np.where(grid.inside & (best < UNREACHED), best, -1)


def _to_stations(network: Network, ends: Ends, query: Query, grid: Grid, best: Ints) -> None:
    """Lower `best` to the times at the station that stands for each cell: the nearest one that is served."""
    region, served = network.region, network.tables.served
    if not served.size:
        return
    stations = region.stations.iloc[served].rename(columns={"station_id": "id"})
    table = stations.reindex(columns=list(ends.table.columns)).assign(id="at " + stations["id"])
    both = Ends(
        pd.concat([ends.table, table], ignore_index=True),
        np.append(ends.station, served),
        np.append(ends.core, np.zeros(served.size, bool)),
    )
    found = network.router(both, query).times(np.arange(len(ends)), len(ends) + np.arange(served.size))
    nearest = cKDTree(metric_xy(region, stations)).query(grid.xy)[1]
    at_s = np.where(found.seconds < 0, UNREACHED, found.seconds)[:, nearest]
    best[:, grid.inside] = np.minimum(best[:, grid.inside], at_s)


def _to_the_door(network: Network, ends: Ends, query: Query, grid: Grid, best: Ints) -> None:
    """Lower `best` to the times to the cells themselves."""
    region = network.region
    router = network.graph_router(ends, query)
    (graph,), (search,) = router.graphs, router.searches
    times_s = search.times(graph.origin).astype(np.int64)
    if query.mode != "car":
        exits = np.flatnonzero(graph.node_kind == NodeKind.EXIT)
        _to_cells(
            region, region.stations.iloc[graph.node_row[exits]], times_s[:, exits], grid, best, bus=True
        )
    if query.mode in {"transit", "any"}:
        at_s = np.where(np.eye(len(ends), dtype=bool), 0, UNREACHED)
        _to_cells(region, ends.table, at_s, grid, best, bus=False)
    if query.mode in {"car", "any"}:
        _by_road(network, query, graph, times_s, grid, best)


def _to_cells(region: Region, points: pd.DataFrame, at_s: Ints, grid: Grid, best: Ints, *, bus: bool) -> None:
    """Lower `best` to the times by way of points and from there on foot, or by feeder bus.

    Over streets where the region has them; straight lines serve the bus, and between points and cells that
    are both off the streets.
    """
    numbers, xy = region.parameters, metric_xy(region, points)
    walks = street_walks(region)
    reach_m = 1000 * max(numbers["walk_max_km"], numbers["feeder_max_km"] if bus else 0)
    off_cell, off_point = np.ones(grid.shape, bool), np.ones(len(points), bool)
    if walks is not None:
        lon_lat = points[["lon", "lat"]].to_numpy(np.float64)
        table = walks.table(lon_lat, grid.lon_lat, longest_walk_m(region))
        off_cell[grid.inside], off_point = table.off_other, table.off_one
        seconds = whole_s(table.way_m * 3.6 / numbers["walk_kmh"])
        row, column = (where[table.other] for where in np.nonzero(grid.inside))
        for origin, from_s in enumerate(at_s):
            np.minimum.at(best[origin], (row, column), from_s[table.one] + seconds)

    def rule(away_m: Floats, window: Window, point: int) -> Ints:
        on_foot_s = walk_s(away_m, numbers, longest_km=numbers["walk_max_km"])
        on_foot_s[~(off_cell[window] & off_point[point])] = np.inf
        if bus:
            return quicker_s(on_foot_s, away_m, numbers)
        return whole_s(np.where(np.isfinite(on_foot_s), on_foot_s, -1))

    _spread(best, grid, xy, at_s, reach_m, rule)


def _by_road(
    network: Network, query: Query, graph: MultimodalGraph, times_s: Ints, grid: Grid, best: Ints
) -> None:
    """Lower `best` to the times over roads, in one's own car and in taxis, at the end over local streets."""
    region, numbers, road = network.region, network.region.parameters, graph.road
    if road is None:
        return
    park_s = np.where(grid.core, minutes_s(numbers["park_core_min"]), minutes_s(numbers["park_min"]))
    drives = street_drives(region)
    if drives is not None:
        cells = pd.DataFrame(grid.lon_lat, columns=["lon", "lat"])
        count = len(road.origin)
        starts = pd.DataFrame({"lon": road.lon[:count], "lat": road.lat[:count]})
        for number, copy in enumerate(graph.road_nodes):
            at_s = times_s[:, copy[:count]]
            after_s = np.where(at_s < UNREACHED, at_s, -1)
            found_s = drives.between(region, query.period, starts, cells, after_s=after_s).seconds
            found_s = np.where(found_s < 0, UNREACHED, found_s)
            if number == 0 and query.clock == "door":
                found_s += park_s[grid.inside]
            best[:, grid.inside] = np.minimum(best[:, grid.inside], found_s)
        return
    nodes = road_nodes(region)
    node_xy = metric_xy(region, nodes)
    reach_m = 1000 * numbers["local_road_max_km"]
    pace = np.zeros(grid.shape)
    pace[grid.inside] = local_pace(region, query.period, grid.xy, nodes, node_xy)
    junctions = np.flatnonzero(~nodes["is_place"].to_numpy(bool))
    alone, nearest, alone_s = _alone(grid, node_xy, junctions, reach_m, pace)
    points = np.array([at for name, at in road.origin.items() if road.destination[name] != at], np.int64)
    table = pd.DataFrame({"lon": road.lon[points], "lat": road.lat[points]})
    point_xy = metric_xy(region, table)
    point_pace = local_pace(region, query.period, point_xy, nodes, node_xy)
    own = True
    for copy in graph.road_nodes:
        at_s = times_s[:, copy]
        found = np.full_like(best, UNREACHED)
        _spread(
            found, grid, node_xy, at_s[:, : len(nodes)], reach_m,
            lambda away_m, window, _: whole_s(away_m * pace[window]),
        )  # fmt: skip
        found[:, *alone] = np.minimum(found[:, *alone], at_s[:, nearest] + alone_s)
        _spread(
            found, grid, point_xy, at_s[:, points], reach_m,
            lambda away_m, _, point: whole_s(away_m * point_pace[point]),
        )  # fmt: skip
        np.minimum(best, found + park_s if own and query.clock == "door" else found, out=best)
        own = False


def _alone(
    grid: Grid, node_xy: Floats, junctions: Ints, reach_m: float, pace: Floats
) -> tuple[tuple[Ints, Ints], Ints, Ints]:
    """Return the cells without a junction in reach, the nearest one of each, and the seconds from there."""
    none = np.zeros(0, np.int64)
    if not junctions.size:
        return (none, none), none, none
    found = cKDTree(node_xy[junctions]).query(grid.xy)
    away_m, nearest = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
    far = away_m > reach_m
    row, column = (where[far] for where in np.nonzero(grid.inside))
    return (row, column), junctions[nearest[far]], whole_s(away_m[far] * pace[row, column])


def _spread(
    best: Ints,
    grid: Grid,
    xy: Floats,
    at_s: Ints,
    reach_m: float,
    rule: Callable[[Floats, Window, int], Ints],
) -> None:
    """Lower `best` to the least time at each cell by way of points around it.

    Parameters
    ----------
    best
        Seconds, [ends, rows, columns]; changed in place.
    grid
        The cells.
    xy, at_s
        Metric positions of the points, [points, 2], and the times at them, s, [ends, points].
    reach_m
        Straight line from a point to the farthest cell, m.
    rule
        Seconds of distances in metres in a window of the grid from a point, -1 where out of reach.
    """
    reached = np.flatnonzero((at_s < UNREACHED).any(axis=0))
    left, low = (np.searchsorted(at, xy[:, k] - reach_m) for k, at in enumerate((grid.x_m, grid.y_m)))
    right, high = (
        np.searchsorted(at, xy[:, k] + reach_m, side="right") for k, at in enumerate((grid.x_m, grid.y_m))
    )
    for point in reached.tolist():
        window = slice(low[point], high[point]), slice(left[point], right[point])
        away_m = np.hypot(grid.x_m[window[1]] - xy[point, 0], grid.y_m[window[0], None] - xy[point, 1])
        seconds = rule(away_m, window, point)
        seconds[(away_m > reach_m) | (seconds < 0)] = UNREACHED
        here = best[:, *window]
        np.minimum(here, at_s[:, point, None, None] + seconds, out=here)
