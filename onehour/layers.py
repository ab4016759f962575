"""Layers: the network of a study as tables with geometry, in degrees WGS 84."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from network.headways import departures_a_day
from network.rides import departures_in
from network.schema import headway_column, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onehour.study import Study

STATUSES = ("open", "construction", "planned")
"""What a row of the network is at the scenario's date: in service, being built, or only planned."""

_UNDER_WAY = {"open", "construction", "partial"}
_CRS = "EPSG:4326"
_TABLE = {"roads": "road_links"}


def network_layers(study: Study) -> dict[str, gpd.GeoDataFrame]:
    """Return all `LAYERS` of a study's network; see `network_layer`."""
    return {name: network_layer(study, name) for name in LAYERS}


def network_layer(study: Study, name: str) -> gpd.GeoDataFrame:
    """Return a layer of a study's network.

    Lines and services are straight from stop to stop, roads from junction to junction.

    Parameters
    ----------
    study
        The region under a scenario.
    name
        One of `LAYERS`.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, with the columns of the region's table; lines with a part a branch, services with their
        ``calls``, ``trips_a_day`` and ``trips_<period>``. Where project cards own rows, with their
        ``status``, one of `STATUSES`.
    """
    layer = _MAKERS[name](study)
    if "project_id" in layer:
        layer.insert(len(keys(_TABLE.get(name, name))), "status", _status(study, name, layer))
    return layer


def _status(study: Study, name: str, layer: pd.DataFrame) -> list[str]:
    """Return the status of rows: open are those of the region itself that have opened by the day."""
    table = _TABLE.get(name, name)
    key = list(keys(table))
    base = pd.MultiIndex.from_frame(study.area.region.table(table)[key])
    day = study.scenario.day or study.area.region.about.date
    late = (layer["opened"] > pd.Timestamp(day)) if day else False
    there = pd.MultiIndex.from_frame(layer[key]).isin(base) & ~late
    cards = {card.project_id: card.status_2026 for card in study.scenario.known_cards}
    return [
        "open" if known else "construction" if cards.get(card) in _UNDER_WAY else "planned"
        for known, card in zip(there, layer["project_id"], strict=True)
    ]


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table of points."""
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=_CRS)


def _links(
    table: pd.DataFrame, start: str, end: str, spots: Mapping[str, tuple[float, float]]
) -> gpd.GeoDataFrame:
    """Return a table of links as straight lines."""
    ends = [[spots[one], spots[other]] for one, other in zip(table[start], table[end], strict=True)]
    return _with_lines(table, [shapely.LineString(pair) for pair in ends])


def _lines(study: Study) -> gpd.GeoDataFrame:
    """Return the lines, each with a part a branch."""
    region = study.network.region
    spots, lines = _spots(region.stations, "station_id"), region.table("lines")
    tracks: dict[str, list[Any]] = {}
    for (line, _), branch in region.table("line_stops").groupby(["line_id", "branch"], sort=False):
        track = _track(branch.sort_values("seq")["station_id"], spots)
        tracks.setdefault(str(line), []).extend([] if track is None else [track])
    shapes = [shapely.MultiLineString(tracks.get(line, [])) for line in lines["line_id"]]
    return _with_lines(lines, shapes)


def _services(study: Study) -> gpd.GeoDataFrame:
    """Return the services with the stops that they call at and how often they run."""
    region, calls = study.network.region, study.network.tables.calls
    spots = _spots(region.stations, "station_id")
    table, stops = region.services, region.service_stops
    groups = {str(name): rows for name, rows in stops.groupby("service_id")["station_id"]}
    each = [list(groups.get(name, ())) for name in table["service_id"]]
    table["calls"] = [" ".join(names) for names in each]
    table["trips_a_day"] = departures_a_day(region).round(1)
    first = np.searchsorted(calls.service, np.arange(len(table)))
    for period in region.about.periods:
        trips = departures_in(region, calls, period)
        column = headway_column(period.name).removeprefix("headway_").removesuffix("_min")
        table[f"trips_{column}"] = trips[first].round(1) if len(trips) else 0.0
    tracks = (_track(names, spots) for names in each)
    return _with_lines(table, [shapely.LineString() if track is None else track for track in tracks])


def _track(stations: Iterable[str], spots: Mapping[str, tuple[float, float]]) -> shapely.LineString | None:
    """Return the line through stations, None where there are fewer than two."""
    points = [spots[name] for name in stations]
    return shapely.LineString(points) if len(points) > 1 else None


def _with_lines(table: pd.DataFrame, shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=table.index, crs=_CRS))


def _transfers(study: Study) -> gpd.GeoDataFrame:
    """Return the walks between stations."""
    region = study.network.region
    return _links(region.transfers, "from_station_id", "to_station_id", _spots(region.stations, "station_id"))


def _roads(study: Study) -> gpd.GeoDataFrame:
    """Return the links of roads."""
    region = study.network.region
    spots = _spots(region.table("road_nodes"), "node_id") | _spots(region.places, "place_id")
    return _links(region.table("road_links"), "from_node_id", "to_node_id", spots)


def _districts(study: Study) -> gpd.GeoDataFrame:
    """Return the boundaries of the districts."""
    features = study.network.region.districts["features"]
    if not features:
        return gpd.GeoDataFrame({"district_id": []}, geometry=[], crs=_CRS).astype({"district_id": "str"})
    return gpd.GeoDataFrame.from_features(features, crs=_CRS)


def _spots(table: pd.DataFrame, key: str) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude of each row by id."""
    return {
        str(name): (float(lon), float(lat))
        for name, lon, lat in zip(table[key], table["lon"], table["lat"], strict=True)
    }


_MAKERS: dict[str, Callable[[Study], gpd.GeoDataFrame]] = {
    "districts": _districts,
    "zones": lambda study: _points(study.network.region.zones),
    "centres": lambda study: _points(study.network.region.places),
    "stations": lambda study: _points(study.network.region.stations),
    "transfers": _transfers,
    "lines": _lines,
    "services": _services,
    "roads": _roads,
}

LAYERS = tuple(_MAKERS)
"""Names of the layers, in the order in which they are drawn and written."""
